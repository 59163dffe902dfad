// The proof of silence: a live count of what was asked of the network, the hash of the program, how to check both; and that the page
// is kept on this device, can be installed, and has a newer version.

import { isProgram, published } from '../published.js';
import { watch } from '../silence.js';
import type { Silence } from '../silence.js';
import { keepOffline } from '../offline.js';
import type { Kept } from '../offline.js';
import { words } from '../words/index.js';
import { byId, element } from './element.js';

/** The version that the page was built with. Written by the build. */
declare const PUBLISHED: { readonly version: string; readonly wasm: Readonly<Record<Wasm, string>> };

type Wasm = 'darkslide.wasm' | 'darkslide-all.wasm';

/** What the browser offers where the page can be installed. Not in the standard library's types: only Chromium has it. */
interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

export interface Proof {
  /** Settles when the page's files are on this device, or will not be. */
  readonly kept: Promise<void>;
  /** Settles when all that a first visit takes were compared with what was published. */
  readonly checked: Promise<void>;
  /** Fetches what only some photos take, so that it is at hand, and compares it. Rejects where it does not come, or as something else. */
  fetchRest(): Promise<void>;
  /** One of the page's files, as it was published. Asked for before the rest has come. */
  file(path: string): Promise<ArrayBuffer>;
  /** All is loaded: what is asked from here on counts. */
  begin(): void;
}

