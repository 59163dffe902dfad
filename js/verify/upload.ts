// An upload, read with limits and checked before anybody else sees it: nothing goes to a disk, and what is not clean goes nowhere.

import type { Format, Keep, MetadataKind } from '../../dist/wasm/metadata.js';
import { record } from '../input.js';
import { verify } from '../verify.js';
import { Gathered } from './gathered.js';
import { broken, MultipartReader, text } from './multipart.js';
import type { Part } from './multipart.js';
import { tooLarge, UploadRefused } from './refused.js';

export interface UploadOptions {
  /** Of one photo. Default 32 MiB. */
  maxFileBytes?: number;
  /** Photos in one request. Default 20. */
  maxFiles?: number;
  /** Of the whole request, which is held in memory until it is checked. Default 64 MiB. */
  maxBodyBytes?: number;
  /** Of one field that is no file. Default 64 KiB. */
  maxFieldBytes?: number;
  /** Facts that may be in a photo, as in `verify`. Default none. */
  keep?: Keep;
}

/** A photo that is clean. */
export interface VerifiedFile {
  /** The field of the form that it came in; empty where the photo was the whole request. */
  field: string;
  /** `photo-<first 8 hex of its sha256>.<ext>`: what the sender called it is dropped. */
  name: string;
  /** From the bytes, not from what the sender said. */
  type: string;
  format: Format;
  bytes: Uint8Array<ArrayBuffer>;
  /** In hex, as in the report of the scrubber that made it. */
  sha256: string;
}

export interface Upload {
  files: VerifiedFile[];
  /** The fields of the form that are no files, in their order. */
  fields: [name: string, value: string][];
}

/** A request, as far as it matters here. */
export interface Incoming {
  contentType: string | undefined;
  contentLength: string | undefined;
  contentEncoding: string | undefined;
  /** Begins to read it. Throws where it has been read, which is the application's error and no refusal. */
  body(): AsyncIterable<Uint8Array>;
}

/**
 * Reads a form (`multipart/form-data`) or a photo that is the whole request.
 *
 * @throws {UploadRefused} where it is too large, broken, no photo or not clean
 */
export async function read({ contentType = '', contentLength, contentEncoding = '', body }: Incoming, options: UploadOptions | undefined): Promise<Upload> {
  const limits = limitsOf(options);
  if (Number(contentLength) > limits.maxBodyBytes) throw tooLarge('request', limits.maxBodyBytes);
  if (!/^(identity)?$/i.test(contentEncoding)) throw new UploadRefused('unsupported-media-type', 'Send the request as it is, without a Content-Encoding.');
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'multipart/form-data') return await form(new MultipartReader(contentType, limited(body(), limits.maxBodyBytes)), limits);
  if (!/^image\/[\w.+-]+$/.test(type)) throw new UploadRefused('unsupported-media-type', 'Send a form as multipart/form-data, or one photo as image/*.');
  const bytes = await whole(body(), Math.min(limits.maxFileBytes, limits.maxBodyBytes));
  if (bytes.length === 0) throw new UploadRefused('no-photo', 'The request holds no photo.');
  return { files: [await check('', bytes, 0, limits)], fields: [] };
}

async function form(reader: MultipartReader, limits: Limits): Promise<Upload> {
  const upload: Upload = { files: [], fields: [] };
  let parts = 0;
  try {
    for (let part = await reader.next(); part !== undefined; part = await reader.next()) {
      // Counted for themselves: inputs that are empty are neither photos nor fields.
      if (++parts > limits.maxFiles + MAX_FIELDS) throw tooMany(`${limits.maxFiles} photos or ${MAX_FIELDS} fields`);
      await take(part, reader, upload, limits);
    }
  } finally {
    await reader.close();
  }
  if (upload.files.length === 0) throw new UploadRefused('no-photo', 'The form holds no photo.');
  return upload;
}

