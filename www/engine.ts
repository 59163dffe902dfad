// Feeds photos to the package, one at a time: that on the bench first. A choice that changes while a photo is worked on is
// not aborted, because that would end the worker, and a new one would have to be loaded; its outcome is thrown away.

import { createScrubber, ScrubError } from 'darkslide';
import type { Options, Progress, Region, Scrubber } from 'darkslide';

import { failed, finished } from './state.js';
import type { Choices, Photo, State, Store } from './state.js';

/** Starts what serves the store until it is closed. */
export async function startEngine(store: Store): Promise<{ close: () => void }> {
  // Nothing shall be asked for later: even where all is kept on this device, browsers look for a newer service worker when a worker starts. So
  // it must not go when it is idle. Its memory is overwritten after each photo.
  const scrubber = await createScrubber({ idleMs: Infinity });
  void serve(store, scrubber);
  return { close: () => scrubber.close() };
}

/** Loads worker and wasm, proves on a picture of our own that they work, then works on the store's photos. */
async function serve(store: Store, scrubber: Scrubber): Promise<void> {
  store.listen(wake);
  try {
    await scrubber.scrub(await grey(), { regions: [{ x: 8, y: 8, width: 16, height: 16 }] });
    store.update((state) => ({ ...state, engine: 'ready' }));
  } catch {
    // The first photo meets the same error, and shows it.
    store.update((state) => ({ ...state, engine: 'failed' }));
  }
  for (;;) {
    const photo = nextPhoto(store.state);
    if (photo === undefined) await changed();
    else if (photo.result === undefined || (await settles(photo))) await work(photo, store.state.choices);
  }

  /** People change their mind several times a second: whether this was the last time. */
  async function settles({ id, revision }: Photo): Promise<boolean> {
    await pause(SETTLE_MS);
    return store.state.photos.some((photo) => photo.id === id && photo.revision === revision);
  }

  async function work(photo: Photo, choices: Choices): Promise<void> {
    const { id, original, revision } = photo;
    const onProgress = (progress: Progress): void => store.updatePhoto(id, (now) => ({ ...now, progress }));
    try {
      if (!photo.bare && photo.found?.sensitivity !== choices.sensitivity) {
        const report = await scrubber.inspect(original, { faces: choices.faces, sensitivity: choices.sensitivity }, { onProgress });
        // Nobody could look into it: then scrubbing is refused, with the reason.
        if (report.backend.detector === 'none') await scrubber.scrub(original, optionsFor(photo, choices));
        // Another look may count the faces in another order.
        store.updatePhoto(id, (now) => ({ ...now, progress: undefined, found: { report, sensitivity: choices.sensitivity }, spared: new Set() }));
        return;
      }
      const { file, report } = await scrubber.scrub(original, optionsFor(photo, choices), { onProgress });
      store.updatePhoto(id, (now) => {
        if (now.revision !== revision) return { ...now, progress: undefined };
        if (now.result !== undefined) URL.revokeObjectURL(now.result.url);
        return { ...now, progress: undefined, result: { revision, file, report, url: URL.createObjectURL(file) } };
      });
    } catch (thrown) {
      const { code, message } = thrown instanceof ScrubError ? thrown : new ScrubError('crashed', String(thrown));
      store.updatePhoto(id, (now) => ({ ...now, progress: undefined, failure: { revision, code, message } }));
    }
  }
}

/** The photo to work on: that on the bench, else the first that is not finished. */
function nextPhoto({ photos, selected }: State): Photo | undefined {
  const open = photos.filter((photo) => finished(photo) === undefined && failed(photo) === undefined);
  return open.find(({ id }) => id === selected) ?? open[0];
}

function optionsFor(photo: Photo, { faces, sensitivity, identity, format, maxSide }: Choices): Options {
  if (photo.bare) return { faces: 'keep' };
  const boxes = photo.found?.report.faces ?? [];
  return {
    faces,
    sensitivity,
    identity,
    format,
    maxSide,
    regions: photo.marks.filter(({ covered }) => covered).map(({ region }) => region),
    exempt: boxes.filter((_, index) => photo.spared.has(index)).map(middle),
  };
}

/** The middle of a face's box. The whole box could hold the centre of the face behind it, which would be spared as well. */
function middle({ x, y, width, height, angle }: Region): Region {
  return { x: x + width / 4, y: y + height / 4, width: width / 2, height: height / 2, ...(angle === undefined ? {} : { angle }) };
}

/** A small grey picture. */
async function grey(): Promise<Blob> {
  const canvas = new OffscreenCanvas(32, 32);
  const context = canvas.getContext('2d');
  context?.fillRect(0, 0, 32, 32);
  return canvas.convertToBlob();
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
