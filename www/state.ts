// What the page knows: one object, changed in one place. Views only read it; what is stale is told by revision numbers, so
// that no view can show an outdated file as finished.

import type { ErrorCode, Region, Report, Stage } from 'darkslide';

import type { Look, Mode, Request, Settings } from './settings.js';

export interface State {
  /** In the order in which they came. */
  readonly photos: readonly Photo[];
  /** The id of the photo on the bench. */
  readonly selected: number | undefined;
  /** The same for all photos. */
  readonly settings: Settings;
  /** What the address asks for besides, and nobody has said yes to. */
  readonly asked: Partial<Settings>;
  /** `working`: photos are, but not all that any photo may take has come. `foreign`: the page is not as it was published, and takes no photo. */
  readonly engine: 'starting' | 'working' | 'ready' | 'failed' | 'foreign';
  /** The files by which that is known. */
  readonly foreign: readonly string[];
  /** What the page has to say besides what the photos say; the number tells one time from another. Some of it can be seen elsewhere anyway. */
  readonly notice: { readonly number: number; readonly text: string; readonly seen: boolean } | undefined;
}

export interface Photo {
  readonly id: number;
  /** The file's name as it may be shown; it goes nowhere else. */
  readonly name: string;
  readonly original: Blob;
  /** A blob URL of the original, for looking at only. */
  readonly originalUrl: string;
  /** Grows with every choice that changes the outcome. */
  readonly revision: number;
  /** What was found, and how hard faces were looked for. */
  readonly found: { readonly report: Report; readonly look: Look } | undefined;
  readonly edits: Edits;
  /** Earlier and undone edits, the nearest last. */
  readonly past: readonly Edits[];
  readonly future: readonly Edits[];
  /** The place that the tools are about. */
  readonly active: PlaceKey | undefined;
  /** Only what is hidden is removed: nobody looks for faces, and the picture stays as it is. */
  readonly bare: boolean;
  /** What is being done right now. */
  readonly progress: { readonly stage: Stage; readonly fraction: number } | undefined;
  /** The last outcome. Only that of the current revision counts: see {@link finished}. */
  readonly result: Result | undefined;
  readonly failure: { readonly revision: number; readonly code: ErrorCode; readonly message: string } | undefined;
}

/** What a person changed about what is covered. */
export interface Edits {
  /** Faces, by their place in `facesOf`, that stay visible. */
  readonly spared: ReadonlySet<number>;
  /** What may be faces, by their place in `uncertain`, that are covered too. */
  readonly added: ReadonlySet<number>;
  readonly marks: readonly Mark[];
  /** Places that are covered in another way than the rest. */
  readonly modes: ReadonlyMap<PlaceKey, Mode>;
}

/** A face or what may be one, by its place among those seen, or a mark, by its id. */
export type PlaceKey = `face ${number}` | `maybe ${number}` | `mark ${number}`;

export interface Mark {
  readonly id: number;
  /** Px of the upright picture. A stroke's holds all of its parts. */
  readonly region: Region;
  /** The squares of which a stroke of the brush is made. */
  readonly parts?: readonly Region[];
  readonly covered: boolean;
}

export interface Result {
  readonly revision: number;
  readonly file: File;
  readonly url: string;
  readonly report: Report;
  /** What was covered at the person's own wish, which the report counts as places marked by hand. */
  readonly edits: Edits;
}

/** The result that may be saved: that of all choices as they are now. */
export function finished(photo: Photo): Result | undefined {
  return photo.result?.revision === photo.revision && failed(photo) === undefined ? photo.result : undefined;
}

/** Why the photo, with the choices as they are now, was refused. */
export function failed(photo: Photo): Photo['failure'] {
  return photo.failure?.revision === photo.revision ? photo.failure : undefined;
}

/** The latest report there is: that of the finished file, else what was found. */
export function reportOf(photo: Photo): Report | undefined {
  return finished(photo)?.report ?? photo.found?.report ?? photo.result?.report;
}

/** Whether somebody looks for faces in this photo. */
export function isLooked(photo: Photo, { look }: Settings): boolean {
  return look !== 'off' && !photo.bare;
}

export function selectedPhoto(state: State): Photo | undefined {
  return state.photos.find(({ id }) => id === state.selected);
}

type Listener = (state: State, before: State) => void;

/** Holds the state. Listeners hear of changes once a turn, however many there were. */
export class Store {
  #state: State;
  #shown: State;
  #waiting = false;
  readonly #listeners = new Set<Listener>();

  constructor(initial: State) {
    this.#state = initial;
    this.#shown = initial;
  }

  get state(): State {
    return this.#state;
  }

  /** The only way to change anything. */
  update(change: (state: State) => State): void {
    this.#state = change(this.#state);
    if (this.#waiting || this.#state === this.#shown) return;
    this.#waiting = true;
    queueMicrotask(() => this.#tell());
  }

  /** Changes one photo; nothing when it is gone. */
  updatePhoto(id: number, change: (photo: Photo) => Photo): void {
    this.update((state) => ({ ...state, photos: state.photos.map((photo) => (photo.id === id ? change(photo) : photo)) }));
  }

  /** Calls `listener` now and after every change, until `signal` says otherwise. */
  listen(listener: Listener, signal?: AbortSignal): void {
    this.#listeners.add(listener);
    signal?.addEventListener('abort', () => this.#listeners.delete(listener));
    listener(this.#state, this.#state);
  }

  /** Calls `action` when all listeners know the state as it is now. */
  whenShown(action: () => void): void {
    queueMicrotask(action);
  }

  #tell(): void {
    this.#waiting = false;
    const before = this.#shown;
    this.#shown = this.#state;
    for (const listener of [...this.#listeners]) listener(this.#shown, before);
  }
}

export const NO_EDITS: Edits = { spared: new Set(), added: new Set(), marks: [], modes: new Map() };

export function initial({ settings, asked }: Request): State {
  return { photos: [], selected: undefined, settings, asked, engine: 'starting', foreign: [], notice: undefined };
}
