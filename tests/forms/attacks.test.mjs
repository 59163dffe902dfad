// What a page's scripts and markup do around a guarded form, by mistake or in good faith: names that hide a form's own properties,
// listeners in any order, files that say nothing of themselves, folders.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { arrived, choose, files, page, setUp, site } from './bare.mjs';
import { uploads } from './server.mjs';

setUp();

const base64 = () => files.good.bytes.toString('base64');

test('controls that bear the names of what is asked of a form change nothing', async () => {
  const names = ['nodeName', 'nodeType', 'ownerDocument', 'elements', 'form', 'submit', 'requestSubmit', 'getAttribute', 'addEventListener', 'removeEventListener', 'getRootNode', 'parentNode', 'isConnected', 'contains', 'closest', 'querySelectorAll', 'querySelector', 'reportValidity', 'method', 'type', 'files', 'host'];
  for (const early of [true, false]) {
    await page.evaluate(
      ([all, before]) => {
        const clobber = () => all.map((name) => `<input name="${name}">`).join('');
        form(`<input type="file" name="photo">${before ? clobber() : ''}`);
        if (!before) element.insertAdjacentHTML('beforeend', clobber());
        // A document too shows what its forms and pictures are called.
        document.body.insertAdjacentHTML('beforeend', '<img name="defaultView"><form name="documentElement"></form>');
      },
      [names, early],
    );
    // Inside the form, and outside of it.
    for (const where of ['', 'document.body.append(Object.assign(document.createElement("div"), { innerHTML: \'<input type="file" name="far" form="far-form">\' })), HTMLElement.prototype.setAttribute.call(element, "id", "far-form"), globalThis.input = document.querySelector("[name=far]")']) {
      if (where !== '') await page.evaluate(where);
      await choose('input', [files.good]);
      assert.ok(await page.evaluate(() => [...input.files].every(isScrubbed)));
      await page.evaluate(() => HTMLFormElement.prototype.submit.call(element));
      assert.ok((await arrived(1)).photos.length >= 1);
      await choose('input', [files.good]);
      await page.evaluate(() => document.querySelector('button').click());
      assert.ok((await arrived(1)).photos.length >= 1);
    }
  }
});

test('what Object.prototype says is no option', async () => {
  await page.evaluate(() => {
    Object.assign(Object.prototype, { other: 'allow', faces: 'keep', scrubber: { scrub: async (file) => ({ file, report: {} }) }, workers: 3, bytes: 'allow', keep: { date: true, copyright: true, coarseLocation: true } });
    globalThis.answered = plainForm('<input type="file" name="photo">');
    globalThis.element = document.querySelector('form');
    globalThis.input = element.querySelector('input');
    globalThis.reports = [];
    globalThis.protection = protect(element, { onReport: (report) => reports.push(report) });
  });
  await choose('input', [files.other]);
  await page.evaluate(() => protection.settled());
  await page.evaluate(() => HTMLFormElement.prototype.submit.call(element));
  assert.deepEqual((await arrived(0)).requests, []);
  await choose('input', [files.good]);
  await page.evaluate(() => element.requestSubmit());
  assert.equal((await arrived(1)).photos.length, 1);
  const { facesDetected, kept } = await page.evaluate(() => reports[0]);
  assert.equal(facesDetected, 1);
  assert.deepEqual(kept.filter(({ why }) => why === 'asked'), []);
  const refused = await page.evaluate(async () => {
    const { release } = guard({});
    const said = await fetch('/upload', { method: 'POST', body: new Uint8Array(9) }).then(() => 'sent', ({ code }) => code);
    release();
    return said;
  });
  assert.equal(refused, 'not-clean');
});

test('no listener of `formdata` gets a file past the last look, in whatever order', async () => {
  await page.evaluate((original) => {
    // Before the guard, and after it; on the form, the document, the window; in good order or stopping all others.
    const add = (field, { stop = false, hold = false } = {}) => (event) => {
      if (stop) event.stopImmediatePropagation();
      const { formData } = event;
      formData.append(field, photo(original));
      formData.set(`${field}-set`, new Blob([photo(original)], { type: '' }));
      if (hold) window.addEventListener('formdata', () => formData.append(`${field}-late`, photo(original), 'IMG_1.jpg'), { once: true });
    };
    window.addEventListener('formdata', add('early', { hold: true }), true);
    window.addEventListener('formdata', add('early-bubble'));
    form();
    for (const [name, place] of Object.entries({ element, document, window })) {
      place.addEventListener('formdata', add(`${name}-capture`, { hold: true }), true);
      place.addEventListener('formdata', add(`${name}-bubble`, { hold: true }));
    }
    globalThis.stops = add('stopped', { stop: true });
  }, base64());
  for (const stop of [false, true]) {
    if (stop) await page.evaluate(() => window.addEventListener('formdata', stops, true));
    await choose('input', [files.good]);
    await page.evaluate(() => element.requestSubmit());
    assert.equal((await arrived(1)).photos.length, 1);
    const names = await page.evaluate(() => [...new FormData(element)].filter(([, value]) => value.size > 0).map(([name]) => name));
    assert.deepEqual(names, ['photo']);
  }
});

