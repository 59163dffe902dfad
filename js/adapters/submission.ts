// Submissions that wait. While something in a form is not ready, every way to submit it is held: a click on a button, the Enter key,
// `requestSubmit`, and `submit`, which fires no event. When all is ready, the last attempt is made again, with its submitter.

/**
 * Says what `form` has to wait for: a promise of whether it may then be submitted, or undefined where nothing is to wait for.
 * Asked at every attempt.
 */
export type Source = (form: HTMLFormElement) => Promise<boolean> | undefined;

/** Holds submissions in the window `view` for what `source` says. Returns how to stop. */
export function holdSubmissions(view: Window & typeof globalThis, source: Source): () => void {
  let holder = holders.get(view);
  if (holder === undefined) holders.set(view, (holder = new Holder(view)));
  return holder.add(source);
}

const holders = new WeakMap<Window, Holder>();

class Holder {
  readonly #view: Window & typeof globalThis;
  readonly #sources = new Set<Source>();
  /** What to do again, by form. */
  readonly #held = new Map<HTMLFormElement, () => void>();
  #stop: (() => void) | undefined;

  constructor(view: Window & typeof globalThis) {
    this.#view = view;
  }

  add(source: Source): () => void {
    this.#sources.add(source);
    this.#stop ??= this.#start();
    return () => {
      this.#sources.delete(source);
      if (this.#sources.size > 0) return;
      this.#stop?.();
      this.#stop = undefined;
    };
  }

  /** Whether `form` has to wait; `again` is then called when it may go on. */
  #holds(form: HTMLFormElement, again: () => void): boolean {
    const waits = [...this.#sources].map((source) => source(form)).filter((wait) => wait !== undefined);
    if (waits.length === 0) return false;
    const first = !this.#held.has(form);
    this.#held.set(form, again);
    if (first) void this.#release(form, waits);
    return true;
  }

  async #release(form: HTMLFormElement, waits: Promise<boolean>[]): Promise<void> {
    const ready = await Promise.all(waits).catch(() => [false]);
    const again = this.#held.get(form);
    this.#held.delete(form);
    if (ready.every(Boolean)) again?.();
  }

  #start(): () => void {
    const listeners = new AbortController();
    const capture = { capture: true, signal: listeners.signal };
    this.#view.addEventListener('click', (event) => this.#click(event), capture);
    this.#view.addEventListener('keydown', (event) => this.#enter(event), capture);
    this.#view.addEventListener('submit', (event) => this.#submit(event), capture);
    const restore = this.#patch();
    return () => {
      listeners.abort();
      restore();
    };
  }

  /** A form that is not valid yet fires no `submit`, so that it is the click which waits. */
  #click(event: MouseEvent): void {
    const button = submitter(event.composedPath()[0]);
    if (button === undefined || button.form === null || closesDialog(button.form, button)) return;
    const { form } = button;
    this.#hold(event, form, () => (button.isConnected && !button.disabled ? button.click() : form.requestSubmit()));
  }

  /** In a form without a button, Enter submits without a click. */
  #enter(event: KeyboardEvent): void {
    const input = event.composedPath()[0];
    if (event.key !== 'Enter' || event.isComposing || !isElement(input, 'INPUT') || TAKES_ENTER.has(input.type)) return;
    const { form } = input;
    if (form === null || closesDialog(form) || [...form.elements].some((element) => submitter(element) !== undefined)) return;
    this.#hold(event, form, () => form.requestSubmit());
  }

  #submit(event: SubmitEvent): void {
    const form = event.composedPath()[0];
    if (!isElement(form, 'FORM') || closesDialog(form, event.submitter)) return;
    this.#hold(event, form, () => form.requestSubmit(submitter(event.submitter)));
  }

  #hold(event: Event, form: HTMLFormElement, again: () => void): void {
    if (!this.#holds(form, again)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  #patch(): () => void {
    const { prototype } = this.#view.HTMLFormElement;
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
function submitter(target: EventTarget | null | undefined): HTMLButtonElement | HTMLInputElement | undefined {
  if (!isNode(target) || target.nodeType !== ELEMENT) return undefined;
  const button = (target as Element).closest('button, input');
  const submits = (isElement(button, 'BUTTON') && button.type === 'submit') || (isElement(button, 'INPUT') && (button.type === 'submit' || button.type === 'image'));
  return submits && !button.disabled ? button : undefined;
}

/** Closing a dialog sends nothing. */
function closesDialog(form: HTMLFormElement, button?: HTMLElement | null): boolean {
  return (button?.getAttribute('formmethod') ?? form.getAttribute('method'))?.toLowerCase() === 'dialog';
}

/** By name, not `instanceof`: elements may be of another frame. */
export function isElement<N extends 'FORM' | 'INPUT' | 'BUTTON'>(target: unknown, name: N): target is HTMLElementTagNameMap[Lowercase<N>] {
  return isNode(target) && target.nodeName.toUpperCase() === name;
}

function isNode(target: unknown): target is Node {
  return typeof target === 'object' && target !== null && 'nodeType' in target;
}

const ELEMENT = 1;
/** Inputs in which Enter does something else. */
const TAKES_ENTER = new Set(['button', 'submit', 'reset', 'image', 'file', 'checkbox', 'radio', 'color', 'range']);
