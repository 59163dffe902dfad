// The package `darkslide/forms`: guards a form, or one file input, so that only scrubbed photos are in it when it is sent.
//
// Three layers. Choices are taken out of an input before the page's scripts hear of them (`selection.ts`); submissions wait for what is
// being scrubbed (`submission.ts`); and from the data that a form sends, or that `new FormData(form)` reads, every file is taken out that
// did not come through here.

import { isScrubbed } from '../brand.js';
import { ScrubError } from '../index.js';
import { overlay, readFiles, writeFiles } from './fields.js';
import type { Field } from './fields.js';
import { claimsToBePhoto, Gate } from './gate.js';
import type { GateOptions } from './gate.js';
import { Selection } from './selection.js';
import type { PhotosState } from './selection.js';
import { holdSubmissions, isElement } from './submission.js';

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
  readonly #gate: Gate;
  readonly #onState: NonNullable<FormOptions['onState']>;
  readonly #selections = new Map<HTMLInputElement, Selection>();
  readonly #enabled = new Set<HTMLInputElement>();
  /** Inputs whose `input` was heard just now; its `change` follows at once. */
  readonly #heard = new WeakSet<HTMLInputElement>();
  readonly #listeners = new AbortController();
  readonly #undo: (() => void)[];

  constructor(target: HTMLFormElement | HTMLInputElement, { onState, status, ...options }: FormOptions) {
    this.#target = target;
    this.#gate = new Gate(options);
    this.#onState = (state, input) => {
      if (status) status.textContent = this.#said(state);
      onState?.(state, input);
    };
    guarded.set(target, this);
    const view = target.ownerDocument.defaultView ?? window;
    const observer = new view.MutationObserver(() => this.#enable());
    if (isElement(target, 'FORM')) observer.observe(target, { childList: true, subtree: true });
    this.#undo = [overlay(view, (input) => (this.#covers(input) ? this.#field(input) : undefined)), holdSubmissions(view, (form) => this.#pending(form)), () => observer.disconnect()];
    this.#listen(view, target.getRootNode());
    this.#sweep();
    this.#enable();
  }

  state(input: HTMLInputElement): PhotosState {
    return this.#selections.get(input)?.state ?? { phase: 'empty' };
  }

  async settled(): Promise<void> {
    this.#sweep();
    for (let waits = this.#waits(this.#inputs()); waits.length > 0; waits = this.#waits(this.#inputs())) await Promise.all(waits);
  }

  release(): void {
    if (guarded.get(this.#target) !== this) return;
    for (const selection of this.#selections.values()) selection.giveUp();
    // Disabled first: what was chosen without a guard must not leave either.
    for (const input of this.#enabled) input.disabled = true;
    guarded.delete(this.#target);
    this.#listeners.abort();
    for (const undo of this.#undo) undo();
    this.#gate.close();
  }

  #listen(view: Window & typeof globalThis, root: Node): void {
    const { signal } = this.#listeners;
    // `change` does not leave a shadow tree: there the tree's root is the first to hear of it.
    for (const first of root === this.#target.ownerDocument ? [view] : [view, root]) {
      for (const type of ['input', 'change']) first.addEventListener(type, (event) => this.#chosen(event), { capture: true, signal });
      for (const type of ['drop', 'cancel']) first.addEventListener(type, (event) => (type === 'drop' ? this.#dropped(event) : this.#dismissed(event)), { capture: true, signal });
      first.addEventListener('reset', (event) => this.#reset(event), { signal });
    }
    // A page that comes back may have its choices restored by the browser.
    view.addEventListener('pageshow', () => this.#sweep(), { signal });
    const form = isElement(this.#target, 'FORM') ? this.#target : view;
    const last = (event: Event): void => this.#censor(event);
    const first = (event: Event): void => {
      this.#censor(event);
      // Moved to the end of the line: other listeners may add files.
      form.removeEventListener('formdata', last);
      form.addEventListener('formdata', last, { signal });
    };
    form.addEventListener('formdata', first, { capture: true, signal });
    if (form !== view) view.addEventListener('formdata', last, { signal });
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
    const all = [...elements(this.#target)].filter((element): element is HTMLInputElement => isElement(element, 'INPUT'));
    return all.filter((input) => this.#covers(input));
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
      shown: (files) => (this.#mayLeave(files) ? files : new (input.ownerDocument.defaultView ?? window).DataTransfer().files),
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

  /** Takes out of a form's data what did not come through here: there is no later moment to. */
  #censor(event: Event): void {
    const form = event.composedPath()[0];
    if (!isElement(form, 'FORM') || !('formData' in event) || !isFormData(event.formData)) return;
    if (form !== this.#target && (!isElement(this.#target, 'INPUT') || this.#target.form !== form)) return;
    const { formData } = event;
    const inputs = this.#inputs();
    const chosen = new Set(inputs.flatMap((input) => [...(readFiles(input) ?? [])]));
    const stays = (value: FormDataEntryValue): boolean => {
      if (typeof value === 'string' || this.#gate.passed(value) || (value.size === 0 && value.name === '')) return true;
      if (chosen.has(value)) return false;
      // The page's own scripts, or a control like `<darkslide-input>`, may add what they have scrubbed.
      return isScrubbed(value) || (this.#gate.allowsOther && !claimsToBePhoto(value));
    };
    const names = isElement(this.#target, 'INPUT') ? [this.#target.name] : [...new Set(formData.keys())];
    for (const name of names) {
      const values = formData.getAll(name);
      if (values.every(stays)) continue;
      console.error(`darkslide: a file in ${JSON.stringify(name)} did not come through the scrubber and was left out of the form's data`);
      formData.delete(name);
      for (const value of values.filter(stays)) formData.append(name, value);
    }
  }

  #enable(): void {
    for (const input of this.#inputs()) {
      if (!input.disabled || !input.hasAttribute('data-darkslide') || this.#enabled.has(input)) continue;
      input.disabled = false;
      this.#enabled.add(input);
    }
  }
}

function elements(form: HTMLFormElement): HTMLFormControlsCollection {
  const get = Object.getOwnPropertyDescriptor((form.ownerDocument.defaultView ?? window).HTMLFormElement.prototype, 'elements')?.get;
  return get?.call(form);
}

function isFormData(value: unknown): value is FormData {
  return Object.prototype.toString.call(value) === '[object FormData]';
}
