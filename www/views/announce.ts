// Tells people who do not see the page what has changed: faces found, work done, work refused.

import { facesOf, uncertain } from '../faces.js';
import { leaks } from '../leaks.js';
import { failed, finished } from '../state.js';
import type { Photo, State } from '../state.js';
import { words } from '../words/index.js';
import { byId, setText } from './element.js';

export function announcer(): (state: State, before: State) => void {
  const live = byId('live', HTMLElement);
  return (state, before) => {
    const news = state.photos.map((photo) => newsOf(photo, before.photos.find(({ id }) => id === photo.id)));
    const said = [...(state.notice !== undefined && state.notice !== before.notice ? [state.notice.text] : []), ...news.flat()];
    const ready = state.photos.filter((photo) => finished(photo) !== undefined).length;
    const isLast = ready > 1 && ready === state.photos.length && said.length > 0 && before.photos.some((photo) => finished(photo) === undefined);
    if (isLast) said.push(words().live.readyMany(ready));
    const text = said.join(' ');
    // The same again is new to nobody, unless it differs in what nobody hears.
    if (text !== '') setText(live, live.textContent === text ? `${text}\u00a0` : text);
  };
}

function newsOf(photo: Photo, before: Photo | undefined): string[] {
  const text = words().live;
  const { name, found, edits } = photo;
  const failure = failed(photo);
  const said: string[] = [];
  if (found !== undefined && found !== before?.found) {
    said.push(text.found(name, facesOf(found.report).length, leaks(found.report.removed).length));
    const more = uncertain(found.report).length;
    if (more > 0) said.push(text.uncertain(more));
  }
  const marksBefore = before?.edits.marks.length ?? 0;
  if (edits.marks.length > marksBefore) said.push(text.marked);
  if (edits.marks.length < marksBefore) said.push(text.unmarked);
  if (finished(photo) !== undefined && (before === undefined || finished(before) !== finished(photo))) said.push(text.ready(name));
  if (failure !== undefined && failure !== before?.failure) {
    const { title, what } = words().advice[failure.code];
    said.push(failure.code === 'aborted' ? what : text.refused(name, title, what));
  }
  return said;
}
