// The page without a server: kept on the device, silent, updated only when it is loaded again, storing nothing but its own code.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFileSync, cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { verify } from 'darkslide/verify';

import { guards } from '../../scripts/build.mjs';
import { files } from '../../scripts/cache.mjs';
import { launch } from '../../scripts/chromium.mjs';
import { finished, onGpu, pick, save, SAMPLE } from './page.mjs';
import { site } from './site.mjs';

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

/** A visit in a profile of its own. */
async function visit(address) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(address);
  await ready(page);
  return { context, page, close: () => context.close() };
}

async function ready(page) {
  await page.locator('[data-engine="ready"]').waitFor({ timeout: 90_000 });
}

async function scrubSample(page) {
  await page.getByRole('button', { name: 'Try a sample photo' }).click();
  await finished(page);
  return await save(page);
}

/** What the origin keeps: everything that a page can reach. */
async function stored(page) {
  return await page.evaluate(async () => {
    const caches_ = [];
    for (const name of await caches.keys()) for (const request of await (await caches.open(name)).keys()) caches_.push(new URL(request.url).pathname);
    const opfs = [];
    for await (const name of (await navigator.storage.getDirectory()).keys()) opfs.push(name);
    const databases = (await indexedDB.databases()).map(({ name }) => name);
    return { caches: caches_.sort(), opfs, databases, local: { ...localStorage }, session: { ...sessionStorage }, cookies: document.cookie, history: history.state, workers: (await navigator.serviceWorker.getRegistrations()).length };
  });
}

/** The name of the version that the open page is kept as. */
const version = (page) => page.evaluate(() => caches.keys());

