// What browsers, Node and workerd do differently, and the only place where they may: each `platform.*.ts` exports these functions, and
// package.json's `imports` chooses between them. The condition `embedded` is for `darkslide/slim` and `darkslide/inline`, which carry the worker.

import type { Admitted, Photo, Reply, Request } from './protocol.js';

/** A worker, seen from the page. */
export interface WorkerHandle {
  post(request: Request | Admitted, transfer: ArrayBuffer[]): void;
  /** Whether the worker has work, which keeps a Node process alive. */
  setBusy(busy: boolean): void;
  /** Ends the worker and frees its memory. No event comes after it. */
  terminate(): void;
}

export interface WorkerEvents {
  reply(reply: Reply): void;
  /** The worker died, by a trap, for want of memory, or because it could not start. */
  crash(reason: string): void;
}

/** The page, seen from the worker. */
export interface WorkerPort {
  post(reply: Reply, transfer: ArrayBuffer[]): void;
  listen(listener: (request: Request | Admitted) => void): void;
}

export interface Platform {
  spawnWorker(events: WorkerEvents): WorkerHandle;
  /** The same from a script of the caller's. */
  spawnFrom(source: string | URL | (() => Worker), events: WorkerEvents): WorkerHandle;
  workerPort(): WorkerPort;
  /** The compiled wasm that is for JPEG and PNG; where `integrity` is given, of its hashes alone. */
  loadEngine(integrity: string | undefined): Promise<WebAssembly.Module>;
  /** The same for all formats. */
  loadEngineAll(integrity: string | undefined): Promise<WebAssembly.Module>;
  /** The compiled wasm of `darkslide/metadata` that reads JPEG and PNG. */
  loadMetadata(): Promise<WebAssembly.Module>;
  /** The one that reads all formats. */
  loadMetadataAll(): Promise<WebAssembly.Module>;
  /** The same, for callers that cannot wait. */
  loadMetadataAllSync(): WebAssembly.Module;
  compile(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module>;
  fetchBytes(source: string | URL): Promise<Uint8Array<ArrayBuffer>>;
  /** Bytes that the build has deflated and written as base64. */
  unpack(packed: string): Promise<Uint8Array<ArrayBuffer>>;
  /** The model of the second opinion on faces; undefined where it is not beside the script. */
  loadSecondOpinion(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** What can be posted to a worker in place of `blob`. */
  postable(blob: Blob): Promise<Photo>;
  /** Runs `action` once, later, without keeping a process alive for it. Returns how to call it off. */
  later(milliseconds: number, action: () => void): () => void;
}
