// The entries that a form sends, or that `new FormData(form)` reads: there is no later moment to take something out. Whoever holds them
// can still add to them, so that what is added passes the same look.

import { listen, unlisten } from './dom.js';
import type { View } from './dom.js';

/** Which of a form's files may be in its data. `names` are the fields that are looked at; all of them where there is none. */
export interface Entries {
  names: readonly string[] | undefined;
  stays(value: File): boolean;
}

/** What is asked of the entries of `form`; undefined for forms that are nobody's. */
export type EntriesOf = (form: HTMLFormElement) => Entries | undefined;

/** Looks at what leaves from the forms of `view`, whoever asks for it first. Returns how to stop. */
export function watchEntries(view: View, entriesOf: EntriesOf): () => void {
  const { prototype } = view.FormDataEvent;
  let watchers = watched.get(prototype);
  if (watchers === undefined) watched.set(prototype, (watchers = new Set()));
  if (watchers.size === 0) patch(prototype, watchers);
  watchers.add(entriesOf);
  return () => {
    watchers.delete(entriesOf);
    if (watchers.size === 0) restore(prototype);
  };
}

/** Looks at an event `formdata` as it passes `place`, before the listeners there and after them, those that come later too. */
export function watchPlace(place: EventTarget, entriesOf: EntriesOf, signal?: AbortSignal): void {
  const until = signal === undefined ? {} : { signal };
  const look = (event: Event): void => {
    const form = event.composedPath()[0] as HTMLFormElement | undefined;
    if (form !== undefined && isFormDataEvent(event)) sift(form, event.formData, entriesOf);
  };
  const first = (event: Event): void => {
    look(event);
    // Moved to the end of the line: other listeners may add files.
    unlisten(place, 'formdata', look);
    listen(place, 'formdata', look, until);
  };
  listen(place, 'formdata', first, { capture: true, ...until });
  listen(place, 'formdata', look, until);
}

// By prototype: a frame that loads another page keeps its window, and has other prototypes.
const watched = new WeakMap<FormDataEvent, Set<EntriesOf>>();
const natives = new WeakMap<FormDataEvent, PropertyDescriptor>();
const ours = new WeakMap<FormDataEvent, PropertyDescriptor>();
/** Data that adds only what these let stay. */
const sifted = new WeakMap<FormData, Map<EntriesOf, Entries>>();

/** Listeners reach the data through this property, and those who stop an event before others hear of it do too. */
function patch(prototype: FormDataEvent, watchers: ReadonlySet<EntriesOf>): void {
  // Still there, under what somebody else has laid over it since.
  if (ours.has(prototype)) return;
  const before = Object.getOwnPropertyDescriptor(prototype, 'formData');
  if (before?.get === undefined) return;
  const { get } = before;
  const property: PropertyDescriptor = {
    ...before,
    get(this: FormDataEvent): FormData {
      const formData: FormData = get.call(this);
      const form = this.composedPath()[0];
      for (const entriesOf of form === undefined ? [] : watchers) sift(form as HTMLFormElement, formData, entriesOf);
      return formData;
    },
  };
  natives.set(prototype, before);
  ours.set(prototype, property);
  Object.defineProperty(prototype, 'formData', property);
}

function restore(prototype: FormDataEvent): void {
  const [before, patched] = [natives.get(prototype), ours.get(prototype)];
  // Where somebody has patched it since, ours stays underneath, and does nothing.
  if (before === undefined || Object.getOwnPropertyDescriptor(prototype, 'formData')?.get !== patched?.get) return;
  Object.defineProperty(prototype, 'formData', before);
  ours.delete(prototype);
}

/** Takes out of `formData` what may not stay, and lets nothing of the kind in from now on. */
function sift(form: HTMLFormElement, formData: FormData, entriesOf: EntriesOf): void {
  const entries = entriesOf(form);
  if (entries === undefined) return;
  guardAdditions(formData, entriesOf, entries);
  for (const name of new Set(formData.keys())) {
    const values = formData.getAll(name);
    const stays = (value: FormDataEntryValue): boolean => typeof value === 'string' || (value.size === 0 && value.name === '') || mayBe(entries, name, value);
    if (values.every(stays)) continue;
    say(name);
    formData.delete(name);
    for (const value of values.filter(stays)) formData.append(name, value);
  }
}

function guardAdditions(formData: FormData, entriesOf: EntriesOf, entries: Entries): void {
  const known = sifted.get(formData);
  if (known !== undefined) {
    known.set(entriesOf, entries);
    return;
  }
  const all = new Map([[entriesOf, entries]]);
  sifted.set(formData, all);
  for (const method of ['append', 'set'] as const) {
    const before = formData[method] as (...entry: unknown[]) => void;
    const value = function (this: FormData, ...entry: unknown[]): void {
      const [name, file] = entry;
      if (isFile(file) && ![...all.values()].every((one) => mayBe(one, String(name), file))) return say(String(name));
      before.apply(this, entry);
    };
    Object.defineProperty(formData, method, { configurable: true, writable: true, value });
  }
}

function mayBe({ names, stays }: Entries, name: string, file: File): boolean {
  return (names !== undefined && !names.includes(name)) || stays(file);
}

function say(name: string): void {
  console.error(`darkslide: a file in ${JSON.stringify(name)} did not come through the scrubber and was left out of the form's data`);
}

/** A `Blob` becomes a file in there. */
function isFile(value: unknown): value is File {
  return ['[object Blob]', '[object File]'].includes(Object.prototype.toString.call(value));
}

function isFormDataEvent(event: Event): event is FormDataEvent {
  return 'formData' in event && Object.prototype.toString.call(event.formData) === '[object FormData]';
}
