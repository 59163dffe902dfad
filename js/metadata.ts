// The package `darkslide/metadata`: removes metadata and touches no pixel. Its wasm holds neither codecs nor a detector,
// so that a form which wants no more than that loads a fraction. It works where it is called, without a worker: a photo
// takes some milliseconds.

import init, { __wbg_reset_state, inspect as inspectBytes, strip as stripBytes, verify as verifyBytes } from '../dist/wasm/metadata.js';
import { loadMetadata } from '#platform';

import type { Report, StripOptions } from '../dist/wasm/metadata.js';
import { ScrubError, scrubError } from './errors.js';
import { copy, file, isBlob, isBytes, plain } from './input.js';
import type { Input } from './input.js';
import type { Verification } from './protocol.js';

export { ScrubError } from './errors.js';
export type { ErrorCode } from './errors.js';
export type { Input } from './input.js';
export type { Verification } from './protocol.js';
export type { Format, Keep, Kept, MetadataKind, Removed, Report, StripOptions } from '../dist/wasm/metadata.js';

export interface StripResult {
  /** Named `photo-<first 8 hex of its sha256>.<ext>`, last modified at 0. */
  file: File;
  report: Report;
}

/**
 * Removes every kind of metadata; the picture's compressed data stays as it is, byte for byte. Faces stay too: nobody looks for them.
 *
 * @throws {ScrubError} where a photo is refused; then there is no file
 */
export async function strip(input: Input, options?: StripOptions): Promise<StripResult> {
  return await call(input, options, (bytes, checked) => {
    const stripped = stripBytes(bytes, checked);
    try {
      const { extension, mime, report } = stripped;
      return { file: file({ bytes: stripped.bytes, extension, mime, report }), report };
    } finally {
      stripped.free();
    }
  });
}

/**
 * Says what is in a photo, and what `strip` would remove. Changes nothing.
 *
 * @throws {ScrubError}
 */
export async function inspect(input: Input, options?: StripOptions): Promise<Report> {
  return await call(input, options, inspectBytes);
}

/**
 * Says whether bytes that claim to be scrubbed are: nothing in them but what shows the picture, and what `options.keep` allows.
 *
 * @throws {ScrubError} `invalid-option` for what is not bytes, `crashed` when it could not look
 */
export async function verify(input: Input, options?: StripOptions): Promise<Verification> {
  return await call(input, options, verifyBytes);
}

let engine: Promise<unknown> | undefined;

async function call<T>(input: Input, options: StripOptions | undefined, run: (bytes: Uint8Array, options: StripOptions | undefined) => T): Promise<T> {
  const checked = plain(options);
  if (!isBlob(input) && !isBytes(input)) throw new ScrubError('invalid-option', 'a photo must be a File, a Blob, an ArrayBuffer or a Uint8Array');
  try {
    const [bytes] = await Promise.all([read(input), start()]);
    return run(bytes, checked);
  } catch (thrown) {
    const error = scrubError(thrown);
    // After a trap the memory is in an unknown state: the next call begins with a new one.
    if (error.code === 'crashed' && engine !== undefined) __wbg_reset_state();
    throw error;
  }
}

/** Loads the wasm once; where that fails, the next call tries again. */
function start(): Promise<unknown> {
  engine ??= loadMetadata()
    .then((module) => init({ module_or_path: module }))
    .catch((thrown: unknown) => {
      engine = undefined;
      throw thrown;
    });
  return engine;
}

async function read(input: Input): Promise<Uint8Array<ArrayBuffer>> {
  if (!isBlob(input)) return copy(input);
  try {
    return new Uint8Array(await input.arrayBuffer());
  } catch (cause) {
    throw new ScrubError('malformed', `the photo's ${input.size} bytes could not be read: ${String(cause)}`, { cause });
  }
}
