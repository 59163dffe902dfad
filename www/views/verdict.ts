// The outcome for the photo on the bench: what is being done, what came of it, and the ways to take it along.

import { leavePicture, show, stop, tell, tryAgain } from '../actions.js';
import type { Engine } from '../engine.js';
import { facesOf, isMoving, uncertain } from '../faces.js';
import { concernsPhoto, leaks } from '../leaks.js';
import { cut, plain } from '../said.js';
import { canCopy, canShare, copy, share } from '../save.js';
import { failed, finished, isLooked, selectedPhoto } from '../state.js';
import type { Photo, Result, State, Store } from '../state.js';
import { fileSize, words } from '../words/index.js';
import { element, icon, setAttributes, setText } from './element.js';
import { progressShare } from './progress.js';

export function verdict(store: Store, engine: Engine): { node: HTMLElement; update: (state: State) => void } {
  const text = words().verdict;
  const symbol = element('span', { class: 'verdict-icon' });
  const title = element('h2', { class: 'verdict-title', id: 'verdict', tabindex: -1 });
  const body = element('p', { class: 'verdict-text' });
  const more = element('p', { class: 'verdict-more' });
  const bar = element('progress', { class: 'bar', 'aria-labelledby': 'verdict' });
  const halt = element('button', { class: 'button on-plate small', type: 'button' }, text.stopWork);
  const way = element('div', { class: 'verdict-way' });
  const node = element('section', { class: 'verdict', 'aria-labelledby': 'verdict' }, symbol, element('div', { class: 'verdict-words' }, title, body, more, bar, halt, way));
  let made = '';

  halt.addEventListener('click', () => {
    if (store.state.selected !== undefined) stop(store, store.state.selected);
    title.focus();
  });
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
      const hadFocus = way.contains(document.activeElement);
      // A link to an outdated file must not outlive the file.
      way.replaceChildren();
      if (hadFocus) title.focus();
      symbol.replaceChildren(icon(look === 'refused' ? 'alert' : look === 'ready' ? 'check' : 'slide'));
      if (result !== undefined) showResult(photo, result, state);
      else if (failure !== undefined) showFailure(photo, failure);
    }
    if (look === 'busy') showProgress(photo, state);
    bar.hidden = look !== 'busy';
    halt.hidden = look !== 'busy';
  }

  function showResult(photo: Photo, result: Result, { settings }: State): void {
    const { report, file, url } = result;
    const looked = isLooked(photo, settings);
    setText(title, looked || result.edits.marks.some(({ covered }) => covered) ? text.ready : text.facesAsBefore);
    setText(body, outcome(photo, result, looked));
    setText(more, report.kept.some(({ why }) => why === 'asked') ? text.checkedKept : report.kept.length === 0 ? text.checkedAll : text.checkedRest);
    const link = element('a', { class: 'button primary save', href: url, download: file.name }, icon('down'), element('span', {}, text.save));
    const others = element('div', { class: 'other-ways' });
    if (canCopy()) others.append(copying(file));
    if (canShare([file])) {
      const sharing = element('button', { class: 'button on-plate', type: 'button' }, icon('share'), text.share);
      sharing.addEventListener('click', () => void share([file]).catch(() => show(store, text.notShared)));
      others.append(sharing);
    }
    const facts = element('p', { class: 'save-facts' }, text.file(file.name, fileSize(file.size)));
    way.append(link, others, facts, ...report.warnings.filter(concernsPhoto).slice(0, MOST_WARNINGS).map((warning) => element('p', { class: 'warning', lang: 'en' }, icon('alert'), warning)));
  }

  function copying(file: File): HTMLElement {
    const label = element('span', {}, text.copy);
    const button = element('button', { class: 'button on-plate', type: 'button' }, icon('copy'), label);
    button.addEventListener('click', () => {
      setText(label, text.copying);
      copy(engine.png(file)).then(
        () => say(text.copied),
        () => (say(text.copy), show(store, text.notCopied)),
      );
    });
    const say = (done: string): void => {
      setText(label, done);
      if (done === text.copied) tell(store, done);
    };
    return button;
  }

  function showFailure({ id, bare }: Photo, { code, message }: NonNullable<Photo['failure']>): void {
    const advice = words().advice[code];
    setText(title, advice.title);
    setText(body, advice.what);
    setText(more, text.noFile);
    const again = element('button', { class: 'button on-plate', type: 'button' }, text.again);
    again.addEventListener('click', () => {
      tryAgain(store, id);
      title.focus();
    });
    if (code === 'unsupported' && !bare) {
      const leave = element('button', { class: 'button primary', type: 'button' }, text.bare);
      leave.addEventListener('click', () => leavePicture(store, id));
      way.append(leave, element('p', { class: 'warning' }, icon('alert'), text.bareWarning));
    }
    way.append(again);
    if (code !== 'aborted') way.append(element('details', { class: 'fine-print' }, element('summary', {}, text.program), element('p', { lang: 'en' }, cut(plain(`${code}: ${message}`), MOST_OF_MESSAGE))));
  }

  function showProgress(photo: Photo, { engine: state, settings }: State): void {
    const { progress, found } = photo;
    setText(title, progress === undefined ? (state === 'starting' ? text.gettingReady : text.waiting) : words().stages[progress.stage]);
    setText(body, found === undefined ? text.stays : !isLooked(photo, settings) ? text.nobodyLooked : facesOf(found.report).length === 0 ? text.noFaceYet : text.facesFound(facesOf(found.report).length));
    setText(more, '');
    if (progress === undefined) bar.removeAttribute('value');
    else bar.value = progressShare(photo, progress);
  }
}

function outcome(photo: Photo, { report, edits }: Result, looked: boolean): string {
  const text = words().verdict;
  const isOwn = ([key]: readonly [string, unknown]): boolean => key.startsWith('face ') && !edits.spared.has(Number(key.slice('face '.length)));
  // In a moving picture a face is covered once in every frame.
  const covered = isMoving(report) ? Math.max(0, facesOf(report).length - edits.spared.size) : report.redactions.filter(({ source }) => source === 'face').length + [...edits.modes].filter(isOwn).length;
  const faces = covered + edits.added.size;
  const visible = looked ? edits.spared.size : 0;
  const marks = edits.marks.filter(({ covered }) => covered).length;
  const open = looked ? uncertain(photo.found?.report).length - edits.added.size : 0;
  const kinds = leaks(report.removed).length;
  return [
    looked ? '' : text.nobodyLooked,
    faces > 0 ? text.facesCovered(faces) : looked && report.facesDetected === 0 ? text.noFace : '',
    visible > 0 ? text.leftVisible(visible) : '',
    marks > 0 && !photo.bare ? text.marksCovered(marks) : '',
    open > 0 ? text.uncertain(open) : '',
    kinds > 0 ? text.kindsRemoved(kinds) : text.nothingHidden,
  ].filter((sentence) => sentence !== '').join(' ');
}

/** The others are among the technical details. */
const MOST_WARNINGS = 10;
const MOST_OF_MESSAGE = 600;
