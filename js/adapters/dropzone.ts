// The package `darkslide/dropzone`: Dropzone's option `transformFile`, which decides what is uploaded in place of a file.

import { asScrubError, Gate } from './gate.js';
import type { GateOptions } from './gate.js';

export type { GateOptions, PhotoScrubber } from './gate.js';
export type { Words } from './words.js';

/** What of a Dropzone is used here: public methods and fields alone. */
interface Host {
  readonly options: { readonly autoProcessQueue?: boolean; readonly uploadMultiple?: boolean };
  emit(event: string, ...args: unknown[]): unknown;
  on(event: string, callback: (...args: never[]) => void): unknown;
  processQueue(): unknown;
}

type Upload = File & { status?: string; upload?: { filename?: string }; fullPath?: string };

/** Files that Dropzone sends in one request, and whether one of them was refused. */
interface Batch {
  files: Upload[];
  running: number;
  refused: boolean;
}

/**
 * `new Dropzone(form, { transformFile: transformFile(options) })`: a file is uploaded scrubbed, under our name, or not at all; then it is
 * shown with the reason, and the other files go on. It takes the place of Dropzone's own resizing; `maxSide` resizes instead.
 */
export function transformFile(options: GateOptions = {}): (this: unknown, file: File, done: (file: File | Blob) => void) => void {
  const gate = new Gate(options);
  const running = new Map<Upload, AbortController>();
  const known = new WeakSet<Host>();
  const batches = new WeakMap<Host, Batch>();
  /** For files that go again. */
  const scrubbed = new WeakMap<Upload, File>();

  return function (this: unknown, original, done) {
    const host = this as Host;
    const file: Upload = original;
    if (!known.has(host)) {
      known.add(host);
      for (const event of ['canceled', 'removedfile']) host.on(event, (gone: Upload) => running.get(gone)?.abort());
    }
    const batch = join(host, file);
    const stop = new AbortController();
    running.set(file, stop);
    void gate
      .pass(scrubbed.get(file) ?? file, { signal: stop.signal })
      .then(
        ({ file: clean }) => {
          // What is said of a file goes out beside it.
          if (file.upload !== undefined) file.upload.filename = clean.name;
          delete file.fullPath;
          // In pieces, the size goes with each of them.
          Object.defineProperty(file, 'size', { configurable: true, value: clean.size });
          scrubbed.set(file, clean);
          batch.running -= 1;
          finish(host, batch);
          // Dropzone sends when all of a batch have come: without the refused one, none are.
          if (!batch.refused) done(clean);
        },
        (thrown: unknown) => {
          batch.running -= 1;
          batch.refused = true;
          if (file.status !== CANCELED) refuse(host, file, gate.sentence(asScrubError(thrown)));
          finish(host, batch);
        },
      )
      .finally(() => running.delete(file));
  };

  /** Files of one request are asked for in one go. */
  function join(host: Host, file: Upload): Batch {
    let batch = host.options.uploadMultiple === true ? batches.get(host) : undefined;
    if (batch === undefined) {
      const opened: Batch = { files: [], running: 0, refused: false };
      batches.set(host, opened);
      queueMicrotask(() => batches.delete(host));
      batch = opened;
    }
    batch.files.push(file);
    batch.running += 1;
    return batch;
  }

  /** The others of a batch that had a refused file in it go again, without it; they are scrubbed already. */
  function finish(host: Host, batch: Batch): void {
    if (batch.running > 0 || !batch.refused) return;
    const again = batch.files.filter((file) => file.status === UPLOADING);
    for (const file of again) file.status = QUEUED;
    if (again.length > 0 || host.options.autoProcessQueue === true) host.processQueue();
  }

  function refuse(host: Host, file: Upload, message: string): void {
    file.status = ERROR;
    host.emit('error', file, message);
    if (host.options.uploadMultiple === true) host.emit('errormultiple', [file], message);
    host.emit('complete', file);
  }
}

/** Dropzone's names for what a file is at. */
const [QUEUED, UPLOADING, CANCELED, ERROR] = ['queued', 'uploading', 'canceled', 'error'];
