// The package `darkslide/element`: `<darkslide-input>`, a file input for forms that holds scrubbed photos only. Importing it defines it.

import type { Report } from '../index.js';
import { protect } from './forms.js';
import { rootsOf, viewOf } from './dom.js';
import type { FormOptions, PhotosState, Protection } from './forms.js';
import { holdSubmissions } from './submission.js';
import type { Hold } from './submission.js';

export type { FormOptions, PhotosState } from './forms.js';
export type { GateOptions, PhotoScrubber } from './gate.js';
export type { Words } from './words.js';

/** What `darkslide-state` carries in `detail`: see {@link PhotosState}. */
export type StateEvent = CustomEvent<PhotosState>;

/**
 * `<darkslide-input name="photo" multiple required faces="mosaic"></darkslide-input>`
 *
 * Attributes of a file input: `name`, `multiple`, `accept`, `capture`, `required`, `disabled`; and of `scrub`: `faces`, `sensitivity`,
 * `identity`, `format`, `quality`, `max-side`. All options: the property `options`. It fires `input`, `change` and `darkslide-state`, and
 * can be styled through its part `input`. Until this module runs it is an empty element: without scripts nothing can be chosen.
 */
export interface DarkslideInputElement extends HTMLElement {
  /** How to scrub, over what the attributes say. */
  options: FormOptions;
  /** The name under which the photos are sent. */
  name: string;
  readonly form: HTMLFormElement | null;
  /** What is in it, scrubbed. */
  readonly files: readonly File[];
  /** On each of `files`. */
  readonly reports: readonly (Report | undefined)[];
  readonly state: PhotosState;
  readonly validity: ValidityState;
  readonly validationMessage: string;
  checkValidity(): boolean;
  reportValidity(): boolean;
  /** Resolves when nothing is being scrubbed. */
  settled(): Promise<void>;
  /** Empties it, and gives up what is being scrubbed. */
  clear(): void;
}

declare global {
  interface HTMLElementTagNameMap {
    'darkslide-input': DarkslideInputElement;
  }
}

