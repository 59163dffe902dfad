// What a person can do, as changes of the state.

import type { Region } from 'darkslide';

import type { Choices, Mark, Photo, Store } from './state.js';

/** Puts photos on the page; the first of them goes on the bench. */
export function addPhotos(store: Store, files: readonly File[]): void {
  if (files.length === 0) return;
  const added = files.map(newPhoto);
  store.update((state) => ({ ...state, photos: [...state.photos, ...added], selected: added[0]?.id }));
}

export function removePhoto(store: Store, id: number): void {
  store.update((state) => {
    const at = state.photos.findIndex((photo) => photo.id === id);
    const gone = state.photos[at];
    if (gone === undefined) return state;
    forget(gone);
    const photos = state.photos.filter((photo) => photo !== gone);
    const neighbour = photos[Math.min(at, photos.length - 1)]?.id;
    return { ...state, photos, selected: state.selected === id ? neighbour : state.selected };
  });
}

export function removeAll(store: Store): void {
  store.update((state) => {
    state.photos.forEach(forget);
    return { ...state, photos: [], selected: undefined };
  });
}

export function select(store: Store, id: number): void {
  store.update((state) => ({ ...state, selected: id }));
}

/** Covers a face that was spared, or the other way round. */
export function toggleFace(store: Store, id: number, face: number): void {
  store.updatePhoto(id, (photo) => {
    const spared = new Set(photo.spared);
    if (!spared.delete(face)) spared.add(face);
    return revised(photo, { spared });
  });
}

export function spareFaces(store: Store, id: number, all: boolean): void {
  store.updatePhoto(id, (photo) => revised(photo, { spared: new Set(all ? photo.found?.report.faces.keys() : []) }));
}

/** Marks a place by hand. Returns the mark's id. */
export function addMark(store: Store, id: number, region: Region): number {
  const mark: Mark = { id: nextId++, region, covered: true };
  store.updatePhoto(id, (photo) => revised(photo, { marks: [...photo.marks, mark] }));
  return mark.id;
}

export function changeMark(store: Store, id: number, mark: number, change: Partial<Mark>): void {
  store.updatePhoto(id, (photo) => revised(photo, { marks: photo.marks.map((old) => (old.id === mark ? { ...old, ...change } : old)) }));
}

export function removeMark(store: Store, id: number, mark: number): void {
  store.updatePhoto(id, (photo) => revised(photo, { marks: photo.marks.filter((old) => old.id !== mark) }));
}

/** Changes what is done with all photos. */
export function choose(store: Store, change: Partial<Choices>): void {
  store.update((state) => ({ ...state, choices: { ...state.choices, ...change }, photos: state.photos.map((photo) => revised(photo, {})) }));
}

/** Settles for removing what is hidden, where the picture cannot be changed. */
export function leavePicture(store: Store, id: number): void {
  store.updatePhoto(id, (photo) => revised(photo, { bare: true }));
}

export function tryAgain(store: Store, id: number): void {
  store.updatePhoto(id, (photo) => revised(photo, {}));
}

function newPhoto(file: File): Photo {
  return {
    id: nextId++,
    name: file.name,
    original: file,
    originalUrl: URL.createObjectURL(file),
    revision: 0,
    found: undefined,
    spared: new Set(),
    marks: [],
    bare: false,
    progress: undefined,
    result: undefined,
    failure: undefined,
  };
}

/** The photo with a change that makes its result outdated. */
function revised(photo: Photo, change: Partial<Photo>): Photo {
  return { ...photo, ...change, revision: photo.revision + 1 };
}

/** Blob URLs keep what they stand for in memory until they are revoked. */
function forget(photo: Photo): void {
  URL.revokeObjectURL(photo.originalUrl);
  if (photo.result !== undefined) URL.revokeObjectURL(photo.result.url);
}

let nextId = 1;
