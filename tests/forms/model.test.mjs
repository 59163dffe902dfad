// A guarded form in random schedules: choices, moves into frames and shadow trees, clones, resets, every road of submission, listeners that
// add originals, games with prototypes. Whatever happens in whatever order, nothing of an original reaches the server; and in the end, a
// photo that is chosen and sent as usual arrives scrubbed.
//
// The schedules are the same in every run. `MODEL_SEED=n` takes others, `MODEL_RUNS=n` more or fewer.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { verify } from 'darkslide/verify';
import fc from 'fast-check';

import { evidence, originals } from './originals.mjs';
import { uploads } from './server.mjs';
import { start } from './site.mjs';

let site;
let page;
let client;
let chosen;
let traces;
before(async () => {
  site = await start(['bare']);
  const { good, broken } = originals(join(site.folder, 'originals'));
  chosen = [padded('Kerkstraat 12 at home.jpg', good.bytes), padded('IMG_20260501_0666.jpg', broken.bytes), padded('notes', good.bytes)];
  traces = evidence(chosen);
  page = await site.open('bare');
  client = await page.context().newCDPSession(page);
  await page.evaluate(prepare, chosen.map(({ name, bytes }) => [name, bytes.toString('base64')]));
});
after(() => site.close());

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('choose'), input: fc.nat(2), file: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('put'), input: fc.nat(2), file: fc.nat(2), way: fc.constantFrom('own', 'prototype', 'frame'), event: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('move'), what: fc.constantFrom('form', 'input'), where: fc.constantFrom('page', 'closed', 'frame', 'closed in frame', 'other form', 'nowhere', 'detached') }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('submit'), way: fc.constantFrom('click', 'submit', 'prototype', 'frame', 'requestSubmit', 'fetch', 'xhr') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('add'), place: fc.constantFrom('form', 'document', 'window', 'frame'), capture: fc.boolean(), stop: fc.boolean(), file: fc.nat(2), as: fc.constantFrom('file', 'blob', 'renamed') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('early'), place: fc.constantFrom('document', 'window', 'frame'), type: fc.constantFrom('input', 'change'), way: fc.constantFrom('submit', 'prototype', 'frame', 'requestSubmit', 'fetch') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('reset', 'empty', 'clone', 'later', 'clobber', 'pollute', 'change options', 'reload frame') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.constantFrom(0, 1, 10, 40) }) },
);
const schedule = fc.record({ guarded: fc.constantFrom('form', 'input'), other: fc.constantFrom('refuse', 'allow'), steps: fc.array(step, { minLength: 2, maxLength: 14 }) });

test('nothing of an original leaves, whatever happens in whatever order', async () => {
  let sent = 0;
  const runs = Number(process.env.MODEL_RUNS ?? 1000);
  await fc.assert(
    fc.asyncProperty(schedule, async ({ guarded, other, steps }) => {
      await page.evaluate(([what, others]) => begin(what, others), [guarded, other]);
      for (const one of steps) {
        if (one.do === 'choose') await choose(`inputs[${one.input} % inputs.length]`, chosen[one.file]);
        else await page.evaluate((what) => act(what), one);
      }
      sent += await look();
      // As people do it.
      await page.evaluate(() => end());
      await choose('inputs[0]', chosen[0]);
      assert.ok(await page.evaluate(() => [...inputs[0].files].every(isScrubbed)));
      await page.evaluate(() => forms[0].querySelector('button').click());
      await page.evaluate(() => protection.settled());
      await site.server.came(1);
      assert.ok((await look()) > 0, 'the last photo has not arrived');
    }),
    { numRuns: runs, seed: Number(process.env.MODEL_SEED ?? 20261201), includeErrorInReport: true },
  );
  // Else this would have tested nothing.
  assert.ok(sent > runs / 4, `${sent} photos have arrived in ${runs} schedules`);
});

async function choose(expression, { path }) {
  const { result } = await client.send('Runtime.evaluate', { expression });
  await client.send('DOM.setFileInputFiles', { objectId: result.objectId, files: [path] });
}

