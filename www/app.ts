// The page: the store, its views, and the engine that serves it.

import { addPhotos, removeAll } from './actions.js';
import { startEngine } from './engine.js';
import { intake } from './intake.js';
import { openLaunched } from './launch.js';
import { endOnLeaving } from './leaving.js';
import { INITIAL, Store } from './state.js';
import type { State } from './state.js';
import { announcer } from './views/announce.js';
import { choices } from './views/choices.js';
import { byId, element, setAttributes, setText } from './views/element.js';
import { faces } from './views/faces.js';
import { findings } from './views/findings.js';
import { proof } from './views/proof.js';
import { stage } from './views/stage.js';
import { strip } from './views/strip.js';
import { verdict } from './views/verdict.js';

const ENGINE: Readonly<Record<State['engine'], string>> = {
  starting: 'Photos stay on this device',
  ready: 'Ready. Works without network now',
  failed: 'Could not start: load the page again',
};

const store = new Store(INITIAL);
const picture = stage(store);
const outcome = verdict(store);
const covered = faces(store, picture.original);
const hidden = findings();
const panel = element('div', { class: 'panel' }, outcome.node, covered.node, hidden.node, choices(store));
byId('bench', HTMLElement).append(picture.node, panel);

for (const update of [page, strip(store), picture.update, outcome.update, covered.update, hidden.update, announcer()]) store.listen(update);
intake(store);
openLaunched((files) => addPhotos(store, files));
const silence = proof();
// What is kept on this device is loaded from there: nothing comes over the network twice.
const engine = silence.kept.then(() => startEngine(store));
store.listen(({ engine: now }, { engine: before }) => {
  if (now !== 'starting' && before === 'starting') silence.begin();
});
endOnLeaving(() => {
  removeAll(store);
  void engine.then(({ close }) => close());
});

function page({ photos, engine }: State): void {
  const work = byId('work', HTMLElement);
  work.hidden = photos.length === 0;
  document.body.classList.toggle('has-photos', photos.length > 0);
  setAttributes(byId('engine', HTMLElement), { 'data-engine': engine });
  setText(byId('engine-text', HTMLElement), ENGINE[engine]);
}
