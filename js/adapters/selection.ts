// What was chosen in one file input: taken out at once, scrubbed, and put back as scrubbed files, all of them or none.

import { ScrubError } from '../index.js';
import type { Progress, Report } from '../index.js';
import { viewOf } from './dom.js';
import { asScrubError } from './gate.js';
import type { Gate } from './gate.js';

/** What an input's photos are at. */
export type PhotosState =
  | { phase: 'empty' }
  /** `fraction` of all the work, 0 to 1. */
  | { phase: 'busy'; count: number; done: number; fraction: number }
  /** A report is undefined where the option `other` let a file through. */
  | { phase: 'ready'; files: readonly File[]; reports: readonly (Report | undefined)[] }
  /** Nothing of what was chosen is in the input. `index` says which file was refused, from 0; `message` is for people. */
  | { phase: 'refused'; error: ScrubError; index: number; count: number; message: string };

/** The input's own properties, under whatever is laid over them. */
export interface NativeFiles {
  read(input: HTMLInputElement): FileList | null;
  write(input: HTMLInputElement, files: FileList): void;
}

export class Selection {
  readonly #input: HTMLInputElement;
  #gate: Gate;
  readonly #native: NativeFiles;
  readonly #onState: (state: PhotosState) => void;
  #state: PhotosState = { phase: 'empty' };
  #work: Work | undefined;
  #announce = false;
  #announcing = false;

  constructor(input: HTMLInputElement, gate: Gate, native: NativeFiles, onState: (state: PhotosState) => void) {
    this.#input = input;
    this.#gate = gate;
    this.#native = native;
    this.#onState = onState;
  }

  get state(): PhotosState {
    return this.#state;
  }

  /** Whether the events that pass now are our own. */
  get announcing(): boolean {
    return this.#announcing;
  }

  /** What the input waits for: whether its photos came through. Undefined where it waits for nothing. */
  get waiting(): Promise<boolean> | undefined {
    return this.#work?.done;
  }

  /** Takes `files` out of the input, whatever is in it, and puts back what may leave. With `announce`, `input` and `change` are fired then. */
  take(files: readonly File[], announce: boolean): void {
    this.#work?.stop.abort();
    this.#native.write(this.#input, this.#list([]));
    this.#announce = announce;
    const work: Work = { files, stop: new AbortController() };
    this.#input.setCustomValidity(this.#gate.words.busy);
    this.#input.setAttribute('aria-busy', 'true');
    this.#set({ phase: 'busy', count: files.length, done: 0, fraction: 0 });
    this.#work = work;
    work.done = this.#scrub(work);
  }

  /** From now on another gate decides: what is being scrubbed begins anew, and what is in the input goes through it too. */
  change(gate: Gate): void {
    this.#gate = gate;
    const before = this.#work;
    if (before !== undefined) {
      this.take(before.files, this.#announce);
      // Whoever waits for the work that ends here waits for this.
      before.next = this.#work;
    } else if (this.#state.phase === 'ready') {
      this.take(this.#state.files, true);
    }
  }

  /** The page's script fired an event for what is still worked on: it is fired again when that is ready. */
  announceLater(): void {
    this.#announce = true;
  }

  /** What is in the input, when all of it may leave. */
  accept(files: readonly File[]): void {
    this.#settle();
    this.#set(files.length === 0 ? { phase: 'empty' } : { phase: 'ready', files, reports: files.map((file) => this.#gate.report(file)) });
  }

  /** Gives up what is not ready. */
  giveUp(): void {
    if (this.#state.phase !== 'ready') this.clear();
  }

  /** The input is empty, or is about to be: gives up all that was chosen. */
  clear(): void {
    this.#settle();
    if (this.#state.phase !== 'empty') this.#set({ phase: 'empty' });
  }

  /** Says once more why nothing was taken. */
  complain(): void {
    this.#input.reportValidity();
  }

  async #scrub(work: Work): Promise<boolean> {
    const { files, stop } = work;
    const fractions = files.map(() => 0);
    let done = 0;
    const show = (): void => {
      if (this.#work !== work) return;
      this.#set({ phase: 'busy', count: files.length, done, fraction: fractions.reduce((sum, fraction) => sum + fraction, 0) / files.length });
    };
    const one = async (file: File, index: number): Promise<{ file: File; report: Report | undefined }> => {
      try {
        const onProgress = (progress: Progress): void => {
          fractions[index] = share(progress);
          show();
        };
        const passed = await this.#gate.pass(file, { signal: stop.signal, onProgress });
        done += 1;
        fractions[index] = 1;
        show();
        return passed;
      } catch (thrown) {
        throw new Refusal(asScrubError(thrown), index);
      }
    };
    try {
      const passed = await Promise.all(files.map(one));
      if (this.#work !== work) return (await work.next?.done) ?? false;
      const clean = passed.map(({ file }) => file);
      this.#native.write(this.#input, this.#list(clean));
      this.#settle();
      this.#set({ phase: 'ready', files: clean, reports: passed.map(({ report }) => report) });
      this.#fire();
      return true;
    } catch (thrown) {
      stop.abort();
      // Given up in the meantime, or replaced: then this concerns nobody.
      if (this.#work !== work) return (await work.next?.done) ?? false;
      const { error, index } = thrown instanceof Refusal ? thrown : new Refusal(asScrubError(thrown), 0);
      const message = this.#gate.sentence(error, { index, count: files.length });
      this.#native.write(this.#input, this.#list([]));
      this.#settle();
      this.#input.setCustomValidity(message);
      this.#set({ phase: 'refused', error, index, count: files.length, message });
      this.#fire();
      this.complain();
      return false;
    }
  }

  /** Ends the work and takes back what was said about it. */
  #settle(): void {
    const work = this.#work;
    this.#work = undefined;
    work?.stop.abort();
    this.#input.setCustomValidity('');
    this.#input.removeAttribute('aria-busy');
  }

  #set(state: PhotosState): void {
    this.#state = state;
    this.#onState(state);
  }

  #fire(): void {
    if (!this.#announce) return;
    this.#announcing = true;
    try {
      this.#input.dispatchEvent(new Event('input', { bubbles: true, composed: true }));
      this.#input.dispatchEvent(new Event('change', { bubbles: true }));
    } finally {
      this.#announcing = false;
    }
  }

  #list(files: readonly File[]): FileList {
    const transfer = new (viewOf(this.#input) ?? window).DataTransfer();
    for (const file of files) transfer.items.add(file);
    return transfer.files;
  }
}

/** What was chosen, while it is worked on. */
interface Work {
  readonly files: readonly File[];
  readonly stop: AbortController;
  /** Whether its photos came through. */
  done?: Promise<boolean>;
  /** The work that takes its place where the options change. */
  next?: Work | undefined;
}

class Refusal {
  readonly error: ScrubError;
  readonly index: number;

  constructor(error: ScrubError, index: number) {
    this.error = error;
    this.index = index;
  }
}

/** How much of one photo's work is done, roughly: its stages count alike. */
export function share({ stage, fraction }: Progress): number {
  return (STAGES.indexOf(stage) + fraction) / STAGES.length;
}

const STAGES: readonly Progress['stage'][] = ['read', 'inspect', 'decode', 'detect', 'redact', 'encode', 'verify'];
