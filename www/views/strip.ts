// One card for each photo: what it is, how far it is, and, once it is finished and not on the bench, the way to save it.
// The photo on the bench has its link there, so that each finished photo has one.

import { removeAll, removePhoto, select, show, stop, tell } from '../actions.js';
import { canShare, download, share } from '../save.js';
import { failed, finished } from '../state.js';
import type { Photo, State, Store } from '../state.js';
import { words } from '../words/index.js';
import { byId, element, icon, keyedList, setAttributes, setText } from './element.js';
import type { Row } from './element.js';
import { progressShare } from './progress.js';

export function strip(store: Store): { node: HTMLElement; update: (state: State) => void } {
  const text = words().cards;
  const list = element('ul', { class: 'strip', 'aria-label': text.list });
  const zipText = element('span', {});
  const zipping = element('button', { class: 'button', id: 'save-all', type: 'button', hidden: true }, icon('down'), zipText);
  const shareText = element('span', {});
  const sharing = element('button', { class: 'button', type: 'button', hidden: true }, icon('share'), shareText);
  const clear = element('button', { class: 'button quiet', type: 'button' }, text.clear);
  const node = element('div', { class: 'strip-bar' }, list, element('div', { class: 'strip-actions' }, zipping, sharing, clear));
  const rows = keyedList<Photo>(list, ({ id }) => String(id), card);
  let busy = false;

  zipping.addEventListener('click', () => void saveZip());
  sharing.addEventListener('click', () => void share(ready()).catch(() => show(store, words().verdict.notShared)));
  clear.addEventListener('click', () => {
    const { length } = store.state.photos;
    removeAll(store);
    show(store, text.gone(length));
    byId('files', HTMLInputElement).focus();
  });
  return { node, update };

  function update({ photos }: State): void {
    rows(photos);
    const files = ready();
    zipping.hidden = files.length < 2;
    sharing.hidden = files.length < 2 || !canShare(files);
    setText(zipText, busy ? text.zipping : text.zip(files.length));
    setText(shareText, text.shareAll(files.length));
  }

  function ready(): File[] {
    return store.state.photos.flatMap((photo) => finished(photo)?.file ?? []);
  }

  async function saveZip(): Promise<void> {
    if (busy) return;
    busy = true;
    update(store.state);
    const files = ready();
    try {
      const { zip } = await import('../zip.js');
      download(await zip(files));
      tell(store, words().live.zipped(files.length));
    } finally {
      busy = false;
      update(store.state);
    }
  }

  function card({ id, name, original }: Photo): Row<Photo> {
    const picture = element('canvas', { class: 'card-picture', width: THUMB_PX, height: THUMB_PX, 'aria-hidden': 'true' });
    const status = element('span', { class: 'card-status' });
    const open = element('button', { class: 'card-open', type: 'button' }, picture, element('span', { class: 'card-name' }, element('bdi', {}, name)), status);
    const remove = element('button', { class: 'card-remove', type: 'button', 'aria-label': text.remove(name) }, icon('cross'));
    const halt = element('button', { class: 'card-stop', type: 'button', 'aria-label': text.stopNamed(name) }, text.stop);
    const bar = element('progress', { class: 'bar card-bar', 'aria-label': name });
    const way = element('span', { class: 'card-way' });
    const node = element('li', { class: 'card' }, open, bar, way, remove);
    open.addEventListener('click', () => select(store, id));
    halt.addEventListener('click', () => {
      stop(store, id);
      open.focus();
    });
    remove.addEventListener('click', () => {
      const next = node.nextElementSibling ?? node.previousElementSibling;
      removePhoto(store, id);
      show(store, text.gone(1));
      (next?.querySelector<HTMLElement>('.card-open') ?? byId('files', HTMLInputElement)).focus();
    });
    let drawn: Blob | undefined;
    let shown = '';
    return {
      node,
      update: (photo) => {
        const [result, failure] = [finished(photo), failed(photo)];
        const onBench = store.state.selected === id;
        const stage = photo.progress?.stage;
        const isBusy = failure === undefined && result === undefined;
        setAttributes(node, { 'data-look': failure !== undefined ? 'refused' : result !== undefined ? 'ready' : 'busy' });
        setAttributes(open, { 'aria-current': onBench ? 'true' : undefined });
        setText(status, failure !== undefined ? (failure.code === 'aborted' ? text.stopped : text.refused) : result !== undefined ? text.ready : stage !== undefined ? words().stages[stage] : text.waiting);
        bar.hidden = !isBusy;
        if (photo.progress === undefined) bar.value = 0;
        else bar.value = progressShare(photo, photo.progress);
        const wanted = isBusy ? 'stop' : onBench ? text.shown : failure !== undefined ? text.noFile : (result?.url ?? '');
        if (shown !== wanted) {
          shown = wanted;
          if (isBusy) way.replaceChildren(halt);
          else if (result !== undefined && !onBench) way.replaceChildren(element('a', { class: 'card-save', href: result.url, download: result.file.name, 'aria-label': text.saveNamed(name) }, icon('down'), text.save));
          else way.replaceChildren(element('span', { class: 'card-note', 'aria-hidden': 'true' }, wanted));
        }
        const seen = result?.file ?? photo.result?.file ?? original;
        if (drawn !== seen && (drawn === undefined || result !== undefined)) {
          drawn = seen;
          draw(picture, seen, () => drawn === seen && picture.isConnected);
        }
      },
    };
  }
}

/** Draws a small picture to look at, one after the other: a folder of large ones must not be opened all at once. A file that the browser cannot open keeps its empty frame. */
function draw(canvas: HTMLCanvasElement, file: Blob, isWanted: () => boolean): void {
  drawing = drawing.then(async () => {
    if (!isWanted()) return;
    try {
      const bitmap = await createImageBitmap(file, { resizeHeight: THUMB_PX * 2, resizeQuality: 'medium' });
      const side = Math.min(bitmap.width, bitmap.height);
      canvas.getContext('2d')?.drawImage(bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, THUMB_PX, THUMB_PX);
      bitmap.close();
    } catch {
      canvas.classList.add('empty');
    }
  });
}

let drawing: Promise<void> = Promise.resolve();
const THUMB_PX = 120;