test('where other files may go, one that nobody has looked into stays in the page all the same', async () => {
  await page.evaluate((original) => {
    form('<input type="file" name="photo">', { other: 'allow' });
    const bytes = [photo(original)];
    globalThis.letter = new File(['Dear Sir'], 'letter.txt', { type: 'text/plain' });
    element.addEventListener('formdata', ({ formData }) => {
      formData.append('blob', new Blob(bytes));
      formData.append('nameless', new File(bytes, '', { type: '' }));
      formData.append('disguised', new File(bytes, 'letter.txt', { type: 'text/plain' }));
      if (globalThis.passed) formData.append('letter', passed);
    });
    element.requestSubmit();
  }, base64());
  await page.evaluate(() => answered());
  const first = await arrived(0);
  assert.deepEqual([first.requests.length, first.photos.length], [1, 0]);
  // A control of the page's own asks first.
  const refused = await page.evaluate(async (original) => {
    globalThis.passed = await protection.pass(letter);
    const said = await protection.pass(new File([photo(original).slice(0, 700)], 'letter.txt')).then(() => 'passed', ({ code }) => code);
    element.requestSubmit();
    await answered();
    return said;
  }, base64());
  assert.equal(refused, 'malformed');
  await site.server.idle();
  assert.deepEqual(site.server.received.splice(0).flatMap(uploads).map(({ name, bytes }) => [name, bytes.toString()]), [['letter.txt', 'Dear Sir']]);
});

test('no picture is taken for something else, whatever it says of itself', async () => {
  const secret = Buffer.from('planted-secret-in-a-raw-file');
  const pad = Buffer.alloc(200, 'planted-secret ');
  const starts = {
    'Canon CR2': Buffer.from('II*\0\x10\0\0\0CR\x02\0', 'latin1'),
    'Canon CR3': Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypcrx \0\0\0\x01crx isom', 'latin1')]),
    'Panasonic RW2': Buffer.from('IIU\0\x18\0\0\0', 'latin1'),
    'Minolta MRW': Buffer.from('\0MRM', 'latin1'),
    'Fujifilm RAF': Buffer.from('FUJIFILMCCD-RAW 0201', 'latin1'),
    'Olympus ORF': Buffer.from('IIRO\x08\0\0\0', 'latin1'),
    'JPEG 2000': Buffer.from('\0\0\0\x0CjP  \r\n\x87\n', 'latin1'),
    'JPEG 2000, bare': Buffer.from([0xff, 0x4f, 0xff, 0x51]),
    Photoshop: Buffer.from('8BPS\0\x01', 'latin1'),
    SVG: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg">'),
  };
  await page.evaluate(() => form('<input type="file" name="photo">', { other: 'allow' }));
  mkdirSync(join(site.folder, 'other'), { recursive: true });
  for (const [what, bytes] of Object.entries(starts)) {
    const path = join(site.folder, 'other', 'notes');
    writeFileSync(path, Buffer.concat([bytes, pad, secret]));
    await choose('input', [{ path }]);
    await page.evaluate(() => protection.settled());
    await page.evaluate(() => HTMLFormElement.prototype.submit.call(element));
    assert.deepEqual((await arrived(0)).requests, [], what);
    assert.equal(await page.evaluate(() => protection.state(input).phase), 'refused', what);
  }
});

test("a folder's name is not sent with what is in it", async () => {
  const folder = join(site.folder, 'Kerkstraat 12');
  mkdirSync(folder);
  writeFileSync(join(folder, 'letter.txt'), 'Dear Sir');
  writeFileSync(join(folder, 'home.jpg'), files.good.bytes);
  await page.evaluate(() => form('<input type="file" name="photo" multiple webkitdirectory>', { other: 'allow' }));
  await page.locator('input[type=file]').setInputFiles(folder);
  await page.evaluate(() => element.requestSubmit());
  await page.evaluate(() => protection.settled().then(() => answered()));
  await site.server.idle();
  const [request] = site.server.received.splice(0);
  assert.deepEqual(uploads(request).map(({ name }) => name.replace(/[0-9a-f]{8}/, '#')).sort(), ['letter.txt', 'photo-#.jpg']);
  assert.ok(!request.body.includes('Kerkstraat'));
});

test('options that change while a photo is scrubbed lose nothing: it begins anew, and what waits goes on', async () => {
  await page.evaluate(() => {
    globalThis.reports = [];
    form(undefined, { onReport: (report) => reports.push(report) });
  });
  // In one go: it would else be ready before.
  await page.evaluate((original) => {
    input.files = listOf(photo(original));
    document.querySelector('button').click();
    protection.change({ ...options, faces: 'fill', onReport: (report) => reports.push(report) });
  }, base64());
  assert.equal((await arrived(1)).photos.length, 1);
  assert.deepEqual(await page.evaluate(() => reports.map(({ redactions }) => redactions.map(({ mode }) => mode))), [['fill']]);
  // What is ready goes through it too.
  assert.equal(await page.evaluate(() => (protection.change({ ...options, faces: 'keep' }), protection.state(input).phase)), 'busy');
  await page.evaluate(() => element.requestSubmit());
  assert.equal((await arrived(1)).photos.length, 1);
  // Wrong ones change nothing.
  assert.match(await page.evaluate(() => {
    try {
      return protection.change({ other: 'maybe' });
    } catch (error) {
      return error.message;
    }
  }), /refuse or allow/);
});
