// Keeps the page on this device: registers the service worker, says when all is kept, and when a newer version waits.

import type { Asked, Told } from './guard.js';

/** Whether the page works without a network. */
export type Kept =
  | { readonly kind: 'keeping' }
  /** All files are on this device, and the service worker stands before the network. */
  | { readonly kind: 'kept' }
  /** It is not, and why: private windows, for one, keep nothing. */
  | { readonly kind: 'not-kept'; readonly why: string };

export interface Hooks {
  kept(state: Kept): void;
  /** A newer version is on this device. It is used from the next visit on, or from `take`. */
  update(take: () => void): void;
  /** The newer version cannot be taken while another page of ours is open. */
  notAlone(): void;
  /** What the service worker sees of pages' and workers' requests. */
  told(told: Told): void;
  /** A file of the host's is not that of the build, so that there is no version to keep. */
  foreign(path: string): void;
}

/** Resolves when it is known whether the page is kept. Asks the network for nothing afterwards. */
export async function keepOffline(hooks: Hooks): Promise<void> {
  const state = (kept: Kept): void => hooks.kept(kept);
  state({ kind: 'keeping' });
  if (!('serviceWorker' in navigator)) return state({ kind: 'not-kept', why: NO_SERVICE_WORKER });
  const workers = navigator.serviceWorker;
  const secondTry = isSecondTry();
  workers.addEventListener('message', ({ data }: MessageEvent<Told>) => {
    if (data.kind === 'not-alone') hooks.notAlone();
    else if (data.kind === 'foreign') hooks.foreign(data.path);
    else hooks.told(data);
  });
  workers.startMessages();
  try {
    // The file is read anew at every visit, so that nobody is left with an old version.
    const registration = await workers.register('sw.js', { updateViaCache: 'none' });
    const past = registration.active !== null && workers.controller === null;
    offer(registration, hooks);
    registration.addEventListener('updatefound', () => offer(registration, hooks));
    await active(registration);
    if (past && !secondTry) return await anew();
    state({ kind: 'kept' });
  } catch (thrown) {
    state({ kind: 'not-kept', why: thrown instanceof Error ? thrown.message : String(thrown) });
  }
}

/** Who reloads with the shift key loads past the service worker, and nobody has seen to it that these are our files: the page begins again. */
function anew(): Promise<never> {
  history.replaceState({ ...history.state, [SECOND_TRY]: true }, '');
  location.reload();
  return new Promise(() => undefined);
}

/** Whether this page was begun again; said once. Where it does not help, as with the developer tools' bypass, the page works as it was loaded. */
function isSecondTry(): boolean {
  const { [SECOND_TRY]: tried, ...others } = history.state ?? {};
  if (tried === true) history.replaceState(Object.keys(others).length === 0 ? null : others, '');
  return tried === true;
}

/** Offers a version that is newer than the one in use, as soon as all of it is there. */
function offer(registration: ServiceWorkerRegistration, hooks: Hooks): void {
  const next = registration.waiting ?? registration.installing;
  // The first version is no update.
  if (next === null || registration.active === null) return;
  const ready = (): void => {
    if (next.state === 'installed') hooks.update(() => take(next));
  };
  next.addEventListener('statechange', ready);
  ready();
}

/** Lets the newer version in and opens the page anew. */
function take(next: ServiceWorker): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
  const asked: Asked = { kind: 'take-over' };
  next.postMessage(asked);
}

/** Resolves when a version is in use for this page, rejects when none can be. */
function active(registration: ServiceWorkerRegistration): Promise<void> {
  const first = registration.active ?? registration.waiting ?? registration.installing;
  return new Promise((resolve, reject) => {
    let asked = false;
    const look = (): void => {
      if (first === null || first.state === 'redundant') return reject(new Error('not all of its files could be kept'));
      if (first.state !== 'activated') return;
      if (navigator.serviceWorker.controller !== null) return resolve();
      if (asked) return;
      asked = true;
      // It was loaded past it.
      const request: Asked = { kind: 'stand-here' };
      first.postMessage(request);
      setTimeout(() => reject(new Error('it was loaded past its service worker')), PATIENCE_MS);
    };
    first?.addEventListener('statechange', look);
    navigator.serviceWorker.addEventListener('controllerchange', look);
    look();
  });
}

const SECOND_TRY = 'begunAgain';
const PATIENCE_MS = 3000;
const NO_SERVICE_WORKER = 'this browser, or this window, keeps no pages: private windows do not';
