// The service worker: keeps the page's own files on the device, so that it works without a network, and stands between the page
// and the network. It answers for its own files, refuses what else reaches it of the page and its workers, and asks the network
// for nothing once all of them are kept. It stores code, never anything of a person's. Any script of the same site can write to its
// store: so it believes nothing that it finds there but bytes with the hash that the build gave them.

import type { Asked, Told } from './guard.js';

declare const self: ServiceWorkerGlobalScope;
/** What it keeps: addresses below its own folder, and the hashes that their bytes must have. Written by the build. */
declare const FILES: Readonly<Record<string, string>>;
/** Those that a first visit does not wait for. */
declare const LATER: readonly string[];
/** A new version of any file is a new version of all. */
declare const VERSION: string;
/** What the page wants to be served with, whether or not its host knows. */
declare const HEADERS: Readonly<Record<string, string>>;

self.addEventListener('install', (event) => event.waitUntil(keep()));
self.addEventListener('activate', (event) => event.waitUntil(begin()));
self.addEventListener('message', (event) => {
  const asked: Asked | undefined = event.data;
  if (asked?.kind === 'take-over') event.waitUntil(takeOver(event.source));
  if (asked?.kind === 'stand-here') event.waitUntil(self.clients.claim());
});
self.addEventListener('fetch', (event) => {
  const { request } = event;
  const path = own(request);
  if (path !== undefined) event.respondWith(request.mode === 'navigate' ? open(event, path) : answer(path));
  // Another page of the same site is none of our business; what a page of ours asks for is.
  else if (request.mode !== 'navigate') event.respondWith(refuse(request));
});

/** Fetches the files; one that is missing or has other bytes than the build gave it, and there is no new version. */
async function keep(): Promise<void> {
  const cache = await caches.open(NAME);
  // Nobody waits for a newer version, and it may be taken where there is no network.
  const isFirst = self.registration.active === null;
  const paths = Object.keys(FILES).filter((path) => !(isFirst && LATER.includes(path)));
  try {
    // A page that waits for its first version runs on these files itself. One that has a version goes on with that.
    await Promise.all(paths.map(async (path) => cache.put(path, (await load(path, isFirst)).kept)));
  } catch (thrown) {
    await caches.delete(NAME);
    throw thrown;
  }
}

/** A file from the network: to keep, and to answer with. With `concerns`, pages hear that it is another. */
async function load(path: string, concerns: boolean): Promise<{ kept: Response; answer: Response }> {
  const response = await fetch(path, { cache: 'no-cache', credentials: 'omit', redirect: 'error' });
  if (!response.ok) throw new Error(`${path} was answered with status ${response.status}`);
  const kept = response.clone();
  const answer = await checked(path, response);
  if (answer !== undefined) return { kept, answer };
  if (concerns) await tell({ kind: 'foreign', path }, true);
  throw new Error(`${path} has other bytes than the build gave it`);
}

/**
 * The file as we serve it, if these are its bytes. Of what was found only the bytes are believed, and the headers are ours. Compiled code is
 * kept by browsers only beside a response that is as it came: a wasm with the right type is left so, because nothing heeds its other headers.
 */
async function checked(path: string, found: Response): Promise<Response | undefined> {
  const type = TYPES[path === './' ? 'html' : (path.split('.').pop() ?? '')] ?? 'application/octet-stream';
  const asItCame = type === 'application/wasm' && found.status === 200 && !found.redirected && found.headers.get('Content-Type') === type;
  const copy = asItCame ? found.clone() : found;
  const bytes = await copy.arrayBuffer();
  const hash = btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest('SHA-384', bytes))));
  if (`sha384-${hash}` !== FILES[path]) return undefined;
  return asItCame ? found : new Response(bytes, { headers: { ...HEADERS, 'Content-Type': type } });
}

/** Deletes what other versions kept, and takes the pages that are open. */
async function begin(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== NAME);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** The file that is asked for, if it is one of ours. */
function own({ url, method, mode }: Request): string | undefined {
  const { origin, pathname, search } = new URL(url);
  const scope = new URL(self.registration.scope);
  if (method !== 'GET' || origin !== scope.origin || !pathname.startsWith(scope.pathname)) return undefined;
  if (search !== '' && mode !== 'navigate') return undefined;
  // Browsers ask for an icon of this name for what is no page: the licences.
  const path = `./${pathname.slice(scope.pathname.length).replace(/^index\.html$/, '').replace(/^favicon\.ico$/, 'icons/darkslide.svg')}`;
  return path in FILES ? path : undefined;
}

async function answer(path: string): Promise<Response> {
  const cache = await caches.open(NAME);
  const found = await cache.match(path).then((kept) => kept && checked(path, kept)).catch(() => undefined);
  if (found !== undefined) {
    tell({ kind: 'answered', path });
    return found;
  }
  // Not kept yet, thrown away by the browser or by somebody, or changed by somebody.
  tell({ kind: 'fetched', url: new URL(path, self.registration.scope).href });
  const loaded = await load(path, true);
  // Where there is no room for it, it is used all the same.
  await cache.put(path, loaded.kept).catch(() => undefined);
  return loaded.answer;
}

function refuse({ url }: Request): Response {
  tell({ kind: 'refused', url });
  return Response.error();
}

/**
 * Opens the page. When a new version waits, reloading the only page takes it: the new service worker is let in while a blank page is
 * shown, which then loads itself again. Pages that are open beside it would have their files changed under them; then it goes on waiting.
 */
async function open(event: FetchEvent, path: string): Promise<Response> {
  const next = self.registration.waiting;
  const reloads = 'isReloadNavigation' in event.request && event.request.isReloadNavigation === true;
  if (next === null || !(reloads || steppingDown > 0) || steppingDown >= MOST_TRIES || (await pages()) > 1) return await answer(path);
  steppingDown += 1;
  const asked: Asked = { kind: 'take-over' };
  next.postMessage(asked);
  return new Response('', { headers: { ...HEADERS, 'Content-Type': 'text/html; charset=utf-8', Refresh: '0' } });
}

async function takeOver(asker: ExtendableMessageEvent['source']): Promise<void> {
  if ((await pages()) <= 1) return await self.skipWaiting();
  const told: Told = { kind: 'not-alone' };
  asker?.postMessage(told);
}

async function pages(): Promise<number> {
  return (await self.clients.matchAll({ type: 'window', includeUncontrolled: true })).length;
}

/** Every page hears of it: which page a worker belongs to, nobody says. */
async function tell(told: Told, includeUncontrolled = false): Promise<void> {
  for (const client of await self.clients.matchAll({ type: 'window', includeUncontrolled })) client.postMessage(told);
}

let steppingDown = 0;
/** Letting the next version in takes a moment; should it never come, the page opens as it is. */
const MOST_TRIES = 20;
/** A site may have several of us, each in a folder of its own, but all share one storage. */
const PREFIX = `darkslide ${new URL(self.registration.scope).pathname} `;
const NAME = PREFIX + VERSION;
/** Not what a host or the store says: browsers run a file as what its type says. */
const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  jpg: 'image/jpeg',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  md: 'text/plain; charset=utf-8',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
  wasm: 'application/wasm',
  webmanifest: 'application/manifest+json',
};
