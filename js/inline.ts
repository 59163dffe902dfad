// The package `darkslide/inline`: the same scrubber in scripts alone. The wasm is packed into one, and the worker starts from a `blob:` address,
// so that nothing is ever fetched, whatever the bundler and under `connect-src 'none'`.

import { spawnWorker, unpack } from '#platform';

import { engine } from './engine.js';
import { Scrubber } from './scrubber.js';
import type { ScrubberOptions } from './scrubber.js';

export { isScrubbed } from './brand.js';
export { ScrubError } from './errors.js';
export type * from './types.js';

export type InlineOptions = Omit<ScrubberOptions, 'integrity'>;

/**
 * Makes a scrubber. Unpacks nothing until the first call.
 *
 * @throws {ScrubError} `invalid-option`
 */
export async function createScrubber(options: InlineOptions = {}): Promise<Scrubber> {
  // Not loaded with the page: bundlers make a chunk of their own of it.
  return new Scrubber(options, { engine: engine(async () => await unpack((await import('../dist/packed.js')).packed), undefined), spawn: spawnWorker });
}
