// The package `darkslide/slim`: the same scrubber, but the caller says where the wasm comes from. It looks for no file beside its own,
// so that every bundler takes it as it is.

import { spawnFrom, spawnWorker } from '#platform';

import { engine } from './engine.js';
import type { Wasm } from './engine.js';
import { ScrubError } from './errors.js';
import { record } from './input.js';
import { expected } from './integrity.js';
import type { Integrity } from './integrity.js';
import { Scrubber } from './scrubber.js';
import type { ScrubberOptions } from './scrubber.js';

export { isScrubbed } from './brand.js';
export { ScrubError } from './errors.js';

export type { Wasm, WasmSource } from './engine.js';
export type { Integrity } from './integrity.js';
export type * from './types.js';

export interface SlimOptions extends Omit<ScrubberOptions, 'integrity'> {
  /**
   * The wasm: `darkslide/scrub.wasm` of the same version, or `darkslide/darkslide.wasm`, which refuses what it is not for: see docs/entries.md. It
   * is fetched, or the function called, when the first photo comes.
   */
  wasm: Wasm;
  /**
   * `darkslide/worker.js`, by its address on the page's own origin, or a function that starts it. Without it the worker is started from a
   * `blob:` address, which the page's Content-Security-Policy must allow in `worker-src`.
   */
  worker?: string | URL | (() => Worker);
  /** `true`: the wasm must be one that this version was built with. A string: it must have this hash, `sha384-…`. Default false. */
  integrity?: Integrity;
}

/**
 * Makes a scrubber from a wasm of the caller's. Loads nothing until the first call.
 *
 * @throws {ScrubError} `invalid-option`
 */
export async function createScrubber(options: SlimOptions): Promise<Scrubber> {
  const { wasm, worker, integrity = false, ...rest } = record(options, 'the options of createScrubber');
  if (wasm === undefined) throw new ScrubError('invalid-option', "wasm: is missing. darkslide/slim brings none: give the address of 'darkslide/scrub.wasm', or use darkslide/inline");
  return new Scrubber(rest, { engine: engine(wasm, expected(integrity)), spawn: worker === undefined ? spawnWorker : (events) => spawnFrom(worker, events) });
}
