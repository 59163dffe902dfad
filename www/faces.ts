// The faces of a report as a person sees them: in a moving picture, the boxes of frame after frame that follow one face are one.

import type { Face, FoundFace, Report } from 'darkslide';

/** A face: all that it takes up, and where it is in each frame. In a still picture that is one box. */
export interface Seen extends Face {
  readonly boxes: readonly FoundFace[];
}

/** The faces that are covered unless a person says otherwise. */
export function facesOf(report: Report | undefined): readonly Seen[] {
  return seen(report, report?.faces);
}

/** What may be faces, too unsure to be covered without being asked. */
export function uncertain(report: Report | undefined): readonly Seen[] {
  return seen(report, report?.uncertain);
}

/** Whether the file's pictures are shown one after the other. Pages are not: they have nothing to do with each other. */
export function isMoving(report: Report | undefined): boolean {
  return (report?.input.frames ?? 1) > 1 && report?.input.format !== 'tiff';
}

const known = new WeakMap<readonly FoundFace[], readonly Seen[]>();

function seen(report: Report | undefined, boxes: readonly FoundFace[] = []): readonly Seen[] {
  let faces = known.get(boxes);
  if (faces === undefined) known.set(boxes, (faces = isMoving(report) ? followed(boxes) : boxes.map(({ frame: _, ...face }) => ({ ...face, boxes: [face] }))));
  return faces;
}

/** Boxes in the order of frames, each with those that it overlaps in an earlier frame. */
function followed(boxes: readonly FoundFace[]): Seen[] {
  const faces: FoundFace[][] = [];
  for (const box of [...boxes].sort((one, other) => (one.frame ?? 0) - (other.frame ?? 0))) {
    const last = (face: readonly FoundFace[]): FoundFace | undefined => face.at(-1);
    const followed = faces
      .filter((face) => last(face)?.frame !== box.frame)
      .map((face) => ({ face, share: shared(last(face), box) }))
      .filter(({ share }) => share >= LEAST_SHARED)
      .sort((one, other) => other.share - one.share)[0];
    if (followed === undefined) faces.push([box]);
    else followed.face.push(box);
  }
  return faces.map((all) => ({ ...around(all), score: Math.max(...all.map(({ score }) => score)), boxes: all }));
}

/** How much of both boxes is in both of them, 0 to 1. */
function shared(one: FoundFace | undefined, other: FoundFace): number {
  if (one === undefined) return 0;
  const width = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
  const height = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
  const both = Math.max(0, width) * Math.max(0, height);
  return both / (one.width * one.height + other.width * other.height - both);
}

function around(boxes: readonly FoundFace[]): { x: number; y: number; width: number; height: number } {
  const [x, y] = [Math.min(...boxes.map((box) => box.x)), Math.min(...boxes.map((box) => box.y))];
  return { x, y, width: Math.max(...boxes.map((box) => box.x + box.width)) - x, height: Math.max(...boxes.map((box) => box.y + box.height)) - y };
}

/** As `shared`: from one frame to the next a face moves by less than two thirds of itself, as a rule. */
const LEAST_SHARED = 0.15;
