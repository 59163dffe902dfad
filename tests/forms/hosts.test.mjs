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
  site = await start(['uppy-darkslide', 'dropzone', 'filepond', 'react-options', 'react-dropzone-form', 'element']);
  files = originals(join(site.folder, 'originals'));
  traces = evidence(Object.values(files).flat());
});
after(() => site.close());

/** The photos that have arrived, by request; nothing of an original may be anywhere. */
async function arrived(page) {
  await page.evaluate(() => globalThis.host.settled());
  return await received();
}

async function received() {
  await site.server.idle();
  const requests = site.server.received.splice(0);
  for (const { body } of requests) assert.equal(traces.found(body), undefined);
  const photos = requests.map(uploads);
  for (const { name, bytes } of photos.flat()) assert.ok(verify(bytes).clean && /^photo-[0-9a-f]{8}\.jpg$/.test(name));
  return photos;
}

const choose = (page, ...chosen) => page.locator('input[type=file]').setInputFiles(chosen.map(({ path }) => path));
/** Has the page's script put a file in, and do something in the same moment: what is chosen from outside may be scrubbed before that. */
const put = (page, { bytes }, then) =>
  page.evaluate(
    ([original, script]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(original), (letter) => letter.charCodeAt(0))], 'IMG_1.jpg', { type: 'image/jpeg' }));
      const input = document.querySelector('[type=file]');
      input.files = transfer.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
      (0, eval)(script);
    },
    [bytes.toString('base64'), then],
  );
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