/** `distrust` hears of files that are not those that were published, or are not there though the page needs them. */
export function proof(distrust: (paths: readonly string[]) => void): Proof {
  const home = byId('proof', HTMLElement);
  let silence: Silence | undefined;
  let kept: Kept = { kind: 'keeping' };
  const hashes = new Map<Wasm, string | undefined>();
  let isAllKept = false;
  let install: InstallPrompt | undefined;
  // It comes after the page can be used.
  const observer = watch(new Set([new URL('darkslide-all.wasm', location.href).href]), (now) => {
    silence = now;
    show();
  });
  const keeping = keepOffline({
    kept: (now) => {
      kept = now;
      show();
    },
    told: observer.hear,
    update: notice,
    notAlone: () => notice(undefined),
    foreign: (path) => distrust([path]),
  });
  // It starts when the service worker, if there is one, can answer it.
  const files = keeping.then(published);
  const handed: Promise<unknown>[] = [];
  window.addEventListener('beforeinstallprompt', (event) => {
    // We have a button for it; the browser's own banner would be in the way.
    event.preventDefault();
    if (!isInstallPrompt(event)) return;
    install = event;
    show();
  });
  window.addEventListener('appinstalled', () => {
    install = undefined;
    show();
  });
  new MutationObserver(show).observe(document.documentElement, { attributeFilter: ['lang'] });
  show();

  return {
    kept: keeping,
    checked: check('first').then(() => undefined, () => distrust(['checker.js'])),
    fetchRest: async () => {
      if (!(await check('later'))) throw new Error('not all of the files came as they were published');
      isAllKept = kept.kind === 'kept' && (await caches.match('darkslide-all.wasm')) !== undefined;
      show();
      await Promise.allSettled(handed);
      (await files).close();
    },
    file: (path) => {
      const bytes = files.then((all) => all.bytes(path));
      handed.push(bytes);
      return bytes;
    },
    begin: observer.begin,
  };

  /** Whether all is as it was published, as far as this browser can tell. */
  async function check(which: 'first' | 'later'): Promise<boolean> {
    const found = await (await files).check(which);
    for (const { path, verdict, hash } of found) {
      const name = WASMS.find((wasm) => path === `./${wasm}`);
      if (name !== undefined && verdict !== 'missing') hashes.set(name, hash);
    }
    const bad = found.filter(({ path, verdict }) => verdict === 'foreign' || (verdict === 'missing' && which === 'first' && isProgram(path)));
    if (bad.length > 0) distrust(bad.map(({ path }) => path));
    show();
    return found.every(({ verdict }) => verdict === 'published' || verdict === 'unchecked');
  }

  function show(): void {
    const text = words().proof;
    const open = home.querySelector('details')?.open ?? false;
    const loud = (silence?.network.length ?? 0) > 0;
    const foreign = [...hashes].some(([name, hash]) => hash !== undefined && hash !== PUBLISHED.wasm[name]);
    // It counts from the first photo on, but promises nothing before all is here.
    const counted = silence !== undefined && (loud || hashes.has('darkslide-all.wasm')) ? text.networkCount(silence.network.length) : text.starting;
    const count = element('output', { class: 'proof-count', 'data-network': silence?.network.length }, counted);
    home.replaceChildren(
      element('h2', { id: 'proof-title' }, text.title),
      element('p', { class: loud ? 'proof-lead loud' : 'proof-lead' }, text.lead, ' ', count, '.'),
      ...installHint(),
      element(
        'details',
        { class: 'proof-more', open: open || loud || foreign },
        element('summary', {}, text.checkTitle),
        element('ol', { class: 'proof-check' }, ...text.check.map((step) => element('li', {}, step))),
        element('dl', { class: 'proof-facts' }, ...facts()),
        element('p', {}, element('b', {}, text.blindTitle), ' ', text.blind),
      ),
    );
    home.setAttribute('aria-labelledby', 'proof-title');
  }

  function facts(): HTMLElement[] {
    const text = words().proof;
    const rows: [string, string, ...Node[]][] = [];
    if (silence !== undefined) {
      rows.push([text.network, text.networkCount(silence.network.length), ...addresses(silence.network)]);
      rows.push([text.kept, text.keptCount(silence.answered)]);
      rows.push([text.refused, text.refusedCount(silence.refused.length), ...addresses(silence.refused)]);
    }
    rows.push([text.watchers, text.watching(kept.kind === 'kept')]);
    rows.push([text.guard, kept.kind === 'not-kept' ? text.guardIs.notKept(kept.why) : text.guardIs[isAllKept ? 'kept' : 'keeping']]);
    const link = element('a', { href: 'integrity.json' }, text.list);
    for (const [name, hash] of hashes) {
      const what = hash === undefined ? text.engineUnknown(name) : text.engineIs(name, hash === PUBLISHED.wasm[name], PUBLISHED.version);
      rows.push([name === 'darkslide.wasm' ? text.engine : text.engineAll, what, ...(hash === undefined ? [] : [element('code', { class: 'proof-hash' }, hash)])]);
    }
    rows.at(-1)?.push(element('p', {}, link));
    return rows.flatMap(([name, value, ...more]) => [element('dt', {}, name), element('dd', {}, value, ...more)]);
  }

  function installHint(): HTMLElement[] {
    const text = words().proof;
    if (kept.kind !== 'kept' || matchMedia('(display-mode: standalone)').matches) return [];
    const offer = install;
    if (offer === undefined) return [element('p', { class: 'proof-install' }, text.installHow, ' ', text.installByHand)];
    const button = element('button', { class: 'button', type: 'button' }, text.install);
    button.addEventListener('click', () => void offer.prompt());
    return [element('p', { class: 'proof-install' }, text.installHow, ' ', button)];
  }
}

/** Says that a newer version waits; without `take`, that another page of ours is in its way. */
function notice(take: (() => void) | undefined): void {
  const text = words().proof;
  const id = 'update';
  const bar = document.getElementById(id) ?? element('div', { id, class: 'update', role: 'status' });
  if (take === undefined) {
    bar.append(element('p', {}, text.updateNotAlone));
  } else {
    const button = element('button', { class: 'button primary', type: 'button' }, text.updateTake);
    button.addEventListener('click', take);
    bar.replaceChildren(element('p', {}, text.update), button);
  }
  document.body.append(bar);
}

function addresses(list: readonly string[]): HTMLElement[] {
  return list.length === 0 ? [] : [element('ul', {}, ...list.map((address) => element('li', {}, address)))];
}

function isInstallPrompt(event: Event): event is InstallPrompt {
  return 'prompt' in event;
}

const WASMS: readonly Wasm[] = ['darkslide.wasm', 'darkslide-all.wasm'];
