// The public calls: checks what JavaScript lets through, and leaves the rest to Rust in the workers.

import { postable, spawnWorker } from '#platform';

import type { Options, Report, StripOptions } from '../dist/wasm/darkslide.js';
import { ScrubError, scrubError } from './errors.js';
import { copy, file, isBlob, isBytes, plain, record } from './input.js';
import type { Input } from './input.js';
import { expected } from './integrity.js';
import type { WorkerEvents, WorkerHandle } from './platform.js';
import { Pool } from './pool.js';
import type { Backend, Call, Progress, Request, Results, Verification } from './protocol.js';

export interface ScrubberOptions {
  /**
   * Photos at a time, each in a worker of its own. Default 1: a photo of 12 megapixels takes some 200 MB while it is worked on. Together they decode at
   * most 25 million pixels for each worker at a time: larger photos wait until there is room, or have it alone.
   */
  workers?: number;
  /**
   * What redacts; the bytes are the same. Default `auto`: the CPU, and WebGPU what it does sooner, once it is open, has proved to give the same
   * pixels and was timed. `webgpu` waits for it and takes it however slow; where there is none, the CPU does the work and a warning says so.
   */
  backend?: Backend;
  /** Whether `sensitivity: 'thorough'` loads CenterFace, 1.8 MB beside the worker, for a second opinion. Default true; without it the report says so. */
  secondOpinion?: boolean;
  /**
   * How long a worker that has nothing to do is kept, ms. Default 10,000. With `Infinity` it stays until `close`, so that no later call
   * loads anything; its memory, and what is left in it of the last photo, stays as long.
   */
  idleMs?: number;
  /** Whether a wasm that is none of those that this version was built with, by its SHA-384, is refused. It then compiles only when all of it has come. Default false. */
  integrity?: boolean;
}

/** Where worker and wasm come from, for entries that do not look for them beside their own file. */
interface Source {
  engine?: () => Promise<WebAssembly.Module>;
  spawn: (events: WorkerEvents) => WorkerHandle;
}

export interface Hooks {
  /** Aborting ends the call at once, with code `aborted`. */
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
}

export interface AllHooks {
  /** Aborting ends the iteration with code `aborted`. */
  signal?: AbortSignal | undefined;
  /** `index` says which input. */
  onProgress?: ((progress: Progress & { index: number }) => void) | undefined;
}

export interface ScrubResult {
  /** Named `photo-<first 8 hex of its sha256>.<ext>`, last modified at 0. */
  file: File;
  report: Report;
}

/** What became of one of many photos. `index` counts the inputs from 0. */
export type AllResult<I extends Input = Input> =
  | { index: number; input: I; ok: true; file: File; report: Report }
  | { index: number; input: I; ok: false; error: ScrubError };

/**
 * Makes a scrubber. Loads nothing: worker and wasm come with the first call, and go again after some idle seconds.
 *
 * @throws {ScrubError} `invalid-option`
 */
export async function createScrubber(options: ScrubberOptions = {}): Promise<Scrubber> {
  return new Scrubber(options, { spawn: spawnWorker });
}

/** Scrubs photos in workers. Made by {@link createScrubber}. */
export class Scrubber {
  readonly #pool: Pool;
  readonly #backend: Backend;
  readonly #secondOpinion: boolean;
  readonly #workers: number;
  readonly #engine: Source['engine'] | undefined;
  readonly #integrity: string | undefined;

  /** @internal */
  constructor(options: ScrubberOptions, { engine, spawn }: Source) {
    const { workers = 1, backend = 'auto', secondOpinion = true, idleMs = IDLE_MS, integrity = false, ...unknown } = record(options, 'the options of createScrubber');
    const [misspelt] = Object.keys(unknown);
    if (misspelt !== undefined) throw new ScrubError('invalid-option', `unknown option ${JSON.stringify(misspelt)}: createScrubber takes workers, backend, secondOpinion, idleMs and integrity`);
    if (!Number.isInteger(workers) || workers < 1) throw new ScrubError('invalid-option', `workers ${String(workers)}: must be a whole number from 1 on`);
    if (!BACKENDS.includes(backend)) throw new ScrubError('invalid-option', `backend ${JSON.stringify(backend)}: must be one of ${BACKENDS.join(', ')}`);
    if (typeof idleMs !== 'number' || !(idleMs >= 0)) throw new ScrubError('invalid-option', `idleMs ${String(idleMs)}: must be a number from 0 on, or Infinity`);
    if (typeof secondOpinion !== 'boolean') throw new ScrubError('invalid-option', `secondOpinion ${JSON.stringify(secondOpinion)}: must be true or false`);
    if (typeof integrity !== 'boolean') throw new ScrubError('invalid-option', `integrity ${JSON.stringify(integrity)}: must be true or false`);
    this.#workers = workers;
    this.#backend = backend;
    this.#secondOpinion = secondOpinion;
    this.#engine = engine;
    this.#integrity = expected(integrity);
    this.#pool = new Pool(workers, idleMs, spawn);
  }

