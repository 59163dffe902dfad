// What is covered: the faces and marked places of the photo on the bench, and how.

import type { Region } from 'darkslide';

import { addMaybes, choose, spareFaces } from '../actions.js';
import { MODES } from '../settings.js';
import { failed, isLooked, selectedPhoto } from '../state.js';
import type { Photo, State, Store } from '../state.js';
import { words } from '../words/index.js';
import { element, icon, keyedList, setAttributes, setText } from './element.js';
import type { Row } from './element.js';
import { placesOf, removePlace, togglePlace } from './places.js';
import type { Place } from './places.js';

export function faces(store: Store, original: HTMLImageElement): { node: HTMLElement; update: (state: State) => void } {
  const text = words().faces;
  const title = element('h3', { id: 'faces-title', tabindex: -1 }, text.title);
  const all = element('button', { class: 'link', type: 'button' });
  const note = element('p', { class: 'note' });
  const maybeNote = element('span', {});
  const addAll = element('button', { class: 'button small', type: 'button' }, icon('plus'));
  const addText = element('span', {});
  addAll.append(addText);
  const maybe = element('p', { class: 'maybe-note' }, icon('alert'), maybeNote, addAll);
  const tiles = element('ul', { class: 'tiles', 'aria-labelledby': 'faces-title' });
  const rows = keyedList<Place & { readonly rowKey: string }>(tiles, ({ rowKey }) => rowKey, tileRow);
  const how = howToCover(store);
  const node = element('section', { class: 'block', 'aria-labelledby': 'faces-title' }, element('div', { class: 'block-head' }, title, all), note, maybe, tiles, how.node);
  let current: Photo | undefined;

  all.addEventListener('click', () => current && spareFaces(store, current.id, current.edits.spared.size === 0));
  addAll.addEventListener('click', () => {
    if (current !== undefined) addMaybes(store, current.id);
    title.focus();
  });
  original.addEventListener('load', () => current && update(store.state));
  return { node, update };

  function update(state: State): void {
    const photo = selectedPhoto(state);
    current = photo;
    how.update(state);
    if (photo === undefined) return;
    // What could not be opened has nothing to be covered.
    node.hidden = photo.bare || (photo.found === undefined && failed(photo) !== undefined);
    const places = photo.found === undefined ? [] : placesOf(photo, state.settings);
    const found = places.filter(({ kind }) => kind === 'face').length;
    const open = places.filter(({ kind, covered }) => kind === 'maybe' && !covered).length;
    const looked = isLooked(photo, state.settings);
    setText(title, !looked ? text.off : photo.found === undefined ? text.title : found === 0 ? text.none : text.found(found));
    setText(note, !looked ? text.offNote : photo.found === undefined ? '' : found === 0 ? text.noneNote : text.choose);
    maybe.hidden = open === 0;
    setText(maybeNote, text.maybe(open));
    setText(addText, text.coverMaybe(open));
    all.hidden = found < 2;
    setText(all, photo.edits.spared.size === 0 ? text.allVisible : text.allCovered);
    rows(places.map((place) => ({ ...place, rowKey: `${photo.id} ${photo.found?.look} ${place.key}` })));
  }

  function tileRow(first: Place): Row<Place> {
    const crop = element('canvas', { class: 'crop', width: CROP_PX, height: CROP_PX, 'aria-hidden': 'true' });
    // What is seen and what is read aloud are the same words; the hidden ones say which face and what a click does.
    const which = element('span', { class: 'visually-hidden' });
    const state = element('span', { class: 'tile-state' });
    const detail = element('span', { class: 'tile-detail' });
    const todo = element('span', { class: 'visually-hidden' });
    const button = element('button', { class: `tile ${first.kind}`, type: 'button' }, crop, which, state, detail, todo);
    const node = element('li', {}, button);
    let tile = first;
    let drawn = '';
    button.addEventListener('click', () => current && togglePlace(store, current, tile));
    const remove = element('button', { class: 'tile-remove', type: 'button' }, icon('cross'));
    if (first.kind === 'mark') {
      remove.addEventListener('click', () => {
        if (current !== undefined) removePlace(store, current, tile);
        title.focus();
      });
      node.append(remove);
    }
    return {
      node,
      update: (next) => {
        tile = next;
        const { covered, visible, thenVisible, thenCovered, removeNamed } = words().place;
        setAttributes(button, { 'data-covered': String(next.covered) });
        setAttributes(remove, { 'aria-label': removeNamed(next.name) });
        setText(which, `${next.name}: `);
        setText(todo, next.covered ? thenVisible : thenCovered);
        setText(detail, next.mode === undefined ? next.detail : words().faces[next.mode]);
        state.replaceChildren(icon(next.covered ? 'eye-off' : 'eye'), next.covered ? covered : visible);
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

function howToCover(store: Store): { node: HTMLElement; update: (state: State) => void } {
  const text = words().faces;
  const looks = { blur: text.blurLooks, mosaic: text.mosaicLooks, fill: text.fillLooks };
  const inputs = MODES.map((mode) => {
    const input = element('input', { type: 'radio', name: 'cover', value: mode });
    input.addEventListener('change', () => input.checked && choose(store, { cover: mode }));
    const label = element('label', { class: 'mode' }, input, element('span', { class: `swatch ${mode}`, 'aria-hidden': 'true' }), element('span', { class: 'mode-name' }, text[mode]), element('span', { class: 'visually-hidden' }, looks[mode]));
    return { mode, input, label };
  });
  const node = element(
    'fieldset',
    { class: 'cover' },
    element('legend', {}, text.how),
    element('div', { class: 'modes' }, ...inputs.map(({ label }) => label)),
    element('p', { class: 'note' }, text.looks),
  );
  return {
    node,
    update: ({ settings }) => {
      for (const { mode, input } of inputs) input.checked = settings.cover === mode;
    },
  };
}

const CROP_PX = 112;
