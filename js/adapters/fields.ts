// The properties `files` and `value` of file inputs, for a page's scripts: what a protected input holds unscrubbed is not shown, and
// what a script puts in is scrubbed first. The browser itself does not look here when it submits; see `forms.ts`.

import { isElement, viewOf } from './dom.js';
import type { View } from './dom.js';

/** What a protected input does in place of the browser's. */
export interface Field {
  /** What `files` shows of `files`. */
  shown(files: FileList): FileList;
  /** Takes over what a script puts in; false where it may go in as it is. */
  set(files: FileList): boolean;
  /** A script empties the input. */
  emptied(): void;
}

export type FieldOf = (input: HTMLInputElement) => Field | undefined;

/** Lays `field` over the inputs of `view`. Returns how to stop. */
export function overlay(view: View, field: FieldOf): () => void {
  const { prototype } = view.HTMLInputElement;
  let fields = overlaid.get(prototype);
  if (fields === undefined) overlaid.set(prototype, (fields = new Set()));
  if (fields.size === 0) patch(prototype, fields);
  fields.add(field);
  return () => {
    fields.delete(field);
    if (fields.size === 0) restore(prototype);
  };
}

/** Lays `field` over one input, for a page that moves it into a window where nothing is laid over others. Returns how to stop. */
export function overlayOne(input: HTMLInputElement, field: Field): () => void {
  const { files, value } = descriptors(() => field);
  Object.defineProperties(input, { files, value });
  return () => {
    for (const [name, { get }] of Object.entries({ files, value })) {
      // Where somebody has laid another over it since, that is theirs.
      if (Object.getOwnPropertyDescriptor(input, name)?.get === get) Reflect.deleteProperty(input, name);
    }
  };
}

/** What is in `input`, whatever is laid over it. */
export function readFiles(input: HTMLInputElement): FileList | null {
  return native(input).files.get.call(input);
}

/** Puts `files` into `input`, whatever is laid over it. */
export function writeFiles(input: HTMLInputElement, files: FileList): void {
  native(input).files.set.call(input, files);
}

interface Accessors {
  files: { get: (this: HTMLInputElement) => FileList | null; set: (this: HTMLInputElement, files: FileList | null) => void };
  value: { get: (this: HTMLInputElement) => string; set: (this: HTMLInputElement, value: string) => void };
}

// By prototype: a frame that loads another page keeps its window, and has other prototypes.
const overlaid = new WeakMap<HTMLInputElement, Set<FieldOf>>();
const natives = new WeakMap<HTMLInputElement, Accessors>();
const ours = new WeakMap<HTMLInputElement, Record<'files' | 'value', PropertyDescriptor>>();

function native(input: HTMLInputElement): Accessors {
  const { prototype } = (viewOf(input) ?? window).HTMLInputElement;
  return natives.get(prototype) ?? accessors(prototype);
}

function accessors(prototype: HTMLInputElement): Accessors {
  const own = (name: 'files' | 'value'): PropertyDescriptor => Object.getOwnPropertyDescriptor(prototype, name) ?? {};
  const [files, value] = [own('files'), own('value')];
  return { files, value } as Accessors;
}

function patch(prototype: HTMLInputElement, fields: ReadonlySet<FieldOf>): void {
  // Still there, under what somebody else has laid over it since.
  if (ours.has(prototype)) return;
  natives.set(prototype, accessors(prototype));
  const laid = descriptors((input) => {
    if (!isElement(input, 'INPUT') || input.type !== 'file') return undefined;
    for (const of of fields) {
      const found = of(input);
      if (found !== undefined) return found;
    }
    return undefined;
  });
  ours.set(prototype, laid);
  Object.defineProperties(prototype, laid);
}

function descriptors(field: (input: unknown) => Field | undefined): Record<'files' | 'value', PropertyDescriptor> {
  const files: PropertyDescriptor = {
    configurable: true,
    enumerable: true,
    get(this: HTMLInputElement) {
      const list = readFiles(this);
      return list === null ? list : (field(this)?.shown(list) ?? list);
    },
    set(this: HTMLInputElement, list: FileList | null) {
      if (isFileList(list) && field(this)?.set(list) === true) return;
      native(this).files.set.call(this, list);
    },
  };
  const value: PropertyDescriptor = {
    configurable: true,
    enumerable: true,
    get(this: HTMLInputElement) {
      return native(this).value.get.call(this);
    },
    set(this: HTMLInputElement, text: string) {
      if (String(text) === '') field(this)?.emptied();
      native(this).value.set.call(this, text);
    },
  };
  return { files, value };
}

function restore(prototype: HTMLInputElement): void {
  const [before, patched] = [natives.get(prototype), ours.get(prototype)];
  const stillOurs = (name: 'files' | 'value'): boolean => Object.getOwnPropertyDescriptor(prototype, name)?.set === patched?.[name].set;
  // Where somebody has patched them since, ours stay underneath, and do nothing.
  if (before === undefined || !stillOurs('files') || !stillOurs('value')) return;
  Object.defineProperties(prototype, { files: { ...before.files, configurable: true, enumerable: true }, value: { ...before.value, configurable: true, enumerable: true } });
  ours.delete(prototype);
}

function isFileList(value: unknown): value is FileList {
  return Object.prototype.toString.call(value) === '[object FileList]';
}
