// The package `darkslide/forms`: guards a form, or one file input, so that only scrubbed photos are in it when it is sent.
//
// Three layers. Choices are taken out of an input before the page's scripts hear of them (`selection.ts`); submissions wait for what is
// being scrubbed (`submission.ts`); and from the data that a form sends, or that `new FormData(form)` reads, every file is taken out that
// did not come through here (`entries.ts`). All of them are where the form is: a page may move it into a shadow tree or a frame.

import { isCleared, isScrubbed } from '../brand.js';
import { ScrubError } from '../index.js';
import { record } from '../input.js';
import { ancestors, controls, isConnected, isElement, isElementNode, listen, rootsOf, viewOf } from './dom.js';
import type { View } from './dom.js';
import { watchEntries, watchPlace } from './entries.js';
import type { Entries } from './entries.js';
import { overlay, overlayOne, readFiles, writeFiles } from './fields.js';
import type { Field } from './fields.js';
import { Gate } from './gate.js';
import type { GateOptions } from './gate.js';
import { Selection } from './selection.js';
import type { PhotosState } from './selection.js';
import { holdSubmissions } from './submission.js';
import type { Hold } from './submission.js';

export type { GateOptions, PhotoScrubber } from './gate.js';
export type { PhotosState } from './selection.js';
export type { Words } from './words.js';

/** Those of `scrub`, those of every adapter, and: */
export interface FormOptions extends GateOptions {
  /** Told what an input's photos are at: progress, what is in it, why something was refused. */
  onState?: ((state: PhotosState, input: HTMLInputElement) => void) | undefined;
  /** An element whose text is to say what the photos are at: being cleaned, ready, or why not. With `role="status"`, screen readers say it too; an `<output>` has that. */
  status?: Element | null | undefined;
}

/** A form or an input that is guarded. */
export interface Protection {
  /** What the photos of an input are at. */
  state(input: HTMLInputElement): PhotosState;
  /** Resolves when nothing is being scrubbed: wait for it before `new FormData(form)`, which cannot wait itself. */
  settled(): Promise<void>;
  /**
   * What may be sent in place of `file`, for a control of your own that adds to the form's data: a scrubbed photo, or with the option
   * `other` a file that is no photo.
   *
   * @throws {ScrubError} where nothing may be sent
   */
  pass(file: File): Promise<File>;
  /**
   * Other options from now on, all of them. What is being scrubbed begins anew, what is in the inputs is scrubbed again, and
   * submissions wait for it.
   *
   * @throws {ScrubError} `invalid-option`; then all stays as it was
   */
  change(options: FormOptions): void;
  /** Ends the guard. Photos that are being scrubbed are dropped, held submissions too; inputs that it had enabled are disabled again. */
  release(): void;
}

/**
 * Guards `target`: a form with all its file inputs, those that come later too, or one file input.
 *
 * What is chosen, dropped or set by a script is taken out of the input, scrubbed, and put back under our names; then `input` and `change`
 * are fired. While that lasts, the input is not valid, and a submission waits and then goes on by itself. Where one file of a choice is
 * refused, nothing of it is put back, and the input stays invalid, with the reason, until there is another choice.
 *
 * Inputs that are written `<input type="file" disabled data-darkslide>` are enabled, so that without scripts, or before this runs, no
 * photo can leave.
 *
 * @throws {ScrubError} `invalid-option` for what is no form or file input, what a page has not got (`null`), or what is guarded already
 */
export function protect(target: HTMLFormElement | HTMLInputElement | null, options: FormOptions = {}): Protection {
  if (target === null) throw new ScrubError('invalid-option', 'there is nothing to protect: the page has no such form or input, or not yet');
  const isInput = isElement(target, 'INPUT') && target.type === 'file';
  if (!isInput && !isElement(target, 'FORM')) throw new ScrubError('invalid-option', 'protect takes a form or an input of type file');
  if (guarded.has(target)) throw new ScrubError('invalid-option', 'this form or input is protected already: release that protection first');
  return new Guard(target, options);
}

