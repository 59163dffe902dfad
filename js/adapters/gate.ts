// The policy that all adapters share: what goes in, what may come out. An adapter only ever sends what `pass` resolved to.

import { clear, isScrubbed } from '../brand.js';
import { createScrubber, ScrubError } from '../index.js';
import { record } from '../input.js';
import type { Hooks, Options, Report, Scrubber } from '../index.js';
import { sentence, WORDS } from './words.js';
import type { Words } from './words.js';

/** What scrubs: a `Scrubber`, or anything that hands out files which this package has scrubbed, such as `{ scrub: (photo) => strip(photo) }`. */
export interface PhotoScrubber {
  scrub(photo: Blob, options?: Options, hooks?: Hooks): Promise<{ file: File; report: Report }>;
}

/** Options of every adapter: those of `scrub`, and these. */
export interface GateOptions extends Options {
  /** A scrubber to share; the adapter leaves closing it to you. Default: one of its own, made for the first photo. */
  scrubber?: PhotoScrubber | undefined;
  /** Photos at a time, where the adapter makes its own scrubber. Default 1. */
  workers?: number | undefined;
  /**
   * What happens to files that are no photos. `refuse`, the default, treats them as photos that cannot be scrubbed.
   *
   * `allow` sends them **as they are, under their own name**: a PDF, a video or an office document may hold places, names and faces,
   * and nobody has looked. What is a photo by its content, its type or its name is never let through by this.
   */
  other?: 'refuse' | 'allow' | undefined;
  /** Sentences for people, in your language. */
  words?: Partial<Words> | undefined;
  /** Told of every photo that was scrubbed. The report is for the person whose photo it is: it holds what was removed. */
  onReport?: ((report: Report, file: File) => void) | undefined;
}

/** What may leave. */
export interface Passed {
  file: File;
  /** Absent for what is no photo. */
  report: Report | undefined;
}

export class Gate {
  readonly words: Words;
  readonly allowsOther: boolean;
  readonly #scrubOptions: Options;
  readonly #shared: PhotoScrubber | undefined;
  readonly #workers: number | undefined;
  readonly #onReport: GateOptions['onReport'];
  #own: Promise<Scrubber> | undefined;
  /** What came out of this gate. Files that another one scrubbed, with other options perhaps, go through again. */
  readonly #passed = new WeakMap<Blob, Report | undefined>();

  constructor(options: GateOptions = {}) {
    const { scrubber, workers, other = 'refuse', words, onReport, ...scrubOptions } = record(options, 'options');
    if (other !== 'refuse' && other !== 'allow') throw new ScrubError('invalid-option', `other ${JSON.stringify(other)}: must be refuse or allow`);
    if (scrubber !== undefined && typeof scrubber.scrub !== 'function') throw new ScrubError('invalid-option', 'scrubber: must have a method scrub');
    if (workers !== undefined && (!Number.isInteger(workers) || workers < 1)) throw new ScrubError('invalid-option', `workers ${String(workers)}: must be a whole number from 1 on`);
    this.words = { ...WORDS, ...words };
    this.allowsOther = other === 'allow';
    this.#scrubOptions = scrubOptions;
    this.#shared = scrubber;
    this.#workers = workers;
    this.#onReport = onReport;
  }

  /**
   * Resolves to what may leave in place of `file`.
   *
   * @throws {ScrubError} where nothing may leave
   */
  async pass(file: Blob, hooks: Hooks = {}): Promise<Passed> {
    if (isFile(file) && this.passed(file)) return { file, report: this.report(file) };
    try {
      const { file: scrubbed, report } = await (await this.#scrubber()).scrub(file, this.#scrubOptions, hooks);
      if (hooks.signal?.aborted) throw new ScrubError('aborted', 'the call was aborted');
      if (!isScrubbed(scrubbed)) throw new ScrubError('not-clean', 'the scrubber handed out a file that this package has not scrubbed');
      this.#passed.set(scrubbed, report);
      this.#onReport?.(report, scrubbed);
      return { file: scrubbed, report };
    } catch (thrown) {
      const error = asScrubError(thrown);
      if (error.code !== 'unknown-format' || !this.allowsOther || !isFile(file) || claimsToBePhoto(file)) throw error;
      const other = clear(nameAlone(file), 'other');
      this.#passed.set(other, undefined);
      return { file: other, report: undefined };
    }
  }

  /** Whether this very file came out of this gate. */
  passed(file: Blob): boolean {
    return this.#passed.has(file);
  }

  /** The report on a file that came out of this gate. */
  report(file: Blob): Report | undefined {
    return this.#passed.get(file);
  }

  /** What a person is told. */
  sentence(error: ScrubError, place?: { index: number; count: number }): string {
    return sentence(this.words, error, place);
  }

  /** Ends the gate's own scrubber, and with it what it is at. The next photo makes a new one. */
  close(): void {
    const own = this.#own;
    this.#own = undefined;
    own?.then((scrubber) => scrubber.close()).catch(() => undefined);
  }

  async #scrubber(): Promise<PhotoScrubber> {
    if (this.#shared !== undefined) return this.#shared;
    this.#own ??= createScrubber(this.#workers === undefined ? {} : { workers: this.#workers });
    return await this.#own;
  }
}

/** By name, since the entries of this package each have a class of their own. */
export function asScrubError(thrown: unknown): ScrubError {
  if (thrown instanceof Error && thrown.name === 'ScrubError' && 'code' in thrown) return thrown as ScrubError;
  return new ScrubError('crashed', thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
}

/** Whether a file says of itself, by its type or name, that it is a picture. */
export function claimsToBePhoto(file: File): boolean {
  return /^image\//i.test(file.type) || PHOTO_NAME.test(file.name);
}

function isFile(blob: Blob): blob is File {
  return Object.prototype.toString.call(blob) === '[object File]';
}

/** A file that was chosen with its folder is sent under the folder's name too. */
function nameAlone(file: File): File {
  const { name, type, lastModified } = file;
  return new File([file], name, { type, lastModified });
}

/** Pictures and cameras' raw files: what cannot be read in them is no reason to send it unread. */
const PHOTO_NAME = /\.(jpe?g|jpe|jfif|pjpeg|png|apng|webp|gif|tiff?|bmp|dib|hei[cf]s?|hif|avifs?|jxl|jp2|j2k|jpf|jpx|svgz?|psd|ico|dng|cr[23w]|crw|nef|nrw|arw|sr[2fw]|raf|rw2|orf|pef|raw|3fr|iiq|x3f)$/i;
