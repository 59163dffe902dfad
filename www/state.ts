// What the page knows: one object, changed in one place. Views only read it; what is stale is told by revision numbers, so
// that no view can show an outdated file as finished.

import type { ErrorCode, Options, Region, Report, Stage } from 'darkslide';

export interface State {
  /** In the order in which they came. */
  readonly photos: readonly Photo[];
  /** The id of the photo on the bench. */
  readonly selected: number | undefined;
  /** The same for all photos. */
  readonly choices: Choices;
  readonly engine: 'starting' | 'ready' | 'failed';
}

/** What the person chose, in the package's own words. */
export type Choices = Required<Pick<Options, 'faces' | 'sensitivity' | 'identity' | 'format' | 'maxSide'>>;

export interface Photo {
  readonly id: number;
  readonly name: string;
  readonly original: Blob;
  /** A blob URL of the original, for looking at only. */
  readonly originalUrl: string;
  /** Grows with every choice that changes the outcome. */
  readonly revision: number;
  /** What was found, and the sensitivity with which it was looked for. */
  readonly found: { readonly report: Report; readonly sensitivity: Choices['sensitivity'] } | undefined;
  /** Faces, by their place in the report, that stay visible. */
  readonly spared: ReadonlySet<number>;
  /** Places marked by hand. */
  readonly marks: readonly Mark[];
  /** Only what is hidden is removed: nobody looks for faces, and the picture stays as it is. */
  readonly bare: boolean;
  /** What is being done right now. */
  readonly progress: { readonly stage: Stage; readonly fraction: number } | undefined;
  /** The last outcome. Only that of the current revision counts: see {@link finished}. */
  readonly result: Result | undefined;
  readonly failure: { readonly revision: number; readonly code: ErrorCode; readonly message: string } | undefined;
}

export interface Mark {
  readonly id: number;
  /** Px of the upright picture. */
  readonly region: Region;
  readonly covered: boolean;
}

export interface Result {
  readonly revision: number;
  readonly file: File;
  readonly url: string;
  readonly report: Report;
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

export function selectedPhoto(state: State): Photo | undefined {
  return state.photos.find(({ id }) => id === state.selected);
}

type Listener = (state: State, before: State) => void;

/** Holds the state. Listeners hear of changes once a turn, however many there were. */
export class Store {
  #state: State;
  #shown: State;
  #waiting = false;
  readonly #listeners: Listener[] = [];

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

  /** Calls `listener` now and after every change. */
  listen(listener: Listener): void {
    this.#listeners.push(listener);
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
    for (const listener of this.#listeners) listener(this.#shown, before);
  }
}

export const INITIAL: State = {
  photos: [],
  selected: undefined,
  choices: { faces: 'blur', sensitivity: 'balanced', identity: 'keep', format: 'same', maxSide: null },
  engine: 'starting',
};
