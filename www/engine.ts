// Feeds photos to the package, one at a time: that on the bench first. A choice that changes while a photo is worked on is
// not aborted, because that would end the worker, and a new one would have to be loaded; its outcome is thrown away.

import { createScrubber, ScrubError } from 'darkslide';
import type { Options, Progress, Region, Scrubber } from 'darkslide';

import { facesOf, isMoving, uncertain } from './faces.js';
import { grown, middle } from './geometry.js';
import type { Mode, Settings } from './settings.js';
import { failed, finished, isLooked } from './state.js';
import type { Edits, Photo, PlaceKey, State, Store } from './state.js';

export interface Engine {
  /** A finished photo as PNG, the one picture that every clipboard takes; checked as any other output. */
  png(file: File): Promise<Blob>;
  /** Ends the workers. */
  close(): Promise<void>;
}

/** What stands between the page and the network. */
interface Shelf {
  /** Settles when the page's files are on this device, or will not be. */
  readonly kept: Promise<void>;
  /** Settles when they were compared with what was published. */
  readonly checked: Promise<void>;
  /** Fetches what only some photos take. */
  fetchRest(): Promise<void>;
}

/**
 * Loads worker and wasm when the page is kept, proves on a picture of our own that they work, and serves the store once all is known to be ours, for as
 * long as the page lives. What only some photos take comes while the first can be worked on already.
 */
export function startEngine(store: Store, shelf: Shelf): Engine {
  // Nothing shall be asked for later: even where all is kept on this device, browsers look for a newer service worker when a worker starts. So
  // it must not go when it is idle. Its memory is overwritten after each photo.
  const scrubber = createScrubber({ idleMs: Infinity, secondOpinion: false });
  void Promise.all([painted(), shelf.kept]).then(async () => serve(store, await scrubber, shelf));
  return {
    png: async (file) => (file.type === 'image/png' ? file : (await (await scrubber).scrub(file, { faces: 'keep', format: 'png' })).file),
    close: async () => (await scrubber).close(),
  };
}

async function serve(store: Store, scrubber: Scrubber, shelf: Shelf): Promise<void> {
  let running: { readonly id: number; readonly abort: AbortController } | undefined;
  store.listen((state) => {
    wake();
    // Ending the worker means loading a new one: only where a service worker has it at hand, on this device.
    const photo = state.photos.find(({ id }) => id === running?.id);
    if (running !== undefined && (photo === undefined || failed(photo)?.code === 'aborted') && navigator.serviceWorker?.controller) running.abort.abort();
  });
  const isWarm = await warmUp(store, scrubber, shelf);
  if (!isTrusted(store)) return;
  if (isWarm) void takeRest(store, scrubber, shelf);
  for (;;) {
    const photo = nextPhoto(store.state);
    if (photo === undefined) await changed();
    else if (photo.result === undefined || (await settles(photo))) await work(photo, store.state.settings);
  }

  /** People change their mind several times a second: whether this was the last time. */
  async function settles({ id, revision }: Photo): Promise<boolean> {
    await pause(SETTLE_MS);
    return store.state.photos.some((photo) => photo.id === id && photo.revision === revision);
  }

  async function work(photo: Photo, settings: Settings): Promise<void> {
    const { id, original, revision, edits } = photo;
    const looks = isLooked(photo, settings);
    const look = looks ? settings.look : 'off';
    const abort = new AbortController();
    const hooks = {
      signal: abort.signal,
      onProgress: (progress: Progress): void => store.updatePhoto(id, (now) => (failed(now) === undefined ? { ...now, progress } : now)),
    };
    running = { id, abort };
    try {
      if (photo.found?.look !== look) {
        const report = await scrubber.inspect(original, { ...(look === 'off' ? { faces: 'keep' } : { faces: settings.cover, sensitivity: look }), keep: settings.keep }, hooks);
        // Nobody could look into it: then scrubbing is refused, with the reason.
        if (looks && report.backend.detector === 'none') await scrubber.scrub(original, optionsFor(photo, settings), hooks);
        // Another look may count the faces in another order.
        store.updatePhoto(id, (now) => ({ ...now, progress: undefined, found: { report, look }, edits: countedAnew(now.edits), past: [], future: [], active: undefined }));
        return;
      }
      const { file, report } = await scrubber.scrub(original, optionsFor(photo, settings), hooks);
      store.updatePhoto(id, (now) => {
        if (now.revision !== revision) return { ...now, progress: undefined };
        if (now.result !== undefined) URL.revokeObjectURL(now.result.url);
        return { ...now, progress: undefined, result: { revision, file, report, edits, url: URL.createObjectURL(file) } };
      });
    } catch (thrown) {
      const { code, message } = thrown instanceof ScrubError ? thrown : new ScrubError('crashed', String(thrown));
      // What was refused before the last change, or stopped, may pass now.
      store.updatePhoto(id, (now) => ({ ...now, progress: undefined, ...(now.revision === revision ? { failure: { revision, code, message } } : {}) }));
    } finally {
      running = undefined;
    }
  }
}

