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
  let fields = overlaid.get(view);
  if (fields === undefined) overlaid.set(view, (fields = new Set()));
  if (fields.size === 0) patch(view, fields);
  fields.add(field);
  const { size } = fields;
  return () => {
    fields.delete(field);
    if (size > 0 && fields.size === 0) restore(view);
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

const overlaid = new WeakMap<View, Set<FieldOf>>();
const natives = new WeakMap<View, Accessors>();
const ours = new WeakMap<View, Record<'files' | 'value', PropertyDescriptor>>();

function native(input: HTMLInputElement): Accessors {
  const view = viewOf(input) ?? window;
  return natives.get(view) ?? accessors(view);
}

function accessors(view: View): Accessors {
  const own = (name: 'files' | 'value'): PropertyDescriptor => Object.getOwnPropertyDescriptor(view.HTMLInputElement.prototype, name) ?? {};
  const [files, value] = [own('files'), own('value')];
  return { files, value } as Accessors;
}

function patch(view: View, fields: ReadonlySet<FieldOf>): void {
  // Still there, under what somebody else has laid over it since.
  if (ours.has(view)) return;
  natives.set(view, accessors(view));
  const laid = descriptors((input) => {
    if (!isElement(input, 'INPUT') || input.type !== 'file') return undefined;
    for (const of of fields) {
      const found = of(input);
      if (found !== undefined) return found;
    }
    return undefined;
  });
  ours.set(view, laid);
  Object.defineProperties(view.HTMLInputElement.prototype, laid);
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

function restore(view: View): void {
  const [before, patched] = [natives.get(view), ours.get(view)];
  const { prototype } = view.HTMLInputElement;
  const stillOurs = (name: 'files' | 'value'): boolean => Object.getOwnPropertyDescriptor(prototype, name)?.set === patched?.[name].set;
  // Where somebody has patched them since, ours stay underneath, and do nothing.
  if (before === undefined || !stillOurs('files') || !stillOurs('value')) return;
  Object.defineProperties(prototype, { files: { ...before.files, configurable: true, enumerable: true }, value: { ...before.value, configurable: true, enumerable: true } });
  ours.delete(view);
}

function isFileList(value: unknown): value is FileList {
  return Object.prototype.toString.call(value) === '[object FileList]';
}
