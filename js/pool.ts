// Workers and the queue before them: one call a worker at a time, aborting by ending the worker, and a new
// worker for the next call after a crash.

import { later } from '#platform';

import { ScrubError, scrubError } from './errors.js';
import type { WorkerEvents, WorkerHandle } from './platform.js';
import type { Call, Progress, Reply, Request, Results } from './protocol.js';

export interface PoolHooks {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
}

interface Job {
  /** Called when a worker is free, so that waiting calls hold no copies. */
  prepare: () => Promise<{ request: Request; transfer: ArrayBuffer[] }>;
  onProgress: PoolHooks['onProgress'];
  resolve: (result: Results[Call]) => void;
  reject: (error: ScrubError) => void;
}

interface Lane {
  worker: WorkerHandle | undefined;
  job: Job | undefined;
  /** Of the picture that the worker decodes, or asks to. */
  pixels: number;
  /** Whether it waits to decode, or may. */
  entry: 'none' | 'asked' | 'admitted';
  cancelIdle: () => void;
}

export class Pool {
  readonly #lanes: Lane[];
  readonly #queue: Job[] = [];
  readonly #idleMs: number;
  readonly #startWorker: (events: WorkerEvents) => WorkerHandle;
  readonly #room: number;
  /** Those that wait to decode, in their order. */
  #asking: readonly Lane[] = [];
  #closed = false;

  constructor(workers: number, idleMs: number, startWorker: (events: WorkerEvents) => WorkerHandle) {
    this.#idleMs = idleMs;
    this.#room = workers * PIXELS_A_WORKER;
    this.#startWorker = startWorker;
    this.#lanes = Array.from({ length: workers }, () => ({ worker: undefined, job: undefined, pixels: 0, entry: 'none', cancelIdle: () => undefined }));
  }

  get closed(): boolean {
    return this.#closed;
  }

  run(prepare: Job['prepare'], { signal, onProgress }: PoolHooks): Promise<Results[Call]> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw closed();
      if (signal?.aborted) throw aborted(signal);
      const onAbort = (): void => this.#stop(job, aborted(signal));
      const settle = (): void => signal?.removeEventListener('abort', onAbort);
      const job: Job = {
        prepare,
        onProgress,
        resolve: (result) => (settle(), resolve(result)),
        reject: (error) => (settle(), reject(error)),
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#queue.push(job);
      this.#next();
    });
  }

  close(): void {
    this.#closed = true;
    for (const job of this.#queue.splice(0)) job.reject(closed());
    for (const lane of this.#lanes) {
      const job = lane.job;
      end(lane);
      job?.reject(closed());
    }
  }

  /** Gives waiting calls to free workers, those that already run first. */
  #next(): void {
    while (this.#queue.length > 0) {
      const free = this.#lanes.filter((lane) => lane.job === undefined);
      const lane = free.find((candidate) => candidate.worker !== undefined) ?? free[0];
      if (lane === undefined) return;
      const job = this.#queue.shift();
      if (job !== undefined) void this.#start(lane, job);
    }
  }

  async #start(lane: Lane, job: Job): Promise<void> {
    lane.cancelIdle();
    lane.job = job;
    try {
      const worker = (lane.worker ??= this.#spawn(lane));
      worker.setBusy(true);
      const { request, transfer } = await job.prepare();
      // Aborted or crashed in the meantime: the lane may even hold another worker by now.
      if (lane.job === job && lane.worker === worker) worker.post(request, transfer);
    } catch (thrown) {
      if (lane.job === job) this.#finish(lane, () => job.reject(scrubError(thrown)));
    }
  }

  #spawn(lane: Lane): WorkerHandle {
    const worker = this.#startWorker({
      // What a worker that was ended had still on its way concerns nobody.
      reply: (reply) => lane.worker === worker && this.#receive(lane, reply),
      crash: (reason) => lane.worker === worker && this.#crash(lane, reason),
    });
    return worker;
  }

  #receive(lane: Lane, reply: Reply): void {
    const job = lane.job;
    if (job === undefined || reply.kind === 'ready') return;
    if (reply.kind === 'admit') {
      // A call that begins anew, with the other wasm, asks again.
      [lane.pixels, lane.entry] = [reply.pixels, 'asked'];
      this.#asking = [...this.#asking.filter((other) => other !== lane), lane];
      this.#admit();
    } else if (reply.kind === 'progress') {
      job.onProgress?.({ stage: reply.stage, fraction: reply.fraction });
    } else if (reply.kind === 'done') {
      this.#finish(lane, () => job.resolve(reply.result));
    } else if (reply.code === 'crashed') {
      // Caught in the worker, but its memory is in an unknown state all the same.
      this.#crash(lane, reply.message);
    } else {
      this.#finish(lane, () => job.reject(new ScrubError(reply.code, reply.message)));
    }
  }

  #crash(lane: Lane, reason: string): void {
    const job = lane.job;
    end(lane);
    job?.reject(new ScrubError('crashed', reason));
    this.#admit();
    this.#next();
  }

  /** Lets those that ask decode, in their order, while there is room; one that is larger than the room has it alone. */
  #admit(): void {
    this.#asking = this.#asking.filter(({ entry }) => entry === 'asked');
    for (const lane of this.#asking) {
      const taken = this.#lanes.reduce((sum, { entry, pixels }) => sum + (entry === 'admitted' ? pixels : 0), 0);
      if (taken > 0 && taken + lane.pixels > this.#room) return;
      lane.entry = 'admitted';
      lane.worker?.post({ call: 'admitted' }, []);
    }
  }

  /** Frees the lane's worker for the next call; ends it when none comes, because wasm memory never shrinks and photos must not linger in it. */
  #finish(lane: Lane, settle: () => void): void {
    // Its memory stays as large as the photo was: among several, one that has had more than its share begins anew.
    if (this.#lanes.length > 1 && lane.pixels > PIXELS_A_WORKER) end(lane);
    lane.job = undefined;
    [lane.pixels, lane.entry] = [0, 'none'];
    lane.worker?.setBusy(false);
    // Timers know no infinity.
    if (this.#idleMs <= LONGEST_TIMER_MS) lane.cancelIdle = later(this.#idleMs, () => end(lane));
    settle();
    this.#admit();
    this.#next();
  }

  /** Takes `job` out of the queue, or ends the worker that is at it: wasm cannot be interrupted. */
  #stop(job: Job, error: ScrubError): void {
    const waiting = this.#queue.indexOf(job);
    const lane = this.#lanes.find((candidate) => candidate.job === job);
    if (waiting >= 0) this.#queue.splice(waiting, 1);
    if (lane !== undefined) end(lane);
    job.reject(error);
    this.#admit();
    this.#next();
  }
}

function end(lane: Lane): void {
  lane.cancelIdle();
  lane.worker?.terminate();
  lane.worker = undefined;
  lane.job = undefined;
  [lane.pixels, lane.entry] = [0, 'none'];
}

function aborted(signal: AbortSignal | undefined): ScrubError {
  return new ScrubError('aborted', 'the call was aborted', { cause: signal?.reason });
}

function closed(): ScrubError {
  return new ScrubError('aborted', 'the scrubber is closed');
}

/** Timers take 31 bits; a longer wait is as good as none. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Pixels that a worker may count on, that of most phones' and cameras' photos. All workers together decode no more than that at a time, each; larger
 * photos wait until there is room, or have it alone. A pixel takes some 10 to 18 bytes.
 */
const PIXELS_A_WORKER = 25_000_000;