describe('kept on the device', () => {
  let own;
  let opened;
  before(async () => {
    own = await site();
    opened = await visit(own.address);
  });
  after(async () => {
    await opened.close();
    await own.close();
  });

  test('it says that it is silent, and names the program by its hash', async () => {
    const { page } = opened;
    assert.equal(await page.locator('.proof-count').getAttribute('data-network'), '0');
    await page.locator('.proof-more summary').click();
    const names = ['darkslide.wasm', 'darkslide-all.wasm'];
    const hashes = names.map((name) => `sha384-${createHash('sha384').update(readFileSync(`dist/${name}`)).digest('base64')}`);
    assert.deepEqual(await page.locator('.proof-hash').allInnerTexts(), hashes);
    const list = JSON.parse(readFileSync('dist/integrity.json', 'utf8'));
    assert.deepEqual(names.map((name) => list[`dist/${name}`]), hashes);
    assert.match(await page.locator('.proof-facts').innerText(), /all files are on this device[^]*darkslide\.wasm, the very file of version[^]*darkslide-all\.wasm, the very file of version/);
    await page.locator('#language').selectOption('de');
    await page.locator('html[lang=de]').waitFor();
    assert.match(await page.locator('.proof-facts').innerText(), /alle Dateien liegen auf diesem Gerät[^]*genau die Datei der Version/);
    await page.locator('#language').selectOption('en');
  });

  test('scrubbing asks the network for nothing', async () => {
    own.asked.length = 0;
    const { bytes } = await scrubSample(opened.page);
    assert.deepEqual(verify(bytes), { clean: true, format: 'jpeg', findings: [] });
    // The browser looks by itself for a newer version, some time after the page has been opened.
    assert.deepEqual(own.asked.filter((line) => line !== 'GET /sw.js'), []);
    assert.equal(await opened.page.locator('.proof-count').getAttribute('data-network'), '0');
  });

  test('with the server gone, a visit is like any other', async () => {
    const { page } = opened;
    await own.stop();
    await page.reload();
    await ready(page);
    const { name, bytes } = await scrubSample(page);
    assert.match(name, /^photo-[0-9a-f]{8}\.jpg$/);
    assert.equal(verify(bytes).clean, true);
    // What only some photos take is on the device too.
    await pick(page, { name: 'home.gif', mimeType: 'image/gif', buffer: GIF });
    await finished(page);
    assert.deepEqual(verify((await save(page)).bytes), { clean: true, format: 'gif', findings: [] });
    const another = await opened.context.newPage();
    await another.goto(`${own.address}?from=elsewhere`);
    await ready(another);
    await scrubSample(another);
    await another.goto(`${own.address}THIRD_PARTY_LICENSES.txt`);
    assert.match(await another.locator('body').innerText(), /tract/);
    await another.close();
    await own.start();
  });

  test('what is stored is code: no photo, no name, no report', async () => {
    const { page } = opened;
    await pick(page, { name: 'Telltale Müller at home.jpg', mimeType: 'image/jpeg', buffer: readFileSync(SAMPLE) });
    await finished(page);
    await save(page);
    const kept = await stored(page);
    const shipped = files('dist/www').map((path) => path.slice('dist/www'.length)).filter((path) => !['/sw.js', '/_headers'].includes(path));
    assert.deepEqual(kept.caches, shipped.map((path) => path.replace(/^\/index\.html$/, '/')).sort());
    assert.deepEqual({ ...kept, caches: undefined }, { caches: undefined, opfs: [], databases: [], local: {}, session: {}, cookies: '', history: null, workers: 1 });
    assert.deepEqual(await opened.context.cookies(), []);
    assert.doesNotMatch(page.url(), /Telltale/);
    // What is kept is what was built, byte for byte.
    const same = await page.evaluate(async () => {
      const hash = async (response) => btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest('SHA-384', await response.arrayBuffer()))));
      const [name] = await caches.keys();
      const cache = await caches.open(name);
      return Object.fromEntries(await Promise.all((await cache.keys()).map(async (request) => [new URL(request.url).pathname, await hash(await cache.match(request))])));
    });
    for (const path of shipped) assert.equal(same[path.replace(/^\/index\.html$/, '/')], createHash('sha384').update(readFileSync(join('dist/www', path))).digest('base64'), path);
  });

  test('policy and service worker let nothing else out, and say so', async () => {
    const { page } = opened;
    own.asked.length = 0;
    const tries = await page.evaluate(async () => {
      const attempt = (action) => action().then(() => 'went out', () => 'stopped');
      return await Promise.all([
        attempt(() => fetch('collect', { method: 'POST', body: 'a photo' })),
        attempt(() => fetch('app.js?stolen=1')),
        attempt(() => fetch('./unknown')),
        attempt(() => fetch('https://example.com/')),
        attempt(() => new Promise((resolve, reject) => Object.assign(new Image(), { onload: resolve, onerror: reject, src: 'pixel.gif?stolen=1' }))),
      ]);
    });
    assert.deepEqual(tries, Array(5).fill('stopped'));
    assert.equal(await page.evaluate(() => navigator.sendBeacon('collect', 'a photo')), true);
    await page.waitForTimeout(500);
    assert.deepEqual(own.asked.filter((line) => line !== 'GET /sw.js'), []);
    // The page's policy stops them before the service worker would. What both policies forbid is told twice.
    assert.match(await page.locator('.proof-facts').textContent(), /\d attempts[^]*connect-src: \S*collect/);
    assert.equal(await page.locator('.proof-count').getAttribute('data-network'), '0');
  });

  test('loaded past its service worker, the page calls it back', async () => {
    const { page } = opened;
    const session = await page.context().newCDPSession(page);
    await Promise.all([page.waitForEvent('load'), session.send('Page.reload', { ignoreCache: true })]);
    await ready(page);
    assert.equal(await page.evaluate(() => navigator.serviceWorker.controller !== null), true);
    await scrubSample(page);
  });

  test('leaving the page ends its workers', async () => {
    const { page } = opened;
    assert.ok(page.workers().length > 0);
    const url = await page.locator('img.cleaned').getAttribute('src');
    await page.goto('about:blank');
    assert.equal(page.workers().length, 0);
    await page.goBack();
    await ready(page);
    assert.equal(await page.locator('a[download]').count(), 0);
    const gone = await page.evaluate((src) => new Promise((resolve) => Object.assign(new Image(), { src, onload: () => resolve(false), onerror: () => resolve(true) })), url);
    assert.ok(gone, 'the saved photo can still be had');
  });
});

