// The package `darkslide/filepond`: a FilePond plugin that scrubs each file as it is loaded, before FilePond shows or sends it.

import { isCleared } from '../brand.js';
import { asScrubError, Gate } from './gate.js';
import type { GateOptions } from './gate.js';
import { rootsOf, viewOf, within } from './dom.js';
import type { View } from './dom.js';
import { watchEntries, watchPlace } from './entries.js';
import type { Entries } from './entries.js';
import { holdSubmissions } from './submission.js';
import type { Hold } from './submission.js';

export type { GateOptions, PhotoScrubber } from './gate.js';
export type { Words } from './words.js';

/** What FilePond hands a plugin, as far as it is used here. */
export interface FilePondPluginApi {
  addFilter(name: string, filter: (value: never, utils: never) => unknown): void;
  utils: { Type: { OBJECT: string } };
}

type Query = (name: string) => unknown;

/** A pond, as its events describe it: by its properties. */
interface Pond {
  readonly element: { get(): HTMLElement };
}

/** An entry of a pond's list. It is archived when it is removed, and seen for a while yet, as it goes. */
interface Item {
  readonly id: string;
  readonly archived: boolean;
}

/**
 * `FilePond.registerPlugin(Darkslide)`, and `FilePond.create(input, { darkslide: options })`: each file that is chosen, dropped, pasted or
 * added by a script is scrubbed while FilePond shows it as loading. One that is refused stays in the list with the reason, and is not sent.
 *
 * A form with a pond in it (`storeAsFile`) waits for what is being scrubbed, and is not sent while a refused file is in the list.
 * Register it once; it is not to be switched off.
 */
export default function darkslide({ addFilter, utils: { Type } }: FilePondPluginApi): { options: Record<string, [unknown, string]> } {
  const gates = new WeakMap<object, Gate>();
  const gateOf = (query: Query): Gate => {
    const options = (query('GET_DARKSLIDE') ?? DEFAULTS) as GateOptions;
    let gate = gates.get(options);
    if (gate === undefined) gates.set(options, (gate = new Gate(options)));
    return gate;
  };
  const items = new Map<string, WeakRef<Item>>();
  let loading = 0;

  addFilter('DID_CREATE_ITEM', (item: Item) => {
    items.set(item.id, new WeakRef(item));
    return item;
  });
  addFilter('LOAD_FILE', async (file: File, { query }: { query: Query }) => {
    loading += 1;
    const gate = gateOf(query);
    try {
      return (await gate.pass(file)).file;
    } catch (thrown) {
      // FilePond shows a status; anything else it would show as an empty line.
      throw { status: { main: gate.sentence(asScrubError(thrown)), sub: '' }, error: thrown };
    } finally {
      loading -= 1;
    }
  });
  // The last step before a file is sent: files that FilePond took from elsewhere have not been loaded.
  addFilter('PREPARE_OUTPUT', async (output: Blob, { query, item }: { query: Query; item: { file: Blob } }) => {
    if (!gateOf(query).passed(item.file)) throw new Error('darkslide: a file that was not scrubbed is not sent');
    return output;
  });

  if (typeof window !== 'undefined') {
    const holds = new Map<object, Hold>();
    const holdIn = (view: View): Hold => {
      let hold = holds.get(view.HTMLFormElement.prototype);
      if (hold === undefined) {
        hold = holdSubmissions(view, (form) => (holdsPond(form) && (isBusy(form, loading) || holdsRefused(form, items)) ? quiet(form, () => loading, items) : undefined));
        holds.set(view.HTMLFormElement.prototype, hold);
        watchEntries(view, entriesOf);
        watchPlace(view, entriesOf);
      }
      return hold;
    };
    holdIn(window);
    // A pond in a shadow tree, whose form's events do not leave it.
    window.addEventListener('FilePond:init', (event) => {
      const element = (event as CustomEvent<{ pond: Pond }>).detail.pond.element.get();
      const hold = holdIn(viewOf(element) ?? window);
      for (const root of rootsOf(element)) {
        hold.at(root);
        watchPlace(root, entriesOf);
      }
      for (const input of within<HTMLInputElement>(element, BROWSER)) keepNameless(input);
    });
  }
  return { options: { darkslide: [null, Type.OBJECT] } };
}

/**
 * FilePond leaves what was chosen in its own input for a quarter of a second, and gives it the field's name: a form that is sent then would
 * send the original. Without a name it is not sent.
 */
function keepNameless(input: HTMLInputElement): void {
  const forget = (): void => input.removeAttribute('name');
  new MutationObserver(forget).observe(input, { attributeFilter: ['name'] });
  forget();
}

/** What is in any of a pond's inputs and was not scrubbed does not leave. */
function entriesOf(form: HTMLFormElement): Entries | undefined {
  if (!holdsPond(form)) return undefined;
  const originals = new Set(within<HTMLInputElement>(form, `${BROWSER}, ${STORED}`).flatMap((input) => [...(input.files ?? [])].filter((file) => !isCleared(file))));
  return { names: undefined, stays: (file) => !originals.has(file) };
}

/** Resolves when a form's ponds have nothing left to do: whether all that is in them was taken. */
async function quiet(form: HTMLFormElement, loading: () => number, items: Map<string, WeakRef<Item>>): Promise<boolean> {
  // Between two steps of FilePond's, some frames pass in which nothing shows.
  for (let frames = 0; frames < QUIET_FRAMES; ) {
    await new Promise((done) => requestAnimationFrame(done));
    frames = isBusy(form, loading()) ? 0 : frames + 1;
  }
  return !holdsRefused(form, items);
}

/** Other forms of the page wait for nothing. */
function holdsPond(form: HTMLFormElement): boolean {
  return within(form, '.filepond--root').length > 0;
}

/** Whether a refused file is in the list of one of the form's ponds, and stays there. */
function holdsRefused(form: HTMLFormElement, items: Map<string, WeakRef<Item>>): boolean {
  return within(form, REFUSED).some((element) => {
    const item = items.get(element.id.slice(ITEM_ID.length));
    return item === undefined || item.deref()?.archived === false;
  });
}

function isBusy(form: HTMLFormElement, loading: number): boolean {
  const browsed = within<HTMLInputElement>(form, BROWSER).some((input) => (input.files?.length ?? 0) > 0);
  return browsed || loading > 0 || within(form, LOADING).length > 0;
}

const DEFAULTS: GateOptions = {};
const QUIET_FRAMES = 10;
// FilePond's own names of its parts and of what its items are at.
const ITEM_ID = 'filepond--item-';
const BROWSER = 'input.filepond--browser';
const STORED = '.filepond--data input[type=file]';
const LOADING = '.filepond--item:not([data-filepond-item-state]), .filepond--item[data-filepond-item-state=""], .filepond--item[data-filepond-item-state="busy"], .filepond--item[data-filepond-item-state="loading"]';
const REFUSED = '.filepond--item[data-filepond-item-state="load-invalid"], .filepond--item[data-filepond-item-state="load-error"]';
