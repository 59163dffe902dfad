// Why an upload was refused, in the words that the sender gets.

import type { MetadataKind } from '../../dist/wasm/metadata.js';

const STATUS = {
  aborted: 400,
  'broken-multipart': 400,
  'no-photo': 400,
  'too-large': 413,
  'too-many-files': 413,
  'not-a-photo': 415,
  'unsupported-media-type': 415,
  'not-clean': 422,
} as const;

/** Stable names for why an upload was refused; the message is for people and may change. */
export type RefusalCode = keyof typeof STATUS;

/** What the sender gets, as JSON. */
export interface RefusalBody {
  error: {
    code: RefusalCode;
    message: string;
    /** Which photo of the form, from 0; where it is one. */
    index?: number;
    /** Of `not-clean`: what kinds of metadata there are. Never a value, a name or a path. */
    kinds?: MetadataKind[];
  };
}

/** An upload that must not be kept. None of its photos came out. */
export class UploadRefused extends Error {
  override readonly name = 'UploadRefused';
  readonly code: RefusalCode;
  /** The HTTP status: 400, 413, 415 or 422. */
  readonly status: number;
  readonly body: RefusalBody;

  constructor(code: RefusalCode, message: string, { index, kinds, cause }: { index?: number; kinds?: MetadataKind[]; cause?: unknown } = {}) {
    super(message, { cause });
    this.code = code;
    this.status = STATUS[code];
    this.body = { error: { code, message, ...(index === undefined ? {} : { index }), ...(kinds === undefined ? {} : { kinds }) } };
  }
}

export function tooLarge(what: string, maxBytes: number): UploadRefused {
  return new UploadRefused('too-large', `The ${what} is larger than ${maxBytes} bytes.`);
}
