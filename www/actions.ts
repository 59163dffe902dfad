// What a person can do, as changes of the state.

import type { Region } from 'darkslide';

import { facesOf, uncertain } from './faces.js';
import type { Mode, Request, Settings } from './settings.js';
import { shownName } from './said.js';
import { NO_EDITS } from './state.js';
import type { Edits, Mark, Photo, PlaceKey, Store } from './state.js';
import { words } from './words/index.js';

/** Puts photos on the page; the first of them goes on the bench. */
export function addPhotos(store: Store, files: readonly File[]): void {
  if (files.length === 0) return;
  if (store.state.engine === 'foreign') return show(store, words().foreign.notTaken);
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

/** The page is not as it was published: it lets go of all photos, and takes no more. */
export function distrust(store: Store, paths: readonly string[]): void {
  removeAll(store);
  store.update((state) => ({ ...state, engine: 'foreign', foreign: [...new Set([...state.foreign, ...paths])] }));
}

export function select(store: Store, id: number): void {
  store.update((state) => ({ ...state, selected: id }));
}

/** Says to those who do not see it what can be seen. */
export function tell(store: Store, text: string): void {
  store.update((state) => ({ ...state, notice: { number: nextId++, text, seen: false } }));
}

/** Says something to everybody. */
export function show(store: Store, text: string): void {
  store.update((state) => ({ ...state, notice: { number: nextId++, text, seen: true } }));
}

/** Covers a face that was spared, or the other way round. */
export function toggleFace(store: Store, id: number, face: number): void {
  edit(store, id, (edits) => ({ ...edits, spared: toggled(edits.spared, face) }));
}

export function spareFaces(store: Store, id: number, all: boolean): void {
  edit(store, id, (edits, photo) => ({ ...edits, spared: new Set(all ? facesOf(photo.found?.report).keys() : []) }));
}

/** Covers what may be a face, or leaves it again. */
export function toggleMaybe(store: Store, id: number, face: number): void {
  edit(store, id, (edits) => ({ ...edits, added: toggled(edits.added, face) }));
}

export function addMaybes(store: Store, id: number): void {
  edit(store, id, (edits, photo) => ({ ...edits, added: new Set(uncertain(photo.found?.report).keys()) }));
}

/** Marks a place by hand; `parts` when it was painted. Returns the mark's id. */
export function addMark(store: Store, id: number, region: Region, parts?: readonly Region[]): number {
  const mark: Mark = { id: nextId++, region, covered: true, ...(parts === undefined ? {} : { parts }) };
  edit(store, id, (edits) => ({ ...edits, marks: [...edits.marks, mark] }));
  activate(store, id, `mark ${mark.id}`);
  return mark.id;
}

/** A mark's changes that follow each other closely, as from a key that is held, are undone as one. */
export function changeMark(store: Store, id: number, mark: number, change: Partial<Mark>): void {
  const changed = (edits: Edits): Edits => ({ ...edits, marks: edits.marks.map((old) => (old.id === mark ? { ...old, ...change } : old)) });
  edit(store, id, changed, change.region === undefined ? undefined : `mark ${mark}`);
}

export function removeMark(store: Store, id: number, mark: number): void {
  edit(store, id, (edits) => ({ ...edits, marks: edits.marks.filter((old) => old.id !== mark) }));
}

/** Covers one place in its own way; `undefined` is as all. */
export function coverWith(store: Store, id: number, key: PlaceKey, mode: Mode | undefined): void {
  edit(store, id, (edits) => {
    const modes = new Map(edits.modes);
    if (mode === undefined) modes.delete(key);
    else modes.set(key, mode);
    return { ...edits, modes };
  });
}

/** Which place the tools are about. */
export function activate(store: Store, id: number, key: PlaceKey | undefined): void {
  store.updatePhoto(id, (photo) => (photo.active === key ? photo : { ...photo, active: key }));
}

export function undo(store: Store, id: number): void {
  lastMerge = undefined;
  store.updatePhoto(id, (photo) => {
    const edits = photo.past.at(-1);
    return edits === undefined ? photo : revised(photo, { edits, past: photo.past.slice(0, -1), future: [...photo.future, photo.edits] });
  });
}

export function redo(store: Store, id: number): void {
  lastMerge = undefined;
  store.updatePhoto(id, (photo) => {
    const edits = photo.future.at(-1);
    return edits === undefined ? photo : revised(photo, { edits, past: [...photo.past, photo.edits], future: photo.future.slice(0, -1) });
  });
}

/** Changes what is done with all photos. */
export function choose(store: Store, change: Partial<Settings>): void {
  store.update((state) => {
    const settings = { ...state.settings, ...change };
    const speaksOnly = Object.keys(change).every((name) => name === 'language');
    return { ...state, settings, photos: speaksOnly ? state.photos : state.photos.map((photo) => revised(photo, {})) };
  });
}

/** Takes from an address what needs no question, and asks for the rest. */
export function follow(store: Store, { settings, asked }: Request): void {
  choose(store, settings);
  store.update((state) => ({ ...state, asked }));
}

/** The person's answer to what the address asks for. */
export function settle(store: Store, yes: boolean): void {
  const { asked } = store.state;
  store.update((state) => ({ ...state, asked: {} }));
  choose(store, yes ? asked : {});
}

/** Settles for removing what is hidden, where the picture cannot be changed. */
export function leavePicture(store: Store, id: number): void {
  store.updatePhoto(id, (photo) => revised(photo, { bare: true }));
}

/** Stops the work on a photo: whatever comes of it is thrown away. */
export function stop(store: Store, id: number): void {
  store.updatePhoto(id, (photo) => {
    const stopped = revised(photo, { progress: undefined });
    return { ...stopped, failure: { revision: stopped.revision, code: 'aborted', message: 'stopped by hand' } };
  });
}

export function tryAgain(store: Store, id: number): void {
  store.updatePhoto(id, (photo) => revised(photo, {}));
}

function newPhoto(file: File): Photo {
  return {
    id: nextId++,
    name: shownName(file.name),
    original: file,
    originalUrl: URL.createObjectURL(file),
    revision: 0,
    found: undefined,
    edits: NO_EDITS,
    past: [],
    future: [],
    active: undefined,
    bare: false,
    progress: undefined,
    result: undefined,
    failure: undefined,
  };
}

/** Changes what is covered, so that it can be undone. Changes with the same `merge` within a moment are one. */
function edit(store: Store, id: number, change: (edits: Edits, photo: Photo) => Edits, merge?: string): void {
  const now = performance.now();
  const key = merge === undefined ? undefined : `${id} ${merge}`;
  const merges = key !== undefined && lastMerge?.key === key && now - lastMerge.at < MERGE_MS;
  lastMerge = key === undefined ? undefined : { key, at: now };
  store.updatePhoto(id, (photo) => {
    const past = merges ? photo.past : [...photo.past, photo.edits].slice(-MOST_UNDONE);
    return revised(photo, { edits: change(photo.edits, photo), past, future: [] });
  });
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

function toggled(set: ReadonlySet<number>, item: number): ReadonlySet<number> {
  const changed = new Set(set);
  if (!changed.delete(item)) changed.add(item);
  return changed;
}

let nextId = 1;
let lastMerge: { readonly key: string; readonly at: number } | undefined;
const MERGE_MS = 800;
const MOST_UNDONE = 200;
