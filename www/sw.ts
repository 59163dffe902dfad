// The service worker: keeps the page's own files on the device, so that it works without a network, and stands between the page
// and the network. It answers for its own files, refuses whatever else the page or its workers ask for, and asks the network
// for nothing once all of them are kept. It stores code, never anything of a person's.

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
  const later = self.registration.active === null ? LATER : [];
  try {
    await Promise.all(Object.keys(FILES).filter((path) => !later.includes(path)).map(async (path) => cache.put(path, await load(path))));
  } catch (thrown) {
    await caches.delete(NAME);
    throw thrown;
  }
}

async function load(path: string): Promise<Response> {
  const response = await fetch(new Request(path, { integrity: FILES[path] ?? '', cache: 'no-cache', credentials: 'omit', redirect: 'error' }));
  if (!response.ok) throw new Error(`${path} was answered with status ${response.status}`);
  return armed(response, path);
}

/** The response with the headers that the page wants. Browsers keep compiled code only beside a response that is as it came. */
function armed(response: Response, path: string): Response {
  const headers: Record<string, string> = { ...HEADERS };
  const type = TYPES[path.split('.').pop() ?? ''] ?? response.headers.get('Content-Type');
  if (type !== null) headers['Content-Type'] = type;
  if (Object.entries(headers).every(([name, value]) => response.headers.get(name) === value)) return response;
  return new Response(response.body, { headers });
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
  const kept = await caches.match(path, { cacheName: NAME });
  if (kept !== undefined) {
    tell({ kind: 'answered', path });
    return kept;
  }
  // Not kept yet, or thrown away by the browser or by somebody.
  tell({ kind: 'fetched', url: new URL(path, self.registration.scope).href });
  const loaded = await load(path);
  const cache = await caches.open(NAME);
  // Where there is no room for it, it is used all the same.
  await cache.put(path, loaded.clone()).catch(() => undefined);
  return loaded;
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
async function tell(told: Told): Promise<void> {
  for (const client of await self.clients.matchAll({ type: 'window' })) client.postMessage(told);
}

let steppingDown = 0;
/** Letting the next version in takes a moment; should it never come, the page opens as it is. */
const MOST_TRIES = 20;
/** A site may have several of us, each in a folder of its own, but all share one storage. */
const PREFIX = `darkslide ${new URL(self.registration.scope).pathname} `;
const NAME = PREFIX + VERSION;
/** Where hosts err: streaming compilation needs the right type. */
const TYPES: Readonly<Record<string, string>> = { wasm: 'application/wasm', webmanifest: 'application/manifest+json' };
