// A protected form, attempt by attempt: every way to submit one, every way to put a file into one.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { verify } from 'darkslide/verify';

import { arrived as look, files, page, setUp, site } from './bare.mjs';
import { uploads } from './server.mjs';

setUp();

const good = () => files.good.bytes.toString('base64');
const choose = (...chosen) => page.locator('input[type=file]').setInputFiles(chosen.map(({ path }) => path));

/** What has arrived once the page is done; nothing of an original may be anywhere. */
async function arrived() {
  await page.evaluate(() => protection.settled().then(() => answered()));
  return await look(0);
}

const SUBMISSIONS = {
  'a click on the button': () => document.querySelector('button').click(),
  'form.submit()': () => element.submit(),
  'form.submit() as the prototype has it': () => HTMLFormElement.prototype.submit.call(element),
  'form.requestSubmit() with a button': () => element.requestSubmit(document.querySelector('button')),
  'a form that is not validated': () => {
    element.noValidate = true;
    document.querySelector('button').click();
  },
};

for (const [what, submission] of Object.entries(SUBMISSIONS)) {
  test(`${what} waits for the photo, and goes on by itself`, async () => {
    await page.evaluate(() => form());
    await choose(files.good);
    await page.evaluate(submission);
    assert.deepEqual(site.server.received, []);
    const { requests, photos } = await arrived();
    assert.equal(requests.length, 1);
    assert.equal(photos.length, 1);
    // The submitter comes along, where there is one.
    assert.equal(requests[0].body.includes('name="way"'), !what.includes('form.submit()'));
  });

  test(`${what} is held back after a refusal`, async () => {
    await page.evaluate(() => form());
    await choose(files.good, files.broken);
    await page.evaluate(submission);
    assert.deepEqual((await arrived()).requests, []);
    await page.evaluate(submission);
    assert.deepEqual((await arrived()).requests, []);
    assert.match(await page.evaluate(() => input.validationMessage), /^2\/2: .*was not added/);
    // Another choice takes its place.
    await choose(files.good);
    await page.evaluate(submission);
    assert.equal((await arrived()).photos.length, 1);
  });
}

test('a status says what the photos are at; a form that is not there is told from a guarded one', async () => {
  const said = await page.evaluate(() => {
    const status = document.createElement('output');
    globalThis.said = [];
    new MutationObserver(() => said.push(status.textContent)).observe(status, { childList: true, characterData: true, subtree: true });
    form(undefined, { status });
    try {
      protect(document.querySelector('#missing'));
    } catch (error) {
      return `${error.code}: ${error.message}`;
    }
  });
  assert.equal(said, 'invalid-option: there is nothing to protect: the page has no such form or input, or not yet');
  const last = (text) => page.waitForFunction((wanted) => globalThis.said.at(-1).includes(wanted), text);
  await choose(files.good, files.good);
  await last('ready to be sent');
  assert.match(await page.evaluate(() => globalThis.said[0]), /being cleaned.* 0\/2$/);
  await choose(files.broken);
  await last('is damaged');
  await page.evaluate(() => element.reset());
  await last('');
});

test('Enter in a form without a button waits too', async () => {
  await page.evaluate(() => {
    form('<input name="title"><input type="file" name="photo">');
    document.querySelector('button').remove();
  });
  await choose(files.good);
  await page.locator('[name=title]').press('Enter');
  assert.equal((await arrived()).photos.length, 1);
});

test('a required input is invalid while it is empty or busy, and valid when it is ready', async () => {
  await page.evaluate(() => form('<input type="file" name="photo" required>'));
  assert.equal(await page.evaluate(() => input.validity.valueMissing), true);
  await choose(files.good);
  assert.deepEqual(await page.evaluate(() => [element.checkValidity(), input.validity.customError, input.files.length, input.value]), [false, true, 0, '']);
  await page.evaluate(() => protection.settled());
  assert.deepEqual(await page.evaluate(() => [element.checkValidity(), input.files.length]), [true, 1]);
  assert.deepEqual(await page.evaluate(() => [states[0], states.at(-1)]), ['busy', 'ready']);
});

test("the page's listeners hear of a choice once, when it is scrubbed, those before us too", async () => {
  await page.evaluate(() => {
    globalThis.heard = [];
    for (const type of ['input', 'change']) window.addEventListener(type, (event) => event.target.files.length > 0 && heard.push(event.target.files[0].name), true);
    form();
    for (const type of ['input', 'change']) element.addEventListener(type, ({ target }) => heard.push(`${type} ${target.files[0].name} ${isScrubbed(target.files[0])}`));
  });
  await choose(files.good);
  await page.evaluate(() => protection.settled());
  const name = await page.evaluate(() => input.files[0].name);
  assert.match(name, /^photo-/);
  assert.deepEqual(await page.evaluate(() => heard), [name, `input ${name} true`, name, `change ${name} true`]);
});

