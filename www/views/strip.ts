// One card for each photo: what it is, how far it is, and, once it is finished and not on the bench, the way to save it.
// The photo on the bench has its link there, so that each finished photo has one.

import { removeAll, removePhoto, select } from '../actions.js';
import { failed, finished } from '../state.js';
import type { Photo, State, Store } from '../state.js';
import { STAGES } from '../sentences.js';
import { byId, element, icon, keyedList, setAttributes, setText } from './element.js';
import type { Row } from './element.js';

export function strip(store: Store): (state: State) => void {
  const saveAll = byId('save-all', HTMLButtonElement);
  const clear = byId('clear', HTMLButtonElement);
  const rows = keyedList<Photo>(byId('strip', HTMLUListElement), ({ id }) => String(id), card);
  saveAll.addEventListener('click', () => void save(store.state.photos));
  clear.addEventListener('click', () => {
    removeAll(store);
    byId('files', HTMLInputElement).focus();
  });

  return (state) => {
    rows(state.photos);
    const ready = state.photos.filter((photo) => finished(photo) !== undefined).length;
    saveAll.hidden = ready < 2;
    setText(saveAll, `Save all ${ready}`);
  };

  function card({ id, name, original }: Photo): Row<Photo> {
    const picture = element('canvas', { class: 'card-picture', width: THUMB_PX, height: THUMB_PX, 'aria-hidden': 'true' });
    const status = element('span', { class: 'card-status' });
    const open = element('button', { class: 'card-open', type: 'button' }, picture, element('span', { class: 'card-name' }, name), status);
    const remove = element('button', { class: 'card-remove', type: 'button', 'aria-label': `Remove ${name}` }, icon('cross'));
    const way = element('span', { class: 'card-way' });
    const node = element('li', { class: 'card' }, open, way, remove);
    open.addEventListener('click', () => select(store, id));
    remove.addEventListener('click', () => {
      const next = node.nextElementSibling ?? node.previousElementSibling;
      removePhoto(store, id);
      (next?.querySelector<HTMLElement>('.card-open') ?? byId('files', HTMLInputElement)).focus();
    });
    let drawn: Blob | undefined;
    let linked: string | undefined;
    let noted = '';
    return {
      node,
      update: (photo) => {
        const [result, failure] = [finished(photo), failed(photo)];
        const onBench = store.state.selected === id;
        const stage = photo.progress?.stage;
        setAttributes(node, { 'data-look': failure !== undefined ? 'refused' : result !== undefined ? 'ready' : 'busy' });
        setAttributes(open, { 'aria-current': onBench ? 'true' : undefined });
        setText(status, failure !== undefined ? 'Refused' : result !== undefined ? 'Ready' : stage !== undefined ? STAGES[stage] : 'Waiting …');
        const wanted = onBench ? undefined : result?.url;
        const note = onBench ? 'Shown below' : failure !== undefined ? 'No file' : '…';
        if (linked !== wanted || noted !== note) {
          [linked, noted] = [wanted, note];
          way.replaceChildren(wanted === undefined || result === undefined ? element('span', { class: 'card-note', 'aria-hidden': 'true' }, note) : element('a', { class: 'card-save', href: wanted, download: result.file.name, 'aria-label': `Save ${name}, cleaned` }, icon('down'), 'Save'));
        }
        const shown = result?.file ?? photo.result?.file ?? original;
        if (drawn !== shown && (drawn === undefined || result !== undefined)) {
          drawn = shown;
          void draw(picture, shown);
        }
      },
    };
  }
}

/** A small picture to look at. A file that the browser cannot open keeps its empty frame. */
async function draw(canvas: HTMLCanvasElement, file: Blob): Promise<void> {
  try {
    const bitmap = await createImageBitmap(file, { resizeHeight: THUMB_PX * 2, resizeQuality: 'medium' });
    const side = Math.min(bitmap.width, bitmap.height);
    canvas.getContext('2d')?.drawImage(bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, THUMB_PX, THUMB_PX);
    bitmap.close();
  } catch {
    canvas.classList.add('empty');
  }
}

/** One after the other: browsers drop downloads that come at once. */
async function save(photos: readonly Photo[]): Promise<void> {
  for (const photo of photos) {
    const result = finished(photo);
    if (result === undefined) continue;
    element('a', { href: result.url, download: result.file.name }).click();
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

const THUMB_PX = 120;
const PAUSE_MS = 300;
