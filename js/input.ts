// What goes in and what comes out, checked for what JavaScript lets through.

import { clear } from './brand.js';
import { ScrubError } from './errors.js';
import type { Scrubbed } from './protocol.js';

/** A photo. Its bytes must not change until the call has settled. */
export type Input = Blob | ArrayBuffer | Uint8Array;

/** Named by its content: a name of the person's own could say who or where. */
export function file({ bytes, extension, mime, report }: Scrubbed): File {
  const name = `photo-${report.output?.sha256.slice(0, 8)}.${extension}`;
  return clear(new File([bytes], name, { type: mime, lastModified: 0 }), 'scrubbed');
}

/** By brand, not `instanceof`: a photo may come from another frame or realm. */
export function isBlob(input: unknown): input is Blob {
  return ['[object Blob]', '[object File]'].includes(Object.prototype.toString.call(input));
}

export function isBytes(input: unknown): input is ArrayBuffer | Uint8Array {
  return ['[object ArrayBuffer]', '[object Uint8Array]'].includes(Object.prototype.toString.call(input));
}

/** The caller keeps its buffer; and a small view of a large buffer, as Node's `Buffer`s are, does not send all of it. */
export function copy(input: ArrayBuffer | Uint8Array): Uint8Array<ArrayBuffer> {
  try {
    const bytes = new Uint8Array(input.byteLength);
    bytes.set(input instanceof ArrayBuffer ? new Uint8Array(input) : new Uint8Array(input));
    return bytes;
  } catch (cause) {
    throw new ScrubError('limit-exceeded', `no room for a copy of the photo: ${String(cause)}`, { cause });
  }
}

/** Options as JSON would carry them. Which there are, and their ranges, only Rust knows; here is refused what JSON would drop silently. */
export function plain<T extends object>(options: T | undefined): T | undefined {
  if (options === undefined) return undefined;
  const checked: T = record(options, 'options');
  try {
    return JSON.parse(JSON.stringify(checked, refuseWhatJsonDrops));
  } catch (thrown) {
    throw thrown instanceof ScrubError ? thrown : new ScrubError('invalid-option', `options: ${String(thrown)}`, { cause: thrown });
  }
}

function refuseWhatJsonDrops(name: string, value: unknown): unknown {
  const lost = typeof value === 'number' ? !Number.isFinite(value) : ['bigint', 'function', 'symbol'].includes(typeof value);
  if (lost) throw new ScrubError('invalid-option', `${name}: ${String(value)} is no value for an option`);
  return value;
}

/** What an object says itself. What it inherits nobody has asked for: any script of a page can write on `Object.prototype`. */
export function record<T extends object>(value: T, what: string): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ScrubError('invalid-option', `${what} must be an object`);
  return Object.assign(Object.create(null), value);
}
