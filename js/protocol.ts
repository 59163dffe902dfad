// What a scrubber and its workers say to each other. A worker serves one call at a time, so that aborting one
// ends no other; that is why no message carries a number.

import type { Options, Report, verify } from '../dist/wasm/darkslide.js';
import type { ErrorCode } from './errors.js';

/** What redacts: with `auto` the quicker of WebGPU and the CPU, where WebGPU proves right. */
export type Backend = 'auto' | 'webgpu' | 'cpu';

/** The stages of a call, in their order; a call goes through those that it needs. */
export type Stage = 'read' | 'inspect' | 'decode' | 'detect' | 'redact' | 'encode' | 'verify';

/** How far a call is. Never holds a pixel, a name or a path. */
export interface Progress {
  stage: Stage;
  /** 0 to 1, within the stage. */
  fraction: number;
}

/** A photo on its way to the worker: browsers hand over a Blob as it is, and read it there. */
export type Photo = Blob | Uint8Array<ArrayBuffer>;

/** What the Rust code says about bytes that claim to be scrubbed. */
export type Verification = ReturnType<typeof verify>;

/** A scrubbed photo, as the Rust code hands it out. */
export interface Scrubbed {
  bytes: Uint8Array<ArrayBuffer>;
  /** Of the file's name, without the dot. */
  extension: string;
  mime: string;
  report: Report;
}

/** The calls, and what each resolves to. */
export interface Results {
  scrub: Scrubbed;
  inspect: Report;
  verify: Verification;
}
export type Call = keyof Results;

export interface Request {
  call: Call;
  photo: Photo;
  options: Options | undefined;
  backend: Backend;
  /** Whether CenterFace may be loaded where somebody looks thoroughly. */
  secondOpinion: boolean;
  /** The compiled wasm, where the page has it; else the worker loads its own. */
  engine: WebAssembly.Module | undefined;
  /** What the wasm's hash must be, where the worker loads it and somebody asked. */
  integrity: string | undefined;
}

/** What a worker is told while it serves a call: that it may decode what it asked for. */
export interface Admitted {
  call: 'admitted';
}

export type Reply =
  | { kind: 'ready' }
  /** A picture of so many pixels is about to be decoded; the worker waits until it is admitted. */
  | { kind: 'admit'; pixels: number }
  | ({ kind: 'progress' } & Progress)
  | { kind: 'done'; result: Results[Call] }
  | { kind: 'failed'; code: ErrorCode; message: string };
