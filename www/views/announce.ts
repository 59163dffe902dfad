// Tells people who do not see the page what has changed: faces found, work done, work refused.

import { failed, finished } from '../state.js';
import type { Photo, State } from '../state.js';
import { ADVICE } from '../sentences.js';
import { count, leaks } from '../words.js';
import { byId, setText } from './element.js';

export function announcer(): (state: State, before: State) => void {
  const live = byId('live', HTMLElement);
  return (state, before) => {
    const said = state.photos.flatMap((photo) => news(photo, before.photos.find(({ id }) => id === photo.id)));
    if (said.length > 0) setText(live, said.join(' '));
  };
}

function news(photo: Photo, before: Photo | undefined): string[] {
  const { name, found, marks } = photo;
  const failure = failed(photo);
  const said: string[] = [];
  if (found !== undefined && found !== before?.found) {
    said.push(`${name}: ${count(found.report.facesDetected, 'face')} found, ${count(leaks(found.report.removed).length, 'kind')} of hidden data.`);
  }
  if (marks.length > (before?.marks.length ?? 0)) said.push('Place marked. Arrow keys move it, Shift and arrow keys resize it, Delete removes it.');
  if (marks.length < (before?.marks.length ?? 0)) said.push('Marked place removed.');
  if (finished(photo) !== undefined && (before === undefined || finished(before) !== finished(photo))) said.push(`${name} is ready to save.`);
  if (failure !== undefined && failure !== before?.failure) said.push(`${name} was refused. ${ADVICE[failure.code].title}. ${ADVICE[failure.code].what}`);
  return said;
}
