// What is chosen for all photos.

import { choose } from '../actions.js';
import { defaults, LOOKS } from '../settings.js';
import type { Look, Settings } from '../settings.js';
import type { State, Store } from '../state.js';
import { words } from '../words/index.js';
import { element, setText } from './element.js';

export function settings(store: Store): { node: HTMLElement; update: (state: State) => void } {
  const text = words().settings;
  const updates: ((settings: Settings) => void)[] = [];

  const looks: Readonly<Record<Look, string>> = { off: text.lookOff, fast: text.lookFast, balanced: text.lookBalanced, thorough: text.lookThorough };
  const number = new Intl.NumberFormat(words().locale);
  const value = element('output', {});
  const quality = element('input', { type: 'range', min: 1, max: 100 });
  quality.addEventListener('input', () => setText(value, quality.value));
  quality.addEventListener('change', () => choose(store, { quality: quality.valueAsNumber }));
  updates.push((now) => {
    quality.valueAsNumber = now.quality;
    setText(value, String(now.quality));
  });
  const reset = element('button', { class: 'link', type: 'button' }, text.reset);
  reset.addEventListener('click', () => choose(store, { ...defaults(), language: store.state.settings.language }));

  const node = element(
    'details',
    { class: 'block more' },
    element('summary', {}, text.title),
    element('p', { class: 'note' }, text.note),
    row(text.look, select(LOOKS.map((look) => [look, looks[look]]), (now) => now.look, (look) => ({ look }))),
    element('p', { class: 'note' }, text.lookNote),
    row(text.format, select<Settings['format']>([['same', text.formatSame], ['jpeg', 'JPEG'], ['png', 'PNG'], ['webp', text.formatWebp]], (now) => now.format, (format) => ({ format }))),
    element('label', { class: 'row' }, element('span', {}, text.quality), element('span', { class: 'with-value' }, quality, value)),
    row(text.side, select([null, 4096, 2048, 1280].map((side) => [side, side === null ? text.sideSame : text.sideMost(number.format(side))]), (now) => now.maxSide, (maxSide) => ({ maxSide }))),
    check(text.identity, text.identityNote, (now) => now.identity === 'reset', (on) => ({ identity: on ? 'reset' : 'keep' })),
    element(
      'fieldset',
      { class: 'keep' },
      element('legend', {}, text.keep),
      check(text.keepCopyright, undefined, (now) => now.keep.copyright, (copyright, now) => ({ keep: { ...now.keep, copyright } })),
      check(text.keepDate, undefined, (now) => now.keep.date, (date, now) => ({ keep: { ...now.keep, date } })),
      check(text.keepPlace, undefined, (now) => now.keep.coarseLocation, (coarseLocation, now) => ({ keep: { ...now.keep, coarseLocation } })),
      element('p', { class: 'note' }, text.keepNote),
    ),
    reset,
  );
  return {
    node,
    update: (state) => {
      for (const update of updates) update(state.settings);
    },
  };

  function check(name: string, what: string | undefined, is: (now: Settings) => boolean, then: (on: boolean, now: Settings) => Partial<Settings>): HTMLElement {
    const input = element('input', { type: 'checkbox' });
    input.addEventListener('change', () => choose(store, then(input.checked, store.state.settings)));
    updates.push((now) => (input.checked = is(now)));
    const small = what === undefined ? undefined : element('small', {}, what);
    return element('label', { class: 'check' }, input, element('span', {}, element('b', {}, name), small));
  }

  function select<V>(options: readonly (readonly [V, string])[], is: (now: Settings) => V, then: (value: V) => Partial<Settings>): HTMLSelectElement {
    const made = element('select', {}, ...options.map(([, name]) => element('option', {}, name)));
    made.addEventListener('change', () => {
      const option = options[made.selectedIndex];
      if (option !== undefined) choose(store, then(option[0]));
    });
    updates.push((now) => (made.selectedIndex = options.findIndex(([option]) => option === is(now))));
    return made;
  }
}

function row(name: string, control: HTMLElement): HTMLElement {
  return element('label', { class: 'row' }, element('span', {}, name), control);
}
