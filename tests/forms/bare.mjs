// A page without anything: how tests put forms into it, choose files and see what has reached the server.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach } from 'node:test';

import { verify } from 'darkslide/verify';

import { evidence, originals } from './originals.mjs';
import { uploads } from './server.mjs';
import { start } from './site.mjs';

/** What each test finds, once `setUp` was called: a page of its own, the server, files to choose, and a look for them in what it got. */
export let page;
export let site;
export let files;
export let traces;

/** For a file's tests; `browser` opens another than Chromium. */
export function setUp(browser) {
  before(async () => {
    site = await start(['bare'], browser);
    files = originals(join(site.folder, 'originals'));
    traces = evidence(Object.values(files).flat());
  });
  after(() => site.close());
  beforeEach(async () => (page = await open()));
  afterEach(() => page.close());
}

/** Opens the page, with what tests say in it: `form()`, `photo()`, `listOf()`. */
async function open() {
  const opened = await site.open('bare');
  await opened.evaluate(() => {
    globalThis.form = (fields = '<input type="file" name="photo" multiple>', more = {}) => {
      globalThis.answered = plainForm(fields);
      globalThis.element = document.querySelector('form');
      globalThis.input = document.querySelector('input[type=file]');
      globalThis.states = [];
      globalThis.protection = protect(element, { ...options, ...more, onState: (state) => states.push(state.phase) });
    };
    /** A photo as a script may have one: read from the server or made from bytes. */
    globalThis.photo = (base64, name = 'IMG_1.jpg', type = 'image/jpeg') => new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name, { type });
    globalThis.listOf = (...chosen) => {
      const transfer = new DataTransfer();
      for (const file of chosen) transfer.items.add(file);
      return transfer.files;
    };
  });
  return opened;
}

/** Chooses files in the input that `expression` gives in the page, as the browser's picker does; it may lie where no selector reaches. */
export async function choose(expression, chosen) {
  const client = await page.context().newCDPSession(page);
  const { result } = await client.send('Runtime.evaluate', { expression });
  await client.send('DOM.setFileInputFiles', { objectId: result.objectId, files: chosen.map(({ path }) => path) });
  await client.detach();
}

/** What has arrived, `expected` photos if all is well. Nothing of an original may be anywhere. */
export async function arrived(expected) {
  await site.server.came(expected);
  await page.evaluate(() => fetch('/sync'));
  await site.server.idle();
  const requests = site.server.received.splice(0);
  for (const { url, headers, body } of requests) assert.equal(traces.found(Buffer.concat([Buffer.from(`${url} ${headers}`), body])), undefined);
  const photos = requests.flatMap(uploads);
  for (const { name, bytes } of photos) {
    assert.match(name, /^photo-[0-9a-f]{8}\.jpg$/);
    assert.ok(verify(bytes).clean);
  }
  return { requests, photos };
}