test('a script that sends the form itself gets scrubbed photos, and none before', async () => {
  await page.evaluate(() => {
    form();
    globalThis.answered = () => sent;
    element.addEventListener('submit', (event) => {
      event.preventDefault();
      globalThis.sent = fetch('/upload', { method: 'POST', body: new FormData(element, event.submitter) });
    });
  });
  await choose(files.good);
  // Without waiting, as one should not: the photo is not in it.
  assert.equal(await page.evaluate(() => new FormData(element).getAll('photo').filter(({ size }) => size > 0).length), 0);
  await page.evaluate(() => document.querySelector('button').click());
  await page.waitForFunction(() => globalThis.sent !== undefined);
  const { requests, photos } = await arrived();
  assert.deepEqual([requests.length, photos.length], [1, 1]);
});

test('a script that adds an original to the form data does not get it out', async () => {
  await page.evaluate((base64) => {
    form();
    element.addEventListener('formdata', ({ formData }) => formData.append('extra', photo(base64)));
    element.requestSubmit();
  }, good());
  const { requests, photos } = await arrived();
  assert.deepEqual([requests.length, photos.length], [1, 0]);
});

test('files that a script puts in are scrubbed', async () => {
  await page.evaluate((base64) => {
    form();
    globalThis.fired = 0;
    input.addEventListener('change', () => (fired += 1));
    input.files = listOf(photo(base64));
    input.dispatchEvent(new Event('change', { bubbles: true }));
    globalThis.early = [input.files.length, fired];
    element.submit();
  }, good());
  assert.deepEqual(await page.evaluate(() => early), [0, 0]);
  assert.equal((await arrived()).photos.length, 1);
  assert.equal(await page.evaluate(() => fired), 1);
});

test('inputs that come later are guarded from the start', async () => {
  await page.evaluate((base64) => {
    form('');
    element.insertAdjacentHTML('afterbegin', '<input type="file" name="later">');
    element.querySelector('[name=later]').files = listOf(photo(base64));
    // Filled while it was nobody's.
    const filled = document.createElement('input');
    filled.type = 'file';
    filled.name = 'filled';
    filled.files = listOf(photo(base64, 'IMG_2.jpg'));
    element.append(filled);
    element.submit();
  }, good());
  assert.equal((await arrived()).photos.length, 2);
});

test('an input of another place that belongs to the form is guarded too', async () => {
  await page.evaluate(() => {
    form('');
    element.id = 'far';
    document.body.insertAdjacentHTML('beforeend', '<input type="file" name="photo" form="far">');
  });
  await choose(files.good);
  await page.evaluate(() => element.requestSubmit());
  assert.equal((await arrived()).photos.length, 1);
});

test('a choice from before is scrubbed before it leaves', async () => {
  await page.evaluate(() => {
    globalThis.answered = plainForm('<input type="file" name="photo">');
    globalThis.element = document.querySelector('form');
  });
  await choose(files.good);
  await page.evaluate(() => {
    globalThis.protection = protect(element, options);
    element.submit();
  });
  assert.equal((await arrived()).photos.length, 1);
});

test('a photo dropped on the input is scrubbed, and no listener gets it', async () => {
  await page.evaluate(() => {
    globalThis.dropped = 0;
    form();
    element.addEventListener('drop', () => (dropped += 1));
  });
  const box = await page.locator('input[type=file]').boundingBox();
  const client = await page.context().newCDPSession(page);
  const drag = { x: box.x + 20, y: box.y + 5, data: { items: [], files: [files.good.path], dragOperationsMask: 1 } };
  for (const type of ['dragEnter', 'dragOver', 'drop']) await client.send('Input.dispatchDragEvent', { type, ...drag });
  await page.waitForFunction(() => protection.state(input).phase !== 'empty');
  await page.evaluate(() => document.querySelector('button').click());
  assert.equal((await arrived()).photos.length, 1);
  assert.equal(await page.evaluate(() => dropped), 0);
});

for (const [what, give] of Object.entries({ 'reset': () => element.reset(), 'input.value = ""': () => (input.value = ''), 'release': () => protection.release() })) {
  test(`${what} gives up what is being scrubbed, and the submission that waits`, async () => {
    await page.evaluate(() => form());
    await choose(...files.many);
    await page.evaluate(() => document.querySelector('button').click());
    await page.evaluate(give);
    const { requests } = await arrived();
    assert.deepEqual(requests, []);
    assert.deepEqual(await page.evaluate(() => [input.files.length, input.validity.valid, input.hasAttribute('aria-busy')]), [0, true, false]);
  });
}

