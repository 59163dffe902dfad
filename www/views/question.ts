// What the address asks for and would cover less or keep more: it is asked at the top of the page, and until somebody says yes the page does as it
// would by itself.

import { settle } from '../actions.js';
import { FACTS } from '../settings.js';
import type { Settings } from '../settings.js';
import type { State, Store } from '../state.js';
import { words } from '../words/index.js';
import { element, icon } from './element.js';

export function question(store: Store): { node: HTMLElement; update: (state: State) => void } {
  const text = words().question;
  const list = element('ul', {});
  const no = element('button', { class: 'button primary', type: 'button' }, text.no);
  const yes = element('button', { class: 'button on-plate', type: 'button' }, text.yes);
  const node = element(
    'section',
    { class: 'heed', id: 'question', 'aria-labelledby': 'question-title', hidden: true },
    icon('eye'),
    element('div', { class: 'heed-words' }, element('h2', { id: 'question-title' }, text.title), list, element('p', {}, text.until)),
    element('div', { class: 'heed-ways' }, no, yes),
  );
  for (const [button, answer] of [[no, false], [yes, true]] as const) button.addEventListener('click', () => settle(store, answer));
  return {
    node,
    update: ({ asked }) => {
      const wishes = wishesIn(asked);
      node.hidden = wishes.length === 0;
      list.replaceChildren(...wishes.map((wish) => element('li', {}, wish)));
    },
  };
}

function wishesIn({ look, keep, identity, format, quality, maxSide }: Partial<Settings>): string[] {
  const text = words().question;
  const number = new Intl.NumberFormat(words().locale);
  return [
    look === undefined ? '' : look === 'off' ? text.lookOff : text.lookLess,
    ...FACTS.map((fact) => (keep?.[fact] === true ? text[fact] : '')),
    identity === undefined ? '' : text.identity,
    format === undefined ? '' : text.format(format === 'same' ? words().settings.formatSame : format === 'webp' ? 'WebP' : format.toUpperCase()),
    quality === undefined ? '' : text.quality(number.format(quality)),
    maxSide === undefined ? '' : text.side(maxSide === null ? words().settings.sideSame : words().settings.sideMost(number.format(maxSide))),
  ].filter((wish) => wish !== '');
}
