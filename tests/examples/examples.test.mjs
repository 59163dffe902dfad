// Every example is built as its own package says, and used in Chromium: what arrives at the server is clean and has our name.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { verify } from 'darkslide/verify';

import { launch, visit } from '../../scripts/chromium.mjs';
import { comment, gps, jpeg } from '../js/photo.mjs';
import { execute, pack } from '../package/fresh.mjs';
import { example, started } from './started.mjs';

const secret = 'from my house in Elm Street';
const photo = jpeg({ width: 320, height: 240, segments: [gps(), comment(secret)] });
const broken = Buffer.concat([photo.subarray(0, 300), Buffer.from(secret)]);

let fresh;
let browser;
let server;
before(async () => {
  fresh = pack();
  browser = await launch();
  server = await example('node-server', fresh.folder, fresh.tarball);
});
after(async () => {
  await browser?.close();
  fresh?.remove();
});

test('node-server: a form that the browser sends itself', async () => {
  await used('node-server', async (uploads) => await started(server, process.execPath, ['server.mjs'], { PORT: '0', UPLOADS: uploads }), async (page) => {
    await choose(page, photo);
    await page.click('button');
    await page.waitForURL('**/upload');
    return await page.textContent('body');
  });
});

test('node-server refuses what a program sends past every page', async () => {
  const running = await started(server, process.execPath, ['server.mjs'], { PORT: '0', UPLOADS: join(fresh.folder, 'refused') });
  const form = new FormData();
  form.append('photo', new Blob([photo], { type: 'image/jpeg' }), 'home.jpg');
  const answer = await fetch(new URL('upload', running.address), { method: 'POST', body: form });
  await running.close();
  assert.equal(answer.status, 422);
  assert.deepEqual((await answer.json()).error.kinds, ['comment', 'exif', 'gps']);
  assert.deepEqual(readdirSync(join(fresh.folder, 'refused')), []);
});

for (const name of ['vanilla', 'vite-react', 'vue', 'webpack']) {
  test(`${name}: a form that a script sends`, async () => {
    await used(name, build(name), async (page) => {
      await choose(page, photo);
      await page.click('button');
      return await told(page);
    });
  });
}

test('vanilla: what arrives otherwise than it was sent is noticed', async () => {
  const uploads = join(fresh.folder, 'uploads-otherwise');
  mkdirSync(uploads);
  const running = await build('vanilla')(uploads);
  const { page, close } = await visit(browser, running);
  await page.route('**/upload', async (route) => {
    const answer = await route.fetch();
    const told = await answer.json();
    await route.fulfill({ response: answer, json: told.map((file) => ({ ...file, sha256: '0'.repeat(64) })) });
  });
  await choose(page, photo);
  await page.click('button');
  assert.equal(await told(page), 'What arrived is not what was sent.');
  await close();
  await running.close();
});

test('uppy: the dashboard', async () => {
  await used('uppy', build('uppy'), async (page) => {
    await page.waitForSelector('.uppy-Dashboard-input', { state: 'attached' });
    await page.locator('.uppy-Dashboard-input').first().setInputFiles({ name: 'IMG_of_Anna.jpg', mimeType: 'image/jpeg', buffer: photo });
    await page.click('.uppy-StatusBar-actionBtn--upload');
    return await told(page);
  });
});

test('filepond: each photo is sent as it is scrubbed; a refused one stays', async () => {
  await used('filepond', build('filepond'), async (page) => {
    const photos = page.locator('.filepond--browser');
    await photos.setInputFiles({ name: 'broken.jpg', mimeType: 'image/jpeg', buffer: broken });
    await page.locator('[data-filepond-item-state="load-invalid"]').waitFor();
    await page.waitForFunction(() => document.querySelector('.filepond--browser').files.length === 0);
    await photos.setInputFiles({ name: 'IMG_of_Anna.jpg', mimeType: 'image/jpeg', buffer: photo });
    const answered = await told(page);
    assert.equal(await page.locator('[data-filepond-item-state="load-invalid"]').count(), 1);
    return answered;
  });
});

test('next: the app router, its page and its route', async () => {
  await used(
    'next',
    async (uploads) => {
      const folder = await example('next', fresh.folder, fresh.tarball);
      execute(folder, process.execPath, ['node_modules/next/dist/bin/next', 'build'], { NEXT_TELEMETRY_DISABLED: '1' });
      return await started(folder, process.execPath, ['node_modules/next/dist/bin/next', 'start', '--port', '0', '--hostname', '127.0.0.1'], { UPLOADS: uploads, NEXT_TELEMETRY_DISABLED: '1' });
    },
    async (page) => {
      await choose(page, photo);
      await page.click('button');
      return await told(page);
    },
  );
});

/** The example's page, built, behind the server of `node-server`. */
function build(name) {
  return async (uploads) => {
    const folder = await example(name, fresh.folder, fresh.tarball);
    execute(folder, 'npm', ['run', 'build', '--silent']);
    return await started(server, process.execPath, ['server.mjs'], { PORT: '0', UPLOADS: uploads, SITE: join(folder, 'dist') });
  };
}

/** Sends a photo from the example's page, then one that cannot be scrubbed, and looks at what the server has got. */
async function used(name, start, send) {
  const uploads = join(fresh.folder, `uploads-${name}`);
  mkdirSync(uploads);
  const running = await start(uploads);
  try {
    const { page, problems, close } = await visit(browser, running);
    const answered = await send(page).catch(async (error) => {
      throw new Error(`${error.message}\n${problems.join('\n')}\n${running.printed()}\n${await page.content()}`);
    });
    assert.match(answered, /photo-[0-9a-f]{8}\.jpg/);
    const stored = readdirSync(uploads);
    assert.deepEqual(stored, [answered.match(/photo-[0-9a-f]{8}\.jpg/)[0]]);
    const bytes = readFileSync(join(uploads, stored[0]));
    assert.equal(verify(bytes).clean, true);
    assert.ok(!bytes.includes(secret));
    assert.deepEqual(problems, []);

    await page.goto(running.address);
    const sent = [];
    page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()));
    if (name === 'uppy' || name === 'filepond') return;
    await choose(page, broken);
    await page.waitForFunction(() => document.querySelector('input[type=file]').validity.customError);
    await page.click('button');
    assert.deepEqual(sent, []);
    await close();
  } finally {
    await running.close();
  }
}

async function choose(page, buffer) {
  await page.waitForSelector('input[type=file]:enabled');
  await page.setInputFiles('input[type=file]', { name: 'IMG_of_Anna.jpg', mimeType: 'image/jpeg', buffer });
}

async function told(page) {
  await page.waitForFunction(() => document.querySelector('output').textContent !== '');
  return await page.textContent('output');
}
