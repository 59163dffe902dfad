// Drawing on the picture with a pointer: boxes, strokes of a brush, and moving what is seen.

import type { Region } from 'darkslide';

import { addMark } from '../actions.js';
import { bounds, cut, stroke, within } from '../geometry.js';
import type { Point } from '../geometry.js';
import type { Photo, Store } from '../state.js';
import { element } from './element.js';
import type { Frame } from './frame.js';
import { gesture } from './gesture.js';

export type Tool = 'hand' | 'box' | 'brush';

export interface Drawing {
  readonly use: (tool: Tool) => void;
  /** The brush's width as a share of the picture's shorter side. */
  readonly brush: (share: number) => void;
  readonly update: (photo: Photo) => void;
  /** Marks a place in the middle of what is seen. */
  readonly markMiddle: () => void;
}

/** Draws on `layer`; `drawn` hears of each new mark. */
export function drawing(store: Store, frame: Frame, layer: HTMLElement, drawn: (mark: number) => void): Drawing {
  const rubber = element('div', { class: 'rubber', hidden: true });
  const trail = document.createElementNS(SVG, 'svg');
  const line = document.createElementNS(SVG, 'polyline');
  trail.setAttribute('class', 'trail');
  trail.append(line);
  layer.append(rubber, trail);
  let tool: Tool = 'box';
  let share = 0.08;
  let photo: Photo | undefined;

  layer.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || photo === undefined) return;
    const onPicture = event.target === layer;
    if (tool === 'brush' && photo.found !== undefined) paint(event);
    else if (!onPicture) return;
    else if (tool === 'box' && photo.found !== undefined) box(event);
    else if (event.pointerType !== 'touch') drag(event);
  });
  // With the brush, a click on an outline is the end of a stroke.
  layer.addEventListener('click', (event) => tool === 'brush' && event.stopPropagation(), { capture: true });
  return { use, brush: (to) => (share = to), update: (now) => (photo = now), markMiddle };

  function use(to: Tool): void {
    tool = to;
    layer.dataset['tool'] = to;
  }

  function box(event: PointerEvent): void {
    event.preventDefault();
    const from = frame.at(event);
    const drawnTo = ({ x, y }: Point): Region => cut({ x: Math.min(from.x, from.x + x), y: Math.min(from.y, from.y + y), width: Math.abs(x), height: Math.abs(y) }, frame.size());
    gesture(frame, event, (by) => {
      rubber.hidden = by.x === 0 && by.y === 0;
      frame.place(rubber, drawnTo(by));
    }, (by, last) => {
      rubber.hidden = true;
      const region = drawnTo(by);
      const least = frame.size().width * (LEAST_DRAWN_PX / layer.clientWidth);
      if (region.width >= least && region.height >= least) add(region);
      else if (by.x === 0 && by.y === 0 && last.type === 'pointerup') add(around(from));
    });
  }

  function paint(event: PointerEvent): void {
    event.preventDefault();
    const { width, height } = frame.size();
    const across = Math.max(2, share * Math.min(width, height));
    const from = frame.at(event);
    const points = [from];
    const show = (): void => line.setAttribute('points', points.map(({ x, y }) => `${x},${y}`).join(' '));
    trail.setAttribute('viewBox', `0 0 ${width} ${height}`);
    line.setAttribute('stroke-width', String(across));
    show();
    gesture(frame, event, (by) => {
      points.push({ x: from.x + by.x, y: from.y + by.y });
      show();
    }, (_, last) => {
      line.setAttribute('points', '');
      const parts = stroke(points, across);
      if (last.type === 'pointerup') add(bounds(parts), parts);
    });
  }

  function drag(event: PointerEvent): void {
    event.preventDefault();
    let [x, y] = [event.clientX, event.clientY];
    gesture(frame, event, (_, { clientX, clientY }) => {
      frame.pan({ x: x - clientX, y: y - clientY });
      [x, y] = [clientX, clientY];
    }, () => undefined);
  }

  function markMiddle(): void {
    if (!photo?.found) return;
    const { window: viewport } = frame;
    const seen = viewport.getBoundingClientRect();
    const { width, height } = frame.size();
    // Beside the last one, so that two are never taken for one.
    const aside = (Math.min(width, height) / 14 / frame.zoom()) * (photo.edits.marks.length % 4);
    const { x, y } = frame.at({ clientX: seen.left + viewport.clientWidth / 2, clientY: seen.top + viewport.clientHeight / 2 });
    add(around({ x: x + aside, y: y + aside }));
  }

  /** A box about as large as a person would draw one there: as the faces are, else a part of what is seen. */
  function around({ x, y }: Point): Region {
    const { width, height } = frame.size();
    const sides = (photo?.found?.report.faces ?? []).map((face) => Math.max(face.width, face.height)).sort((a, b) => a - b);
    const usual = sides[Math.floor(sides.length / 2)] ?? Math.min(width, height) / 5;
    const side = Math.round(Math.min(usual * 1.2, Math.min(width, height) / 2, Math.max(width, height) / 2 / frame.zoom()));
    return within({ x: Math.round(x - side / 2), y: Math.round(y - side / 2), width: side, height: side }, frame.size());
  }

  function add(region: Region, parts?: readonly Region[]): void {
    if (photo !== undefined) drawn(addMark(store, photo.id, region, parts));
  }
}

const LEAST_DRAWN_PX = 6;
const SVG = 'http://www.w3.org/2000/svg';
