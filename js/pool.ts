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
  cancelIdle: () => void;
}

export class Pool {
  readonly #lanes: Lane[];
  readonly #queue: Job[] = [];
  readonly #idleMs: number;
  readonly #startWorker: (events: WorkerEvents) => WorkerHandle;
  #closed = false;

  constructor(workers: number, idleMs: number, startWorker: (events: WorkerEvents) => WorkerHandle) {
    this.#idleMs = idleMs;
    this.#startWorker = startWorker;
    this.#lanes = Array.from({ length: workers }, () => ({ worker: undefined, job: undefined, cancelIdle: () => undefined }));
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
    if (reply.kind === 'progress') {
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
    this.#next();
  }

  /** Frees the lane's worker for the next call; ends it when none comes, because wasm memory never shrinks and photos must not linger in it. */
  #finish(lane: Lane, settle: () => void): void {
    lane.job = undefined;
    lane.worker?.setBusy(false);
    // Timers know no infinity.
    if (this.#idleMs <= LONGEST_TIMER_MS) lane.cancelIdle = later(this.#idleMs, () => end(lane));
    settle();
    this.#next();
  }

  /** Takes `job` out of the queue, or ends the worker that is at it: wasm cannot be interrupted. */
  #stop(job: Job, error: ScrubError): void {
    const waiting = this.#queue.indexOf(job);
    const lane = this.#lanes.find((candidate) => candidate.job === job);
    if (waiting >= 0) this.#queue.splice(waiting, 1);
    if (lane !== undefined) end(lane);
    job.reject(error);
    this.#next();
  }
}

function end(lane: Lane): void {
  lane.cancelIdle();
  lane.worker?.terminate();
  lane.worker = undefined;
  lane.job = undefined;
}

function aborted(signal: AbortSignal | undefined): ScrubError {
  return new ScrubError('aborted', 'the call was aborted', { cause: signal?.reason });
}

function closed(): ScrubError {
  return new ScrubError('aborted', 'the scrubber is closed');
}

/** Timers take 31 bits; a longer wait is as good as none. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
