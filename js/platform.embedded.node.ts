// Node, with the worker carried along, so that a server's bundle needs no file beside it.

import { ScrubError } from './errors.js';
import { attach } from './platform.node.js';
import type { Platform, WorkerEvents, WorkerHandle } from './platform.js';

export * from './platform.node.js';

/** The script of the worker; the build puts it here. */
declare const WORKER_SOURCE: string;

export function spawnWorker(events: WorkerEvents): WorkerHandle {
  return attach(new URL(`data:text/javascript,${encodeURIComponent(WORKER_SOURCE)}`), events);
}

export const loadEngine: Platform['loadEngine'] = async () => {
  throw new ScrubError('crashed', 'the worker was sent no wasm');
};

export const loadEngineAll = loadEngine;

/** There is nothing beside the script. */
export const loadSecondOpinion: Platform['loadSecondOpinion'] = async () => undefined;
