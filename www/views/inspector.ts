// The place that was last chosen in the picture, with a button for all that a hand could do to it: nobody needs to drag.

import type { Region } from 'darkslide';

import { changeMark } from '../actions.js';
import { shifted, stretched, within } from '../geometry.js';
import { MODES } from '../settings.js';
import type { Mode } from '../settings.js';
import type { Photo, State, Store } from '../state.js';
import { words } from '../words/index.js';
import { element, icon, setAttributes, setText } from './element.js';
import type { Frame } from './frame.js';
import { step } from './outlines.js';
import { fitted, placesOf, removePlace, setMode, togglePlace } from './places.js';
import type { Place } from './places.js';

export function inspector(store: Store, frame: Frame, refocus: () => void): { node: HTMLElement; update: (photo: Photo, state: State) => void } {
  const text = words();
  const name = element('span', { class: 'inspector-name' });
  const cover = element('input', { type: 'checkbox' });
  const asAll = element('option', { value: '' });
  const how = element('select', { 'aria-label': text.faces.how }, asAll, ...MODES.map((mode) => element('option', { value: mode }, text.faces[mode])));
  const remove = button('bin', text.place.remove, () => {
    const { photo, place } = current ?? {};
    if (photo === undefined || place === undefined) return;
    removePlace(store, photo, place);
    refocus();
  });
  const change = (symbol: string, label: string, by: readonly [number, number], how: (region: Region, by: { x: number; y: number }) => Region): HTMLButtonElement =>
    button(symbol, label, () => {
      const { photo, place } = current ?? {};
      if (photo === undefined || place?.kind !== 'mark') return;
      const region = within(how(place.mark.region, step(frame, by)), frame.size());
      changeMark(store, photo.id, place.mark.id, fitted(place.mark, region));
    });
  const moving = element(
    'div',
    { class: 'tool-group', role: 'group', 'aria-label': text.place.move },
    change('left', text.place.left, [-1, 0], shifted),
    change('up', text.place.up, [0, -1], shifted),
    change('downward', text.place.down, [0, 1], shifted),
    change('right', text.place.right, [1, 0], shifted),
  );
  const sizing = element(
    'div',
    { class: 'tool-group', role: 'group', 'aria-label': text.place.size },
    change('narrower', text.place.narrower, [-1, 0], stretched),
    change('wider', text.place.wider, [1, 0], stretched),
    change('shorter', text.place.shorter, [0, -1], stretched),
    change('taller', text.place.taller, [0, 1], stretched),
  );
  const node = element('div', { class: 'inspector', role: 'group' }, name, element('label', { class: 'inspector-cover' }, cover, text.place.cover), how, moving, sizing, remove);
  let current: { readonly photo: Photo; readonly place: Place } | undefined;

  cover.addEventListener('change', () => current && togglePlace(store, current.photo, current.place));
  how.addEventListener('change', () => {
    if (current !== undefined) setMode(store, current.photo, current.place, MODES[how.selectedIndex - 1]);
  });
  return { node, update };

  function update(photo: Photo, { settings }: State): void {
    const place = photo.found === undefined ? undefined : placesOf(photo, settings).find(({ key }) => key === photo.active);
    current = place && { photo, place };
    node.hidden = place === undefined;
    if (place === undefined) return;
    setText(name, place.name);
    setAttributes(node, { 'aria-label': place.name });
    cover.checked = place.covered;
    setText(asAll, `${text.place.asAll}: ${text.faces[settings.cover]}`);
    how.selectedIndex = chosen(place.mode);
    moving.hidden = place.kind !== 'mark';
    sizing.hidden = place.kind !== 'mark' || place.mark.parts !== undefined;
    remove.hidden = place.kind !== 'mark';
  }
}

function chosen(mode: Mode | undefined): number {
  return mode === undefined ? 0 : MODES.indexOf(mode) + 1;
}

function button(symbol: string, name: string, action: () => void): HTMLButtonElement {
  const made = element('button', { class: 'tool', type: 'button', 'aria-label': name, title: name }, icon(symbol));
  made.addEventListener('click', action);
  return made;
}