test('where what only some photos take does not come, others are worked on, and nothing is promised', async (t) => {
  const own = await site();
  t.after(own.close);
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  rmSync(join(own.folder, 'darkslide-all.wasm'));
  await page.goto(own.address);
  await page.locator('[data-engine="working"]').waitFor({ timeout: 90_000 });
  await scrubSample(page);
  await page.getByText('counting begins when all is loaded').waitFor();
  assert.equal(await page.locator('.proof-count').getAttribute('data-network'), '0');
  assert.doesNotMatch(await page.locator('#engine').innerText(), /without network/);
  await pick(page, { name: 'home.gif', mimeType: 'image/gif', buffer: GIF });
  await page.getByText(/darkslide-all\.wasm could not be fetched/).waitFor({ state: 'attached' });
  // A request while a photo is there counts, whatever came of it.
  assert.equal(await page.locator('.proof-count').getAttribute('data-network'), '1');
  assert.equal(await page.locator('.verdict a[download]').count(), 0);
  // It comes with a later try.
  cpSync('dist/www/darkslide-all.wasm', join(own.folder, 'darkslide-all.wasm'));
  await page.reload();
  await ready(page);
  await own.stop();
  await pick(page, { name: 'home.gif', mimeType: 'image/gif', buffer: GIF });
  await finished(page);
  assert.equal(verify((await save(page)).bytes).clean, true);
});

test('where nothing can be kept, the page asks for nothing later either', async (t) => {
  const own = await site();
  t.after(own.close);
  const context = await browser.newContext({ serviceWorkers: 'block' });
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(own.address);
  await ready(page);
  own.asked.length = 0;
  await scrubSample(page);
  await pick(page, { name: 'home.gif', mimeType: 'image/gif', buffer: GIF });
  await finished(page);
  assert.equal(verify((await save(page)).bytes).clean, true);
  assert.deepEqual(own.asked.filter((line) => line !== 'GET /sw.js'), []);
});

describe('a newer version', () => {
  let own;
  before(async () => (own = await site()));
  after(() => own.close());

  test('waits until the page is loaded again, and then leaves nothing of the old one', async () => {
    const { context, page, close } = await visit(own.address);
    const [old] = await version(page);
    appendFileSync(join(own.folder, 'style.css'), '\nbody { --version: B }\n');
    await guards(own.folder);
    const look = () => page.evaluate(() => getComputedStyle(document.body).getPropertyValue('--version').trim());

    // The browser finds the newer version when somebody opens the page.
    await page.reload();
    await ready(page);
    await page.locator('#update').waitFor({ timeout: 60_000 });
    assert.equal(await look(), '', 'the page goes on with what it was opened with');
    assert.ok((await version(page)).includes(old));
    await scrubSample(page);
    assert.equal(await look(), '');

    // Another tab would have its files changed under it.
    const other = await context.newPage();
    await other.goto(own.address);
    await ready(other);
    await page.getByRole('button', { name: 'Load the new version' }).click();
    await page.getByText('open in another tab').waitFor();
    assert.equal(await look(), '');
    await other.close();

    await page.reload();
    await page.waitForFunction(() => getComputedStyle(document.body).getPropertyValue('--version').trim() === 'B', undefined, { timeout: 60_000 });
    await ready(page);
    assert.equal(await page.locator('#update').count(), 0);
    const now = await version(page);
    assert.equal(now.length, 1);
    assert.notEqual(now[0], old);
    await scrubSample(page);
    await close();
  });

  test('can be taken by its button', async () => {
    const { page, close } = await visit(own.address);
    appendFileSync(join(own.folder, 'style.css'), '\nbody { --version: C }\n');
    await guards(own.folder);
    await page.reload();
    await ready(page);
    await page.getByRole('button', { name: 'Load the new version' }).click({ timeout: 60_000 });
    await page.waitForFunction(() => getComputedStyle(document.body).getPropertyValue('--version').trim() === 'C', undefined, { timeout: 60_000 });
    await ready(page);
    await close();
  });

  test('with a file that is not as it was built is no version', async () => {
    const { page, close } = await visit(own.address);
    const before_ = await version(page);
    appendFileSync(join(own.folder, 'style.css'), '\nbody { --version: D }\n');
    await guards(own.folder);
    appendFileSync(join(own.folder, 'app.js'), '\n;fetch("https://example.com/");\n');
    await page.reload();
    await ready(page);
    await page.waitForTimeout(4000);
    assert.equal(await page.locator('#update').count(), 0);
    assert.deepEqual(await version(page), before_);
    await scrubSample(page);
    await close();
  });
});

