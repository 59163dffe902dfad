// Choices beyond the usual, the same for all photos.

import { choose } from '../actions.js';
import type { Choices, Store } from '../state.js';
import { element } from './element.js';

export function choices(store: Store): HTMLElement {
  const harder = element('input', { type: 'checkbox' });
  harder.addEventListener('change', () => choose(store, { sensitivity: harder.checked ? 'thorough' : 'balanced' }));
  const stealth = element('input', { type: 'checkbox' });
  stealth.addEventListener('change', () => choose(store, { identity: stealth.checked ? 'reset' : 'keep' }));
  const format = select<Choices['format']>([['same', 'the same as the original'], ['jpeg', 'JPEG'], ['png', 'PNG'], ['webp', 'WebP (lossless)']], (value) => choose(store, { format: value }));
  const side = select<string>([['', 'as it is'], ['4096', 'at most 4096 pixels'], ['2048', 'at most 2048 pixels'], ['1280', 'at most 1280 pixels']], (value) =>
    choose(store, { maxSide: value === '' ? null : Number(value) }),
  );
  return element(
    'details',
    { class: 'block more' },
    element('summary', {}, 'More choices'),
    line(harder, 'Look harder for faces', 'Slower. Finds more small and turned faces, and now and then something that is none.'),
    line(stealth, 'Make exact copies unmatchable', 'Resizes by about one per cent, so that the photo cannot be matched to its original by a checksum. It can still be matched by its looks.'),
    element('label', { class: 'row' }, element('span', {}, 'File type'), format),
    element('label', { class: 'row' }, element('span', {}, 'Longer side'), side),
  );
}

function line(input: HTMLInputElement, name: string, what: string): HTMLElement {
  return element('label', { class: 'check' }, input, element('span', {}, element('b', {}, name), element('small', {}, what)));
}

function select<V extends string>(options: readonly (readonly [V, string])[], chosen: (value: V) => void): HTMLSelectElement {
  const made = element('select', {}, ...options.map(([value, text]) => element('option', { value }, text)));
  made.addEventListener('change', () => {
    const option = options[made.selectedIndex];
    if (option !== undefined) chosen(option[0]);
  });
  return made;
}
