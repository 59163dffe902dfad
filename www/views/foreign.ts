// Says that the page is not as it was published, and by which files that is known.

import type { State } from '../state.js';
import { words } from '../words/index.js';
import { element, icon } from './element.js';

export function foreign(): { node: HTMLElement; update: (state: State) => void } {
  const text = words().foreign;
  const files = element('p', { class: 'heed-files' });
  const node = element(
    'section',
    { class: 'heed', id: 'foreign', 'aria-labelledby': 'foreign-title', hidden: true },
    icon('alert'),
    element('div', { class: 'heed-words' }, element('h2', { id: 'foreign-title' }, text.title), element('p', {}, text.what), files),
  );
  return {
    node,
    update: ({ engine, foreign: paths }) => {
      node.hidden = engine !== 'foreign';
      files.textContent = text.files(paths.map((path) => path.replace(/^\.\/$/, 'index.html').replace(/^\.\//, '')).join(', '));
    },
  };
}