/** Waits until all that is under way has arrived, and looks for anything of an original in it. Returns how many photos came. */
async function look() {
  await page.evaluate(() => protection.settled().then(() => fetch('/sync')));
  await site.server.idle();
  const requests = site.server.received.splice(0);
  for (const { method, url, headers, body } of requests) assert.equal(traces.found(Buffer.concat([Buffer.from(`${method} ${url} ${headers}`), body])), undefined);
  const photos = requests.flatMap(uploads).filter(({ bytes }) => bytes.length > 0);
  for (const { bytes } of photos) assert.ok(verify(bytes).clean);
  return photos.length;
}

/** What the page has at hand: `begin`, `act`, `end`. Runs in the page. */
function prepare(given) {
  const files = given.map(([name, base64]) => new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name, { type: name.endsWith('.jpg') ? 'image/jpeg' : '' }));
  const list = (file, view = window) => {
    const transfer = new view.DataTransfer();
    transfer.items.add(file);
    return transfer.files;
  };
  // One worker for all schedules: what is given up goes on there, and its result comes to nobody.
  const shared = createScrubber();
  const scrubber = { scrub: async (file, options) => await (await shared).scrub(file, options) };
  const form = () => {
    const element = document.createElement('form');
    Object.assign(element, { action: '/upload', method: 'post', enctype: 'multipart/form-data', target: 'sink' });
    element.innerHTML = '<button>Send</button>';
    return element;
  };
  let listeners;
  let roots;
  let frame;

  globalThis.begin = (guarded, other) => {
    listeners?.abort();
    listeners = new AbortController();
    globalThis.protection?.release();
    document.body.innerHTML = '<iframe name="sink"></iframe><iframe id="frame"></iframe><div id="host"></div>';
    frame = document.querySelector('#frame');
    roots = new Map();
    globalThis.forms = [form(), form()];
    document.body.append(...forms);
    const input = Object.assign(document.createElement('input'), { type: 'file', name: 'photo' });
    forms[0].prepend(input);
    globalThis.inputs = [input];
    globalThis.guarded = guarded;
    globalThis.setting = { faces: 'keep', identity: 'reset', other, scrubber };
    globalThis.protection = protect(guarded === 'form' ? forms[0] : input, setting);
  };
  /** All games are over, and the form is in the page. */
  globalThis.end = () => {
    listeners.abort();
    delete Object.prototype.other;
    const [element] = forms;
    for (const control of [...HTMLFormElement.prototype.querySelectorAll.call(element, '[data-clobber]')]) control.remove();
    // A refused one in another input would keep the form here.
    for (const other of inputs.splice(1)) other.remove();
    if (guarded === 'input') element.prepend(inputs[0]);
    document.body.append(element);
    if (inputs[0].form !== element) element.prepend(inputs[0]);
  };
  const closed = (document) => {
    if (!roots.has(document)) {
      const host = document.createElement('div');
      document.body.append(host);
      roots.set(document, host.attachShadow({ mode: 'closed' }));
    }
    return roots.get(document);
  };
  const inner = () => frame.contentDocument;
  const place = (where) => ({ document, window, frame: frame.contentWindow, form: current() })[where];
  /** The form that sends: the one in which the input is. */
  const current = () => (guarded === 'form' ? forms[0] : (inputs[0].form ?? forms[0]));
  const ways = {
    click: (element) => HTMLFormElement.prototype.querySelector.call(element, 'button').click(),
    submit: (element) => typeof element.submit === 'function' && element.submit(),
    prototype: (element) => HTMLFormElement.prototype.submit.call(element),
    frame: (element) => frame.contentWindow.HTMLFormElement.prototype.submit.call(element),
    requestSubmit: (element) => HTMLFormElement.prototype.requestSubmit.call(element),
    fetch: (element) => void fetch('/upload', { method: 'POST', body: new FormData(element) }),
    xhr: (element) => {
      const request = new XMLHttpRequest();
      request.open('POST', '/upload');
      request.send(new FormData(element));
    },
  };
  const acts = {
    put: ({ input, file, way, event }) => {
      const target = inputs[input % inputs.length];
      const set = (owner) => Object.getOwnPropertyDescriptor(owner.HTMLInputElement.prototype, 'files').set.call(target, list(files[file], owner));
      if (way === 'own') target.files = list(files[file]);
      else set(way === 'frame' ? frame.contentWindow : window);
      if (event) target.dispatchEvent(new Event('change', { bubbles: true }));
    },
    move: ({ what, where }) => {
      const element = what === 'form' || guarded === 'form' ? forms[0] : inputs[0];
      const to = { page: () => document.body, closed: () => closed(document), frame: () => inner().body, 'closed in frame': () => closed(inner()), 'other form': () => (element === forms[0] ? document.body : forms[1]), nowhere: () => undefined, detached: () => document.createElement('div') }[where]();
      if (to === undefined) element.remove();
      else to.append(element);
    },
    submit: ({ way }) => ways[way](current()),
    add: ({ place: where, capture, stop, file, as }) => {
      EventTarget.prototype.addEventListener.call(place(where), 'formdata', (event) => {
        if (stop) event.stopImmediatePropagation();
        // Who guards one input guards its field in the form that it is in; the rest is the page's.
        if (guarded === 'input' && inputs[0].form !== event.composedPath()[0]) return;
        const field = guarded === 'form' ? 'added' : 'photo';
        if (as === 'file') event.formData.append(field, files[file]);
        else if (as === 'blob') event.formData.set(field, files[file].slice());
        else event.formData.append(field, files[file], 'letter.txt');
      }, { capture, signal: listeners.signal });
    },
    early: ({ place: where, type, way }) => {
      let going = false;
      place(where).addEventListener(type, () => {
        if (going) return;
        going = true;
        ways[way](current());
        going = false;
      }, { capture: true, signal: listeners.signal });
    },
    reset: () => HTMLFormElement.prototype.reset.call(current()),
    empty: () => (inputs[0].value = ''),
    clone: () => {
      // A clone of an input alone is nobody's: see docs/forms.md.
      if (guarded === 'form') inputs.push(inputs.at(-1).parentNode?.appendChild(inputs.at(-1).cloneNode()) ?? inputs[0]);
    },
    later: () => {
      if (guarded !== 'form') return;
      const input = Object.assign(document.createElement('input'), { type: 'file', name: `later-${inputs.length}` });
      input.files = list(files[0]);
      HTMLFormElement.prototype.append.call(forms[0], input);
      inputs.push(input);
    },
    clobber: () => {
      for (const name of ['nodeName', 'ownerDocument', 'elements', 'submit', 'getRootNode', 'addEventListener']) HTMLFormElement.prototype.append.call(current(), Object.assign(document.createElement('input'), { name, type: 'hidden' }));
      for (const control of HTMLFormElement.prototype.querySelectorAll.call(current(), '[type=hidden]')) control.dataset.clobber = '';
    },
    pollute: () => (Object.prototype.other = 'allow'),
    'change options': () => protection.change({ ...setting, quality: 70 }),
    'reload frame': () => {
      // What lies in it goes with it.
      if (inputs[0].ownerDocument === document && forms[0].ownerDocument === document) frame.src = 'about:blank';
    },
    wait: ({ ms }) => new Promise((done) => setTimeout(done, ms)),
  };
  globalThis.act = async (what) => await acts[what.do](what);
}

/** A file of a size that is no other number's; what it grows by says whose it is. */
function padded(name, bytes) {
  const folder = join(site.folder, 'padded');
  mkdirSync(folder, { recursive: true });
  const blocks = Array.from({ length: 2000 }, (_, index) => createHash('sha256').update(`${name} ${index}`).digest());
  const whole = Buffer.concat([bytes, ...blocks]).subarray(0, 61_357 + 1_013 * name.length);
  const path = join(folder, name);
  writeFileSync(path, whole);
  return { name, path, bytes: whole };
}
