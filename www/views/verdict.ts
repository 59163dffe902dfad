// The outcome for the photo on the bench: what is being done, what came of it, and the way to take it along.

import { leavePicture, tryAgain } from '../actions.js';
import { failed, finished, selectedPhoto } from '../state.js';
import type { Photo, Result, State, Store } from '../state.js';
import { concernsPhoto, count, fileSize, leaks } from '../words.js';
import { ADVICE, STAGES } from '../sentences.js';
import { element, icon, setAttributes, setText } from './element.js';

export function verdict(store: Store): { node: HTMLElement; update: (state: State) => void } {
  const symbol = element('span', { class: 'verdict-icon' });
  const title = element('h2', { class: 'verdict-title', id: 'verdict', tabindex: -1 });
  const text = element('p', { class: 'verdict-text' });
  const more = element('p', { class: 'verdict-more' });
  const bar = element('progress', { class: 'bar', 'aria-labelledby': 'verdict' });
  const way = element('div', { class: 'verdict-way' });
  const node = element('section', { class: 'verdict', 'aria-labelledby': 'verdict' }, symbol, element('div', { class: 'verdict-words' }, title, text, more, bar, way));
  let made = '';

  return { node, update };

  function update(state: State): void {
    const photo = selectedPhoto(state);
    if (photo === undefined) return;
    const [result, failure] = [finished(photo), failed(photo)];
    const look = failure !== undefined ? 'refused' : result !== undefined ? 'ready' : 'busy';
    setAttributes(node, { 'data-look': look });
    const key = `${photo.id} ${look} ${result?.url ?? photo.revision} ${failure?.message ?? ''}`;
    if (made !== key) {
      made = key;
      // A link to an outdated file must not outlive the file.
      way.replaceChildren();
      symbol.replaceChildren(icon(look === 'refused' ? 'alert' : look === 'ready' ? 'check' : 'slide'));
      if (result !== undefined) showResult(result);
      else if (failure !== undefined) showFailure(photo, failure);
    }
    if (look === 'busy') showProgress(photo, state);
    bar.hidden = look !== 'busy';
  }

  function showResult(result: Result): void {
    const { report, file, url } = result;
    setText(title, report.backend.detector === 'none' ? 'Hidden data removed, faces as before' : 'Ready to share');
    setText(text, outcome(result));
    setText(more, `Checked: the new file was opened again, and holds ${report.kept.length === 0 ? 'the picture and nothing else' : 'only the picture and what it takes to show it'}.`);
    const link = element('a', { class: 'button primary save', href: url, download: file.name }, icon('down'), element('span', {}, 'Save photo'));
    const facts = element('p', { class: 'save-facts' }, `${file.name}, ${fileSize(file.size)}`);
    way.append(link, facts, ...report.warnings.filter(concernsPhoto).map((warning) => element('p', { class: 'warning' }, icon('alert'), warning)));
  }

  function showFailure({ id, bare }: Photo, { code, message }: NonNullable<Photo['failure']>): void {
    const advice = ADVICE[code];
    setText(title, advice.title);
    setText(text, advice.what);
    setText(more, 'No file was made, so nothing can slip out.');
    const again = element('button', { class: 'button on-plate', type: 'button' }, 'Try again');
    again.addEventListener('click', () => tryAgain(store, id));
    if (code === 'unsupported' && !bare) {
      const leave = element('button', { class: 'button primary', type: 'button' }, 'Remove the hidden data only');
      leave.addEventListener('click', () => leavePicture(store, id));
      way.append(leave, element('p', { class: 'warning' }, icon('alert'), 'Faces and everything else in the picture then stay as visible as they are.'));
    }
    way.append(again, element('details', { class: 'fine-print' }, element('summary', {}, 'What the program says'), element('p', {}, `${code}: ${message}`)));
  }

  function showProgress(photo: Photo, { engine }: State): void {
    const { progress } = photo;
    setText(title, progress === undefined ? (engine === 'starting' ? 'Getting ready …' : 'Waiting for its turn …') : STAGES[progress.stage]);
    setText(text, photo.found === undefined ? 'It stays on this device.' : outcomeSoFar(photo));
    setText(more, '');
    if (progress === undefined) bar.removeAttribute('value');
    else bar.value = share(photo, progress);
  }
}

function outcome({ report }: Result): string {
  const byHand = report.redactions.filter(({ source }) => source !== 'face').length;
  const faces = report.redactions.length - byHand;
  const visible = Math.max(0, report.facesDetected - faces);
  const kinds = leaks(report.removed).length;
  return [
    report.backend.detector === 'none' ? 'Nobody looked for faces: they are as visible as before.' : '',
    faces > 0 ? `${count(faces, 'face')} covered.` : report.backend.detector === 'none' ? '' : report.facesDetected === 0 ? 'No face found: look yourself.' : '',
    visible > 0 ? `${count(visible, 'face')} left visible, as you chose.` : '',
    byHand > 0 ? `${count(byHand, 'marked place')} covered.` : '',
    kinds > 0 ? `${count(kinds, 'kind')} of hidden data removed.` : 'It held no hidden data.',
  ].filter((sentence) => sentence !== '').join(' ');
}

function outcomeSoFar({ found }: Photo): string {
  const faces = found?.report.facesDetected ?? 0;
  return faces === 0 ? 'No face found so far: look yourself.' : `${count(faces, 'face')} found.`;
}

/** How far the two calls for a photo are, looking and covering, weighed by how long their stages take. */
function share({ found }: Photo, { stage, fraction }: NonNullable<Photo['progress']>): number {
  const stages = Object.keys(STAGES);
  const inCall = (stages.indexOf(stage) + fraction) / stages.length;
  return found === undefined ? inCall * 0.5 : 0.5 + inCall * 0.5;
}
