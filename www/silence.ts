// Watches what the page does, with the browser's own observers: what it loads, what its policy forbids, and what the service worker
// sees of pages and workers. Counts from the moment when all is loaded.

import type { Told } from './guard.js';

export interface Silence {
  /** Files that came over the network, their addresses. */
  readonly network: readonly string[];
  /** Answers of the service worker with our own files. */
  readonly answered: number;
  /** What the policy or the service worker has stopped. */
  readonly refused: readonly string[];
}

export interface Watch {
  /** What the service worker tells. */
  hear(told: Told): void;
  /** From here on, everything counts. */
  begin(): void;
}

/** Calls `changed` whenever there is more to tell. Of each address in `expected` one request does not count. */
export function watch(expected: ReadonlySet<string>, changed: (silence: Silence) => void): Watch {
  let since = Number.POSITIVE_INFINITY;
  let silence: Silence = { network: [], answered: 0, refused: [] };
  const outstanding = new Set(expected);
  const add = (change: Partial<Silence>): void => changed((silence = { ...silence, ...change }));

  new PerformanceObserver((list) => {
    const came = list.getEntriesByType('resource').filter(({ startTime }) => startTime >= since).filter(isFromNetwork).filter(({ name }) => !outstanding.delete(name));
    if (came.length > 0) add({ network: [...silence.network, ...came.map(({ name }) => name)] });
  }).observe({ type: 'resource', buffered: true });
  document.addEventListener('securitypolicyviolation', ({ blockedURI, violatedDirective }) => {
    if (counts()) add({ refused: [...silence.refused, `${violatedDirective}: ${blockedURI}`] });
  });

  return {
    hear: (told) => {
      if (!counts()) return;
      if (told.kind === 'answered') add({ answered: silence.answered + 1 });
      if (told.kind === 'fetched' && !outstanding.delete(told.url)) add({ network: [...silence.network, told.url] });
      if (told.kind === 'refused') add({ refused: [...silence.refused, told.url] });
    },
    begin: () => {
      since = performance.now();
      changed(silence);
    },
  };

  function counts(): boolean {
    return performance.now() >= since;
  }
}

/** A photo on this device has an address too. What passed the service worker came from its store, or it tells that it did not. */
function isFromNetwork(entry: PerformanceEntry): boolean {
  if (!(entry instanceof PerformanceResourceTiming) || /^(blob|data):/.test(entry.name) || entry.workerStart > 0) return false;
  // What the service worker refuses has no answer, and is counted among what was stopped.
  if (entry.responseStatus === 0) return navigator.serviceWorker?.controller == null;
  // Firefox does not say that the service worker answered, but that nothing was transferred. Of other origins that is not told.
  return entry.transferSize !== 0 || new URL(entry.name).origin !== location.origin;
}
