// Browsers: Worker, fetch.

import { body } from './answer.js';
import { ScrubError } from './errors.js';
import { checkIntegrity } from './integrity.js';
import type { Admitted, Photo, Reply, Request } from './protocol.js';
import type { WorkerEvents, WorkerHandle, WorkerPort } from './platform.js';

export function spawnWorker(events: WorkerEvents): WorkerHandle {
  // Bundlers look for these very words to find the worker's file.
  return attach(new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }), events, NOT_STARTED);
}

/** The worker that the caller names or makes. */
export function spawnFrom(source: string | URL | (() => Worker), events: WorkerEvents): WorkerHandle {
  return attach(typeof source === 'function' ? source() : new Worker(source, { type: 'module' }), events, NOT_STARTED);
}

export function attach(worker: Worker, events: WorkerEvents, notStarted: string): WorkerHandle {
  let started = false;
  worker.addEventListener('message', (event: MessageEvent<Reply>) => {
    started = true;
    events.reply(event.data);
  });
  worker.addEventListener('error', (event) => {
    // It is reported to the caller; the console needs no second copy.
    event.preventDefault();
    events.crash(started ? `the worker stopped: ${event.message}` : notStarted);
  });
  worker.addEventListener('messageerror', () => events.crash('a reply of the worker could not be read'));
  return {
    post: (request, transfer) => worker.postMessage(request, transfer),
    setBusy: () => undefined,
    terminate: () => worker.terminate(),
  };
}

export function workerPort(): WorkerPort {
  // A trap inside a promise raises no `error` event in the page by itself.
  self.addEventListener('unhandledrejection', (event) => {
    event.preventDefault();
    setTimeout(() => {
      throw event.reason;
    });
  });
  return {
    post: (reply, transfer) => self.postMessage(reply, { transfer }),
    listen: (listener) => self.addEventListener('message', (event: MessageEvent<Request | Admitted>) => listener(event.data)),
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
  return await load(new URL('./metadata-all.wasm', import.meta.url));
}

export function loadMetadataAllSync(): WebAssembly.Module {
  throw new ScrubError('unsupported', "darkslide/verify is for servers. In a browser, use verify of 'darkslide/metadata', or a scrubber's");
}

export async function loadSecondOpinion(): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const response = await fetch(new URL('./centerface.bin', import.meta.url), { credentials: 'same-origin' });
    // Some servers answer for a file that is missing with their page.
    if (!response.ok || response.headers.get('content-type')?.startsWith('text/html')) return undefined;
    return new Uint8Array(await response.arrayBuffer());
  } catch {
    // Offline, say: the report tells that there was no second opinion.
    return undefined;
  }
}

async function loadChecked(url: URL, integrity: string | undefined): Promise<WebAssembly.Module> {
  if (integrity === undefined) return await load(url);
  // What is hashed must be whole before it is compiled, so this cannot stream.
  const bytes = await fetchBytes(url);
  await checkIntegrity(bytes, integrity, url.pathname);
  return await compile(bytes);
}

async function load(url: URL): Promise<WebAssembly.Module> {
  const response = await fetch(url, { credentials: 'same-origin' }).catch((cause: unknown) => {
    throw new ScrubError('crashed', `${url.pathname} could not be fetched: ${String(cause)}`, { cause });
  });
  if (!response.ok) throw new ScrubError('crashed', `${url.pathname} was answered with status ${response.status}. ${serve(url)}`);
  const copy = response.clone();
  try {
    // Only compiled code that came by streaming lands in the browser's code cache.
    return await WebAssembly.compileStreaming(response);
  } catch (cause) {
    const bytes = new Uint8Array(await copy.arrayBuffer());
    if (!WASM_MAGIC.every((byte, at) => bytes[at] === byte)) {
      throw new ScrubError('crashed', `${url.pathname} was answered with something that is no WebAssembly, an HTML page perhaps. ${serve(url)}`, { cause });
    }
    return await compile(bytes);
  }
}

export async function fetchBytes(source: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  return await body(await fetch(source, { credentials: 'same-origin' }), String(source));
}

/** Bytes that the build has deflated and written as base64. */
export async function unpack(packed: string): Promise<Uint8Array<ArrayBuffer>> {
  const deflated = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const inflated = new Blob([deflated]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(inflated).arrayBuffer());
}

export async function postable(blob: Blob): Promise<Photo> {
  return blob;
}

export function later(milliseconds: number, action: () => void): () => void {
  const timer = setTimeout(action, milliseconds);
  return () => clearTimeout(timer);
}

function serve(url: URL): string {
  const name = url.pathname.split('/').pop();
  return `Serve dist/${name} of the package 'darkslide' there; with Vite's dev server, add optimizeDeps: { exclude: ['darkslide'] }.`;
}

/** For servers that send the wasm with another type than `application/wasm`, which streaming refuses. */
export async function compile(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw new ScrubError('unsupported', `this browser cannot run the scrubber (it needs WebAssembly with SIMD): ${String(cause)}`, { cause });
  }
}

const WASM_MAGIC = [0x00, 0x61, 0x73, 0x6d];
const NOT_STARTED =
  "the worker did not start. Serve dist/worker.js of the package 'darkslide' beside the script that uses it, from the same origin, and allow it in " +
  "the page's Content-Security-Policy (worker-src, script-src 'wasm-unsafe-eval'); with Vite's dev server, add optimizeDeps: { exclude: ['darkslide'] }.";
