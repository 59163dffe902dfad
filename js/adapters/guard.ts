// The package `darkslide/guard`: a second lock on a page's ways out. What holds a file that did not come out of a scrubber is not sent,
// whatever code tries to.

import { isCleared } from '../brand.js';
import { ScrubError } from '../index.js';
import { record } from '../input.js';

/** What {@link guard} and {@link createGuardedFetch} take. */
export interface GuardOptions {
  /**
   * What happens to bodies of bytes (buffers, views, streams), of which nobody can say where they are from. `refuse` is the default;
   * `allow` is for pages that send binary messages: then a photo's bytes that a script has read out of its file are not held back.
   */
  bytes?: 'refuse' | 'allow' | undefined;
}

/**
 * A `fetch` that refuses files which no scrubber of this package has made: as a body, in a `FormData`, in a `Request`'s unseen body. A copy or
 * a slice of a scrubbed file, or one that a `FormData` has given another name, is another file, and refused.
 *
 * @throws {ScrubError} `not-clean`, as a rejection; nothing has been sent then
 */
export function createGuardedFetch(options: GuardOptions = {}, send: typeof fetch = globalThis.fetch): typeof fetch {
  const check = checker(record(options, 'options'), (body) => cleared(body));
  return async (input, init) => {
    checkFetch(check, input, init, false);
    return await send.call(globalThis, input, init);
  };
}

/**
 * Guards what sends from this page, for all code that runs in it later: `fetch`, `fetchLater`, `Request`, `XMLHttpRequest`,
 * `navigator.sendBeacon`, `navigator.share`, `WebSocket`, `WebSocketStream`, `RTCDataChannel` and `WebTransport`. The last sends bytes
 * alone, and so is not opened unless `bytes` allows them. While the guard stands, slices of scrubbed files count as scrubbed, and so do those that `FormData` gives another name: uploaders need both.
 * Forms that the browser itself submits are `darkslide/forms`' matter; workers and frames have ways out of their own.
 */
export function guard(options: GuardOptions = {}, view: typeof globalThis = globalThis): { release(): void } {
  const asked = record(options, 'options');
  const derived = new WeakSet<Blob>();
  const passes = (blob: Blob): boolean => cleared(blob) || derived.has(blob);
  const check = checker(asked, passes);
  const seen = new WeakSet<Request>();
  const undo: (() => void)[] = [];
  /** Lays `make(before)` over a property. */
  const lay = <O extends object, K extends keyof O>(owner: O | undefined, name: K, make: (before: O[K]) => O[K]): void => {
    if (owner === undefined || !(name in owner)) return;
    const before = owner[name];
    const ours = make(before);
    owner[name] = ours;
    undo.push(() => {
      if (owner[name] === ours) owner[name] = before;
    });
  };

  lay(view, 'fetch', (before) => async (input, init) => {
    checkFetch(check, input, init, isRequest(input) && seen.has(input));
    return await before.call(view, input, init);
  });
  lay(view, 'Request', (before) => {
    return class extends before {
      constructor(input: RequestInfo | URL, init?: RequestInit) {
        checkFetch(check, input, init, isRequest(input) && seen.has(input));
        super(input, init);
        seen.add(this);
      }

      override clone(): Request {
        const copy = super.clone();
        seen.add(copy);
        return copy;
      }
    };
  });
  lay(view.XMLHttpRequest?.prototype, 'send', (before) => {
    return function (this: XMLHttpRequest, body) {
      check(body);
      before.call(this, body);
    };
  });
  lay(view as unknown as Later, 'fetchLater', (before) => {
    return function (input, init) {
      checkFetch(check, input, init, isRequest(input) && seen.has(input));
      return before.call(view, input, init);
    };
  });
  // On the prototype, from which anybody can take it.
  lay(view.Navigator?.prototype, 'sendBeacon', (before) => {
    return function (this: Navigator, url, data) {
      check(data);
      return before.call(this, url, data);
    };
  });
  lay(view.Navigator?.prototype, 'share', (before) => {
    return async function (this: Navigator, data) {
      for (const file of data?.files ?? []) check(file);
      await before.call(this, data);
    };
  });
  for (const sender of [view.WebSocket?.prototype, view.RTCDataChannel?.prototype]) {
    lay(sender as WebSocket | undefined, 'send', (before) => {
      return function (this: WebSocket, data) {
        check(data);
        before.call(this, data);
      };
    });
  }
  lay(view as unknown as Streams, 'WebSocketStream', (before) => {
    return class extends before {
      readonly #opened = super.opened.then((opened) => ({ ...opened, writable: checked(opened.writable, check) }));

      override get opened(): Promise<Opened> {
        return this.#opened;
      }
    };
  });
  lay(view as unknown as Streams, 'WebTransport', (before) => {
    return class extends before {
      constructor(...given: ConstructorParameters<typeof before>) {
        if (asked.bytes !== 'allow') throw unscrubbed('what a WebTransport would send');
        super(...given);
      }
    };
  });
  lay(view.Blob.prototype, 'slice', (before) => {
    return function (this: Blob, ...range) {
      const part = before.apply(this, range);
      if (passes(this)) derived.add(part);
      return part;
    };
  });
  for (const name of ['append', 'set'] as const) {
    lay(view.FormData.prototype, name, (before) => {
      const put: (this: FormData, field: string, value: string | Blob, filename?: string) => void = before;
      return function (this: FormData, ...entry: [field: string, value: string | Blob, filename?: string]) {
        const [field, value, filename] = entry;
        if (typeof value === 'string' || !passes(value) || (filename === undefined && isFile(value))) return put.apply(this, entry);
        // The browser would make another file here, which nobody could tell from any.
        const named = new view.File([value], filename ?? 'blob', { type: value.type, lastModified: 0 });
        derived.add(named);
        put.call(this, field, named);
      };
    });
  }
  return {
    release() {
      for (const back of undo.splice(0).reverse()) back();
    },
  };
}

