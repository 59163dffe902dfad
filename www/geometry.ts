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

/** The middle of a face's box. The whole box could hold the centre of the face behind it, which would be spared as well. */
export function middle({ x, y, width, height, angle }: Region): Region {
  return { x: x + width / 4, y: y + height / 4, width: width / 2, height: height / 2, ...(angle === undefined ? {} : { angle }) };
}

/** A stroke of a brush `width` px wide as turned rectangles, one for each straight piece, each longer by half a width at both ends. */
export function stroke(points: readonly Point[], width: number): Region[] {
  const corners = straightened(points, width / 8);
  if (corners.length < 2) return corners.map(({ x, y }) => ({ x: x - width / 2, y: y - width / 2, width, height: width }));
  return corners.slice(1).map((to, at) => {
    const from = corners[at] ?? to;
    const length = Math.hypot(to.x - from.x, to.y - from.y) + width;
    const angle = (Math.atan2(to.y - from.y, to.x - from.x) * 180) / Math.PI;
    return { x: (from.x + to.x - length) / 2, y: (from.y + to.y - width) / 2, width: length, height: width, angle };
  });
}

/** The upright rectangle around turned ones. */
export function bounds(regions: readonly Region[]): Region {
  const corners = regions.flatMap(({ x, y, width, height, angle = 0 }) => {
    const [cos, sin] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
    const halves: readonly (readonly [number, number])[] = [[-1, -1], [1, -1], [1, 1], [-1, 1]];
    return halves.map(([right, down]) => {
      const [dx, dy] = [(right * width) / 2, (down * height) / 2];
      return { x: x + width / 2 + dx * cos - dy * sin, y: y + height / 2 + dx * sin + dy * cos };
    });
  });
  const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return { x: left, y: top, width: Math.max(...xs) - left, height: Math.max(...ys) - top };
}

/** Douglas and Peucker: leaves out points that lie within `tolerance` of the line between their neighbours. */
function straightened(points: readonly Point[], tolerance: number): readonly Point[] {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return [];
  if (points.length < 3) return Math.hypot(last.x - first.x, last.y - first.y) < 1 ? [first] : points;
  const off = points.map((point) => distance(point, first, last));
  const farthest = off.indexOf(Math.max(...off));
  if ((off[farthest] ?? 0) <= tolerance) return Math.hypot(last.x - first.x, last.y - first.y) < 1 ? [first] : [first, last];
  return [...straightened(points.slice(0, farthest + 1), tolerance).slice(0, -1), ...straightened(points.slice(farthest), tolerance)];
}

function distance({ x, y }: Point, a: Point, b: Point): number {
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  return length === 0 ? Math.hypot(x - a.x, y - a.y) : Math.abs((b.x - a.x) * (a.y - y) - (a.x - x) * (b.y - a.y)) / length;
}

export function clamp(value: number, most: number, least = 0): number {
  return Math.min(Math.max(least, value), most);
}

/** Of the picture's shorter side. */
const LEAST_SHARE = 0.01;
/** By how much a face's box is grown on each side where the detector's own faces are covered. */
const FACE_GROWTH = 0.2;
