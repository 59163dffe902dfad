// Browsers, with the worker carried along: it starts from a `blob:` address, and is sent the compiled wasm.

import { ScrubError } from './errors.js';
import { attach } from './platform.browser.js';
import type { Platform, WorkerEvents, WorkerHandle } from './platform.js';

export * from './platform.browser.js';

/** The script of the worker; the build puts it here. */
declare const WORKER_SOURCE: string;

export function spawnWorker(events: WorkerEvents): WorkerHandle {
  const url = URL.createObjectURL(new Blob([WORKER_SOURCE], { type: 'text/javascript' }));
  const forget = (): void => URL.revokeObjectURL(url);
  const worker = new Worker(url, { type: 'module' });
  // Once it speaks or has failed, it has been read.
  worker.addEventListener('message', forget, { once: true });
  worker.addEventListener('error', forget, { once: true });
  return attach(worker, events, NOT_STARTED);
}

export const loadEngine: Platform['loadEngine'] = async () => {
  throw new ScrubError('crashed', 'the worker was sent no wasm');
};

const NOT_STARTED =
  "the worker did not start. Allow it in the page's Content-Security-Policy: worker-src blob:, script-src 'wasm-unsafe-eval'; or give createScrubber of " +
  "'darkslide/slim' the address of 'darkslide/worker.js' on the page's own origin.";

export const loadEngineAll = loadEngine;

/** There is nothing beside the script. */
export const loadSecondOpinion: Platform['loadSecondOpinion'] = async () => undefined;