test('Uppy: a step that another plugin adds while an upload begins, or a change when all is prepared, comes to nothing', async () => {
  const page = await site.open('uppy-darkslide');
  await page.evaluate((original) => {
    const { uppy } = globalThis;
    const bytes = Uint8Array.from(atob(original), (letter) => letter.charCodeAt(0));
    const replace = (id) => uppy.setFileState(id, { data: new File([bytes], 'IMG_1.jpg', { type: 'image/jpeg' }), name: 'IMG_1.jpg', meta: { ...uppy.getFile(id).meta, name: 'IMG_1.jpg', relativePath: 'Kerkstraat 12 at home.jpg' } });
    uppy.on('upload', () => uppy.addPreProcessor(async (ids) => ids.forEach(replace)));
    uppy.on('preprocess-complete', ({ id }) => replace(id));
  }, base64());
  await choose(page, files.grows);
  await page.evaluate(() => globalThis.host.submit());
  assert.equal((await arrived(page)).flat().length, 1);
  // Gone, it leaves Uppy as it was.
  assert.ok(await page.evaluate(() => {
    const { uppy } = globalThis;
    uppy.removePlugin(uppy.getPlugin('Darkslide'));
    return uppy.addPreProcessor === Object.getPrototypeOf(uppy).addPreProcessor;
  }));
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

test('Dropzone: in pieces, each says the size of what is sent, not of the original', async () => {
  const page = await site.open('dropzone');
  await page.evaluate(() => Object.assign(globalThis.zone.options, { chunking: true, forceChunking: true, chunkSize: 4000, parallelUploads: 1 }));
  await choose(page, files.grows);
  await page.evaluate(() => globalThis.host.submit());
  await page.waitForFunction(() => globalThis.zone.files.every(({ status }) => status === 'success'));
  await site.server.idle();
  const requests = site.server.received.splice(0);
  const field = (body, name) => new RegExp(`name="${name}"\r\n\r\n([^\r]*)`).exec(body.toString('latin1'))?.[1];
  const pieces = requests.flatMap((request) => uploads(request).map(({ bytes }) => ({ index: Number(field(request.body, 'dzchunkindex')), bytes }))).sort((one, other) => one.index - other.index);
  const whole = Buffer.concat(pieces.map(({ bytes }) => bytes));
  assert.ok(pieces.length > 2 && verify(whole).clean);
  for (const { headers, body } of requests) {
    assert.equal(traces.found(Buffer.concat([Buffer.from(headers), body])), undefined);
    assert.equal(field(body, 'dztotalfilesize'), String(whole.length));
  }
  await page.close();
});

test('<darkslide-input>: other attributes, or another place, while a photo is scrubbed lose nothing', async () => {
  const page = await site.open('element');
  const inner = 'document.querySelector("darkslide-input").shadowRoot.querySelector("input")';
  const client = await page.context().newCDPSession(page);
  for (const change of [
    () => document.querySelector('darkslide-input').setAttribute('faces', 'fill'),
    () => document.querySelector('form').append(document.querySelector('darkslide-input')),
    () => {
      // In a closed shadow tree, with its form.
      const root = document.body.appendChild(document.createElement('div')).attachShadow({ mode: 'closed' });
      globalThis.form = document.querySelector('form');
      root.append(form);
    },
  ]) {
    const { result } = await client.send('Runtime.evaluate', { expression: inner });
    await client.send('DOM.setFileInputFiles', { objectId: result.objectId, files: [files.good.path] });
    await page.evaluate(change);
    await page.evaluate(() => (globalThis.form ?? document.querySelector('form')).querySelector('button').click());
    await site.server.came(1);
    assert.equal((await received()).flat().length, 1, String(change));
  }
  await page.close();
});

test('React: options that change while a photo is scrubbed lose nothing', async () => {
  const page = await site.open('react-options');
  await page.waitForFunction(() => !document.querySelector('[type=file]').disabled);
  await put(page, files.good, "host.submit(), host.change('fill')");
  await page.waitForFunction(() => globalThis.host.modes().length > 0);
  await site.server.came(1);
  assert.equal((await arrived(page)).flat().length, 1);
  assert.deepEqual(await page.evaluate(() => globalThis.host.modes()), ['fill']);
  await page.close();
});

test("react-dropzone: what is chosen in its own input, under a name in a form, is sent scrubbed", async () => {
  const page = await site.open('react-dropzone-form');
  for (const way of [() => globalThis.host.submit(), () => document.querySelector('form').submit(), () => document.querySelector('form').requestSubmit()]) {
    await choose(page, files.good);
    // Nothing, or what has come of it already.
    assert.ok(await page.evaluate(() => [...document.querySelector('[type=file]').files].every(({ name }) => name.startsWith('photo-'))));
    await page.evaluate(way);
    await site.server.came(1);
    assert.equal((await arrived(page)).flat().length, 1);
  }
  // A refused one stops the form once, and is nowhere; neither is one whose form was reset.
  await put(page, files.broken, 'host.submit()');
  await page.waitForFunction(() => globalThis.host.refusals().length === 1);
  assert.deepEqual(await arrived(page), []);
  await choose(page, files.good);
  await page.evaluate(() => document.querySelector('form').reset());
  await page.waitForFunction(() => !globalThis.host.working());
  assert.equal(await page.evaluate(() => document.querySelector('[type=file]').files.length), 0);
  await page.close();
});

test('FilePond: in a closed shadow tree its form waits, and its own input sends nothing', async () => {
  const page = await site.open('filepond');
  const client = await page.context().newCDPSession(page);
  await page.evaluate(async () => {
    document.body.innerHTML = '<div></div><iframe name="sink"></iframe>';
    const root = document.querySelector('div').attachShadow({ mode: 'closed' });
    root.innerHTML = '<form action="/upload" method="post" enctype="multipart/form-data" target="sink"><input type="file" name="photo"><button>Send</button></form>';
    globalThis.root = root;
    const ready = new Promise((done) => document.querySelector('div').addEventListener('FilePond:init', done));
    globalThis.FilePond.create(root.querySelector('input'), { storeAsFile: true });
    await ready;
  });
  for (const way of [() => root.querySelector('button').click(), () => root.querySelector('form').submit()]) {
    const { result } = await client.send('Runtime.evaluate', { expression: 'root.querySelector(".filepond--browser")' });
    await client.send('DOM.setFileInputFiles', { objectId: result.objectId, files: [files.good.path] });
    // In the quarter of a second in which FilePond leaves it there, past all that holds a submission.
    await page.evaluate(() => {
      const frame = document.createElement('iframe');
      document.body.append(frame);
      frame.contentWindow.HTMLFormElement.prototype.submit.call(root.querySelector('form'));
      frame.remove();
    });
    await page.evaluate(way);
    await site.server.came(1);
    assert.ok((await received()).flat().length > 0);
  }
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
