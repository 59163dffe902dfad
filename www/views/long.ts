// Text that may be of any length: its beginning, how long it is, and a button for all of it.

import { cut, plain } from '../said.js';
import { words } from '../words/index.js';
import { element } from './element.js';

/** Children for an element that holds nothing else. */
export function long(text: string, most: number): (Node | string)[] {
  const said = plain(text);
  if (said.length <= most) return [said];
  const all = element('button', { class: 'link', type: 'button' }, words().technical.showAll(new Intl.NumberFormat(words().locale).format(text.length)));
  all.addEventListener('click', () => {
    // The button goes, and who used it goes on reading here.
    const whole = element('span', { tabindex: -1 }, said);
    all.parentElement?.replaceChildren(whole);
    whole.focus();
  });
  return [cut(said, most), ' ', all];
}
