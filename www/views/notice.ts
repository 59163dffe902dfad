// What the page has to say besides what the photos say, for those who see it. The live region says it to those who do not.

import type { State } from '../state.js';
import { byId, setText } from './element.js';

export function notice(): (state: State, before: State) => void {
  const bar = byId('notice', HTMLElement);
  let hiding: ReturnType<typeof setTimeout> | undefined;
  return ({ notice: now }, { notice: before }) => {
    if (now === before || now?.seen !== true) return;
    setText(bar, now.text);
    bar.hidden = false;
    clearTimeout(hiding);
    hiding = setTimeout(() => (bar.hidden = true), SHOWN_MS);
  };
}

/** Time to read two lines, twice. */
const SHOWN_MS = 10_000;