test('another choice replaces the one that is being scrubbed', async () => {
  await page.evaluate(() => form());
  await choose(...files.many);
  await choose(files.good);
  await page.evaluate(() => document.querySelector('button').click());
  const { photos } = await arrived();
  assert.equal(photos.length, 1);
});

test('an input that waits for us is disabled until we are here, and again when we are gone', async () => {
  await page.evaluate(() => form('<input type="file" name="photo" disabled data-darkslide><input type="file" name="other" disabled>'));
  assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll('[type=file]')].map(({ disabled }) => disabled)), [false, true]);
  await page.evaluate(() => element.insertAdjacentHTML('beforeend', '<input type="file" name="more" disabled data-darkslide>'));
  await page.waitForFunction(() => !document.querySelector('[name=more]').disabled);
  await page.evaluate(() => protection.release());
  assert.ok(await page.evaluate(() => [...document.querySelectorAll('[type=file]')].every(({ disabled }) => disabled)));
});

test('released, the page is as it was', async () => {
  const natives = () => page.evaluate(() => ['submit', 'requestSubmit'].map((name) => String(HTMLFormElement.prototype[name])).concat(['files', 'value'].map((name) => String(Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, name).set))).every((code) => code.includes('[native code]')));
  assert.ok(await natives());
  await page.evaluate(() => form());
  assert.ok(!(await natives()));
  await page.evaluate(() => protection.release());
  assert.ok(await natives());
});

test('one input can be guarded by itself; its neighbours stay as they are', async () => {
  await page.evaluate(() => {
    globalThis.answered = plainForm('<input type="file" name="photo"><input type="file" name="letter">');
    globalThis.element = document.querySelector('form');
    globalThis.protection = protect(document.querySelector('[name=photo]'), options);
    document.querySelector('[name=letter]').files = new DataTransfer().files;
  });
  await page.locator('[name=photo]').setInputFiles(files.good.path);
  await page.locator('[name=letter]').setInputFiles({ name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from('Dear Sir') });
  await page.evaluate(() => element.submit());
  await page.evaluate(() => protection.settled().then(() => answered()));
  await site.server.idle();
  const sent = site.server.received.splice(0).flatMap(uploads);
  assert.deepEqual(sent.map(({ name }) => name.replace(/[0-9a-f]{8}/, '#')), ['photo-#.jpg', 'letter.txt']);
  assert.ok(verify(sent[0].bytes).clean);
});

test('in a shadow tree it is the same', async () => {
  await page.evaluate(() => {
    document.body.innerHTML = '<div></div><iframe name="sink"></iframe>';
    const root = document.querySelector('div').attachShadow({ mode: 'open' });
    root.innerHTML = '<form action="/upload" method="post" enctype="multipart/form-data" target="sink"><input type="file" name="photo"><button>Send</button></form>';
    globalThis.element = root.querySelector('form');
    const loaded = new Promise((done) => document.querySelector('iframe').addEventListener('load', done));
    globalThis.answered = () => loaded;
    globalThis.protection = protect(element, options);
  });
  await choose(files.good);
  assert.equal(await page.evaluate(() => element.querySelector('input').files.length), 0);
  await page.evaluate(() => element.querySelector('button').click());
  assert.equal((await arrived()).photos.length, 1);
});

test('what is no photo goes out where that is asked for, and only that', async () => {
  await page.evaluate(() => form(undefined, { other: 'allow' }));
  await page.locator('input[type=file]').setInputFiles({ name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from('Dear Sir') });
  await page.evaluate(() => document.querySelector('button').click());
  await page.evaluate(() => protection.settled().then(() => answered()));
  await site.server.idle();
  assert.deepEqual(site.server.received.splice(0).flatMap(uploads).map(({ name, bytes }) => [name, bytes.toString()]), [['letter.txt', 'Dear Sir']]);
  // A photo that cannot be read is a photo all the same: by its name, its type, or what is in it.
  for (const disguise of [{ name: 'x.jpg', mimeType: '', buffer: Buffer.from('?') }, { name: 'x', mimeType: 'image/x-raw', buffer: Buffer.from('?') }, { name: 'x.txt', mimeType: 'text/plain', buffer: files.broken.bytes }]) {
    await page.locator('input[type=file]').setInputFiles(disguise);
    await page.evaluate(() => document.querySelector('button').click());
    assert.deepEqual((await arrived()).requests, []);
    await page.evaluate(() => element.reset());
  }
});

