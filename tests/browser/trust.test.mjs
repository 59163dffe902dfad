// The page runs on its own files or takes no photo: files that the host changed, and files that another script of the same site put into the store.

import assert from 'node:assert/strict';
import { appendFileSync, cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { verify } from 'darkslide/verify';

import { launch } from '../../scripts/chromium.mjs';
import { launch as launchFirefox } from '../../scripts/firefox.mjs';
import { finished, SAMPLE, save } from './page.mjs';
import { site } from './site.mjs';

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

/** What each kind of file can have at its end and still be one. */
const CHANGES = {
  'index.html': '<!-- -->',
  'style.css': '/**/',
  'app.js': '\n//',
  'worker.js': '\n//',
  'zip.js': '\n//',
  'en.js': '\n//',
  'de.js': '\n//',
  'manifest.webmanifest': '\n',
  'integrity.json': '\n',
  'sample.jpg': '\n',
  'icons/darkslide-512.png': '\n',
  'THIRD_PARTY_LICENSES.txt': '\n',
  // A section of its own, with an empty name.
  'darkslide.wasm': '\0\x01\0',
  'darkslide-all.wasm': '\0\x01\0',
};

const distrusted = (page) => page.locator('[data-engine="foreign"]').waitFor({ timeout: 60_000 });

/** Brings a photo by every way that a page can make: none is taken. */
async function assertTakesNone(page) {
  assert.equal(await page.locator('#files').isDisabled(), true);
  assert.equal(await page.locator('#sample').isDisabled(), true);
  await page.evaluate(
    (base64) => {
      const file = new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], 'a.jpg', { type: 'image/jpeg' });
      for (const type of ['drop', 'paste']) {
        const transfer = new DataTransfer();
        transfer.items.add(file);
        const init = { bubbles: true, cancelable: true };
        document.body.dispatchEvent(type === 'drop' ? new DragEvent('drop', { ...init, dataTransfer: transfer }) : new ClipboardEvent('paste', { ...init, clipboardData: transfer }));
      }
      const input = document.querySelector('#files');
      const chosen = new DataTransfer();
      chosen.items.add(file);
      input.files = chosen.files;
      input.dispatchEvent(new Event('change'));
    },
    readFileSync(SAMPLE).toString('base64'),
  );
  await page.getByText('No photo was taken').first().waitFor();
  await page.waitForTimeout(300);
  assert.equal(await page.locator('.card').count(), 0);
  assert.equal(await page.locator('a[download]').count(), 0);
}

for (const serviceWorkers of ['allow', 'block']) {
  describe(`a host that changes a file, service workers ${serviceWorkers}ed`, () => {
    for (const [name, change] of Object.entries(CHANGES)) {
      test(name, { timeout: 90_000 }, async (t) => {
        const own = await site();
        t.after(own.close);
        const context = await browser.newContext({ serviceWorkers });
        t.after(() => context.close());
        appendFileSync(join(own.folder, name), change);
        const page = await context.newPage();
        await page.goto(own.address);
        await distrusted(page);
        assert.match(await page.locator('#foreign').innerText(), new RegExp(`This page is not as it was published[^]*${name.replaceAll('.', '\\.')}`));
        assert.doesNotMatch(await page.locator('#engine').innerText(), /Ready|stay on this device/);
        await assertTakesNone(page);
      });
    }
  });
}

test('photos that came before a file is known to be foreign are let go', { timeout: 90_000 }, async (t) => {
  const own = await site();
  t.after(own.close);
  const context = await browser.newContext();
  t.after(() => context.close());
  appendFileSync(join(own.folder, 'style.css'), '/**/');
  const page = await context.newPage();
  await page.addInitScript(() => {
    // As soon as there is a way in.
    const bring = setInterval(() => {
      const input = document.querySelector('#files');
      if (input === null || input.disabled) return;
      const chosen = new DataTransfer();
      chosen.items.add(new File(['no picture yet'], 'early.jpg', { type: 'image/jpeg' }));
      input.files = chosen.files;
      input.dispatchEvent(new Event('change'));
      if (document.querySelector('.card') !== null) clearInterval(bring);
      window.hadCard ||= document.querySelector('.card') !== null;
    }, 5);
  });
  await page.goto(own.address);
  await distrusted(page);
  assert.equal(await page.evaluate(() => window.hadCard), true, 'the photo came too late to tell');
  assert.equal(await page.locator('.card').count(), 0);
});

