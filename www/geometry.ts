// Rectangles in px of the upright picture.

import type { Region } from 'darkslide';

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export function shifted(region: Region, { x, y }: Point): Region {
  return { ...region, x: region.x + x, y: region.y + y };
}

/** The region with its right and lower edges moved. */
export function stretched(region: Region, { x, y }: Point): Region {
  return { ...region, width: region.width + x, height: region.height + y };
}

/** The region at a size that can be seen, moved into the picture. */
export function within(region: Region, whole: Size): Region {
  const least = Math.max(2, Math.round(Math.min(whole.width, whole.height) * LEAST_SHARE));
  const width = Math.min(whole.width, Math.max(least, region.width));
  const height = Math.min(whole.height, Math.max(least, region.height));
  return { x: clamp(region.x, whole.width - width), y: clamp(region.y, whole.height - height), width, height };
}

/** What of the region lies in the picture. */
export function cut({ x, y, width, height }: Region, whole: Size): Region {
  const [left, top] = [clamp(x, whole.width), clamp(y, whole.height)];
  return { x: left, y: top, width: clamp(x + width, whole.width) - left, height: clamp(y + height, whole.height) - top };
}

/** A face's box as large as the detector's own are covered: a face's rim tells, too. */
export function grown({ x, y, width, height, angle }: Region): Region {
  const [by, down] = [width * FACE_GROWTH, height * FACE_GROWTH];
  return { x: x - by, y: y - down, width: width + 2 * by, height: height + 2 * down, ...(angle === undefined ? {} : { angle }) };
}

/** The middle of a face's box, `share` of its sides. The whole box could hold the centre of the face behind it, which would be spared as well. */
export function middle({ x, y, width, height, angle }: Region, share = 0.5): Region {
  const margin = (1 - share) / 2;
  return { x: x + width * margin, y: y + height * margin, width: width * share, height: height * share, ...(angle === undefined ? {} : { angle }) };
}

/**
 * A stroke of a square brush as squares close to each other. Squares that stand upright, because a turned rectangle is covered with all
 * of the upright one around it.
 */
export function stroke(points: readonly Point[], width: number): Region[] {
  const [first, ...rest] = points;
  if (first === undefined) return [];
  const length = rest.reduce((sum, { x, y }, at) => sum + Math.hypot(x - (points[at]?.x ?? x), y - (points[at]?.y ?? y)), 0);
  const gap = Math.max(1, width / 3, length / MOST_SQUARES);
  const middles = [first];
  let last = first;
  for (const point of rest) {
    for (let left = Math.hypot(point.x - last.x, point.y - last.y); left >= gap; left = Math.hypot(point.x - last.x, point.y - last.y)) {
      last = { x: last.x + ((point.x - last.x) * gap) / left, y: last.y + ((point.y - last.y) * gap) / left };
      middles.push(last);
    }
  }
  const end = points.at(-1) ?? last;
  return [...middles, end].map(({ x, y }) => ({ x: x - width / 2, y: y - width / 2, width, height: width }));
}

/** The rectangle around all of them. */
export function bounds(regions: readonly Region[]): Region {
  const [left, top] = [Math.min(...regions.map(({ x }) => x)), Math.min(...regions.map(({ y }) => y))];
  const [right, bottom] = [Math.max(...regions.map(({ x, width }) => x + width)), Math.max(...regions.map(({ y, height }) => y + height))];
  return { x: left, y: top, width: right - left, height: bottom - top };
}

export function clamp(value: number, most: number, least = 0): number {
  return Math.min(Math.max(least, value), most);
}

/** Of the picture's shorter side. */
const LEAST_SHARE = 0.01;
/** By how much a face's box is grown on each side where the detector's own faces are covered. */
const FACE_GROWTH = 0.2;
/** A longer stroke has them farther apart. */
const MOST_SQUARES = 300;