test('a scrubber of the page that hands back the original is not believed', async () => {
  await page.evaluate(() => form(undefined, { scrubber: { scrub: async (file) => ({ file, report: {} }) } }));
  await choose(files.good);
  await page.evaluate(() => document.querySelector('button').click());
  assert.deepEqual((await arrived()).requests, []);
  assert.match(await page.evaluate(() => input.validationMessage), /completely/);
});

test('mistakes are named', async () => {
  const wrong = (call) => page.evaluate(call).then((done) => done, (error) => error.message);
  assert.match(await wrong(() => protect(document.body)), /a form or an input of type file/);
  await page.evaluate(() => form());
  assert.match(await wrong(() => protect(element)), /protected already/);
  assert.match(await wrong(() => protect(document.createElement('form'), { other: 'maybe' })), /refuse or allow/);
  assert.match(await wrong(() => protect(document.createElement('form'), { workers: 0 })), /whole number/);
  // Names of options are known to Rust alone: the photo is refused.
  await page.evaluate(() => {
    protection.release();
    form(undefined, { face: 'blur' });
  });
  await choose(files.good);
  await page.evaluate(() => element.submit());
  assert.deepEqual((await arrived()).requests, []);
  assert.match(await page.evaluate(() => input.validationMessage), /a mistake in the page/);
});

test('the guarded fetch sends what a scrubber has made, and no other file', async () => {
  const outcome = await page.evaluate(async (base64) => {
    const send = createGuardedFetch();
    const scrubber = await createScrubber();
    const original = photo(base64);
    const { file } = await scrubber.scrub(original);
    scrubber.close();
    const form = (entry, ...name) => {
      const data = new FormData();
      data.append('photo', entry, ...name);
      return data;
    };
    const bodies = { text: 'hello', parameters: new URLSearchParams('a=b'), scrubbed: file, form: form(file), original, 'original in a form': form(original), copy: new File([file], file.name), slice: file.slice(), renamed: form(file, 'other.jpg'), bytes: await original.arrayBuffer(), view: new Uint8Array(4), stream: original.stream() };
    const said = {};
    for (const [what, body] of Object.entries(bodies)) said[what] = await send('/upload', { method: 'POST', body, ...(what === 'stream' ? { duplex: 'half' } : {}) }).then(() => 'sent', (error) => error.code);
    said.request = await send(new Request('/upload', { method: 'POST', body: original })).then(() => 'sent', (error) => error.code);
    return said;
  }, good());
  assert.deepEqual(outcome, { text: 'sent', parameters: 'sent', scrubbed: 'sent', form: 'sent', original: 'not-clean', 'original in a form': 'not-clean', copy: 'not-clean', slice: 'not-clean', renamed: 'not-clean', bytes: 'not-clean', view: 'not-clean', stream: 'not-clean', request: 'not-clean' });
  site.server.received.splice(0);
});

test('the guard lets uploaders slice and rename what is scrubbed, and goes without a trace', async () => {
  const outcome = await page.evaluate(async (base64) => {
    const before = [fetch, Request, XMLHttpRequest.prototype.send, navigator.sendBeacon, Blob.prototype.slice, FormData.prototype.append, FormData.prototype.set, WebSocket.prototype.send];
    const { release } = guard();
    const scrubber = await createScrubber();
    const { file } = await scrubber.scrub(photo(base64));
    scrubber.close();
    const data = new FormData();
    data.append('photo', file.slice(0, file.size, file.type), file.name);
    data.set('again', file, 'renamed.jpg');
    const said = [(await fetch('/upload', { method: 'POST', body: data })).ok, (await fetch(new Request('/upload', { method: 'POST', body: file.slice(0, 99) }))).ok];
    release();
    const after = [fetch, Request, XMLHttpRequest.prototype.send, navigator.sendBeacon, Blob.prototype.slice, FormData.prototype.append, FormData.prototype.set, WebSocket.prototype.send];
    return { said, restored: before.every((native, index) => native === after[index]) };
  }, good());
  assert.deepEqual(outcome, { said: [true, true], restored: true });
  const sent = site.server.received.splice(0);
  assert.deepEqual(sent.flatMap(uploads).map(({ name, bytes }) => [name?.replace(/[0-9a-f]{8}/, '#'), name === undefined ? bytes.length : verify(bytes).clean]), [['photo-#.jpg', true], ['renamed.jpg', true], [undefined, 99]]);
});
