// A worker that fetches the page's own files and compares them with what the build made of them. The page may fetch nothing itself: a worker has the
// policy of its own answer, and this one asks for nothing that is not in its list, however it is asked.

import type { Checked, Verdict, Wanted } from './published.js';

declare const self: DedicatedWorkerGlobalScope;
/** Addresses below our folder, and the hashes that their bytes must have. Written by the build. Our own is not in it: nobody can know their own hash. */
declare const FILES: Readonly<Record<string, string>>;
/** Those that a first visit does not wait for. */
declare const LATER: readonly string[];

self.addEventListener('message', ({ data }: MessageEvent<Wanted>) => void answer(data));

async function answer({ id, which }: Wanted): Promise<void> {
  const paths = Object.keys(FILES).filter((path) => (which === 'first' || which === 'later' ? LATER.includes(path) === (which === 'later') : path === which));
  const files = await Promise.all(paths.map(check));
  const asked = which !== 'first' && which !== 'later';
  const checked: Checked = { id, files: files.map(({ bytes, ...file }) => (asked && file.verdict !== 'foreign' && bytes !== undefined ? { ...file, bytes } : file)) };
  self.postMessage(checked, { transfer: checked.files.flatMap(({ bytes }) => bytes ?? []) });
}

async function check(path: string): Promise<Checked['files'][number]> {
  let bytes;
  try {
    // What the page was loaded with must not be older than what is compared.
    const response = await fetch(path, { cache: 'no-cache', credentials: 'omit', redirect: 'error' });
    if (!response.ok) return { path, verdict: 'missing' };
    bytes = await response.arrayBuffer();
  } catch {
    return { path, verdict: 'missing' };
  }
  // Browsers hash on secure pages only.
  if (!isSecureContext) return { path, verdict: 'unchecked', bytes };
  const hash = `sha384-${btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest('SHA-384', bytes))))}`;
  const verdict: Verdict = hash === FILES[path] ? 'published' : 'foreign';
  return { path, verdict, hash, bytes };
}
