// Submissions that wait. While something in a form is not ready, every way to submit it is held: a click on a button, the Enter key,
// `requestSubmit`, and `submit`, which fires no event. When all is ready, the last attempt is made again, with its submitter.

import { attribute, controls, isElement, isElementNode, isNode, listen } from './dom.js';
import type { View } from './dom.js';

/**
 * Says what `form` has to wait for: a promise of whether it may then be submitted, or undefined where nothing is to wait for.
 * Asked at every attempt.
 */
export type Source = (form: HTMLFormElement) => Promise<boolean> | undefined;

/** Submissions of a window that are held. */
export interface Hold {
  /** Listens at `place` too: what happens in a closed shadow tree is seen from inside alone, and a form may be moved into another window. */
  at(place: EventTarget): void;
  release(): void;
}

/** Holds submissions in the window `view` for what `source` says. */
export function holdSubmissions(view: View, source: Source): Hold {
  const { prototype } = view.HTMLFormElement;
  let holder = holders.get(prototype);
  if (holder === undefined) holders.set(prototype, (holder = new Holder(view, prototype)));
  return holder.add(source);
}

/** By prototype: a frame that loads another page keeps its window, and has other prototypes. */
const holders = new WeakMap<HTMLFormElement, Holder>();
/** What to do again, by form: one thing, though a form that was moved is held in two windows. */
const held = new WeakMap<HTMLFormElement, () => void>();

class Holder {
  readonly #view: View;
  readonly #prototype: HTMLFormElement;
  readonly #sources = new Set<Source>();
  #stop: (() => void) | undefined;

  constructor(view: View, prototype: HTMLFormElement) {
    this.#view = view;
    this.#prototype = prototype;
  }

  add(source: Source): Hold {
    this.#sources.add(source);
    this.#stop ??= this.#start();
    const places = new AbortController();
    return {
      at: (place) => this.#listen(place, places.signal),
      release: () => {
        places.abort();
        this.#sources.delete(source);
        if (this.#sources.size > 0) return;
        this.#stop?.();
        this.#stop = undefined;
      },
    };
  }

  /** Whether `form` has to wait; `again` is then called when it may go on. */
  #holds(form: HTMLFormElement, again: () => void): boolean {
    const waits = [...this.#sources].map((source) => source(form)).filter((wait) => wait !== undefined);
    if (waits.length === 0) return false;
    const first = !held.has(form);
    held.set(form, again);
    if (first) void this.#release(form, waits);
    return true;
  }

  async #release(form: HTMLFormElement, waits: Promise<boolean>[]): Promise<void> {
    const ready = await Promise.all(waits).catch(() => [false]);
    const again = held.get(form);
    held.delete(form);
    if (ready.every(Boolean)) again?.();
  }

  #start(): () => void {
    const listeners = new AbortController();
    this.#listen(this.#view, listeners.signal);
    const restore = this.#patch();
    return () => {
      listeners.abort();
      restore();
    };
  }

  #listen(place: EventTarget, signal: AbortSignal): void {
    const capture = { capture: true, signal };
    listen(place, 'click', (event: MouseEvent) => this.#click(event), capture);
    listen(place, 'keydown', (event: KeyboardEvent) => this.#enter(event), capture);
    listen(place, 'submit', (event: SubmitEvent) => this.#submit(event), capture);
  }

  /** A form that is not valid yet fires no `submit`, so that it is the click which waits. */
  #click(event: MouseEvent): void {
    const button = submitter(event.composedPath()[0]);
    if (button === undefined || button.form === null || closesDialog(button.form, button)) return;
    const { form } = button;
    this.#hold(event, form, () => (button.isConnected && !button.disabled ? button.click() : this.#requestSubmit(form)));
  }

  /** In a form without a button, Enter submits without a click. */
  #enter(event: KeyboardEvent): void {
    const input = event.composedPath()[0];
    if (event.key !== 'Enter' || event.isComposing || !isElement(input, 'INPUT') || TAKES_ENTER.has(input.type)) return;
    const { form } = input;
    if (form === null || closesDialog(form) || controls(form).some((element) => submitter(element) !== undefined)) return;
    this.#hold(event, form, () => this.#requestSubmit(form));
  }

  #submit(event: SubmitEvent): void {
    const form = event.composedPath()[0];
    if (!isElement(form, 'FORM') || closesDialog(form, event.submitter)) return;
    this.#hold(event, form, () => this.#requestSubmit(form, submitter(event.submitter)));
  }

  #hold(event: Event, form: HTMLFormElement, again: () => void): void {
    if (!this.#holds(form, again)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  /** As the form's own, which a control of that name may hide. */
  #requestSubmit(form: HTMLFormElement, button?: HTMLElement): void {
    this.#prototype.requestSubmit.call(form, button);
  }

  #patch(): () => void {
    const prototype = this.#prototype;
    const native = { submit: prototype.submit, requestSubmit: prototype.requestSubmit };
    const holds = (form: HTMLFormElement, again: () => void): boolean => this.#stop !== undefined && this.#holds(form, again);
    const ours = {
      submit(this: HTMLFormElement): void {
        const go = (): void => native.submit.call(this);
        if (closesDialog(this) || !holds(this, go)) go();
      },
      requestSubmit(this: HTMLFormElement, button?: HTMLElement | null): void {
        const go = (): void => native.requestSubmit.call(this, button);
        if (closesDialog(this, button) || !holds(this, go)) go();
      },
    };
    Object.assign(prototype, ours);
    return () => {
      // Where somebody has patched them since, ours stay underneath, and hold nothing.
      if (prototype.submit === ours.submit) prototype.submit = native.submit;
      if (prototype.requestSubmit === ours.requestSubmit) prototype.requestSubmit = native.requestSubmit;
    };
  }
}

/** The submit button that `target` is or lies in. */
function submitter(target: unknown): HTMLButtonElement | HTMLInputElement | undefined {
  if (!isNode(target) || !isElementNode(target)) return undefined;
  // A form is no button, and what is asked of it may be a control of its own.
  const button = isElement(target, 'FORM') ? null : target.closest('button, input');
  const submits = (isElement(button, 'BUTTON') && button.type === 'submit') || (isElement(button, 'INPUT') && (button.type === 'submit' || button.type === 'image'));
  return submits && !button.disabled ? button : undefined;
}

/** Closing a dialog sends nothing. */
function closesDialog(form: HTMLFormElement, button?: HTMLElement | null): boolean {
  return ((button ? attribute(button, 'formmethod') : null) ?? attribute(form, 'method'))?.toLowerCase() === 'dialog';
}

/** Inputs in which Enter does something else. */
const TAKES_ENTER = new Set(['button', 'submit', 'reset', 'image', 'file', 'checkbox', 'radio', 'color', 'range']);
