// Reads multipart/form-data, in the one form in which browsers write it. [RFC 7578; HTML §4.10.21.8; RFC 2046 §5.1]
//
// Readers differ in what they make of anything else: `FILENAME=`, `filename*0=`, a folded line, a second header of the same name is a file
// to one and a field to another. A file that passes for a field is looked at by nobody, so whatever could be read in two ways is refused.

import { Gathered } from './gathered.js';
import { Mark } from './mark.js';
import { tooLarge, UploadRefused } from './refused.js';

/** What a part's headers say. */
export interface Part {
  name: string;
  /** What the sender calls the file. */
  filename: string | undefined;
  /** What the sender says of its kind: browsers say it of files alone. */
  type: string | undefined;
}

/** The parts of a form, one after the other: after each `next`, its `content` must be read. */
export class MultipartReader {
  readonly #body: AsyncIterator<Uint8Array>;
  readonly #boundary: Mark;
  /** What has come and is not read yet. */
  #ahead: Uint8Array = new Uint8Array(0);
  #begun = false;

  /** @throws {UploadRefused} where the Content-Type names no boundary, or names it in a form that can be read in two ways */
  constructor(contentType: string, body: AsyncIterable<Uint8Array>) {
    const [, token, quoted] = CONTENT_TYPE.exec(contentType) ?? [];
    const boundary = token ?? quoted;
    if (boundary === undefined) throw broken('its Content-Type names no boundary, or not in the usual form');
    this.#boundary = new Mark(`--${boundary}`);
    this.#body = body[Symbol.asyncIterator]();
  }

  /** The next part; nothing after the last one. */
  async next(): Promise<Part | undefined> {
    if (!this.#begun && !same(await this.#take(this.#boundary.bytes.length), this.#boundary.bytes)) throw broken('it does not begin with its boundary');
    this.#begun = true;
    const after = await this.#take(2);
    if (same(after, DASHES)) return await this.#end();
    if (!same(after, LINE_BREAK)) throw broken('its boundary goes on');
    const headers = await this.#until(HEADERS_END, MAX_HEADER_BYTES);
    if (headers === undefined) throw broken(`a part has more than ${MAX_HEADER_BYTES} bytes of headers`);
    return partOf(text(headers.bytes()));
  }

  /** What is in the part. The boundary stands nowhere in it: where it is not at the beginning of a line, some readers take it for one all the same. */
  async content(what: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    const lines = await this.#until(this.#boundary, maxBytes + LINE_BREAK.length);
    if (lines === undefined) throw tooLarge(what, maxBytes);
    if (!lines.endsWith(LINE_BREAK)) throw broken('its boundary is within a part');
    return lines.bytes({ without: LINE_BREAK.length });
  }

  /** Leaves the rest unread, for who else may want to throw it away. */
  async close(): Promise<void> {
    await this.#body.return?.();
  }

  /** What comes before `mark`, which is read too; nothing where that is more than `maxBytes`. */
  async #until(mark: Mark, maxBytes: number): Promise<Gathered | undefined> {
    const gathered = new Gathered(maxBytes);
    for (;;) {
      const at = mark.find(this.#ahead);
      // The last bytes may be the first of the mark.
      const length = at < 0 ? Math.max(0, this.#ahead.length - mark.bytes.length + 1) : at;
      if (!gathered.add(this.#ahead.subarray(0, length))) return undefined;
      this.#ahead = this.#ahead.subarray(at < 0 ? length : at + mark.bytes.length);
      if (at >= 0) return gathered;
      if (!(await this.#more())) throw broken('it is cut off');
    }
  }

  async #take(count: number): Promise<Uint8Array> {
    while (this.#ahead.length < count) if (!(await this.#more())) throw broken('it is cut off');
    const taken = this.#ahead.subarray(0, count);
    this.#ahead = this.#ahead.subarray(count);
    return taken;
  }

  /** Behind the last boundary there is a line break or nothing. */
  async #end(): Promise<undefined> {
    while (this.#ahead.length <= LINE_BREAK.length && (await this.#more()));
    if (this.#ahead.length > 0 && !same(this.#ahead, LINE_BREAK)) throw broken('something comes after its end');
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#body.next();
    if (done === true) return false;
    const ahead = new Uint8Array(this.#ahead.length + value.length);
    ahead.set(this.#ahead);
    ahead.set(value, this.#ahead.length);
    this.#ahead = ahead;
    return true;
  }
}

export function broken(why: string, cause?: unknown): UploadRefused {
  return new UploadRefused('broken-multipart', `The form cannot be read: ${why}.`, { cause });
}

/** @throws {UploadRefused} for what is no UTF-8 */
export function text(bytes: Uint8Array): string {
  try {
    // Not told to ignore it, a decoder would drop a byte order mark.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw broken('it holds text that is no UTF-8', cause);
  }
}

function partOf(headers: string): Part {
  const values = new Map<string, string>();
  for (const line of headers.split('\r\n')) {
    const [, name, value] = HEADER.exec(line) ?? [];
    if (name === undefined || value === undefined) throw broken('a header of a part is not as browsers write it');
    const key = name.toLowerCase();
    if (values.has(key)) throw broken('a part has the same header twice');
    values.set(key, value);
  }
  const [, name, filename] = DISPOSITION.exec(values.get('content-disposition') ?? '') ?? [];
  if (name === undefined) throw broken('a part has no name, or its Content-Disposition is not as browsers write it');
  const type = values.get('content-type');
  if (type !== undefined && /^(multipart|message)\//i.test(type)) throw broken('a part holds parts of its own');
  return { name, filename, type };
}

function same(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

/** One parameter: a second boundary, or one that is named in other ways, is read by some. [RFC 2046 §5.1.1] */
const CONTENT_TYPE = /^multipart\/form-data; ?boundary=(?:([\w'+.-]{1,70})|"([\w'()+,./:=?-]{1,70})")$/;
/** No line that goes on, no blank before the colon, no control character, and no other header than these two. */
const HEADER = /^(content-disposition|content-type): ([^\s\p{Cc}][^\p{Cc}]*)$/iu;
/** Browsers write `%22` for a quote. A backslash before one is an escape to some readers alone. */
const DISPOSITION = /^form-data; name="([^"]*[^"\\])"(?:; filename="((?:[^"]*[^"\\])?)")?$/;
const MAX_HEADER_BYTES = 8 << 10;
const LINE_BREAK = new Uint8Array([13, 10]);
const HEADERS_END = new Mark('\r\n\r\n');
const DASHES = new Uint8Array([45, 45]);
