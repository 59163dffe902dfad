// What is particular to a host: orders of plugins, uploads that are taken up again, several files in a request, pages rendered on a server.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { DarkslideInput, useDarkslide } from 'darkslide/react';
import { verify } from 'darkslide/verify';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';

import { evidence, originals } from './originals.mjs';
import { uploads } from './server.mjs';
import { start } from './site.mjs';

let site;
let files;
let traces;
before(async () => {
  site = await start(['uppy-darkslide', 'dropzone', 'filepond']);
  files = originals(join(site.folder, 'originals'));
  traces = evidence(Object.values(files).flat());
});
after(() => site.close());

/** The photos that have arrived, by request; nothing of an original may be anywhere. */
async function arrived(page) {
  await page.evaluate(() => globalThis.host.settled());
  await site.server.idle();
  const requests = site.server.received.splice(0);
  for (const { body } of requests) assert.equal(traces.found(body), undefined);
  const photos = requests.map(uploads);
  for (const { name, bytes } of photos.flat()) assert.ok(verify(bytes).clean && /^photo-[0-9a-f]{8}\.jpg$/.test(name));
  return photos;
}

const choose = (page, ...chosen) => page.locator('input[type=file]').setInputFiles(chosen.map(({ path }) => path));
const base64 = () => files.good.bytes.toString('base64');

test('Uppy: what another plugin makes of a file is scrubbed too, wherever it stands', async () => {
  const page = await site.open('uppy-darkslide');
  await page.evaluate((original) => {
    const bytes = Uint8Array.from(atob(original), (letter) => letter.charCodeAt(0));
    globalThis.uppy.addPreProcessor(async (ids) => {
      for (const id of ids) globalThis.uppy.setFileState(id, { data: new File([bytes], 'IMG_1.jpg', { type: 'image/jpeg' }), name: 'IMG_1.jpg' });
    });
  }, base64());
  await choose(page, files.grows);
  await page.evaluate(() => globalThis.host.submit());
  assert.equal((await arrived(page)).flat().length, 1);
  await page.close();
});

test('Uppy: an upload that is taken up again starts at the scrubber', async () => {
  const page = await site.open('uppy-darkslide');
  await choose(page, files.good);
  await page.evaluate(async () => {
    const { uppy } = globalThis;
    const [{ id }] = uppy.getFiles();
    // As Golden Retriever leaves it, when the page went down while a file was uploaded.
    uppy.setState({ currentUploads: { before: { fileIDs: [id], step: 1, result: {} } } });
    uppy.emit('restored', {});
    await uppy.restore('before');
  });
  assert.equal((await arrived(page)).flat().length, 1);
  await page.close();
});

test('Uppy: a file that is not in this browser is refused', async () => {
  const page = await site.open('uppy-darkslide');
  const refused = await page.evaluate(async () => {
    const { uppy, host } = globalThis;
    uppy.addFile({ name: 'IMG_1.jpg', type: 'image/jpeg', data: { size: 1 }, isRemote: true, remote: { url: '/remote', companionUrl: '', requestClientId: '' } });
    await uppy.upload().catch(() => undefined);
    return { refusals: host.refusals(), left: uppy.getFiles().length };
  });
  assert.match(refused.refusals.join(), /cannot be cleaned here/);
  assert.equal(refused.left, 0);
  assert.deepEqual(await arrived(page), []);
  await page.close();
});

test('Dropzone: in a request of several files the refused one is left out, and the others go', async () => {
  const page = await site.open('dropzone', '#multiple');
  await choose(page, files.good, files.broken, files.grows);
  await page.evaluate(() => globalThis.host.submit());
  await page.waitForFunction(() => globalThis.zone.files.filter(({ status }) => status === 'success').length === 2);
  assert.deepEqual((await arrived(page)).map((photos) => photos.length), [2]);
  // Dropzone has something to say of it too: it cannot make a thumbnail.
  assert.equal((await page.evaluate(() => globalThis.host.refusals())).filter((message) => /could not be cleaned/.test(message)).length, 1);
  await page.close();
});

test('FilePond: a form without a pond waits for nothing', async () => {
  const page = await site.open('filepond');
  await page.locator('.filepond--browser').setInputFiles(files.many.map(({ path }) => path));
  await page.waitForFunction(() => globalThis.host.working());
  const { clicks, sent } = await page.evaluate(async () => {
    const other = document.createElement('form');
    other.innerHTML = '<button>Search</button>';
    document.body.append(other);
    let [clicks, sent] = [0, 0];
    other.addEventListener('submit', (event) => {
      event.preventDefault();
      sent += 1;
    });
    // From the first file's being read to the last one's being scrubbed.
    for (; globalThis.host.working(); clicks++) {
      other.querySelector('button').click();
      await new Promise((done) => setTimeout(done, 10));
    }
    return { clicks, sent };
  });
  assert.ok(clicks > 10, `${clicks} clicks`);
  assert.equal(sent, clicks);
  await page.close();
});

test('React: what a server renders cannot take a photo', () => {
  const Hooked = () => createElement('input', { ...useDarkslide({ faces: 'blur' }).inputProps, name: 'photo' });
  for (const element of [createElement(DarkslideInput, { name: 'photo', options: { faces: 'mosaic' } }), createElement(Hooked)]) {
    assert.match(renderToString(element), /<input(?=[^>]* type="file")(?=[^>]* name="photo")(?=[^>]* disabled="")/);
  }
});
