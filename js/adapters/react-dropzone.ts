// The package `darkslide/react-dropzone`: react-dropzone's option `getFilesFromEvent`, which reads files out of a drop, a paste or a choice.

import type { ScrubError } from '../index.js';
import { record } from '../input.js';
import { isElement, listen, rootsOf, viewOf } from './dom.js';
import { readFiles, writeFiles } from './fields.js';
import { asScrubError, Gate } from './gate.js';
import type { GateOptions } from './gate.js';
import { holdSubmissions } from './submission.js';

export type { GateOptions, PhotoScrubber } from './gate.js';
export type { Words } from './words.js';

/** Those of `scrub`, those of every adapter, and: */
export interface ReactDropzoneOptions extends GateOptions {
  /**
   * Told of each file that was left out, with a sentence for people. Without it, one refused file refuses all that came with it: then
   * react-dropzone calls `onError`.
   */
  onRefused?: ((error: ScrubError, original: File, message: string) => void) | undefined;
  /** How much of what was chosen is done, 0 to 1. */
  onProgress?: ((fraction: number) => void) | undefined;
}

/**
 * `useDropzone({ getFilesFromEvent, onDrop, onError })` with `const getFilesFromEvent = createGetFilesFromEvent(options)`, made once, outside
 * of the component: `onDrop` gets scrubbed files only. `isProcessing` is true while they are scrubbed. Folders are read with all that is in them.
 *
 * What was chosen in react-dropzone's own input is taken out of it, and put back scrubbed: a form that it lies in, under a name, waits for that.
 */
export function createGetFilesFromEvent(options: ReactDropzoneOptions = {}): (event: unknown) => Promise<(File | DataTransferItem)[]> {
  const { onRefused, onProgress, ...rest } = record(options, 'options');
  const gate = new Gate(rest);
  const scrub = async (originals: readonly File[]): Promise<File[]> => {
    let done = 0;
    onProgress?.(0);
    const passed = await Promise.all(
      originals.map(async (original) => {
        try {
          const { file } = await gate.pass(original);
          return [file];
        } catch (thrown) {
          const error = asScrubError(thrown);
          if (onRefused === undefined) throw error;
          onRefused(error, original, gate.sentence(error));
          return [];
        } finally {
          done += 1;
          onProgress?.(done / originals.length);
        }
      }),
    );
    return passed.flat();
  };
  return async (event) => {
    const transfer = field(event, 'dataTransfer');
    // While something is dragged, there is a look at its types alone.
    if (isTransfer(transfer) && field(event, 'type') !== 'drop') return [...transfer.items];
    const input = field(event, 'target');
    return isElement(input, 'INPUT') && input.type === 'file' && transfer === undefined ? await replace(input, scrub) : await scrub(await read(event));
  };
}

/** Takes what is in `input` out at once, and puts back what comes of it. The form waits meanwhile. */
async function replace(input: HTMLInputElement, scrub: (originals: readonly File[]) => Promise<File[]>): Promise<File[]> {
  const originals = [...(readFiles(input) ?? [])];
  writeFiles(input, list(input, []));
  const { form } = input;
  const work = scrub(originals);
  latest.set(input, work);
  const isLatest = (): boolean => latest.get(input) === work;
  /** Whether what the form waits for is in it. */
  const came = work.then(
    (clean) => {
      if (!isLatest()) return false;
      writeFiles(input, list(input, clean));
      return latest.delete(input);
    },
    () => false,
  );
  const hold = holdSubmissions(viewOf(input) ?? window, (asked) => (asked === form && isLatest() ? came : undefined));
  const ended = new AbortController();
  for (const place of [...rootsOf(input), ...(form === null ? [] : [form])]) {
    hold.at(place);
    listen(place, 'reset', (event: Event) => event.composedPath()[0] === form && latest.delete(input), { signal: ended.signal });
  }
  try {
    return await work;
  } finally {
    await came;
    if (isLatest()) latest.delete(input);
    ended.abort();
    hold.release();
  }
}

function list(input: HTMLInputElement, files: readonly File[]): FileList {
  const transfer = new (viewOf(input) ?? window).DataTransfer();
  for (const file of files) transfer.items.add(file);
  return transfer.files;
}

/** What each input's last choice is at. */
const latest = new WeakMap<HTMLInputElement, Promise<File[]>>();

/** Files of a drop, a paste, a choice, or handles of the file system's picker. */
async function read(event: unknown): Promise<File[]> {
  if (Array.isArray(event)) return (await Promise.all(event.map((handle: FileSystemFileHandle) => handle.getFile()))).flat();
  const transfer = field(event, 'dataTransfer') ?? field(event, 'clipboardData');
  if (isTransfer(transfer)) {
    // Items are gone after the first wait.
    const entries = [...transfer.items].filter(({ kind }) => kind === 'file').map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
    if (entries.length === 0) return [...transfer.files];
    return (await Promise.all(entries.filter((entry) => entry !== null).map((entry) => ('isDirectory' in entry ? open(entry) : [entry])))).flat();
  }
  const files = field(field(event, 'target'), 'files');
  return Object.prototype.toString.call(files) === '[object FileList]' ? [...(files as FileList)] : [];
}

async function open(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) return [await new Promise<File>((done, failed) => (entry as FileSystemFileEntry).file(done, failed))];
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const entries: FileSystemEntry[] = [];
  // It gives some at a time, and none at the end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed));
    if (some.length === 0) break;
    entries.push(...some);
  }
  return (await Promise.all(entries.map(open))).flat();
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function isTransfer(value: unknown): value is DataTransfer {
  return Object.prototype.toString.call(value) === '[object DataTransfer]';
}
