// A page without anything, and how tests put forms into it, choose files and see what has reached the server.

import assert from 'node:assert/strict';

import { verify } from 'darkslide/verify';

import { uploads } from './server.mjs';

/** Opens the page, with what tests say in it: `form()`, `photo()`, `listOf()`. */
export async function open(site) {
  const page = await site.open('bare');
  await page.evaluate(() => {
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
  return page;
}

/** Chooses files in the input that `expression` gives in the page, as the browser's picker does; it may lie where no selector reaches. */
export async function choose(page, expression, chosen) {
  const client = await page.context().newCDPSession(page);
  const { result } = await client.send('Runtime.evaluate', { expression });
  await client.send('DOM.setFileInputFiles', { objectId: result.objectId, files: chosen.map(({ path }) => path) });
  await client.detach();
}

/** What has arrived, `expected` photos if all is well. Nothing of an original may be anywhere. */
export async function arrived(site, page, traces, expected) {
  const until = Date.now() + 10_000;
  while (site.server.received.flatMap(uploads).length < expected && Date.now() < until) await new Promise((done) => setTimeout(done, 10));
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
