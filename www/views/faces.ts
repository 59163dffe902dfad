// What is covered: the faces and marked places of the photo on the bench, and how.

import type { Region } from 'darkslide';

import { choose, removeMark, spareFaces, toggleFace, changeMark } from '../actions.js';
import { failed, selectedPhoto } from '../state.js';
import type { Choices, Photo, State, Store } from '../state.js';
import { count } from '../words.js';
import { element, icon, keyedList, setAttributes, setText } from './element.js';
import type { Row } from './element.js';

type Tile = { readonly key: string; readonly number: number; readonly region: Region; readonly covered: boolean; readonly detail: string } & ({ readonly face: number } | { readonly mark: number });

export function faces(store: Store, original: HTMLImageElement): { node: HTMLElement; update: (state: State) => void } {
  const title = element('h3', { id: 'faces-title', tabindex: -1 }, 'Faces');
  const all = element('button', { class: 'link', type: 'button' });
  const note = element('p', { class: 'note' });
  const tiles = element('ul', { class: 'tiles', 'aria-labelledby': 'faces-title' });
  const rows = keyedList<Tile>(tiles, ({ key }) => key, tileRow);
  const node = element('section', { class: 'block', 'aria-labelledby': 'faces-title' }, element('div', { class: 'block-head' }, title, all), note, tiles, howToCover(store));
  let current: Photo | undefined;

  all.addEventListener('click', () => current && spareFaces(store, current.id, current.spared.size === 0));
  original.addEventListener('load', () => current && update(store.state));
  return { node, update };

  function update(state: State): void {
    const photo = selectedPhoto(state);
    current = photo;
    if (photo === undefined) return;
    // What could not be opened has nothing to be covered.
    node.hidden = photo.bare || (photo.found === undefined && failed(photo) !== undefined);
    const found = photo.found?.report.faces ?? [];
    setText(title, photo.found === undefined ? 'Faces' : found.length === 0 ? 'No face found' : `${count(found.length, 'face')} found`);
    setText(note, photo.found === undefined ? '' : found.length === 0 ? NONE_FOUND : 'Choose one to leave it visible. If one was missed, mark it in the picture.');
    all.hidden = found.length < 2;
    setText(all, photo.spared.size === 0 ? 'Leave all visible' : 'Cover all');
    rows([
      ...found.map(({ score, ...region }, face): Tile => ({ key: `face ${photo.id} ${photo.found?.sensitivity} ${face}`, number: face + 1, region, face, covered: !photo.spared.has(face), detail: `${Math.round(score * 100)} %` })),
      ...photo.marks.map(({ id, region, covered }, index): Tile => ({ key: `mark ${id}`, number: index + 1, region, mark: id, covered, detail: 'by hand' })),
    ]);
  }

  function tileRow(first: Tile): Row<Tile> {
    const crop = element('canvas', { class: 'crop', width: CROP_PX, height: CROP_PX, 'aria-hidden': 'true' });
    // What is seen and what is read aloud are the same words; the hidden ones say which face and what a click does.
    const which = element('span', { class: 'visually-hidden' });
    const state = element('span', { class: 'tile-state' });
    const detail = element('span', { class: 'tile-detail' });
    const todo = element('span', { class: 'visually-hidden' });
    const button = element('button', { class: 'tile', type: 'button' }, crop, which, state, detail, todo);
    const node = element('li', {}, button);
    let tile = first;
    let drawn = '';
    button.addEventListener('click', () => {
      if (current === undefined) return;
      if ('face' in tile) toggleFace(store, current.id, tile.face);
      else changeMark(store, current.id, tile.mark, { covered: !tile.covered });
    });
    const remove = element('button', { class: 'tile-remove', type: 'button' }, icon('cross'));
    if ('mark' in first) {
      remove.addEventListener('click', () => {
        if (current !== undefined) removeMark(store, current.id, first.mark);
        title.focus();
      });
      node.append(remove);
    }
    return {
      node,
      update: (next) => {
        tile = next;
        const name = 'face' in next ? `Face ${next.number}` : `Marked place ${next.number}`;
        setAttributes(button, { 'data-covered': String(next.covered) });
        setAttributes(remove, { 'aria-label': `Remove ${name.toLowerCase()}` });
        setText(which, `${name}: `);
        setText(todo, next.covered ? '. Leave it visible' : '. Cover it');
        setText(detail, next.detail);
        state.replaceChildren(icon(next.covered ? 'eye-off' : 'eye'), next.covered ? 'Covered' : 'Visible');
        const { x, y, width, height } = next.region;
        const wanted = `${x} ${y} ${width} ${height} ${original.complete && original.naturalWidth > 0}`;
        if (drawn !== wanted) draw(crop, original, next.region, current);
        drawn = wanted;
      },
    };
  }
}

/** Shows the place in the original: only on this screen, never read back. */
function draw(canvas: HTMLCanvasElement, original: HTMLImageElement, { x, y, width, height }: Region, photo: Photo | undefined): void {
  const context = canvas.getContext('2d');
  const whole = photo?.found?.report.input;
  if (context === null || whole === undefined || !original.complete || original.naturalWidth === 0) return;
  const scale = original.naturalWidth / whole.width;
  const side = Math.max(width, height) * 1.2;
  const [left, top] = [x + (width - side) / 2, y + (height - side) / 2];
  context.clearRect(0, 0, CROP_PX, CROP_PX);
  context.drawImage(original, left * scale, top * scale, side * scale, side * scale, 0, 0, CROP_PX, CROP_PX);
}

function howToCover(store: Store): HTMLElement {
  const modes: readonly (readonly [Choices['faces'], string, string])[] = [
    ['blur', 'Blur', 'looks like a heavy blur'],
    ['mosaic', 'Mosaic', 'looks like large pixels'],
    ['fill', 'Solid', 'one plain colour'],
  ];
  const radios = modes.map(([value, name, looks]) => {
    const input = element('input', { type: 'radio', name: 'cover', value, checked: store.state.choices.faces === value });
    input.addEventListener('change', () => input.checked && choose(store, { faces: value }));
    return element('label', { class: 'mode' }, input, element('span', { class: `swatch ${value}`, 'aria-hidden': 'true' }), element('span', { class: 'mode-name' }, name), element('span', { class: 'visually-hidden' }, `, ${looks}`));
  });
  return element(
    'fieldset',
    { class: 'cover' },
    element('legend', {}, 'Cover with'),
    element('div', { class: 'modes' }, ...radios),
    element('p', { class: 'note' }, 'They differ in looks alone. With each, what was underneath is gone, and nobody can bring it back.'),
  );
}

const CROP_PX = 112;
const NONE_FOUND = 'That does not mean that there is none. If you see one, mark it in the picture, or choose “Look harder” below.';
