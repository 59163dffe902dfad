// Node: worker_threads, files.

import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { parentPort, Worker } from 'node:worker_threads';

import { ScrubError } from './errors.js';
import type { Photo, Reply, Request } from './protocol.js';
import type { WorkerEvents, WorkerHandle, WorkerPort } from './platform.js';

export function spawnWorker(events: WorkerEvents): WorkerHandle {
  // Flags of this process, `--input-type` for one, can keep a worker from starting.
  const worker = new Worker(new URL('./worker.node.js', import.meta.url), { execArgv: [] });
  let ended = false;
  const crash = (reason: string): void => {
    if (ended) return;
    ended = true;
    events.crash(reason);
  };
  worker.on('message', (reply: Reply) => {
    if (!ended) events.reply(reply);
  });
  worker.on('error', (error: Error) => crash(`the worker stopped: ${error.message}`));
  worker.on('messageerror', () => crash('a reply of the worker could not be read'));
  worker.on('exit', (code) => crash(`the worker ended by itself with status ${code}`));
  return {
    post: (request, transfer) => worker.postMessage(request, transfer),
    setBusy: (busy) => (busy ? worker.ref() : worker.unref()),
    terminate: () => {
      ended = true;
      void worker.terminate();
    },
  };
}

export function workerPort(): WorkerPort {
  const port = parentPort;
  if (port === null) throw new ScrubError('crashed', 'this file is a worker; import the package instead');
  return {
    post: (reply, transfer) => port.postMessage(reply, transfer),
    listen: (listener) => port.on('message', (request: Request) => listener(request)),
  };
}

export async function loadEngine(): Promise<WebAssembly.Module> {
  return await load(new URL('./darkslide.wasm', import.meta.url));
}

export async function loadMetadata(): Promise<WebAssembly.Module> {
  return await load(new URL('./metadata.wasm', import.meta.url));
}

export async function loadMetadataAll(): Promise<WebAssembly.Module> {
  return await load(metadataAllUrl());
}

/** The same, for callers that cannot wait. */
export function loadMetadataAllSync(): WebAssembly.Module {
  return new WebAssembly.Module(readMetadataAllSync());
}

/** Node cannot post every Blob: not one that `openAsBlob` made. */
export async function postable(blob: Blob): Promise<Photo> {
  return new Uint8Array(await blob.arrayBuffer());
}

export function later(milliseconds: number, action: () => void): () => void {
  const timer = setTimeout(action, milliseconds);
  timer.unref();
  return () => clearTimeout(timer);
}

async function load(url: URL): Promise<WebAssembly.Module> {
  return await WebAssembly.compile(await readFile(url).catch(unreadable));
}

function readMetadataAllSync(): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(readFileSync(metadataAllUrl()));
  } catch (cause) {
    return unreadable(cause);
  }
}

function metadataAllUrl(): URL {
  return new URL('./metadata-all.wasm', import.meta.url);
}

function unreadable(cause: unknown): never {
  const why = cause instanceof Error ? cause.message : String(cause);
  throw new ScrubError('crashed', `the wasm of the package 'darkslide' is not beside its script; keep the package out of server bundles (${why})`, { cause });
}
