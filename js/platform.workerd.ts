// workerd, which compiles no wasm at run time and starts no worker: modules are imported, and only what needs no worker runs.

import few from './metadata.wasm';
import all from './metadata-all.wasm';

import { ScrubError } from './errors.js';
import type { Platform } from './platform.js';
import type { Photo } from './protocol.js';

export async function loadMetadata(): Promise<WebAssembly.Module> {
  return few;
}

export async function loadMetadataAll(): Promise<WebAssembly.Module> {
  return all;
}

export function loadMetadataAllSync(): WebAssembly.Module {
  return all;
}

export async function postable(blob: Blob): Promise<Photo> {
  return blob;
}

export function later(milliseconds: number, action: () => void): () => void {
  const timer = setTimeout(action, milliseconds);
  return () => clearTimeout(timer);
}

export const spawnWorker: Platform['spawnWorker'] = refuse;
export const spawnFrom: Platform['spawnFrom'] = refuse;
export const workerPort: Platform['workerPort'] = refuse;
export const loadEngine: Platform['loadEngine'] = refuse;
export const loadEngineAll: Platform['loadEngineAll'] = refuse;
export const compile: Platform['compile'] = refuse;
export const fetchBytes: Platform['fetchBytes'] = refuse;
export const unpack: Platform['unpack'] = refuse;

function refuse(): never {
  throw new ScrubError('unsupported', "workerd starts no workers: use 'darkslide/metadata' to strip and 'darkslide/verify' to check there");
}

/** There is nothing beside the script. */
export const loadSecondOpinion: Platform['loadSecondOpinion'] = async () => undefined;
