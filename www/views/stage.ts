// The photo on the bench: the original, the cleaned picture over it as far as the slide is pushed in, and the outlines.

import { failed, finished, reportOf, selectedPhoto } from '../state.js';
import type { Photo, State, Store } from '../state.js';
import { outlines } from './outlines.js';
import { element, icon, setAttributes, setText } from './element.js';

export function stage(store: Store): { node: HTMLElement; original: HTMLImageElement; update: (state: State) => void } {
  const original = element('img', { class: 'original', draggable: 'false', alt: '' });
  const cleaned = element('img', { class: 'cleaned', draggable: 'false', alt: '' });
  const edge = element('div', { class: 'edge', 'aria-hidden': 'true' });
  const mark = element('button', { class: 'button on-plate', type: 'button' }, icon('mark'), 'Mark a place');
  const layer = outlines(store, () => mark.focus());
  const nothing = element('p', { class: 'nothing' }, 'No picture to show');
  const frame = element('div', { class: 'window' }, nothing, original, cleaned, edge, layer.node);

  const name = element('span', { class: 'stage-name' });
  const size = element('span', { class: 'stage-size' });
  const slide = element('input', { class: 'slide', type: 'range', min: 0, max: 100, value: 100, 'aria-label': 'How far the slide is pushed in: the cleaned picture is left of it' });
  const toOriginal = element('button', { class: 'rail-end', type: 'button' }, 'Original');
  const toCleaned = element('button', { class: 'rail-end', type: 'button' }, 'Cleaned');
  const rail = element('div', { class: 'rail', role: 'group', 'aria-label': 'Compare' }, toOriginal, slide, toCleaned);
  const outlined = element('button', { class: 'button quiet on-plate', type: 'button', 'aria-pressed': 'true' }, icon('eye'), 'Outlines');
  // A finger that drags over the picture scrolls the page.
  const hint = element(
    'p',
    { class: 'stage-hint' },
    'Missed something? ',
    element('span', { class: 'with-mouse' }, 'Drag over it, or mark a place and move it.'),
    element('span', { class: 'with-finger' }, 'Mark a place, then drag the box over it.'),
  );
  const node = element(
    'figure',
    { class: 'stage holder-open' },
    element('div', { class: 'engraving' }, name, size),
    frame,
    rail,
    element('figcaption', { class: 'stage-tools' }, mark, outlined, hint),
  );

  let shown: number | undefined;
  let gliding = 0;
  slide.addEventListener('input', () => {
    // The hand on the slide is stronger than its own motion.
    cancelAnimationFrame(gliding);
    push(slide.valueAsNumber);
  });
  toOriginal.addEventListener('click', () => glide(0));
  toCleaned.addEventListener('click', () => glide(100));
  mark.addEventListener('click', () => layer.markMiddle());
  outlined.addEventListener('click', () => {
    const on = outlined.getAttribute('aria-pressed') !== 'true';
    setAttributes(outlined, { 'aria-pressed': String(on) });
    frame.classList.toggle('bare', !on);
  });
  original.addEventListener('load', () => {
    const photo = selectedPhoto(store.state);
    if (photo?.found === undefined) ratio(original.naturalWidth, original.naturalHeight);
    frame.classList.remove('unseen');
  });
  // The browser may not know a format that darkslide reads; the cleaned picture it can show.
  original.addEventListener('error', () => frame.classList.add('unseen'));
  cleaned.addEventListener('load', () => {
    const isFirst = frame.classList.contains('uncleaned');
    frame.classList.remove('uncleaned');
    if (isFirst) glide(100, 0);
  });

  return { node, original, update };

  function update(state: State): void {
    const photo = selectedPhoto(state);
    if (photo === undefined) {
      clear();
      return;
    }
    if (shown !== photo.id) change(photo);
    const report = reportOf(photo);
    if (report !== undefined) ratio(report.input.width, report.input.height);
    setText(size, report === undefined ? '' : `${report.input.width} × ${report.input.height}`);
    const url = photo.result?.url;
    if (url !== undefined && cleaned.getAttribute('src') !== url) cleaned.src = url;
    frame.classList.toggle('stale', photo.result !== undefined && finished(photo) === undefined);
    frame.classList.toggle('busy', photo.progress !== undefined);
    setAttributes(slide, { disabled: url === undefined });
    setAttributes(toOriginal, { disabled: url === undefined });
    setAttributes(toCleaned, { disabled: url === undefined });
    setAttributes(mark, { disabled: photo.found === undefined });
    node.classList.toggle('closed', photo.found === undefined && failed(photo) !== undefined);
    layer.update(photo);
  }

  function change(photo: Photo): void {
    shown = photo.id;
    frame.classList.add('uncleaned');
    frame.classList.remove('unseen');
    original.src = photo.originalUrl;
    setAttributes(original, { alt: `Your photo ${photo.name}, not cleaned yet` });
    setAttributes(cleaned, { alt: `The cleaned photo ${photo.name}` });
    cleaned.removeAttribute('src');
    setText(name, photo.name);
    push(0);
  }

  function clear(): void {
    shown = undefined;
    original.removeAttribute('src');
    cleaned.removeAttribute('src');
  }

  function ratio(width: number, height: number): void {
    if (width > 0 && height > 0) frame.style.setProperty('--ratio', String(width / height));
  }

  /** Shows the cleaned picture in the left `percent` of the window. */
  function push(percent: number): void {
    slide.valueAsNumber = percent;
    frame.style.setProperty('--cut', String(percent));
    frame.classList.toggle('parted', percent > 0 && percent < 100);
    const where = percent >= 100 ? 'all of the picture is cleaned' : percent <= 0 ? 'the original' : `the left ${percent} percent are cleaned`;
    setAttributes(slide, { 'aria-valuetext': where });
  }

  function glide(to: number, from = slide.valueAsNumber): void {
    cancelAnimationFrame(gliding);
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) {
      push(to);
      return;
    }
    const start = performance.now();
    const photo = shown;
    const step = (now: number): void => {
      if (shown !== photo) return;
      const share = Math.min(1, (now - start) / GLIDE_MS);
      push(Math.round(from + (to - from) * (1 - (1 - share) ** 3)));
      if (share < 1) gliding = requestAnimationFrame(step);
    };
    gliding = requestAnimationFrame(step);
  }
}

const GLIDE_MS = 650;
