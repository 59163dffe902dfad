// Opens the built page as a person would, and watches what it does to the network and the console.

import { execFileSync } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

import { launch } from '../../scripts/chromium.mjs';
import { serve } from '../../scripts/serve.mjs';

/** The sample: one face, a place, a time, names, a thumbnail, a second picture; stored on its side. */
export const SAMPLE = new URL('../../www/sample.jpg', import.meta.url).pathname;
export const FACES = new URL('../fixtures/faces/', import.meta.url).pathname;

/** For a page to run before anything else: the GPU redacts, though it be slower than the CPU. */
export function onGpu() {
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (message, ...rest) {
    return postMessage.call(this, message?.backend === 'auto' ? { ...message, backend: 'webgpu' } : message, ...rest);
  };
}

/**
 * The page, ready, at the fragment `hash`. With `webgpu` the GPU redacts, else what is quicker. `requests` are those that reached the server or
 * left a page or worker since then, `problems` what went wrong.
 */
export async function openPage({ webgpu = false, width = 1280, height = 900, hash = '', ...context } = {}) {
  const browser = await launch({ webgpu });
  const server = await serve('dist/www');
  const page = await (await browser.newContext({ viewport: { width, height }, ...context })).newPage();
  const [requests, problems] = [[], []];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && !ADAPTERLESS.test(message.text()) && problems.push(message.text()));
  page.on('crash', () => problems.push('the page crashed'));
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => window.violations.push(`${violatedDirective} ${blockedURI}`));
  });
  if (webgpu) await page.addInitScript(onGpu);
  // The server's own count: it sees what a worker asks for, whatever the browser's tools tell.
  // The browser looks by itself for a newer service worker, some time after the page has been opened.
  const served = ({ request }) => request.url !== '/sw.js' && requests.push(`served ${request.url}`);
  subscribe('http.server.request.start', served);
  page.context().on('request', (request) => !/^(blob|data):/.test(request.url()) && requests.push(request.url()));
  await page.goto(server.address + hash);
  await page.locator('[data-engine="ready"]').waitFor({ timeout: 60_000 });
  const loaded = requests.splice(0);
  let stopped;
  return {
    page,
    requests,
    loaded,
    /** The server ends, and the browser has no network. */
    goOffline: async () => {
      await Promise.all([(stopped ??= server.close()), page.context().setOffline(true)]);
    },
    problems: async () => [...problems, ...(await page.evaluate(() => window.violations))],
    close: async () => {
      unsubscribe('http.server.request.start', served);
      await browser.close();
      await (stopped ?? server.close());
    },
  };
}

/** What Chromium itself says when WebGPU is asked for and there is none. */
const ADAPTERLESS = /^No available adapters\.$/;

/** Hands files, by path or by content, to the page's file input. */
export async function pick(page, ...files) {
  const read = (file) => (typeof file === 'string' ? { name: basename(file), mimeType: 'image/jpeg', buffer: readFileSync(file) } : file);
  await page.locator('input[type=file]').setInputFiles(files.map(read));
}

/** Waits until the photo on the bench is finished. */
export async function finished(page) {
  await page.locator('.verdict[data-look="ready"] a[download]').waitFor({ timeout: 60_000 });
}

/** Saves through `link`: the bytes, and the name under which a browser would keep them. */
export async function save(page, link = page.locator('.verdict a[download]')) {
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

/** Waits until all of `count` photos are finished: each then has its link. */
export async function allFinished(page, count) {
  await page.waitForFunction((wanted) => document.querySelectorAll('a[download]').length === wanted, count, { timeout: 120_000 });
}

/** Presses Tab until `found`, which runs in the page, is true. */
export async function tabTo(page, what, found) {
  for (let presses = 0; presses < 90; presses++) {
    if (await page.evaluate(found)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not lead to ${what}`);
}

/** A photo with a face that no detector takes for one: painted, 400 × 300, its middle at 300, 90. */
export function missedFace() {
  const draw = 'fill #e8b98f circle 300,90 300,130 fill #222 circle 285,80 285,86 circle 315,80 315,86 rectangle 285,108 315,114';
  return { name: 'painted.jpg', mimeType: 'image/jpeg', buffer: execFileSync('convert', ['-size', '400x300', 'gradient:#9fc3d6-#47626f', '-draw', draw, '-quality', '92', 'jpg:-']) };
}

/**
 * What a newcomer does: brings three photos, sees that a face was missed, covers it with keys alone, and saves all of them. Resolves to the
 * ZIP's bytes. The page must be empty and in English.
 */
export async function scrubThree(page) {
  await pick(page, SAMPLE, `${FACES}obama.jpg`, missedFace());
  await allFinished(page, 3);
  await page.locator('.card-open', { hasText: 'painted.jpg' }).focus();
  await page.keyboard.press('Enter');
  await finished(page);
  await tabTo(page, 'marking', () => document.activeElement?.textContent === 'Mark a place');
  await page.keyboard.press('Enter');
  // From the middle of the picture: steps of 6 px.
  for (let step = 0; step < 17; step++) await page.keyboard.press('ArrowRight');
  for (let step = 0; step < 10; step++) await page.keyboard.press('ArrowUp');
  for (const key of ['ArrowRight', 'ArrowDown']) for (let step = 0; step < 5; step++) await page.keyboard.press(`Shift+${key}`);
  await finished(page);
  await tabTo(page, 'the first card', () => document.activeElement?.matches('.skip'));
  await tabTo(page, 'saving all', () => document.activeElement?.id === 'save-all');
  const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

/** How far the cleaned picture is from the original: the mean difference of a channel within a rectangle given in shares of the picture, 0 to 255. */
export async function difference(page, { x, y, width, height }) {
  return await page.evaluate(
    async ([left, top, w, h]) => {
      const pixels = async (selector) => {
        const image = document.querySelector(selector);
        await image.decode();
        const canvas = new OffscreenCanvas(448, 512);
        const context = canvas.getContext('2d');
        context.drawImage(image, 0, 0, 448, 512);
        return context.getImageData(left * 448, top * 512, w * 448, h * 512).data;
      };
      const [a, b] = [await pixels('img.original'), await pixels('img.cleaned')];
      return a.reduce((sum, value, index) => sum + Math.abs(value - b[index]), 0) / ((a.length * 3) / 4);
    },
    [x, y, width, height],
  );
}
