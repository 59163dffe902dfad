// Whether a file is the one that was meant, by a hash as `integrity` attributes hold it.

import { ScrubError } from './errors.js';

/** The hashes of the wasms that this version was built with, a blank between them; the build puts them here. */
declare const ENGINE_INTEGRITY: string;

/** `true` is a wasm of this version; a string is the hash of another build. */
export type Integrity = boolean | string;

/** What the wasm's hash must be, one of several perhaps, or undefined where nobody asks. */
export function expected(integrity: Integrity): string | undefined {
  if (integrity === false) return undefined;
  if (integrity === true) return ENGINE_INTEGRITY;
  if (typeof integrity === 'string' && FORM.test(integrity)) return integrity;
  throw new ScrubError('invalid-option', `integrity ${JSON.stringify(integrity)}: must be true, or a hash in the form sha384-<base64>`);
}

/** Refuses bytes of another hash than those in `integrity`, which are of one kind. */
export async function checkIntegrity(bytes: Uint8Array<ArrayBuffer>, integrity: string, what: string): Promise<void> {
  const algorithm = integrity.slice(0, 6);
  // Browsers hash on secure pages only.
  if (globalThis.crypto?.subtle === undefined) {
    throw new ScrubError('unsupported', `${what}: its integrity can be checked only on a page that came over https or from localhost`);
  }
  const digest = new Uint8Array(await crypto.subtle.digest(`SHA-${algorithm.slice(3)}`, bytes));
  const found = `${algorithm}-${btoa(String.fromCharCode(...digest))}`;
  if (integrity.split(' ').includes(found)) return;
  throw new ScrubError('crashed', `${what} is not the file that was asked for: its hash is ${found}, not ${integrity}. Serve the wasm of the same version of the package 'darkslide', unchanged.`);
}

const FORM = /^sha(256|384|512)-[A-Za-z0-9+/]+={0,2}$/;
