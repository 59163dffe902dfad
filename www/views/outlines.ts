// Outlines over the picture: faces that were found, and places marked by hand. Each is a button that covers or spares its
// place. Marks can be drawn, moved and resized, by pointer and by keyboard.

import type { Region, Report } from 'darkslide';

import { addMark, changeMark, removeMark, toggleFace } from '../actions.js';
import type { Mark, Photo, Store } from '../state.js';
import { element, keyedList, setAttributes, setText } from './element.js';
import type { Row } from './element.js';

type Item = { readonly key: string; readonly region: Region } & ({ readonly face: number; readonly score: number; readonly covered: boolean } | { readonly mark: Mark });
type Size = { readonly width: number; readonly height: number };
type Point = { readonly x: number; readonly y: number };

/** `refocus` takes the focus from a mark that is removed. */
export function outlines(store: Store, refocus: () => void): { node: HTMLElement; update: (photo: Photo) => void; markMiddle: () => void } {
  const list = element('div', { class: 'outlines' });
  const rubber = element('div', { class: 'rubber', hidden: true });
  const help = element('span', { class: 'visually-hidden', id: 'mark-help' }, 'Arrow keys move it, Shift and arrow keys resize it, Delete removes it.');
  const node = element('div', { class: 'layer', role: 'group', 'aria-label': 'Faces and marked places' }, list, rubber, help);
  const rows = keyedList<Item>(list, ({ key }) => key, (item) => ('mark' in item ? markRow(item.mark.id) : faceRow(item.face)));
  let photo: Photo | undefined;

  node.addEventListener('pointerdown', draw);
  return { node, update, markMiddle };

  function update(now: Photo): void {
    photo = now;
    const report = now.found?.report;
    rows(report === undefined ? [] : [...faces(now, report), ...now.marks.map((mark) => ({ key: `mark ${mark.id}`, region: mark.region, mark }))]);
    node.classList.toggle('ready', report !== undefined);
  }

  function faceRow(face: number): Row<Item> {
    const { button, tag } = outline('face');
    button.addEventListener('click', () => photo && toggleFace(store, photo.id, face));
    return {
      node: button,
      update: (item) => {
        if ('mark' in item) return;
        const percent = `${Math.round(item.score * 100)} %`;
        place(button, item.region);
        setText(tag, `${item.face + 1} · ${percent}`);
        setAttributes(button, { 'aria-pressed': String(item.covered), 'aria-label': `Cover face ${item.face + 1}, ${percent} sure`, title: item.covered ? 'Covered. Click to leave it visible' : 'Stays visible. Click to cover it' });
      },
    };
  }

  function markRow(id: number): Row<Item> {
    const { button, tag } = outline('mark');
    const grip = element('span', { class: 'grip', 'aria-hidden': 'true' });
    button.append(grip);
    setAttributes(button, { 'aria-describedby': 'mark-help', 'aria-keyshortcuts': 'Delete' });
    let current: Mark | undefined;
    let moved = false;
    button.addEventListener('click', () => {
      if (!moved && photo && current) changeMark(store, photo.id, id, { covered: !current.covered });
      moved = false;
    });
    button.addEventListener('pointerdown', (event) => {
      if (event.button !== 0 || current === undefined) return;
      event.stopPropagation();
      const resizes = event.target === grip;
      const start = current.region;
      moved = false;
      const follow = (by: Point): Region => within(resizes ? grown(start, by) : shifted(start, by));
      gesture(event, (by) => {
        moved ||= Math.hypot(by.x, by.y) > 0;
        place(button, follow(by));
      }, (by) => {
        if (photo && moved) changeMark(store, photo.id, id, { region: follow(by) });
      });
    });
    button.addEventListener('keydown', (event) => {
      if (!photo || current === undefined) return;
      if (event.key === 'Delete' || event.key === 'Backspace') {
        event.preventDefault();
        removeMark(store, photo.id, id);
        refocus();
        return;
      }
      const direction = ARROWS[event.key];
      if (direction === undefined || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const step = Math.max(1, Math.round(Math.min(size().width, size().height) * (event.altKey ? FINE_STEP : STEP)));
      const by = { x: direction[0] * step, y: direction[1] * step };
      changeMark(store, photo.id, id, { region: within(event.shiftKey ? grown(current.region, by) : shifted(current.region, by)) });
    });
    return {
      node: button,
      update: (item) => {
        if (!('mark' in item)) return;
        current = item.mark;
        const number = (photo?.marks.indexOf(item.mark) ?? 0) + 1;
        place(button, item.region);
        setText(tag, `Place ${number}`);
        setAttributes(button, { 'aria-pressed': String(item.mark.covered), 'aria-label': `Cover marked place ${number}`, 'data-mark': id });
      },
    };
  }

  /** Draws a new mark with the mouse or a pen. A finger scrolls the page there. */
  function draw(event: PointerEvent): void {
    if (event.target !== node || event.button !== 0 || event.pointerType === 'touch' || photo?.found === undefined) return;
    event.preventDefault();
    const from = at(event);
    const box = ({ x, y }: Point): Region => cut({ x: Math.min(from.x, from.x + x), y: Math.min(from.y, from.y + y), width: Math.abs(x), height: Math.abs(y) });
    gesture(event, (by) => {
      rubber.hidden = false;
      place(rubber, box(by));
    }, (by) => {
      rubber.hidden = true;
      const region = box(by);
      const least = size().width * (LEAST_DRAWN_PX / node.clientWidth);
      if (photo && region.width >= least && region.height >= least) focusMark(addMark(store, photo.id, region));
    });
  }

  function markMiddle(): void {
    if (!photo?.found) return;
    const { width, height } = size();
    const side = Math.round(Math.min(width, height) / 4);
    // Beside the last one, so that two are never taken for one.
    const offset = Math.round(side * 0.3 * (photo.marks.length % 4));
    focusMark(addMark(store, photo.id, within({ x: Math.round((width - side) / 2) + offset, y: Math.round((height - side) / 2) + offset, width: side, height: side })));
  }

  function focusMark(id: number): void {
    store.whenShown(() => node.querySelector<HTMLElement>(`[data-mark="${id}"]`)?.focus());
  }

  /** Follows the pointer until it is let go. Distances are px of the picture, and nothing until the hand has clearly moved. */
  function gesture(start: PointerEvent, move: (by: Point) => void, end: (by: Point) => void): void {
    const from = at(start);
    let meant = false;
    const by = (event: PointerEvent): Point => {
      meant ||= Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) >= SLIP_PX;
      const to = at(event);
      return meant ? { x: to.x - from.x, y: to.y - from.y } : { x: 0, y: 0 };
    };
    const stop = new AbortController();
    // Captured by what was pressed: that is where the click goes.
    const holder = start.currentTarget instanceof HTMLElement ? start.currentTarget : node;
    holder.setPointerCapture(start.pointerId);
    holder.addEventListener('pointermove', (event) => move(by(event)), stop);
    holder.addEventListener('pointerup', (event) => (stop.abort(), end(by(event))), stop);
    holder.addEventListener('pointercancel', () => (stop.abort(), end({ x: 0, y: 0 })), stop);
  }

  /** Where the pointer is, in px of the picture. */
  function at(event: PointerEvent): Point {
    const bounds = node.getBoundingClientRect();
    const { width, height } = size();
    return { x: Math.round(((event.clientX - bounds.left) / bounds.width) * width), y: Math.round(((event.clientY - bounds.top) / bounds.height) * height) };
  }

  function place(target: HTMLElement, { x, y, width, height, angle = 0 }: Region): void {
    const whole = size();
    target.style.setProperty('left', `${(x / whole.width) * 100}%`);
    target.style.setProperty('top', `${(y / whole.height) * 100}%`);
    target.style.setProperty('width', `${(width / whole.width) * 100}%`);
    target.style.setProperty('height', `${(height / whole.height) * 100}%`);
    target.style.setProperty('rotate', `${angle}deg`);
    // The smaller one on top, so that it can be reached.
    target.style.setProperty('z-index', String(Math.round(1000 * (1 - (width * height) / (whole.width * whole.height)))));
  }

  function size(): Size {
    return photo?.found?.report.input ?? { width: 1, height: 1 };
  }

  /** The region at a size that can be seen, moved into the picture. */
  function within(region: Region): Region {
    const whole = size();
    const least = Math.max(2, Math.round(Math.min(whole.width, whole.height) * LEAST_SHARE));
    const width = Math.min(whole.width, Math.max(least, region.width));
    const height = Math.min(whole.height, Math.max(least, region.height));
    return { x: clamp(region.x, whole.width - width), y: clamp(region.y, whole.height - height), width, height };
  }

  /** What of the region lies in the picture. */
  function cut({ x, y, width, height }: Region): Region {
    const whole = size();
    const [left, top] = [clamp(x, whole.width), clamp(y, whole.height)];
    return { x: left, y: top, width: clamp(x + width, whole.width) - left, height: clamp(y + height, whole.height) - top };
  }
}

function faces({ id, spared, found }: Photo, report: Report): Item[] {
  return report.faces.map(({ score, ...region }, face) => ({ key: `face ${id} ${found?.sensitivity} ${face}`, region, face, score, covered: !spared.has(face) }));
}

function outline(kind: string): { button: HTMLButtonElement; tag: HTMLElement } {
  const tag = element('span', { class: 'tag-label', 'aria-hidden': 'true' });
  return { button: element('button', { class: `outline ${kind}`, type: 'button' }, tag), tag };
}

function shifted(region: Region, { x, y }: Point): Region {
  return { ...region, x: region.x + x, y: region.y + y };
}

function grown(region: Region, { x, y }: Point): Region {
  return { ...region, width: region.width + x, height: region.height + y };
}

function clamp(value: number, most: number): number {
  return Math.min(Math.max(0, value), most);
}

const ARROWS: Readonly<Record<string, readonly [number, number] | undefined>> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
/** Shares of the picture's shorter side. */
const STEP = 0.02;
const FINE_STEP = 0.002;
const LEAST_SHARE = 0.01;
/** A shorter drag is a click that slipped; px on the screen. */
const SLIP_PX = 4;
const LEAST_DRAWN_PX = 6;
