// A wasm that the caller brings, compiled on the page and posted to the workers, so that they load nothing.

import { compile, fetchBytes } from '#platform';

import { body } from './answer.js';
import { ScrubError, scrubError } from './errors.js';
import { checkIntegrity } from './integrity.js';

/** Where the wasm is: its address, an answer that holds it, its bytes, or the compiled module. */
export type WasmSource = string | URL | Response | ArrayBuffer | Uint8Array | WebAssembly.Module;

/** A wasm, or how to get it when the first photo comes. */
export type Wasm = WasmSource | (() => WasmSource | Promise<WasmSource>);

/** Compiles it once; where that fails, the next call tries again. */
export function engine(wasm: Wasm, integrity: string | undefined): () => Promise<WebAssembly.Module> {
  let compiling: Promise<WebAssembly.Module> | undefined;
  return () =>
    (compiling ??= compiled(wasm, integrity).catch((thrown: unknown) => {
      compiling = undefined;
      throw scrubError(thrown);
    }));
}

async function compiled(wasm: Wasm, integrity: string | undefined): Promise<WebAssembly.Module> {
  const source = typeof wasm === 'function' ? await wasm() : wasm;
  const found = await read(source);
  if (found === undefined) {
    if (!(source instanceof WebAssembly.Module)) throw new ScrubError('invalid-option', 'wasm must be an address, a Response, the bytes or a WebAssembly.Module');
    if (integrity !== undefined) throw new ScrubError('invalid-option', 'integrity: a compiled module has no bytes to hash; give its address or its bytes');
    return source;
  }
  const { bytes, name } = found;
  if (!WASM_MAGIC.every((byte, at) => bytes[at] === byte)) {
    throw new ScrubError('crashed', `${name} is no WebAssembly, but an HTML page perhaps. Serve dist/darkslide-all.wasm of the package 'darkslide' there ('darkslide/scrub.wasm' for bundlers).`);
  }
  if (integrity !== undefined) await checkIntegrity(bytes, integrity, name);
  return await compile(bytes);
}

/** The bytes, where `source` has any: a compiled module has none. */
async function read(source: unknown): Promise<{ bytes: Uint8Array<ArrayBuffer>; name: string } | undefined> {
  if (source instanceof ArrayBuffer) return { bytes: new Uint8Array(source), name: 'the given wasm' };
  if (source instanceof Uint8Array) return { bytes: new Uint8Array(source), name: 'the given wasm' };
  if (source instanceof Response) return { bytes: await body(source, source.url), name: source.url };
  if (typeof source === 'string' || source instanceof URL) return { bytes: await fetchBytes(source), name: String(source) };
  return undefined;
}

const WASM_MAGIC = [0x00, 0x61, 0x73, 0x6d];