  /** Scrubs one photo. Calls beyond the number of workers wait their turn. */
  async scrub(input: Input, options?: Options, hooks: Hooks = {}): Promise<ScrubResult> {
    const scrubbed = await this.#run('scrub', input, options, hooks);
    return { file: file(scrubbed), report: scrubbed.report };
  }

  /** Says what is in a photo, and where its faces are. Changes nothing. */
  async inspect(input: Input, options?: Options, hooks: Hooks = {}): Promise<Report> {
    return await this.#run('inspect', input, options, hooks);
  }

  /** Says whether bytes that claim to be scrubbed are: nothing in them but what shows the picture, and what `options.keep` allows. */
  async verify(input: Input, options?: StripOptions, hooks: Hooks = {}): Promise<Verification> {
    return await this.#run('verify', input, options, hooks);
  }

  /**
   * Scrubs many photos and yields each as it is ready, not in order. Takes an input from `inputs` only when there is
   * room, so lazy sources stay lazy. A photo that is refused does not stop the others.
   */
  async *scrubAll<I extends Input>(
    inputs: Iterable<I> | AsyncIterable<I>,
    options?: Options,
    hooks: AllHooks = {},
  ): AsyncGenerator<AllResult<I>, void, undefined> {
    const stop = new AbortController();
    const stopped = new Promise<never>((_, reject) => {
      stop.signal.addEventListener('abort', () => reject(new ScrubError('aborted', 'the calls were aborted', { cause: hooks.signal?.reason })));
    });
    // It is raced below, but not when the loop has been left already.
    stopped.catch(() => undefined);
    const abort = (): void => stop.abort();
    if (hooks.signal?.aborted) abort();
    hooks.signal?.addEventListener('abort', abort, { once: true });
    const source = iterator(inputs);
    const running = new Map<number, Promise<{ result: AllResult<I> }>>();
    let pulled: Promise<IteratorResult<I, unknown>> | undefined;
    let count = 0;
    let drained = false;
    try {
      for (;;) {
        // One more than there are workers: they go on while the caller looks at a result.
        if (!drained && running.size <= this.#workers) pulled ??= Promise.resolve(source.next());
        if (pulled === undefined && running.size === 0) return;
        const event = await Promise.race([stopped, ...(pulled === undefined ? [] : [pulled]), ...running.values()]);
        if ('result' in event) {
          running.delete(event.result.index);
          if (!event.result.ok && event.result.error.code === 'aborted') throw event.result.error;
          yield event.result;
          continue;
        }
        pulled = undefined;
        if (event.done === true) {
          drained = true;
        } else {
          const index = count++;
          running.set(index, this.#settle(index, event.value, options, { ...hooks, signal: stop.signal }));
        }
      }
    } finally {
      hooks.signal?.removeEventListener('abort', abort);
      stop.abort();
      // The source may be waiting for its next input for ever; it is told to stop, not waited for.
      pulled?.catch(() => undefined);
      if (!drained) void Promise.resolve(source.return?.()).catch(() => undefined);
    }
  }

  /** Ends the workers and with them every copy of a photo. Calls that wait or run are `aborted`, and so is every later one. */
  close(): void {
    this.#pool.close();
  }

  async #settle<I extends Input>(index: number, input: I, options: Options | undefined, hooks: AllHooks): Promise<{ result: AllResult<I> }> {
    const { signal, onProgress } = hooks;
    try {
      const done = await this.scrub(input, options, { signal, onProgress: onProgress && ((progress) => onProgress({ ...progress, index })) });
      return { result: { index, input, ok: true, ...done } };
    } catch (thrown) {
      return { result: { index, input, ok: false, error: scrubError(thrown) } };
    }
  }

  async #run<C extends Call>(call: C, input: Input, options: Options | undefined, hooks: Hooks): Promise<Results[C]> {
    const sent = plain(options);
    if (!isBlob(input) && !isBytes(input)) {
      throw new ScrubError('invalid-option', 'a photo must be a File, a Blob, an ArrayBuffer or a Uint8Array');
    }
    const result = await this.#pool.run(async () => {
      const photo = isBlob(input) ? await postable(input) : copy(input);
      const request: Request = { call, photo, options: sent, backend: this.#backend, secondOpinion: this.#secondOpinion, engine: await this.#engine?.(), integrity: this.#integrity };
      return { request, transfer: photo instanceof Uint8Array ? [photo.buffer] : [] };
    }, hooks);
    return result as Results[C];
  }
}

function iterator<I>(inputs: Iterable<I> | AsyncIterable<I>): Iterator<I> | AsyncIterator<I> {
  const either: { [Symbol.asyncIterator]?: () => AsyncIterator<I>; [Symbol.iterator]?: () => Iterator<I> } = Object(inputs);
  const found = either[Symbol.asyncIterator]?.() ?? either[Symbol.iterator]?.();
  if (found !== undefined) return found;
  throw new ScrubError('invalid-option', 'scrubAll takes an array, a FileList or another iterable of photos');
}

/** Long enough for a person to choose the next photo. */
const IDLE_MS = 10_000;
const BACKENDS: readonly Backend[] = ['auto', 'webgpu', 'cpu'];