/** Loads what most photos take, while the files are compared. */
async function warmUp(store: Store, scrubber: Scrubber, { checked }: Shelf): Promise<boolean> {
  try {
    await Promise.all([scrubber.scrub(await grey(), proof(store)), import('./zip.js')]);
    await checked;
    become(store, 'working');
    return true;
  } catch {
    await checked;
    // The first photo meets the same error, and shows it.
    become(store, 'failed');
    return false;
  }
}

/** Loads the rest, so that the page works without network from then on. */
async function takeRest(store: Store, scrubber: Scrubber, { fetchRest }: Shelf): Promise<void> {
  try {
    await fetchRest();
    if (!isTrusted(store)) return;
    // The worker takes it now. Later it would ask for it, and though it were answered from this device, the page promises that nothing is asked.
    await scrubber.scrub(await grey(), { ...proof(store), format: 'webp' });
    become(store, 'ready');
  } catch {
    // The page goes on without: the first photo that takes it meets the same error, and shows it.
  }
}

/** What is not trusted any more stays so. */
function become(store: Store, engine: State['engine']): void {
  store.update((state) => (state.engine === 'foreign' ? state : { ...state, engine }));
}

function isTrusted({ state }: Store): boolean {
  return state.engine !== 'foreign';
}

/** Goes once through all that a photo goes through, so that it is loaded and known to work. */
function proof(store: Store): Options {
  const options: Options = store.state.settings.look === 'off' ? { faces: 'keep' } : { sensitivity: 'fast' };
  return { ...options, regions: [{ x: 8, y: 8, width: 16, height: 16 }] };
}

/** The photo to work on: that on the bench, else the first that is not finished. */
function nextPhoto({ photos, selected }: State): Photo | undefined {
  const open = photos.filter((photo) => finished(photo) === undefined && failed(photo) === undefined);
  return open.find(({ id }) => id === selected) ?? open[0];
}

/** What the package is asked to do with the photo. */
function optionsFor(photo: Photo, settings: Settings): Options {
  const { identity, format, quality, maxSide, keep, look, cover } = settings;
  if (photo.bare) return { faces: 'keep', keep };
  const written = { identity, format, quality, maxSide, keep };
  const { edits, found } = photo;
  const ownWay = (key: PlaceKey): { mode?: Mode } => modeIfOther(edits.modes.get(key) ?? cover, look === 'off' ? 'blur' : cover);
  const marks = edits.marks.filter(({ covered }) => covered).flatMap(({ id, region, parts = [region] }) => parts.map((part) => ({ ...part, ...ownWay(`mark ${id}`) })));
  if (look === 'off') return { ...written, faces: 'keep', regions: marks };
  const faces = [...facesOf(found?.report).entries()];
  const own = faces.filter(([face]) => !edits.spared.has(face) && edits.modes.has(`face ${face}`));
  const spared = faces.filter(([face]) => edits.spared.has(face));
  const maybes = [...uncertain(found?.report).entries()].filter(([face]) => edits.added.has(face));
  const asMark = (kind: 'face' | 'maybe') => ([index, face]: readonly [number, Region]): Region & { mode?: Mode } => ({ ...grown(face), ...ownWay(`${kind} ${index}`) });
  return {
    ...written,
    faces: cover,
    sensitivity: look,
    regions: [...marks, ...own.map(asMark('face')), ...maybes.map(asMark('maybe'))],
    exempt: [...spared, ...own].flatMap(([, { boxes }]) => boxes.map((box) => middle(box, isMoving(found?.report) ? MOVING_MIDDLE : undefined))),
  };
}

function modeIfOther(mode: Mode, usual: Mode): { mode?: Mode } {
  return mode === usual ? {} : { mode };
}

/** Edits without what names faces by their place in a report. */
function countedAnew({ marks, modes }: Edits): Edits {
  return { spared: new Set(), added: new Set(), marks, modes: new Map([...modes].filter(([key]) => key.startsWith('mark'))) };
}

/** A small grey picture. */
async function grey(): Promise<Blob> {
  const canvas = new OffscreenCanvas(32, 32);
  const context = canvas.getContext('2d');
  context?.fillRect(0, 0, 32, 32);
  return canvas.convertToBlob();
}

/** The page is to be seen before anything large is loaded. A page that nobody sees paints nothing. */
function painted(): Promise<void> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
    setTimeout(resolve, UNSEEN_MS);
  });
}

function changed(): Promise<void> {
  return new Promise((resolve) => (waiting = resolve));
}

function wake(): void {
  waiting();
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

let waiting: () => void = () => undefined;
const SETTLE_MS = 250;
const UNSEEN_MS = 1000;
/** Of a face in a moving picture only the very centre is spared: another may pass where it has been. */
const MOVING_MIDDLE = 0.05;
