// The places of a photo that are or could be covered: faces, what may be faces, and marks, each with its name and its way of being covered.

import type { Region } from 'darkslide';

import { coverWith, changeMark, removeMark, toggleFace, toggleMaybe } from '../actions.js';
import { facesOf, uncertain } from '../faces.js';
import type { Mode, Settings } from '../settings.js';
import { isLooked } from '../state.js';
import type { Edits, Mark, Photo, PlaceKey, Store } from '../state.js';
import { percent, words } from '../words/index.js';

interface Common {
  readonly key: PlaceKey;
  readonly region: Region;
  readonly covered: boolean;
  /** Its own way of being covered, else that of all. */
  readonly mode: Mode | undefined;
  /** What it is called, and what its button is called. */
  readonly name: string;
  readonly label: string;
  /** A word or two beside its picture. */
  readonly detail: string;
  readonly tag: string;
}
export type Place = Common & ({ readonly kind: 'face'; readonly index: number } | { readonly kind: 'maybe'; readonly index: number } | { readonly kind: 'mark'; readonly mark: Mark });

export function placesOf(photo: Photo, settings: Settings): Place[] {
  const { edits, found } = photo;
  const text = words().place;
  const faces = isLooked(photo, settings) ? facesOf(found?.report) : [];
  const maybes = isLooked(photo, settings) ? uncertain(found?.report) : [];
  return [
    ...faces.map(({ score, boxes: _, ...region }, index): Place => {
      const [number, sure, key] = [index + 1, percent(score), `face ${index}` as const];
      const labels = { name: text.face(number), label: text.coverFace(number, sure), detail: sure, tag: `${number} · ${sure}` };
      return { kind: 'face', index, key, region, covered: !edits.spared.has(index), mode: edits.modes.get(key), ...labels };
    }),
    ...maybes.map(({ score, boxes: _, ...region }, index): Place => {
      const [number, sure, key] = [index + 1, percent(score), `maybe ${index}` as const];
      const labels = { name: text.maybe(number), label: text.coverMaybe(number, sure), detail: sure, tag: `? · ${sure}` };
      return { kind: 'maybe', index, key, region, covered: edits.added.has(index), mode: edits.modes.get(key), ...labels };
    }),
    ...edits.marks.map((mark, index): Place => {
      const [number, key] = [index + 1, `mark ${mark.id}` as const];
      const labels = { name: mark.parts === undefined ? text.mark(number) : text.stroke(number), label: text.coverMark(number), detail: text.byHand, tag: text.tagMark(number) };
      return { kind: 'mark', mark, key, region: mark.region, covered: mark.covered, mode: edits.modes.get(key), ...labels };
    }),
  ];
}

export function togglePlace(store: Store, { id }: Photo, place: Place): void {
  if (place.kind === 'face') toggleFace(store, id, place.index);
  else if (place.kind === 'maybe') toggleMaybe(store, id, place.index);
  else if (place.kind === 'mark') changeMark(store, id, place.mark.id, { covered: !place.covered });
}

export function setMode(store: Store, { id }: Photo, { key }: Place, mode: Mode | undefined): void {
  coverWith(store, id, key, mode);
}

/** Takes a mark away. Faces stay, covered or not. */
export function removePlace(store: Store, { id }: Photo, place: Place): void {
  if (place.kind === 'mark') removeMark(store, id, place.mark.id);
}

/** The mark moved or resized to `region`, its strokes with it. */
export function fitted({ region: from, parts }: Mark, region: Region): Partial<Mark> {
  if (parts === undefined) return { region };
  const [across, down] = [region.x - from.x, region.y - from.y];
  // A stroke keeps its shape.
  return { region: { ...from, x: region.x, y: region.y }, parts: parts.map((part) => ({ ...part, x: part.x + across, y: part.y + down })) };
}

/** What is covered and how, for telling two states of edits apart. */
export function coverage(photo: Photo, edits: Edits, settings: Settings): Map<PlaceKey, string> {
  const covered = placesOf({ ...photo, edits }, settings).filter((place) => place.covered);
  return new Map(covered.map(({ key, region: { x, y, width, height }, mode }) => [key, `${x} ${y} ${width} ${height} ${mode ?? settings.cover}`]));
}