async function take({ name, filename, type }: Part, reader: MultipartReader, upload: Upload, limits: Limits): Promise<void> {
  // Browsers say of a file alone what it is called or what kind it is of; many readers take for a file what says either.
  if (filename === undefined && type === undefined) {
    if (upload.fields.length === MAX_FIELDS) throw tooMany(`${MAX_FIELDS} fields`);
    upload.fields.push([name, fieldText(await reader.content('field', limits.maxFieldBytes))]);
    return;
  }
  const bytes = await reader.content('photo', limits.maxFileBytes);
  // Browsers send an empty file for an input that holds none; Node's fetch leaves its name out.
  if (bytes.length === 0 && (filename ?? '') === '') return;
  if (upload.files.length === limits.maxFiles) throw tooMany(`${limits.maxFiles} photos`);
  upload.files.push(await check(name, bytes, upload.files.length, limits));
}

/** A field is text: what is a picture must come as one. */
function fieldText(bytes: Uint8Array<ArrayBuffer>): string {
  const value = text(bytes);
  if (value.includes('\0') || verify(bytes).format !== undefined) throw broken('a field holds what is no text');
  return value;
}

/** The photo, if it is clean. Of what it holds, only the kinds are told: values are somebody's home, names may be too. */
async function check(field: string, bytes: Uint8Array<ArrayBuffer>, index: number, { keep }: Limits): Promise<VerifiedFile> {
  const { clean, format, findings } = verify(bytes, keep === undefined ? undefined : { keep });
  if (format === undefined) throw new UploadRefused('not-a-photo', 'A file is no photo of a format that is taken.', { index });
  if (!clean) {
    const kinds = [...new Set(findings.map(({ kind }): MetadataKind => kind))].sort();
    throw new UploadRefused('not-clean', `A photo holds more than its picture (${kinds.join(', ')}). Remove it before the photo is sent.`, { index, kinds });
  }
  const sha256 = hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
  return { field, name: `photo-${sha256.slice(0, 8)}.${format === 'jpeg' ? 'jpg' : format}`, type: `image/${format}`, format, bytes, sha256 };
}

async function whole(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const gathered = new Gathered(maxBytes);
  for await (const chunk of limited(body, maxBytes)) if (!gathered.add(chunk)) throw tooLarge('request', maxBytes);
  return gathered.bytes();
}

async function* limited(body: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let total = 0;
  try {
    for await (const chunk of body) {
      total += chunk.length;
      if (total > maxBytes) throw tooLarge('request', maxBytes);
      yield chunk;
    }
  } catch (thrown) {
    // The sender has gone, or the connection broke: nobody is left to be told, and what came is dropped.
    throw thrown instanceof UploadRefused ? thrown : new UploadRefused('aborted', 'The request ended before it was whole.', { cause: thrown });
  }
}

type Limits = Required<Omit<UploadOptions, 'keep'>> & Pick<UploadOptions, 'keep'>;

/** Checked when the handler is made, so that a misspelt limit does not pass for one. */
export function limitsOf(options: UploadOptions | undefined): Limits {
  const { keep, ...given } = record(options ?? {}, 'the options of verifyUpload');
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(DEFAULTS, name)) throw new TypeError(`unknown option ${JSON.stringify(name)}: there are ${Object.keys(DEFAULTS).join(', ')} and keep`);
    if (!Number.isInteger(value) || value < 1) throw new TypeError(`${name} ${String(value)}: must be a whole number from 1 on`);
  }
  return { ...DEFAULTS, ...given, ...(keep === undefined ? {} : { keep }) };
}

function tooMany(what: string): UploadRefused {
  return new UploadRefused('too-many-files', `The form holds more than ${what}.`);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const DEFAULTS = { maxFileBytes: 32 << 20, maxFiles: 20, maxBodyBytes: 64 << 20, maxFieldBytes: 64 << 10 };
const MAX_FIELDS = 100;
