// Which files may leave: those that a scrubber of this package made, known by identity. A copy, a slice or a rebuilt File is another
// object, and so is not known.

/** `other` is a file that is no photo and that the page's author lets through by name of the option `other`. */
type Standing = 'scrubbed' | 'other';

/** Whether this very File came out of a scrubber. A slice or copy of it did not. */
export function isScrubbed(value: unknown): boolean {
  return standing(value) === 'scrubbed';
}

/** Whether this very Blob may leave: it was scrubbed, or let through as something that is no photo. */
export function isCleared(value: unknown): boolean {
  return standing(value) !== undefined;
}

export function clear<B extends Blob>(blob: B, as: Standing): B {
  register(true)?.set(blob, as);
  return blob;
}

export function standing(value: unknown): Standing | undefined {
  return typeof value === 'object' && value !== null ? register(false)?.get(value) : undefined;
}

/** One register for all copies of the package in a page: bundlers make several, and a file that one has scrubbed is clean for all. */
function register(make: boolean): WeakMap<object, Standing> | undefined {
  if (make && !Reflect.has(globalThis, KEY)) Object.defineProperty(globalThis, KEY, { value: new WeakMap() });
  const found: unknown = Reflect.get(globalThis, KEY);
  return found instanceof WeakMap ? found : undefined;
}

const KEY = Symbol.for('darkslide.cleared');
