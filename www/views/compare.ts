// Before and after: how far the slide is pushed over the picture. What is left of its edge is cleaned.

import { percent, words } from '../words/index.js';
import { element, setAttributes } from './element.js';
import type { Frame } from './frame.js';

export interface Compare {
  readonly node: HTMLElement;
  readonly push: (percent: number) => void;
  readonly glide: (to: number, from?: number) => void;
  /** Puts the edge where the slide is, in the part of the picture that is seen. */
  readonly settle: () => void;
  /** Shows the original for as long as it is `true`. */
  readonly hold: (holds: boolean) => void;
  readonly enable: (enabled: boolean) => void;
}

export function compare({ window: viewport, sheet }: Frame): Compare {
  const text = words().stage;
  const slide = element('input', { class: 'slide', type: 'range', min: 0, max: 100, value: 100, 'aria-label': text.slide });
  const toOriginal = element('button', { class: 'rail-end', type: 'button' }, text.toOriginal);
  const toCleaned = element('button', { class: 'rail-end', type: 'button' }, text.toCleaned);
  const held = element('button', { class: 'button quiet on-plate hold', type: 'button', 'aria-keyshortcuts': 'C', 'aria-pressed': 'false' }, text.hold, element('kbd', { 'aria-hidden': 'true' }, 'C'));
  const node = element('div', { class: 'rail', role: 'group', 'aria-label': text.compare }, toOriginal, slide, toCleaned, held);
  let gliding = 0;

  slide.addEventListener('input', () => {
    // The hand on the slide is stronger than its own motion.
    cancelAnimationFrame(gliding);
    push(slide.valueAsNumber);
  });
  toOriginal.addEventListener('click', () => glide(0));
  toCleaned.addEventListener('click', () => glide(100));
  held.addEventListener('pointerdown', (event) => {
    held.setPointerCapture(event.pointerId);
    hold(true);
  });
  for (const end of ['pointerup', 'pointercancel', 'blur'] as const) held.addEventListener(end, () => hold(false));
  held.addEventListener('keydown', (event) => {
    if ((event.key === ' ' || event.key === 'Enter') && !event.repeat) hold(true);
  });
  held.addEventListener('keyup', () => hold(false));
  return { node, push, glide, settle, hold, enable };

  function push(to: number): void {
    slide.valueAsNumber = to;
    const where = to >= 100 ? text.atCleaned : to <= 0 ? text.atOriginal : text.atPart(percent(to / 100));
    setAttributes(slide, { 'aria-valuetext': where });
    settle();
  }

  function settle(): void {
    const to = slide.valueAsNumber;
    const inSheet = to <= 0 ? 0 : to >= 100 ? 100 : ((viewport.scrollLeft + (to / 100) * viewport.clientWidth) / Math.max(1, viewport.scrollWidth)) * 100;
    sheet.style.setProperty('--cut', String(inSheet));
    sheet.classList.toggle('parted', to > 0 && to < 100);
  }

  function hold(holds: boolean): void {
    sheet.classList.toggle('held', holds);
    setAttributes(held, { 'aria-pressed': String(holds) });
  }

  function enable(enabled: boolean): void {
    for (const control of [slide, toOriginal, toCleaned, held]) setAttributes(control, { disabled: !enabled });
  }

  function glide(to: number, from = slide.valueAsNumber): void {
    cancelAnimationFrame(gliding);
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) {
      push(to);
      return;
    }
    const start = performance.now();
    const step = (now: number): void => {
      const share = Math.min(1, Math.max(0, (now - start) / GLIDE_MS));
      push(Math.round(from + (to - from) * (1 - (1 - share) ** 3)));
      if (share < 1) gliding = requestAnimationFrame(step);
    };
    gliding = requestAnimationFrame(step);
  }
}

const GLIDE_MS = 650;