/** Who is guarded; an input of its own takes precedence over its form. */
const guarded = new WeakMap<HTMLElement, Guard>();

class Guard implements Protection {
  readonly #target: HTMLFormElement | HTMLInputElement;
  #gate: Gate;
  #onState: NonNullable<FormOptions['onState']>;
  readonly #selections = new Map<HTMLInputElement, Selection>();
  readonly #enabled = new Set<HTMLInputElement>();
  /** Inputs whose `input` was heard just now; its `change` follows at once. */
  readonly #heard = new WeakSet<HTMLInputElement>();
  readonly #listeners = new AbortController();
  /**
   * What holds submissions, by the windows that the target was in, which are known by their prototypes: what was made in one of them
   * keeps its properties elsewhere, and a frame that loads another page has others.
   */
  readonly #holds = new Map<object, Hold>();
  readonly #places = new Set<EventTarget>();
  readonly #undo: (() => void)[] = [];
  readonly #moved = new MutationObserver(() => this.#follow());
  /** A tree that is put into a page tells nobody; but then it gets a size. */
  readonly #shown = new ResizeObserver(() => this.#follow());
  #line: Node[] = [];

  constructor(target: HTMLFormElement | HTMLInputElement, given: FormOptions) {
    const { onState, status, ...options } = record(given, 'options');
    this.#target = target;
    this.#gate = new Gate(options);
    this.#onState = this.#teller(onState, status);
    guarded.set(target, this);
    if (isElement(target, 'INPUT')) this.#undo.push(overlayOne(target, this.#field(target)));
    for (const type of ['focusin', 'pointerdown', 'click', 'dragenter', 'input', 'change', 'submit']) {
      listen(target, type, () => this.#follow(), { capture: true, signal: this.#listeners.signal });
    }
    this.#follow();
    this.#sweep();
  }

  state(input: HTMLInputElement): PhotosState {
    return this.#selections.get(input)?.state ?? { phase: 'empty' };
  }

  async settled(): Promise<void> {
    this.#sweep();
    for (let waits = this.#waits(this.#inputs()); waits.length > 0; waits = this.#waits(this.#inputs())) await Promise.all(waits);
  }

  async pass(file: File): Promise<File> {
    return (await this.#gate.pass(file)).file;
  }

  change(given: FormOptions): void {
    const { onState, status, ...options } = record(given, 'options');
    const [before, gate] = [this.#gate, new Gate(options)];
    this.#gate = gate;
    this.#onState = this.#teller(onState, status);
    for (const selection of this.#selections.values()) selection.change(gate);
    before.close();
  }

  release(): void {
    if (guarded.get(this.#target) !== this) return;
    for (const selection of this.#selections.values()) selection.giveUp();
    // Disabled first: what was chosen without a guard must not leave either.
    for (const input of this.#enabled) input.disabled = true;
    guarded.delete(this.#target);
    this.#listeners.abort();
    for (const hold of this.#holds.values()) hold.release();
    for (const undo of this.#undo) undo();
    this.#moved.disconnect();
    this.#shown.disconnect();
    this.#gate.close();
  }

  #teller(onState: FormOptions['onState'], status: FormOptions['status']): NonNullable<FormOptions['onState']> {
    return (state, input) => {
      if (status) status.textContent = this.#said(state);
      onState?.(state, input);
    };
  }

  /** Takes up position wherever the target is now. What was taken up before stays: it may come back. */
  #follow(): void {
    if (guarded.get(this.#target) !== this) return;
    const line = ancestors(this.#target);
    if (line.length !== this.#line.length || line.some((node, index) => node !== this.#line[index])) {
      this.#line = line;
      this.#moved.disconnect();
      // A form's controls may come later.
      for (const node of line) this.#moved.observe(node, { childList: true, subtree: node === this.#target && isElement(node, 'FORM') });
      this.#shown.disconnect();
      if (!isConnected(this.#target)) for (const node of line) if (isElementNode(node)) this.#shown.observe(node);
    }
    const form = isElement(this.#target, 'FORM') ? this.#target : this.#target.form;
    const roots = rootsOf(this.#target);
    const view = viewOf(this.#target) ?? window;
    // The window first: it hears of things before the page's scripts do. The target last: it always hears.
    if (!this.#holds.has(view.HTMLFormElement.prototype)) this.#enter(view);
    for (const place of [...roots, this.#target, ...(form === null ? [] : [form])]) {
      if (this.#places.has(place)) continue;
      this.#places.add(place);
      this.#listen(place);
      for (const hold of this.#holds.values()) hold.at(place);
    }
    if (isConnected(this.#target)) this.#enable();
  }

  #enter(view: View): void {
    const hold = holdSubmissions(view, (form) => this.#pending(form));
    this.#holds.set(view.HTMLFormElement.prototype, hold);
    for (const place of this.#places) hold.at(place);
    this.#listen(view);
    this.#undo.push(
      overlay(view, (input) => (this.#covers(input) ? this.#field(input) : undefined)),
      watchEntries(view, (form) => this.#entries(form)),
    );
    // A page that comes back may have its choices restored by the browser.
    listen(view, 'pageshow', () => this.#sweep(), { signal: this.#listeners.signal });
  }

  #listen(place: EventTarget): void {
    const { signal } = this.#listeners;
    for (const type of ['input', 'change']) listen(place, type, (event: Event) => this.#chosen(event), { capture: true, signal });
    listen(place, 'drop', (event: Event) => this.#dropped(event), { capture: true, signal });
    listen(place, 'cancel', (event: Event) => this.#dismissed(event), { capture: true, signal });
    listen(place, 'reset', (event: Event) => this.#reset(event), { signal });
    watchPlace(place, (form) => this.#entries(form), signal);
  }

  #said(state: PhotosState): string {
    const { busy, ready } = this.#gate.words;
    if (state.phase === 'busy') return state.count > 1 ? `${busy} ${state.done}/${state.count}` : busy;
    return state.phase === 'ready' ? ready : state.phase === 'refused' ? state.message : '';
  }

  #covers(input: HTMLInputElement): boolean {
    if (input === this.#target) return true;
    return input.type === 'file' && input.form !== null && input.form === this.#target && !guarded.has(input);
  }

  /** The protected input that an event is at. */
  #input(event: Event): HTMLInputElement | undefined {
    const target = event.composedPath()[0];
    return isElement(target, 'INPUT') && this.#covers(target) ? target : undefined;
  }

  #inputs(): HTMLInputElement[] {
    if (!isElement(this.#target, 'FORM')) return [this.#target];
    // Not `form.elements`: an input may bear that name.
    return controls(this.#target).filter((element) => isElement(element, 'INPUT') && this.#covers(element)) as HTMLInputElement[];
  }

  #selection(input: HTMLInputElement): Selection {
    let selection = this.#selections.get(input);
    if (selection === undefined) {
      selection = new Selection(input, this.#gate, { read: readFiles, write: writeFiles }, (state) => this.#onState(state, input));
      this.#selections.set(input, selection);
    }
    return selection;
  }

  #field(input: HTMLInputElement): Field {
    const selection = this.#selection(input);
    return {
      shown: (files) => (this.#mayLeave(files) ? files : new (viewOf(input) ?? window).DataTransfer().files),
      set: (files) => {
        if (this.#mayLeave(files)) {
          selection.accept([...files]);
          return false;
        }
        selection.take([...files], false);
        return true;
      },
      emptied: () => selection.clear(),
    };
  }

  #mayLeave(files: Iterable<File>): boolean {
    return [...files].every((file) => this.#gate.passed(file));
  }

  /** A choice, by a person or as a script says. */
  #chosen(event: Event): void {
    const input = this.#input(event);
    if (input === undefined || event.target === null) return;
    const selection = this.#selection(input);
    if (selection.announcing) return;
    if (event.type === 'change' && this.#heard.has(input)) {
      // The second event of the same choice; it may be refused, or even ready, by now.
      event.stopImmediatePropagation();
      return;
    }
    const files = [...(readFiles(input) ?? [])];
    if (files.length === 0 && selection.waiting !== undefined) {
      // A script's own, for what it has put in.
      event.stopImmediatePropagation();
      selection.announceLater();
    } else if (!this.#mayLeave(files)) {
      event.stopImmediatePropagation();
      selection.take(files, true);
      if (event.type !== 'input') return;
      this.#heard.add(input);
      setTimeout(() => this.#heard.delete(input));
    } else if (files.length === 0) {
      selection.clear();
    }
  }

  /** The browser puts what is dropped on an input into it; the page's scripts need not have it. */
  #dropped(event: Event): void {
    if (this.#input(event) !== undefined) event.stopImmediatePropagation();
  }

  /** Who closes the picker without a choice has seen why the last one was refused. */
  #dismissed(event: Event): void {
    const input = this.#input(event);
    if (input !== undefined && this.state(input).phase === 'refused') this.#selection(input).clear();
  }

  #reset(event: Event): void {
    const form = event.composedPath()[0];
    if (event.defaultPrevented || !isElement(form, 'FORM')) return;
    for (const [input, selection] of this.#selections) if (input.form === form) selection.clear();
  }

  /** Takes what lies unscrubbed in an input, chosen before this ran or while the input was elsewhere. */
  #sweep(): void {
    if (guarded.get(this.#target) !== this) return;
    for (const input of this.#inputs()) {
      const files = [...(readFiles(input) ?? [])];
      if (!this.#mayLeave(files)) this.#selection(input).take(files, true);
    }
  }

  #waits(inputs: readonly HTMLInputElement[]): Promise<boolean>[] {
    return inputs.map((input) => this.#selections.get(input)?.waiting).filter((wait) => wait !== undefined);
  }

  #pending(form: HTMLFormElement): Promise<boolean> | undefined {
    if (form !== this.#target && !(isElement(this.#target, 'INPUT') && this.#target.form === form)) return undefined;
    this.#sweep();
    const inputs = this.#inputs();
    const waits = this.#waits(inputs);
    if (waits.length > 0) return Promise.all(waits).then((came) => came.every(Boolean));
    const refused = inputs.find((input) => !input.disabled && this.state(input).phase === 'refused');
    if (refused === undefined) return undefined;
    this.#selection(refused).complain();
    return Promise.resolve(false);
  }

  /** Which files may be in the data of `form`. */
  #entries(form: HTMLFormElement): Entries | undefined {
    if (guarded.get(this.#target) !== this || !isElement(form, 'FORM')) return undefined;
    if (form !== this.#target && !(isElement(this.#target, 'INPUT') && this.#target.form === form)) return undefined;
    const chosen = new Set(this.#inputs().flatMap((input) => [...(readFiles(input) ?? [])]));
    return {
      names: isElement(this.#target, 'INPUT') ? [this.#target.name] : undefined,
      stays: (file) => {
        if (this.#gate.passed(file)) return true;
        // The page's own scripts, or a control like `<darkslide-input>`, may add what they have scrubbed. Of other files nobody knows what
        // is in them: name and type say nothing, and there is no time to look.
        return !chosen.has(file) && (isScrubbed(file) || (this.#gate.allowsOther && isCleared(file)));
      },
    };
  }

  #enable(): void {
    for (const input of this.#inputs()) {
      if (!input.disabled || !input.hasAttribute('data-darkslide') || this.#enabled.has(input)) continue;
      input.disabled = false;
      this.#enabled.add(input);
    }
  }
}
