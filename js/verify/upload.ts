// An upload, read with limits and checked before anybody else sees it: nothing goes to a disk, and what is not clean goes nowhere.

import type { MultipartPart } from '@remix-run/multipart-parser';

import type { Format, Keep, MetadataKind } from '../../dist/wasm/metadata.js';
import { record } from '../input.js';
import { verify } from '../verify.js';
import { UploadRefused } from './refused.js';

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
  body: AsyncIterable<Uint8Array>;
}

/**
 * Reads a form (`multipart/form-data`) or a photo that is the whole request.
 *
 * @throws {UploadRefused} where it is too large, broken, no photo or not clean
 */
export async function read({ contentType = '', contentLength, body }: Incoming, options: UploadOptions | undefined): Promise<Upload> {
  const limits = limitsOf(options);
  if (Number(contentLength) > limits.maxBodyBytes) throw tooLarge('request', limits.maxBodyBytes);
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'multipart/form-data') return await form(contentType, body, limits);
  if (!type.startsWith('image/')) throw new UploadRefused('unsupported-media-type', 'Send a form as multipart/form-data, or one photo as image/*.');
  const bytes = await whole(body, Math.min(limits.maxFileBytes, limits.maxBodyBytes));
  if (bytes.length === 0) throw new UploadRefused('no-photo', 'The request holds no photo.');
  return { files: [await check('', bytes, 0, limits)], fields: [] };
}

async function form(contentType: string, body: AsyncIterable<Uint8Array>, limits: Limits): Promise<Upload> {
  const { getMultipartBoundary, MultipartParseError, MultipartParser } = await multipart();
  const boundary = getMultipartBoundary(contentType);
  if (boundary === null || boundary === undefined) throw new UploadRefused('broken-multipart', 'The Content-Type names no boundary.');
  const upload: Upload = { files: [], fields: [] };
  const maxSize = Math.max(limits.maxFileBytes, limits.maxFieldBytes);
  const parser = new MultipartParser(boundary.trim(), { maxFileSize: maxSize, maxTotalSize: limits.maxBodyBytes, maxParts: limits.maxFiles + MAX_FIELDS });
  try {
    for await (const chunk of limited(body, limits.maxBodyBytes)) {
      for (const part of parser.write(chunk)) await take(part, upload, limits);
    }
    parser.finish();
  } catch (thrown) {
    if (!(thrown instanceof MultipartParseError)) throw thrown;
    if (/^Max(FileSize|TotalSize)/.test(thrown.name)) throw tooLarge('photo', limits.maxFileBytes);
    if (/^MaxParts/.test(thrown.name)) throw new UploadRefused('too-many-files', `The form holds more than ${limits.maxFiles} photos or ${MAX_FIELDS} fields.`);
    throw new UploadRefused('broken-multipart', 'The form cannot be read: it is cut off or not in the form of multipart/form-data.');
  }
  if (upload.files.length === 0) throw new UploadRefused('no-photo', 'The form holds no photo.');
  return upload;
}

async function take(part: MultipartPart, upload: Upload, limits: Limits): Promise<void> {
  const described = partOf(part);
  if (described.name === undefined) throw new UploadRefused('broken-multipart', 'A part of the form has no name.');
  // Without a file name it is a field; but what says that it is a picture is looked at as one.
  if (part.isFile || described.type?.startsWith('image/') === true) {
    // Browsers send an empty file for an input that holds none.
    if (part.size === 0 && (described.filename ?? '') === '') return;
    if (upload.files.length === limits.maxFiles) throw new UploadRefused('too-many-files', `The form holds more than ${limits.maxFiles} photos.`);
    if (part.size > limits.maxFileBytes) throw tooLarge('photo', limits.maxFileBytes);
    upload.files.push(await check(described.name, new Uint8Array(part.bytes), upload.files.length, limits));
    return;
  }
  if (part.size > limits.maxFieldBytes) throw tooLarge('field', limits.maxFieldBytes);
  if (upload.fields.length === MAX_FIELDS) throw new UploadRefused('too-many-files', `The form holds more than ${MAX_FIELDS} fields.`);
  upload.fields.push([described.name, textOf(part)]);
}

/** What a part's headers say. */
function partOf(part: MultipartPart): { name: string | undefined; filename: string | undefined; type: string | undefined } {
  return readable(() => ({ name: part.name, filename: part.filename, type: part.mediaType }));
}

function textOf(part: MultipartPart): string {
  return readable(() => part.text);
}

/** Text that is no UTF-8 breaks the form. */
function readable<T>(decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    throw new UploadRefused('broken-multipart', 'A part of the form holds text that is no UTF-8.', { cause });
  }
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
  const chunks: Uint8Array[] = [];
  for await (const chunk of limited(body, maxBytes)) chunks.push(chunk);
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
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

/** An optional dependency: who takes photos as whole requests needs none. */
async function multipart(): Promise<typeof import('@remix-run/multipart-parser')> {
  try {
    return await import('@remix-run/multipart-parser');
  } catch (cause) {
    throw new Error("darkslide/verify reads forms with '@remix-run/multipart-parser': npm install @remix-run/multipart-parser", { cause });
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

function tooLarge(what: string, maxBytes: number): UploadRefused {
  return new UploadRefused('too-large', `The ${what} is larger than ${maxBytes} bytes.`);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const DEFAULTS = { maxFileBytes: 32 << 20, maxFiles: 20, maxBodyBytes: 64 << 20, maxFieldBytes: 64 << 10 };
const MAX_FIELDS = 100;
