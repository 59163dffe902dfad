// The package `darkslide/metadata`: removes metadata and touches no pixel. Its wasm holds neither codecs nor a detector,
// so that a form which wants no more than that loads a fraction: one wasm for JPEG and PNG, and another for all formats
// when it is needed. It works where it is called, without a worker: a photo takes some tens of milliseconds.

import init, { __wbg_reset_state, inspect as inspectBytes, replaceModule, sha256 as sha256InWasm, strip as stripBytes, verify as verifyBytes, wipeStack } from '../dist/wasm/metadata.js';
import { loadMetadata, loadMetadataAll } from '#platform';

import type { Report, StripOptions } from '../dist/wasm/metadata.js';
import { digested, sha256 } from './digest.js';
import { isNotInBuild, ScrubError, scrubError } from './errors.js';
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
      const { bytes: output, extension, mime, report } = stripped;
      return async (digest) => {
        const whole = digested(report, await digest, await sha256(output, sha256InWasm));
        return { file: file({ bytes: output, extension, mime, report: whole }), report: whole };
      };
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
  return await call(input, options, (bytes, checked) => {
    const report = inspectBytes(bytes, checked);
    return async (digest) => digested(report, await digest);
  });
}

/**
 * Says whether bytes that claim to be scrubbed are: nothing in them but what shows the picture, and what `options.keep` allows.
 *
 * @throws {ScrubError} `invalid-option` for what is not bytes, `crashed` when it could not look
 */
export async function verify(input: Input, options?: StripOptions): Promise<Verification> {
  return await call(input, options, (bytes, checked) => {
    const verdict = verifyBytes(bytes, checked);
    return async () => verdict;
  });
}

/** Loads something once; where that fails, the next call tries again. */
function once(load: () => Promise<unknown>): () => Promise<unknown> {
  let loading: Promise<unknown> | undefined;
  return () =>
    (loading ??= load().catch((thrown: unknown) => {
      loading = undefined;
      throw thrown;
    }));
}

const start = once(async () => await init({ module_or_path: await loadMetadata() }));
/** Most photos need the first alone. Which formats it lacks, only Rust knows. */
const takeAll = once(async () => await replaceModule(await loadMetadataAll()));

function run<T>(work: () => T): T {
  let trapped = false;
  try {
    return work();
  } catch (thrown) {
    trapped = scrubError(thrown).code === 'crashed';
    throw thrown;
  } finally {
    // After a trap the memory is in an unknown state: the next call begins with a new one. Else nothing of the photo stays in it.
    if (trapped) __wbg_reset_state();
    else wipeStack();
  }
}

/** What has to wait until the wasm is done: it cannot be called again while an answer of its is read. */
type Rest<T> = (digest: Promise<string>) => Promise<T>;

async function call<T>(input: Input, options: StripOptions | undefined, work: (bytes: Uint8Array, options: StripOptions | undefined) => Rest<T>): Promise<T> {
  const checked = plain(options);
  if (!isBlob(input) && !isBytes(input)) throw new ScrubError('invalid-option', 'a photo must be a File, a Blob, an ArrayBuffer or a Uint8Array');
  try {
    const [bytes] = await Promise.all([read(input), start()]);
    const asked = (): Rest<T> => work(bytes, checked);
    const digest = sha256(bytes, sha256InWasm);
    // Where the photo is refused, nobody waits for it.
    digest.catch(() => undefined);
    try {
      return await run(asked)(digest);
    } catch (thrown) {
      if (!isNotInBuild(thrown)) throw thrown;
      await takeAll();
      return await run(asked)(digest);
    } finally {
      // The photo shall not stay until a garbage collector comes by.
      bytes.fill(0);
    }
  } catch (thrown) {
    throw scrubError(thrown);
  }
}

async function read(input: Input): Promise<Uint8Array<ArrayBuffer>> {
  if (!isBlob(input)) return copy(input);
  try {
    return new Uint8Array(await input.arrayBuffer());
  } catch (cause) {
    throw new ScrubError('malformed', `the photo's ${input.size} bytes could not be read: ${String(cause)}`, { cause });
  }
}
