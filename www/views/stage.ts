// The photo on the bench: the original, the cleaned picture over it as far as the slide is pushed in, the outlines, and the tools.

import { failed, finished, reportOf, selectedPhoto } from '../state.js';
import type { Photo, State, Store } from '../state.js';
import { words } from '../words/index.js';
import { compare } from './compare.js';
import { drawing } from './drawing.js';
import { element, setAttributes, setText } from './element.js';
import { frame } from './frame.js';
import { inspector } from './inspector.js';
import { outlines } from './outlines.js';
import { tools } from './tools.js';

export interface Stage {
  readonly node: HTMLElement;
  readonly original: HTMLImageElement;
  readonly update: (state: State) => void;
}

/** Keys work until `signal` says otherwise. */
export function stage(store: Store, signal: AbortSignal): Stage {
  const text = words().stage;
  const original = element('img', { class: 'original', draggable: 'false', alt: '' });
  const cleaned = element('img', { class: 'cleaned', draggable: 'false', alt: '' });
  const edge = element('div', { class: 'edge', 'aria-hidden': 'true' });
  const view = frame(text.picture, (zoomed) => {
    rail.settle();
    if (zoomed) toolbar.zoomed();
  });
  const rail = compare(view);
  const layer = outlines(store, view, () => toolbar.mark.focus());
  const draw = drawing(store, view, layer.node, (mark) => store.whenShown(() => layer.focus(`mark ${mark}`)));
  const toolbar = tools(store, view, draw);
  const chosen = inspector(store, view, () => toolbar.mark.focus());
  view.sheet.append(original, cleaned, edge, layer.node);
  const nothing = element('p', { class: 'nothing' }, text.nothing);
  const name = element('span', { class: 'stage-name', dir: 'auto' });
  const size = element('span', { class: 'stage-size' });
  const node = element(
    'figure',
    { class: 'stage holder-open' },
    element('div', { class: 'engraving' }, name, size),
    element('div', { class: 'window-holder' }, view.window, nothing),
    rail.node,
    element('figcaption', {}, toolbar.node, element('div', { class: 'bench-line' }, chosen.node, toolbar.hint)),
  );
  let shown: number | undefined;

  original.addEventListener('load', () => {
    if (selectedPhoto(store.state)?.found === undefined) view.resize({ width: original.naturalWidth, height: original.naturalHeight });
    view.sheet.classList.remove('unseen');
  });
  // The browser may not know a format that darkslide reads; the cleaned picture it can show.
  original.addEventListener('error', () => view.sheet.classList.add('unseen'));
  cleaned.addEventListener('load', () => {
    const isFirst = view.sheet.classList.contains('uncleaned');
    view.sheet.classList.remove('uncleaned');
    if (isFirst) rail.glide(100, 0);
  });
  document.addEventListener('keydown', onKey, { signal });
  document.addEventListener('keyup', (event) => event.key.toLowerCase() === 'c' && rail.hold(false), { signal });
  // Whoever goes to another window lets go of the key there.
  window.addEventListener('blur', () => rail.hold(false), { signal });
  window.addEventListener('resize', rail.settle, { signal });
  return { node, original, update };

  /** Undoing works wherever the focus is; single keys only on the stage, so that they get into nobody's way. */
  function onKey(event: KeyboardEvent): void {
    if (selectedPhoto(store.state) === undefined || event.target instanceof HTMLSelectElement) return;
    const onStage = event.target instanceof Node && node.contains(event.target);
    if (!onStage && !event.ctrlKey && !event.metaKey) return;
    if (onStage && event.key.toLowerCase() === 'c' && !event.ctrlKey && !event.metaKey) rail.hold(true);
    else if (!(onStage || event.key.toLowerCase() === 'z' || event.key.toLowerCase() === 'y') || !toolbar.key(event)) return;
    event.preventDefault();
  }

  function update(state: State): void {
    const photo = selectedPhoto(state);
    if (photo === undefined) {
      shown = undefined;
      original.removeAttribute('src');
      cleaned.removeAttribute('src');
      return;
    }
    if (shown !== photo.id) change(photo);
    const report = reportOf(photo);
    if (report !== undefined) view.resize(report.input);
    setText(size, report === undefined ? '' : `${report.input.width} × ${report.input.height}`);
    const url = photo.result?.url;
    if (url !== undefined && cleaned.getAttribute('src') !== url) cleaned.src = url;
    rail.enable(url !== undefined);
    toolbar.update(photo);
    draw.update(photo);
    layer.update(photo, state);
    chosen.update(photo, state);
    toolbar.hint.hidden = !chosen.node.hidden;
    const isStale = photo.result !== undefined && finished(photo) === undefined;
    // What was covered and is no more can only be shown by what the next file will show; what is added is drawn over the last one.
    view.sheet.classList.toggle('stale', isStale && layer.uncovers());
    view.sheet.classList.toggle('busy', photo.progress !== undefined);
    const failure = failed(photo);
    node.classList.toggle('closed', photo.found === undefined && failure !== undefined && failure.code !== 'aborted');
  }

  function change(photo: Photo): void {
    shown = photo.id;
    view.sheet.classList.add('uncleaned');
    view.sheet.classList.remove('unseen');
    original.src = photo.originalUrl;
    setAttributes(original, { alt: text.original(photo.name) });
    setAttributes(cleaned, { alt: text.cleaned(photo.name) });
    cleaned.removeAttribute('src');
    setText(name, photo.name);
    view.zoomTo(1);
    rail.push(0);
  }
}
