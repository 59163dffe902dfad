// For everybody: no violation that axe knows, in every state, theme and language; contrast and motion as asked; first paint first; little script.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { finished, missedFace, openPage, pick, SAMPLE } from './page.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong on the page as it is now. */
async function violations(page) {
  // Evaluated by the tests' own road: the page's policy would refuse it as a script.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  const found = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`));
}

const SETTINGS = [
  ['light, desktop', { colorScheme: 'light' }],
  ['dark, desktop', { colorScheme: 'dark' }],
  ['dark, phone, German', { colorScheme: 'dark', width: 360, height: 740, hasTouch: true, isMobile: true, locale: 'de-DE' }],
  ['light, phone, more contrast', { colorScheme: 'light', contrast: 'more', width: 360, height: 740, hasTouch: true, isMobile: true }],
  ['forced colours', { forcedColors: 'active' }],
];
for (const [name, context] of SETTINGS) {
  test(`axe finds nothing: ${name}`, { timeout: 120_000 }, async () => {
    const { page, problems, close } = await openPage({ reducedMotion: 'reduce', ...context });
    const check = async (state) => assert.deepEqual(await violations(page), [], state);
    try {
      await page.locator('.choices summary').click();
      await check('empty, settings open');
      await page.evaluate(() => (location.hash = '#look=off&keep=date.place'));
      await page.locator('#question').waitFor();
      await check('asked about a link');
      await page.locator('#question button').first().click();
      await pick(page, SAMPLE, { name: 'noise.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('no picture') }, missedFace());
      await finished(page);
      await page.locator('.outline.face').focus();
      await check('a photo, a face chosen');
      await page.locator('.stage-tools > .button').click();
      await page.locator('.technical summary').click();
      await finished(page);
      await check('a place marked, technical details');
      await page.locator('.card-open', { hasText: 'noise.jpg' }).click();
      await page.locator('.verdict[data-look="refused"]').waitFor();
      await check('refused');
      assert.deepEqual(await problems(), []);
    } finally {
      await close();
    }
  });
}

test('the page is painted before anything large is asked for, and needs little script', async () => {
  // The service worker keeps every file for later; what the page itself needs is told without it. All are compared with what was published, by
  // another worker, which is no part of the page's own list.
  const { page, close } = await openPage({ serviceWorkers: 'block' });
  try {
    const timing = await page.evaluate(() => ({
      paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
      worker: performance.getEntriesByType('resource').find(({ name }) => name.endsWith('/worker.js'))?.startTime,
    }));
    assert.ok(timing.paint !== undefined && timing.worker !== undefined && timing.paint <= timing.worker, JSON.stringify(timing));
    const loaded = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
    const scripts = new Set(loaded.flatMap((name) => name.match(/[^/]+\.js$/)?.[0] ?? []));
    assert.ok(['app.js', 'en.js', 'worker.js', 'checker.js'].every((name) => scripts.has(name)) && !scripts.has('de.js'), [...scripts].join(' '));
    const bytes = [...scripts].reduce((sum, name) => sum + gzipSync(readFileSync(`dist/www/${name}`), { level: 9 }).length, 0);
    assert.ok(bytes <= 55_000, `${bytes} bytes of script with gzip: ${[...scripts].join(' ')}`);
  } finally {
    await close();
  }
});

test('settings are in the address and nowhere else; they are read from there, and detection is off before the first photo', async () => {
  const { page, problems, close } = await openPage({ hash: '#look=off&cover=fill&keep=date' });
  try {
    await page.getByRole('button', { name: 'Use these settings' }).click();
    assert.equal(await page.getByRole('checkbox', { name: 'Find faces for me' }).isChecked(), false);
    await pick(page, SAMPLE);
    await finished(page);
    assert.equal(await page.locator('.outline.face').count(), 0);
    assert.match(await page.locator('.verdict-text').innerText(), /Nobody looked for faces/);
    await page.locator('.technical summary').click();
    assert.equal(await page.locator('dt:text-is("Face detector") + dd').innerText(), 'none');
    assert.match(await page.locator('#bench').innerText(), /What you asked to keep: 18 May 2024 at 09:42/);
    // Marking still covers, in the chosen way.
    await page.getByRole('button', { name: 'Mark a place' }).click();
    await finished(page);
    assert.match(await page.locator('.verdict-text').innerText(), /1 marked place covered/);
    await page.locator('.more summary').click();
    await page.getByLabel('Longer side').selectOption({ index: 3 });
    await page.getByRole('checkbox', { name: 'Make exact copies unmatchable' }).check();
    const said = new URLSearchParams((await page.evaluate(() => location.hash)).slice(1));
    assert.deepEqual(Object.fromEntries(said), { look: 'off', cover: 'fill', identity: 'reset', keep: 'date', side: '1280' });
    await page.getByRole('button', { name: 'Back to the defaults' }).click();
    assert.equal(await page.evaluate(() => location.hash), '');
    await page.locator('.outline.face').waitFor({ timeout: 30_000 });
    const stored = await page.evaluate(() => ({ local: localStorage.length, session: sessionStorage.length, cookies: document.cookie }));
    assert.deepEqual(stored, { local: 0, session: 0, cookies: '' });
    assert.deepEqual(await problems(), []);
  } finally {
    await close();
  }
});

test('what was hidden is shown: the place on a map, second pictures as pictures', async () => {
  const { page, requests, problems, close } = await openPage();
  try {
    await pick(page, SAMPLE);
    await finished(page);
    const dot = page.locator('[data-leak="place"] .dot');
    // 48.88° S, 123.39° W, on plates of equal degrees from 180° W and 84° N.
    assert.deepEqual([await dot.getAttribute('cx'), await dot.getAttribute('cy')].map((value) => Math.round(Number(value))), [57, 133]);
    for (const leak of ['second', 'thumbnail']) {
      const image = page.locator(`[data-leak="${leak}"] img`).first();
      await image.waitFor();
      assert.ok((await image.evaluate((picture) => picture.decode().then(() => picture.naturalWidth))) > 100, leak);
    }
    assert.deepEqual(requests, []);
    assert.deepEqual(await problems(), []);
  } finally {
    await close();
  }
});

test('the language is the person\'s, can be changed, and stays through a photo', async () => {
  const { page, problems, close } = await openPage({ locale: 'de-AT' });
  try {
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'de');
    await page.getByRole('button', { name: 'Mit einem Beispiel probieren' }).click();
    await finished(page);
    assert.match(await page.locator('.verdict').innerText(), /Bereit zum Teilen[^]*1 Gesicht abgedeckt/);
    assert.match(await page.locator('[data-leak="place"]').innerText(), /48,87667° S, 123,39333° W/);
    await page.getByLabel('Sprache').selectOption('English');
    await page.getByText('Ready to share').waitFor();
    assert.equal(await page.evaluate(() => location.hash), '#lang=en');
    assert.equal(await page.locator('.card').count(), 1);
    // Words that are written from right to left find their place too.
    await page.evaluate(() => (document.documentElement.dir = 'rtl'));
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0);
    assert.deepEqual(await problems(), []);
  } finally {
    await close();
  }
});
