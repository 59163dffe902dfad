// The package `darkslide/verify`: lets a server refuse what is not clean, without a worker. For Node, Deno, Bun and workerd;
// in a browser, a scrubber's `verify` does the same.

import { loadMetadataAllSync } from '#platform';

import { __wbg_reset_state, initSync, verify as verifyBytes, wipeStack } from '../dist/wasm/metadata.js';
import type { StripOptions } from '../dist/wasm/metadata.js';
import { ScrubError, scrubError } from './errors.js';
import { plain } from './input.js';
import type { Verification } from './protocol.js';

export { ScrubError } from './errors.js';
export type { ErrorCode } from './errors.js';
export type { Verification } from './protocol.js';
export type { Keep, StripOptions } from '../dist/wasm/metadata.js';

let started = false;

/**
 * Says whether bytes that claim to be scrubbed are: nothing in them but what shows the picture.
 * Bytes that are no photo, or a damaged one, are not clean. What `options.keep` allows may be in them. Loads the wasm on the first call, and blocks while it looks.
 *
 * @throws {ScrubError} `invalid-option` for what is not bytes, `crashed` when it could not look
 */
export function verify(bytes: Uint8Array | ArrayBuffer, options?: StripOptions): Verification {
  const checked = plain(options);
  const input = bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes;
  if (!(input instanceof Uint8Array)) throw new ScrubError('invalid-option', 'a photo must be an ArrayBuffer or a Uint8Array');
  if (!started) initSync({ module: loadMetadataAllSync() });
  started = true;
  let trapped = false;
  try {
    return verifyBytes(input, checked);
  } catch (thrown) {
    const error = scrubError(thrown);
    trapped = error.code === 'crashed';
    throw error;
  } finally {
    // After a trap the memory is in an unknown state: the next call begins with a new one. Else nothing of the photo stays in it.
    if (trapped) __wbg_reset_state();
    else wipeStack();
  }
}