type Check = (body: unknown) => void;

/** What not every browser has, and TypeScript's own list of what they have does not. */
interface Later {
  fetchLater(input: RequestInfo | URL, init?: RequestInit): unknown;
}
interface Opened {
  readonly writable: WritableStream<unknown>;
}
declare class SocketStream {
  constructor(url: string, options?: object);
  get opened(): Promise<Opened>;
}
interface Streams {
  WebSocketStream: typeof SocketStream;
  WebTransport: new (url: string, options?: object) => object;
}

/** A stream that takes only what `check` lets through; what it does not breaks the connection. */
function checked(writable: WritableStream<unknown>, check: Check): WritableStream<unknown> {
  const writer = writable.getWriter();
  return new WritableStream({
    write: async (chunk) => {
      check(chunk);
      await writer.write(chunk);
    },
    close: async () => await writer.close(),
    abort: async (reason) => await writer.abort(reason),
  });
}

function checker({ bytes = 'refuse' }: GuardOptions, passes: (blob: Blob) => boolean): Check {
  if (bytes !== 'refuse' && bytes !== 'allow') throw new ScrubError('invalid-option', `bytes ${JSON.stringify(bytes)}: must be refuse or allow`);
  const check: Check = (body) => {
    if (body === undefined || body === null || typeof body === 'string') return;
    const kind = Object.prototype.toString.call(body).slice('[object '.length, -1);
    if (kind === 'Blob' || kind === 'File') {
      if (!passes(body as Blob) && !isNothing(body as Blob)) throw unscrubbed('a file');
    } else if (kind === 'FormData') {
      for (const [, value] of body as FormData) check(value);
    } else if (BYTES.test(kind)) {
      if (bytes === 'refuse') throw unscrubbed('a body of bytes');
    }
    // What is left becomes text: URLSearchParams, documents, objects.
  };
  return check;
}

function checkFetch(check: Check, input: RequestInfo | URL, init: RequestInit | undefined, seen: boolean): void {
  check(init?.body);
  if (!isRequest(input) || seen || (init?.body !== undefined && init.body !== null)) return;
  // A request that was made elsewhere shows its body as a stream, or not at all.
  const may = !['GET', 'HEAD'].includes(input.method);
  if (may && input.body !== null) throw unscrubbed('a request whose body cannot be looked at');
}

function cleared(blob: Blob): boolean {
  return isCleared(blob);
}

/** What a form holds for an input without a choice. */
function isNothing(blob: Blob): boolean {
  return blob.size === 0 && (!isFile(blob) || blob.name === '' || blob.name === 'blob');
}

function isFile(blob: Blob): blob is File {
  return Object.prototype.toString.call(blob) === '[object File]';
}

function isRequest(input: unknown): input is Request {
  return Object.prototype.toString.call(input) === '[object Request]';
}

function unscrubbed(what: string): ScrubError {
  return new ScrubError('not-clean', `${what} that no scrubber has made was not sent: pass on the File that darkslide handed out, itself`);
}

const BYTES = /^(ArrayBuffer|SharedArrayBuffer|DataView|ReadableStream|(Big)?(Ui|I)nt\d+(Clamped)?Array|Float\d+Array)$/;