test('a page without its style sheet, its worker or its checker takes no photo', { timeout: 120_000 }, async (t) => {
  for (const name of ['style.css', 'worker.js', 'checker.js']) {
    const own = await site();
    t.after(own.close);
    const context = await browser.newContext({ serviceWorkers: 'block' });
    t.after(() => context.close());
    rmSync(join(own.folder, name));
    const page = await context.newPage();
    await page.goto(own.address);
    await distrusted(page);
    assert.match(await page.locator('#foreign').innerText(), new RegExp(name), name);
  }
});

test('a host that changes the checker itself is told by the service worker', { timeout: 90_000 }, async (t) => {
  const own = await site();
  t.after(own.close);
  const context = await browser.newContext();
  t.after(() => context.close());
  appendFileSync(join(own.folder, 'checker.js'), '\n//');
  const page = await context.newPage();
  await page.goto(own.address);
  await distrusted(page);
  await assertTakesNone(page);
});

test('the host mends the file, and the page is loaded again: it works', { timeout: 90_000 }, async (t) => {
  const own = await site();
  t.after(own.close);
  const context = await browser.newContext();
  t.after(() => context.close());
  appendFileSync(join(own.folder, 'style.css'), '/**/');
  const page = await context.newPage();
  await page.goto(own.address);
  await distrusted(page);
  cpSync('dist/www/style.css', join(own.folder, 'style.css'));
  await page.reload();
  await page.locator('[data-engine="ready"]').waitFor({ timeout: 60_000 });
  assert.equal(await page.locator('#foreign').isVisible(), false);
});

/** Runs in a page of the same site: everything in the store is what the attacker wants, headers and all. */
const POISON = async () => {
  const [name] = await caches.keys();
  const cache = await caches.open(name);
  const bodies = { html: '<!doctype html><body>poisoned<script src="app.js"></script>', js: 'globalThis.poisoned = true; document.title = "poisoned"; postMessage("poisoned");', css: ':root { --poisoned: yes } body::before { content: "poisoned" }' };
  const poisoned = [];
  for (const request of await cache.keys()) {
    const path = new URL(request.url).pathname;
    const kind = path.endsWith('/') ? 'html' : path.split('.').pop();
    const headers = { 'Content-Type': kind === 'html' ? 'text/html' : kind === 'js' ? 'text/javascript' : kind === 'css' ? 'text/css' : 'application/octet-stream' };
    await cache.put(request, new Response(bodies[kind] ?? 'poisoned', { headers }));
    poisoned.push(path);
  }
  return poisoned;
};

/** The true bytes, with headers that would take the policy away and lead elsewhere. */
const POISON_HEADERS = async () => {
  const [name] = await caches.keys();
  const cache = await caches.open(name);
  for (const request of await cache.keys()) {
    const bytes = await (await cache.match(request)).arrayBuffer();
    await cache.put(request, new Response(bytes, { headers: { 'Content-Type': 'text/html', Refresh: '0;url=/collect?poisoned', Link: '</collect?poisoned>; rel=preload; as=image' } }));
  }
};