test('what was on the GPU is destroyed', async (t) => {
  const own = await site();
  t.after(own.close);
  const withGpu = await launch({ webgpu: true });
  t.after(() => withGpu.close());
  const page = await withGpu.newPage();
  await page.addInitScript(onGpu);
  await page.goto(own.address);
  await ready(page);
  if (!(await page.evaluate(async () => (await navigator.gpu?.requestAdapter()) != null))) {
    assert.notEqual(process.env.REQUIRE_GPU, '1', 'this browser has no WebGPU adapter');
    t.diagnostic('no WebGPU adapter: nothing was on a GPU');
  } else {
    const [worker] = page.workers();
    await worker.evaluate(() => {
      self.buffers = { made: 0, left: 0, cleared: 0 };
      const { createBuffer } = GPUDevice.prototype;
      GPUDevice.prototype.createBuffer = function (...args) {
        self.buffers.made += 1;
        self.buffers.left += 1;
        return createBuffer.apply(this, args);
      };
      const { destroy } = GPUBuffer.prototype;
      GPUBuffer.prototype.destroy = function () {
        self.buffers.left -= 1;
        return destroy.call(this);
      };
      const { clearBuffer } = GPUCommandEncoder.prototype;
      GPUCommandEncoder.prototype.clearBuffer = function (...args) {
        self.buffers.cleared += 1;
        return clearBuffer.apply(this, args);
      };
    });
    await scrubSample(page);
    const { made, left, cleared } = await worker.evaluate(() => self.buffers);
    assert.ok(made > 0, 'nothing was on the GPU');
    assert.equal(left, 0);
    assert.equal(cleared, (made / 7) * 6, 'all but the buffer that is read back');
  }
});

test('the manifest and its icons are what they say', async (t) => {
  const manifest = JSON.parse(readFileSync('dist/www/manifest.webmanifest', 'utf8'));
  for (const { src, sizes, type } of manifest.icons) {
    assert.ok(existsSync(join('dist/www', src)), src);
    if (type !== 'image/png') continue;
    const png = readFileSync(join('dist/www', src));
    assert.equal(`${png.readUInt32BE(16)}x${png.readUInt32BE(20)}`, sizes, src);
  }
  assert.equal(manifest.share_target, undefined, 'a share target posts photos to the server when there is no service worker');
  const own = await site();
  t.after(own.close);
  const page = await browser.newPage();
  t.after(() => page.close());
  await page.goto(own.address);
  const session = await page.context().newCDPSession(page);
  const { errors } = await session.send('Page.getAppManifest');
  assert.deepEqual(errors, []);
  await ready(page);
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
  // Playwright's windows are private ones.
  assert.deepEqual(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito'), []);
});

/** One grey pixel, and a comment. */
const GIF = Buffer.from('GIF89a\x01\0\x01\0\xf0\0\0\x80\x80\x80\0\0\0\x21\xfe\x0dfrom my house\0,\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;', 'latin1');
