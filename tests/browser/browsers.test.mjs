// One walk through the page in every browser: load, scrub, save, lose the server, load, scrub, save. The server counts what it is asked, and in
// Chromium so do its own tools, for page, workers and service worker.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { createScrubber } from 'darkslide';
import { verify } from 'darkslide/verify';
import { launch as start } from 'puppeteer-core';

import { QUIET } from '../../scripts/chromium.mjs';
import { launch as startFirefox } from '../../scripts/firefox.mjs';
import { chromium } from '../../scripts/setup.mjs';
import { onGpu, SAMPLE } from './page.mjs';
import { site } from './site.mjs';

const BROWSERS = [
  { name: 'Chromium', open: () => start({ executablePath: chromium(), headless: true, args: QUIET }), tools: true },
  { name: 'Firefox', open: (downloads) => startFirefox({ preferences: { 'browser.download.folderList': 2, 'browser.download.dir': downloads } }), tools: false },
  { name: 'Firefox with WebGPU', open: (downloads) => startFirefox({ preferences: { 'browser.download.folderList': 2, 'browser.download.dir': downloads, 'dom.webgpu.enabled': true, 'dom.webgpu.workers.enabled': true, 'gfx.webgpu.ignore-blocklist': true } }), tools: false, webgpu: true },
];

let scrubber;
before(async () => (scrubber = await createScrubber()));
after(() => scrubber.close());

for (const { name, open, tools, webgpu } of BROWSERS) {
  describe(name, () => {
    let [own, browser, page, downloads] = [];
    const seen = [];
    const problems = [];
    before(async () => {
      own = await site();
      downloads = mkdtempSync(join(tmpdir(), 'darkslide-saved-'));
      browser = await open(downloads);
      if (tools) {
        const session = await browser.target().createCDPSession();
        await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: downloads });
        browser.on('targetcreated', (target) => target.type() === 'service_worker' && void target.createCDPSession().then(count));
      }
      page = await browser.newPage();
      if (tools) {
        await count(await page.createCDPSession());
        page.on('workercreated', (worker) => void count(worker.client));
      }
      page.on('pageerror', (error) => problems.push(String(error)));
      page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
      if (webgpu) await page.evaluateOnNewDocument(onGpu);
      await page.goto(own.address);
      await ready();
    });
    after(async () => {
      await browser.close();
      await own.close();
      rmSync(downloads, { recursive: true, maxRetries: 5 });
    });

    /** Notes what the browser's tools see of one page or worker. */
    async function count(session) {
      session.on('Network.requestWillBeSent', ({ request: { url } }) => /^(blob|data):/.test(url) || seen.push(url));
      await session.send('Network.enable').catch(() => undefined);
    }

    async function ready() {
      await page.waitForSelector('[data-engine="ready"]', { timeout: 120_000 });
    }

    /** As a person does: choose, wait, look, save. */
    async function scrub() {
      const input = await page.$('input[type=file]');
      await input.uploadFile(SAMPLE);
      const link = await page.waitForSelector('.verdict[data-look="ready"] a[download]', { timeout: 120_000 });
      const saved = await link.evaluate(({ download }) => download);
      assert.match(saved, /^photo-[0-9a-f]{8}\.jpg$/);
      await link.click();
      const path = join(downloads, saved);
      for (let tries = 0; tries < 100 && !(readdirSync(downloads).includes(saved) && readFileSync(path).length > 0); tries++) await new Promise((resolve) => setTimeout(resolve, 100));
      const bytes = readFileSync(path);
      assert.deepEqual(verify(bytes), { clean: true, format: 'jpeg', findings: [] });
      assert.equal((await scrubber.inspect(bytes)).facesDetected, 0);
      rmSync(path);
    }

    /** What the page says of itself. */
    async function assertSilent() {
      assert.deepEqual(await page.$$eval('.proof-facts li', (list) => list.map(({ textContent }) => textContent)), []);
      assert.equal(await page.$eval('.proof-count', (output) => output.dataset.network), '0');
    }

    test('a photo is scrubbed and saved, and nothing goes out', async (t) => {
      assert.ok(own.asked.some((line) => line.endsWith('/darkslide.wasm')));
      own.asked.length = 0;
      seen.length = 0;
      await scrub();
      // The browser looks by itself for a newer version, some time after the page has been opened.
      assert.deepEqual(own.asked.filter((line) => line !== 'GET /sw.js'), []);
      assert.deepEqual(seen.filter((url) => !url.endsWith('/sw.js')), []);
      await assertSilent();
      assert.equal(await page.$eval('.proof-facts', ({ textContent }) => /the very file of version/.test(textContent)), true);
      const blur = await page.$eval('.panel', ({ textContent }) => /Covered by(\w+?)(?=[A-Z]|$)/.exec(textContent)?.[1]);
      if (webgpu) assert.equal(blur, 'webgpu');
      t.diagnostic(`covered by: ${blur}`);
    });

    test('the same without the server', async () => {
      await own.stop();
      await page.reload();
      await ready();
      seen.length = 0;
      await scrub();
      // Chromium shows as requests what its service worker answers; nothing else may be there.
      assert.deepEqual(seen.filter((url) => !url.startsWith(own.address)), []);
      await assertSilent();
    });

    test('opened again, the browser asks for a newer version and nothing else', async () => {
      await own.start();
      await page.reload();
      await ready();
      await scrub();
      own.asked.length = 0;
      await scrub();
      await new Promise((resolve) => setTimeout(resolve, 3000));
      assert.deepEqual(own.asked.filter((line) => line !== 'GET /sw.js'), []);
      await assertSilent();
      assert.deepEqual(problems, []);
    });
  });
}