describe('another script of the same site writes to the store', () => {
  /** A page that is kept, and one of the same site that is none of ours. */
  async function kept(t) {
    const own = await site();
    t.after(own.close);
    const context = await browser.newContext();
    t.after(() => context.close());
    const page = await context.newPage();
    await page.goto(own.address);
    await page.locator('[data-engine="ready"]').waitFor({ timeout: 90_000 });
    return { own, page };
  }

  const works = async (page) => {
    await page.locator('[data-engine="ready"]').waitFor({ timeout: 90_000 });
    assert.equal(await page.evaluate(() => globalThis.poisoned), undefined);
    assert.doesNotMatch(await page.evaluate(() => document.title + getComputedStyle(document.documentElement).getPropertyValue('--poisoned') + document.body.innerText), /poisoned|yes/);
    await page.getByRole('button', { name: 'Try a sample photo' }).click();
    await finished(page);
    assert.equal(verify((await save(page)).bytes).clean, true);
  };

  test('every file: none runs, and the true ones come from the host', { timeout: 120_000 }, async (t) => {
    const { own, page } = await kept(t);
    const poisoned = await page.evaluate(POISON);
    for (const name of ['/', '/app.js', '/worker.js', '/checker.js', '/style.css', '/darkslide.wasm', '/darkslide-all.wasm', '/en.js', '/sample.jpg']) assert.ok(poisoned.includes(name), name);
    await page.reload();
    await works(page);
    // What came instead is kept again.
    await own.stop();
    await page.reload();
    await works(page);
  });

  test('every file, without network: none runs', { timeout: 120_000 }, async (t) => {
    const { own, page } = await kept(t);
    await page.evaluate(POISON);
    await own.stop();
    await page.reload().catch(() => undefined);
    // The browser's own page says that there is none.
    await page.waitForFunction(() => location.protocol === 'chrome-error:');
    assert.doesNotMatch(await page.evaluate(() => document.documentElement.outerHTML + globalThis.poisoned), /poisoned/);
  });

  for (const [name, kind] of [['style.css', 'css'], ['worker.js', 'js'], ['checker.js', 'js'], ['darkslide.wasm', 'wasm']]) {
    test(`${name} alone, without network: it does not run, and no photo is taken`, { timeout: 120_000 }, async (t) => {
      const { own, page } = await kept(t);
      await page.evaluate(
        async ([path, type]) => {
          const [cache] = await caches.keys();
          await (await caches.open(cache)).put(path, new Response(type === 'css' ? ':root { --poisoned: yes }' : 'globalThis.poisoned = true', { headers: { 'Content-Type': type === 'css' ? 'text/css' : 'text/javascript' } }));
        },
        [name, kind],
      );
      await own.stop();
      await page.reload();
      await distrusted(page);
      assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--poisoned')), '');
      await assertTakesNone(page);
    });
  }

  test('headers: ours are sent, whatever is in the store', { timeout: 120_000 }, async (t) => {
    const { own, page } = await kept(t);
    await page.evaluate(POISON_HEADERS);
    await own.stop();
    own.asked.length = 0;
    const response = await page.reload();
    assert.match(response.headers()['content-security-policy'], /default-src 'none'/);
    assert.equal(response.headers()['refresh'], undefined);
    await works(page);
    assert.deepEqual(own.asked, []);
  });

  test('a page of ours can register no other service worker', async (t) => {
    const { page } = await kept(t);
    const tries = await page.evaluate(() =>
      Promise.all(['app.js', 'sw.js?other', 'data:text/javascript,', `blob:${location.origin}/a`].map((script) => Promise.resolve().then(() => navigator.serviceWorker.register(script)).then(() => 'registered', () => 'refused'))),
    );
    assert.deepEqual(tries, Array(4).fill('refused'));
  });
});

test('loaded past the service worker from a host that changed a file, the page begins again with its own', { timeout: 120_000 }, async (t) => {
  const own = await site();
  t.after(own.close);
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(own.address);
  await page.locator('[data-engine="ready"]').waitFor({ timeout: 90_000 });
  appendFileSync(join(own.folder, 'app.js'), '\nglobalThis.changed = true;');
  const session = await context.newCDPSession(page);
  await session.send('Page.reload', { ignoreCache: true });
  await page.waitForTimeout(500);
  await page.locator('[data-engine="ready"]').waitFor({ timeout: 90_000 });
  assert.equal(await page.evaluate(() => globalThis.changed), undefined);
  assert.equal(await page.evaluate(() => history.state), null);
});

test('Firefox: a changed file and a poisoned store', { timeout: 180_000 }, async (t) => {
  const own = await site();
  t.after(own.close);
  const firefox = await launchFirefox();
  t.after(() => firefox.close());
  const page = await firefox.newPage();
  appendFileSync(join(own.folder, 'style.css'), '/**/');
  await page.goto(own.address);
  await page.waitForSelector('[data-engine="foreign"]', { timeout: 90_000 });
  assert.match(await page.$eval('#foreign', ({ textContent }) => textContent), /style\.css/);
  cpSync('dist/www/style.css', join(own.folder, 'style.css'));
  await page.goto(own.address);
  await page.waitForSelector('[data-engine="ready"]', { timeout: 90_000 });
  await page.evaluate(POISON);
  await page.reload();
  await page.waitForSelector('[data-engine="ready"]', { timeout: 90_000 });
  assert.equal(await page.evaluate(() => globalThis.poisoned), undefined);
  assert.doesNotMatch(await page.$eval('body', ({ innerText }) => innerText), /poisoned/);
});
