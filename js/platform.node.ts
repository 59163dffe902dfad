// Node: worker_threads, files.

import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parentPort, Worker } from 'node:worker_threads';
import { inflateRawSync } from 'node:zlib';

import { body } from './answer.js';
import { ScrubError } from './errors.js';
import { checkIntegrity } from './integrity.js';
import type { Admitted, Photo, Reply, Request } from './protocol.js';
import type { WorkerEvents, WorkerHandle, WorkerPort } from './platform.js';

export function spawnWorker(events: WorkerEvents): WorkerHandle {
  return attach(new URL('./worker.node.js', import.meta.url), events);
}

/** The worker that the caller names. */
export function spawnFrom(source: string | URL | (() => unknown), events: WorkerEvents): WorkerHandle {
  if (typeof source === 'function') throw new ScrubError('invalid-option', 'worker: outside browsers it must be an address');
  return attach(new URL(source), events);
}

export function attach(url: URL, events: WorkerEvents): WorkerHandle {
  // Flags of this process, `--input-type` for one, can keep a worker from starting.
  const worker = new Worker(url, { execArgv: [] });
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
    listen: (listener) => port.on('message', (request: Request | Admitted) => listener(request)),
  };
}

export async function loadEngine(integrity: string | undefined): Promise<WebAssembly.Module> {
  return await loadChecked(new URL('./darkslide.wasm', import.meta.url), integrity);
}

export async function loadEngineAll(integrity: string | undefined): Promise<WebAssembly.Module> {
  return await loadChecked(new URL('./darkslide-all.wasm', import.meta.url), integrity);
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

export async function loadSecondOpinion(): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return new Uint8Array(await readFile(new URL('./centerface.bin', import.meta.url)));
  } catch {
    return undefined;
  }
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

async function loadChecked(url: URL, integrity: string | undefined): Promise<WebAssembly.Module> {
  const bytes = await fetchBytes(url);
  if (integrity !== undefined) await checkIntegrity(bytes, integrity, basename(url.pathname));
  return await compile(bytes);
}

async function load(url: URL): Promise<WebAssembly.Module> {
  return await compile(await fetchBytes(url));
}

export async function compile(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  return await WebAssembly.compile(bytes);
}

/** Files by `file:`, all else as browsers have it. */
export async function fetchBytes(source: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  if (!String(source).startsWith('file:')) return await body(await fetch(source), String(source));
  return new Uint8Array(await readFile(new URL(source)).catch(unreadable));
}

/** Bytes that the build has deflated and written as base64. */
export async function unpack(packed: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(inflateRawSync(Buffer.from(packed, 'base64')));
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