/** Makes the class; there is none to extend where pages are rendered on a server. */
function define(): void {
  class Element extends HTMLElement implements DarkslideInputElement {
    static readonly formAssociated = true;
    static readonly observedAttributes = [...PASSED_ON, ...OPTIONS.keys(), 'name'];

    readonly #internals = this.attachInternals();
    readonly #input = document.createElement('input');
    #options: FormOptions = {};
    #protection: Protection | undefined;
    #hold: Hold | undefined;

    constructor() {
      super();
      this.#input.type = 'file';
      this.#input.setAttribute('part', 'input');
      this.#input.addEventListener('change', () => this.dispatchEvent(new Event('change', { bubbles: true })));
      this.attachShadow({ mode: 'open', delegatesFocus: true }).append(this.#input);
    }

    get options(): FormOptions {
      return this.#options;
    }

    set options(options: FormOptions) {
      this.#options = options;
      this.#guard();
    }

    get name(): string {
      return this.getAttribute('name') ?? '';
    }

    set name(name: string) {
      this.setAttribute('name', name);
    }

    get form(): HTMLFormElement | null {
      return this.#internals.form;
    }

    get state(): PhotosState {
      return this.#protection?.state(this.#input) ?? { phase: 'empty' };
    }

    get files(): readonly File[] {
      return this.state.phase === 'ready' ? this.state.files : [];
    }

    get reports(): readonly (Report | undefined)[] {
      return this.state.phase === 'ready' ? this.state.reports : [];
    }

    get validity(): ValidityState {
      return this.#internals.validity;
    }

    get validationMessage(): string {
      return this.#internals.validationMessage;
    }

    checkValidity(): boolean {
      return this.#internals.checkValidity();
    }

    reportValidity(): boolean {
      return this.#internals.reportValidity();
    }

    async settled(): Promise<void> {
      await this.#protection?.settled();
    }

    clear(): void {
      this.#input.value = '';
      this.#show();
    }

    connectedCallback(): void {
      if (this.#protection === undefined) this.#guard();
      this.#wait();
    }

    disconnectedCallback(): void {
      // Who moves it to another place keeps what is in it.
      queueMicrotask(() => {
        if (this.isConnected) return;
        this.#hold?.release();
        this.#hold = undefined;
        this.#protection?.release();
        this.#protection = undefined;
        this.clear();
      });
    }

    formAssociatedCallback(): void {
      if (this.#hold !== undefined) this.#wait();
    }

    attributeChangedCallback(name: string, before: string | null, now: string | null): void {
      if (before === now) return;
      if (PASSED_ON.includes(name)) {
        if (now === null) this.#input.removeAttribute(name);
        else this.#input.setAttribute(name, now);
        this.#show();
      } else if (name === 'name') {
        this.#show();
      } else if (this.#protection !== undefined) {
        this.#guard();
      }
    }

    formDisabledCallback(disabled: boolean): void {
      this.#input.disabled = disabled;
    }

    formResetCallback(): void {
      this.clear();
    }

    /** With other options, what is in it is scrubbed again. */
    #guard(): void {
      if (!this.isConnected) return;
      const { onState, ...options } = this.#options;
      const asked: FormOptions = { ...this.#asked(), ...options, onState: (state, input) => (this.#show(), this.dispatchEvent(new CustomEvent('darkslide-state', { detail: state })), onState?.(state, input)) };
      if (this.#protection === undefined) this.#protection = protect(this.#input, asked);
      else this.#protection.change(asked);
      this.#show();
    }

    /** Holds its form's submissions, wherever it is. */
    #wait(): void {
      this.#hold?.release();
      this.#hold = holdSubmissions(viewOf(this) ?? window, (form) => this.#pending(form));
      for (const place of [...rootsOf(this), ...(this.form === null ? [] : [this.form])]) this.#hold.at(place);
    }

    /** The options that attributes say. */
    #asked(): FormOptions {
      const said = [...OPTIONS].map(([attribute, { option, read }]) => [option, this.getAttribute(attribute), read] as const);
      return Object.fromEntries(said.flatMap(([option, value, read]) => (value === null ? [] : [[option, read(value)]])));
    }

    /** What a form sees of it: its photos, or why there are none. */
    #show(): void {
      const { state, files, name } = this;
      const entries = new FormData();
      for (const file of files) entries.append(name, file);
      this.#internals.setFormValue(name !== '' && files.length > 0 ? entries : null);
      const wrong = state.phase === 'busy' || state.phase === 'refused';
      const { validity, validationMessage } = this.#input;
      if (wrong) this.#internals.setValidity({ customError: true }, validationMessage || 'busy', this.#input);
      else if (validity.valueMissing) this.#internals.setValidity({ valueMissing: true }, validationMessage, this.#input);
      else this.#internals.setValidity({});
    }

    #pending(form: HTMLFormElement): Promise<boolean> | undefined {
      if (form !== this.form) return undefined;
      const { phase } = this.state;
      if (phase === 'busy') return this.settled().then(() => this.state.phase === 'ready');
      if (phase !== 'refused') return undefined;
      this.reportValidity();
      return Promise.resolve(false);
    }
  }
  customElements.define('darkslide-input', Element);
}

const PASSED_ON = ['multiple', 'accept', 'capture', 'required'];
const text = (value: string): string => value;
const OPTIONS = new Map<string, { option: keyof FormOptions; read: (value: string) => string | number }>([
  ['faces', { option: 'faces', read: text }],
  ['sensitivity', { option: 'sensitivity', read: text }],
  ['identity', { option: 'identity', read: text }],
  ['format', { option: 'format', read: text }],
  ['quality', { option: 'quality', read: Number }],
  ['max-side', { option: 'maxSide', read: Number }],
]);

if (typeof customElements !== 'undefined' && customElements.get('darkslide-input') === undefined) define();
