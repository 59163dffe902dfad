// The window on the picture: what is where in it, how close one looks, and which part is seen. It scrolls as any scrolling box does, so
// that wheels, fingers, keys and screen readers move it without help; here is only what they lack, which is zoom.

import type { Region } from 'darkslide';

import { clamp } from '../geometry.js';
import type { Point, Size } from '../geometry.js';
import { element } from './element.js';

export interface Frame {
  /** What scrolls. */
  readonly window: HTMLElement;
  /** What is in it, as large as the picture is shown. */
  readonly sheet: HTMLElement;
  readonly zoom: () => number;
  /** Zooms about a point of the screen, else about the middle of what is seen. */
  readonly zoomTo: (zoom: number, about?: { readonly clientX: number; readonly clientY: number }) => void;
  /** Scrolls by px of the screen. */
  readonly pan: (by: Point) => void;
  /** Where on the picture the pointer is, in px of the picture. */
  readonly at: (event: { readonly clientX: number; readonly clientY: number }) => Point;
  /** Puts an element over a region of the picture. */
  readonly place: (target: HTMLElement, region: Region) => void;
  /** The upright picture's size. */
  readonly size: () => Size;
  readonly resize: (size: Size) => void;
}

/** `changed` is called when another part of the picture is seen, and when that was by zoom. */
export function frame(label: string, changed: (zoomed: boolean) => void): Frame {
  const sheet = element('div', { class: 'sheet' });
  const viewport = element('div', { class: 'window', tabindex: 0, role: 'group', 'aria-label': label }, sheet);
  let whole: Size = { width: 1, height: 1 };
  let zoom = 1;

  viewport.addEventListener('scroll', () => changed(false), { passive: true });
  viewport.addEventListener('wheel', (event) => {
    // With Ctrl or Command, and from a pinch on a touchpad; else the wheel scrolls.
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoomTo(zoom * Math.exp(-event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 0.0025 : 0.06)), event);
  }, { passive: false });
  pinching();
  return { window: viewport, sheet, zoom: () => zoom, zoomTo, pan, at, place, size: () => whole, resize };

  function zoomTo(to: number, about?: { readonly clientX: number; readonly clientY: number }): void {
    const box = viewport.getBoundingClientRect();
    const [x, y] = about === undefined ? [viewport.clientWidth / 2, viewport.clientHeight / 2] : [about.clientX - box.left, about.clientY - box.top];
    const [left, top] = [(viewport.scrollLeft + x) / zoom, (viewport.scrollTop + y) / zoom];
    zoom = clamp(to, MOST_ZOOM, 1);
    if (zoom < 1.02) zoom = 1;
    viewport.style.setProperty('--zoom', String(zoom));
    viewport.classList.toggle('zoomed', zoom > 1);
    viewport.scrollLeft = left * zoom - x;
    viewport.scrollTop = top * zoom - y;
    changed(true);
  }

  function pan({ x, y }: Point): void {
    viewport.scrollLeft += x;
    viewport.scrollTop += y;
  }

  /** Two fingers. Touch events, because a browser that pans ends pointer events. */
  function pinching(): void {
    let start: { readonly apart: number; readonly zoom: number } | undefined;
    const spread = ([a, b]: readonly Touch[]): { apart: number; clientX: number; clientY: number } | undefined =>
      a && b && { apart: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY), clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2 };
    let last: Point | undefined;
    viewport.addEventListener('touchstart', (event) => {
      const now = spread([...event.touches]);
      start = now && { apart: now.apart, zoom };
      last = now && { x: now.clientX, y: now.clientY };
      if (now) event.preventDefault();
    }, { passive: false });
    viewport.addEventListener('touchmove', (event) => {
      const now = spread([...event.touches]);
      if (now === undefined || start === undefined || start.apart === 0) return;
      event.preventDefault();
      if (last !== undefined) pan({ x: last.x - now.clientX, y: last.y - now.clientY });
      last = { x: now.clientX, y: now.clientY };
      zoomTo((start.zoom * now.apart) / start.apart, now);
    }, { passive: false });
    for (const end of ['touchend', 'touchcancel'] as const) viewport.addEventListener(end, () => (start = undefined), { passive: true });
  }

  function at({ clientX, clientY }: { readonly clientX: number; readonly clientY: number }): Point {
    const box = sheet.getBoundingClientRect();
    return { x: Math.round(((clientX - box.left) / box.width) * whole.width), y: Math.round(((clientY - box.top) / box.height) * whole.height) };
  }

  function place(target: HTMLElement, { x, y, width, height, angle = 0 }: Region): void {
    target.style.setProperty('left', `${(x / whole.width) * 100}%`);
    target.style.setProperty('top', `${(y / whole.height) * 100}%`);
    target.style.setProperty('width', `${(width / whole.width) * 100}%`);
    target.style.setProperty('height', `${(height / whole.height) * 100}%`);
    target.style.setProperty('rotate', `${angle}deg`);
    // The smaller one on top, so that it can be reached.
    target.style.setProperty('z-index', String(Math.round(1000 * (1 - (width * height) / (whole.width * whole.height)))));
  }

  function resize(size: Size): void {
    if (size.width <= 0 || size.height <= 0) return;
    whole = size;
    viewport.style.setProperty('--ratio', String(size.width / size.height));
  }
}

const MOST_ZOOM = 12;
