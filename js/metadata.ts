// The package `darkslide/metadata`: removes metadata and touches no pixel. Its wasm holds neither codecs nor a detector,
// so that a form which wants no more than that loads a fraction: one wasm for JPEG and PNG, and another for all formats
// when it is needed. It works where it is called, without a worker: a photo takes some tens of milliseconds.

import * as few from '../dist/wasm/metadata.js';
import * as all from '../dist/wasm/metadata-all.js';
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
  return await call(input, options, (bound, bytes, checked) => {
    const stripped = bound.strip(bytes, checked);
    try {
      const { bytes: output, extension, mime, report } = stripped;
      return async (digest) => {
        const whole = digested(report, await digest, await sha256(output, bound.sha256));
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
  return await call(input, options, (bound, bytes, checked) => {
    const report = bound.inspect(bytes, checked);
    return async (digest) => digested(report, await digest);
  });
}

/**
 * Says whether bytes that claim to be scrubbed are: nothing in them but what shows the picture, and what `options.keep` allows.
 *
 * @throws {ScrubError} `invalid-option` for what is not bytes, `crashed` when it could not look
 */
export async function verify(input: Input, options?: StripOptions): Promise<Verification> {
  return await call(input, options, (bound, bytes, checked) => {
    const verdict = bound.verify(bytes, checked);
    return async () => verdict;
  });
}

/** What both wasms have. */
type Bound = Pick<typeof few, 'default' | 'inspect' | 'sha256' | 'strip' | 'verify' | 'wipeStack' | '__wbg_reset_state'>;

/** A wasm, loaded once; where that fails, the next call tries again. */
class Engine {
  private loading: Promise<unknown> | undefined;
  private readonly bound: Bound;
  private readonly load: () => Promise<WebAssembly.Module>;

  constructor(bound: Bound, load: () => Promise<WebAssembly.Module>) {
    this.bound = bound;
    this.load = load;
  }

  start(): Promise<unknown> {
    this.loading ??= this.load()
      .then((module) => this.bound.default({ module_or_path: module }))
      .catch((thrown: unknown) => {
        this.loading = undefined;
        throw thrown;
      });
    return this.loading;
  }

  run<T>(work: (bound: Bound) => T): T {
    let trapped = false;
    try {
      return work(this.bound);
    } catch (thrown) {
      trapped = scrubError(thrown).code === 'crashed';
      throw thrown;
    } finally {
      // After a trap the memory is in an unknown state: the next call begins with a new one. Else nothing of the photo stays in it.
      if (trapped) this.bound.__wbg_reset_state();
      else this.bound.wipeStack();
    }
  }
}

// Most photos need the first alone. Which formats it lacks, only Rust knows.
const first = new Engine(few, loadMetadata);
const second = new Engine(all, loadMetadataAll);

/** What has to wait until the wasm is done: it cannot be called again while an answer of its is read. */
type Rest<T> = (digest: Promise<string>) => Promise<T>;

async function call<T>(input: Input, options: StripOptions | undefined, work: (bound: Bound, bytes: Uint8Array, options: StripOptions | undefined) => Rest<T>): Promise<T> {
  const checked = plain(options);
  if (!isBlob(input) && !isBytes(input)) throw new ScrubError('invalid-option', 'a photo must be a File, a Blob, an ArrayBuffer or a Uint8Array');
  try {
    const [bytes] = await Promise.all([read(input), first.start()]);
    const asked = (bound: Bound): Rest<T> => work(bound, bytes, checked);
    const digest = sha256(bytes, few.sha256);
    // Where the photo is refused, nobody waits for it.
    digest.catch(() => undefined);
    try {
      return await first.run(asked)(digest);
    } catch (thrown) {
      if (!isNotInBuild(thrown)) throw thrown;
      await second.start();
      return await second.run(asked)(digest);
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
