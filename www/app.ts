// The page: the store, its views, and the engine that serves it. Views are built anew when the language changes; all that must last is in the store.

import { addPhotos, choose, distrust, follow, removeAll, show } from './actions.js';
import { startEngine } from './engine.js';
import { intake } from './intake.js';
import { openLaunched } from './launch.js';
import { endOnLeaving } from './leaving.js';
import { defaults, fromFragment, isHarmless, requested, toFragment } from './settings.js';
import type { Request, Settings } from './settings.js';
import { initial, Store } from './state.js';
import type { State } from './state.js';
import { trustOwnScripts } from './trust.js';
import { announcer } from './views/announce.js';
import { byId, element, setAttributes, setText } from './views/element.js';
import { faces } from './views/faces.js';
import { findings } from './views/findings.js';
import { foreign } from './views/foreign.js';
import { notice } from './views/notice.js';
import { proof } from './views/proof.js';
import { question } from './views/question.js';
import { settings } from './views/settings.js';
import { stage } from './views/stage.js';
import { strip } from './views/strip.js';
import { verdict } from './views/verdict.js';
import { isLanguage, LANGUAGES, speak, words } from './words/index.js';
import type { Language } from './words/index.js';

/** Where the tab's history says so. */
const CHOSEN = 'chosen';

trustOwnScripts();
const store = new Store(initial(inAddress(defaults())));
await speak(store.state.settings.language);
const silence = proof((paths) => distrust(store, paths));
// What is kept on this device is loaded from there: nothing comes over the network twice.
const engine = startEngine(store, silence);
let built = new AbortController();

languageSwitch();
lookSwitch();
build();
intake(store, silence.file);
openLaunched((files) => addPhotos(store, files));
store.listen(({ engine: now }, { engine: before }) => {
  if (now !== before && before === 'starting') silence.begin();
});
endOnLeaving(() => {
  removeAll(store);
  void engine.close();
});
store.listen(({ settings: now }, { settings: before }) => {
  if (now.language !== before.language) void translate(now.language, before.language);
  if (now !== before) address(now);
});
store.listen(page);
store.listen(announcer());
store.listen(notice());
// Somebody changed the address by hand, or went back to another.
window.addEventListener('hashchange', () => follow(store, inAddress(store.state.settings)));
byId('skip', HTMLAnchorElement).addEventListener('click', (event) => {
  // The fragment holds the settings.
  event.preventDefault();
  byId('main', HTMLElement).focus();
});

async function translate(language: Language, before: Language): Promise<void> {
  try {
    await speak(language);
    build();
    page(store.state);
  } catch {
    show(store, words().page.notSpoken);
    choose(store, { language: before });
  }
}

/** Makes the page in its language. */
function build(): void {
  built.abort();
  built = new AbortController();
  const { signal } = built;
  const picture = stage(store, signal);
  const cards = strip(store);
  const outcome = verdict(store, engine);
  const covered = faces(store, picture.original);
  const hidden = findings(store);
  const chosen = settings(store);
  const [asking, warning] = [question(store), foreign()];
  byId('heed', HTMLElement).replaceChildren(warning.node, asking.node);
  byId('choices', HTMLElement).replaceChildren();
  byId('cards', HTMLElement).replaceChildren(cards.node);
  byId('bench', HTMLElement).replaceChildren(picture.node, element('div', { class: 'panel' }, outcome.node, covered.node, hidden.node));
  for (const view of [cards, picture, outcome, covered, hidden, chosen, asking, warning]) store.listen(view.update, signal);
  // Before there are photos they are beside the way in; with photos, in the panel.
  store.listen(({ photos }) => {
    const home = photos.length === 0 ? byId('choices', HTMLElement) : byId('bench', HTMLElement).querySelector('.panel');
    if (chosen.node.parentElement !== home) home?.append(chosen.node);
  }, signal);
}

function page({ photos, engine: state, settings: now }: State): void {
  byId('work', HTMLElement).hidden = photos.length === 0;
  byId('choices', HTMLElement).hidden = photos.length > 0;
  document.body.classList.toggle('has-photos', photos.length > 0);
  // There is no way in for photos where they would not be taken.
  for (const way of ['files', 'camera', 'folder', 'sample', 'look']) setAttributes(byId(way, HTMLElement), { disabled: state === 'foreign' });
  setAttributes(byId('engine', HTMLElement), { 'data-engine': state });
  setText(byId('engine-text', HTMLElement), words().engine[state]);
  byId('look', HTMLInputElement).checked = now.look !== 'off';
  byId('language', HTMLSelectElement).value = now.language;
}

/** Each language by its own name. */
function languageSwitch(): void {
  const select = byId('language', HTMLSelectElement);
  select.append(...Object.entries(LANGUAGES).map(([tag, own]) => element('option', { value: tag, lang: tag }, own)));
  select.addEventListener('change', () => isLanguage(select.value) && choose(store, { language: select.value }));
}

/** Whether anybody looks for faces at all is asked before the first photo. */
function lookSwitch(): void {
  const look = byId('look', HTMLInputElement);
  look.addEventListener('change', () => choose(store, { look: look.checked ? 'balanced' : 'off' }));
}

/** What the address asks for, as far as it may without a question. What was chosen in this tab, by hand, needs none when the page is loaded again. */
function inAddress(now: Settings): Request {
  const wanted = fromFragment(location.hash);
  return history.state?.[CHOSEN] === toFragment(wanted) ? { settings: wanted, asked: {} } : requested(wanted, now);
}

/**
 * Keeps the settings in the fragment, without a step in the history for each. That they were chosen here is kept beside it, in this tab's history
 * alone: no link can say that, and a tab that is closed forgets it.
 */
function address(settings: Settings): void {
  const fragment = toFragment(settings);
  const url = new URL(location.href);
  const state = isHarmless(settings) ? null : { [CHOSEN]: fragment };
  if (url.hash.replace(/^#/, '') === fragment && (history.state?.[CHOSEN] ?? null) === (state?.[CHOSEN] ?? null)) return;
  url.hash = fragment;
  history.replaceState(state, '', url);
}
