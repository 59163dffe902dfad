// The ways in and out: a newcomer with a phone, folders, stopping, copying, sharing, a hundred photos.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { verify } from 'darkslide/verify';
import { unzipSync } from 'fflate';

import { serve } from '../../scripts/serve.mjs';
import { allFinished, difference, FACES, finished, openPage, pick, SAMPLE, scrubThree } from './page.mjs';

const folder = mkdtempSync(join(tmpdir(), 'darkslide-flow-'));
after(() => rmSync(folder, { recursive: true }));

test('a newcomer with a phone scrubs three photos, covers a missed face by keys, saves a ZIP, goes offline, and does it again', { timeout: 240_000 }, async () => {
  const { page, requests, goOffline, problems, close } = await openPage({ width: 360, height: 740, hasTouch: true, isMobile: true });
  try {
    const { name, bytes } = await scrubThree(page);
    assert.equal(name, 'photos.zip');
    assert.ok((await difference(page, { x: 0.68, y: 0.2, width: 0.14, height: 0.2 })) > 20, 'the missed face is covered');
    assert.ok((await difference(page, { x: 0.02, y: 0.3, width: 0.4, height: 0.6 })) < 6, 'the rest is as it was');
    assertZip(bytes, 3);
    assert.deepEqual(requests, []);
    assert.deepEqual(await problems(), []);

    // What there is to keep is kept in the background.
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    await goOffline();
    await page.reload();
    await page.locator('[data-engine="ready"]').waitFor({ timeout: 60_000 });
    const again = await scrubThree(page);
    assert.ok((await difference(page, { x: 0.68, y: 0.2, width: 0.14, height: 0.2 })) > 20, 'the missed face is covered, offline');
    assertZip(again.bytes, 3);
    assert.deepEqual(await problems(), []);
  } finally {
    await close();
  }
});

/** A ZIP of clean photos that says nothing else: names of their content, one date, no extra fields, no comments. */
function assertZip(bytes, count) {
  const files = unzipSync(bytes);
  assert.equal(Object.keys(files).length, count);
  for (const [name, content] of Object.entries(files)) {
    assert.match(name, /^photo-[0-9a-f]{8}(-\d+)?\.(jpg|png|webp)$/);
    assert.equal(verify(content).clean, true, name);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const ends = bytes.length - 22;
  assert.equal(view.getUint32(ends, true), 0x06054b50, 'the ZIP ends with its directory, and no comment');
  let at = view.getUint32(ends + 16, true);
  for (let entry = 0; entry < count; entry++) {
    assert.equal(view.getUint32(at, true), 0x02014b50);
    const local = view.getUint32(at + 42, true);
    // 1 January 1980, 00:00.
    assert.deepEqual([view.getUint16(at + 12, true), view.getUint16(at + 14, true)], [0, 0x21]);
    assert.deepEqual([view.getUint16(local + 10, true), view.getUint16(local + 12, true)], [0, 0x21]);
    assert.deepEqual([view.getUint16(at + 30, true), view.getUint16(at + 32, true), view.getUint16(local + 28, true)], [0, 0, 0], 'extra fields and comment');
    at += 46 + view.getUint16(at + 28, true);
  }
}

test('a folder is walked, what is no photo in it is left out, and the camera is asked for by the same input', async () => {
  const inner = join(folder, 'holiday', 'day 2');
  mkdirSync(inner, { recursive: true });
  writeFileSync(join(folder, 'holiday', 'notes.txt'), 'not a photo');
  writeFileSync(join(folder, 'holiday', 'a.jpg'), readFileSync(SAMPLE));
  writeFileSync(join(inner, 'b.jpg'), readFileSync(SAMPLE));
  const { page, problems, close } = await openPage();
  try {
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Choose a folder' }).click()]);
    await chooser.setFiles(join(folder, 'holiday'));
    await allFinished(page, 2);
    assert.deepEqual(await page.locator('.card-name').allInnerTexts(), ['a.jpg', 'b.jpg']);
    assert.equal(await page.locator('input[type=file]').count(), 1);
    assert.equal(await page.locator('input[type=file][webkitdirectory]').count(), 0, 'the next time it asks for photos');

    // The same folder, dropped.
    await page.getByRole('button', { name: 'Remove all' }).click();
    const client = await page.context().newCDPSession(page);
    const data = { items: [], files: [join(folder, 'holiday')], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop']) await client.send('Input.dispatchDragEvent', { type, x: 600, y: 300, data });
    await page.locator('#notice', { hasText: 'One file that is no photo was left out.' }).waitFor();
    await allFinished(page, 2);
    assert.deepEqual(await page.locator('.card-name').allInnerTexts(), ['a.jpg', 'b.jpg']);
    assert.deepEqual(await problems(), []);
  } finally {
    await close();
  }
  const phone = await openPage({ width: 360, height: 740, hasTouch: true, isMobile: true });
  try {
    const [chooser] = await Promise.all([phone.page.waitForEvent('filechooser'), phone.page.getByRole('button', { name: 'Take a photo' }).tap()]);
    assert.equal(await phone.page.locator('input[type=file]').getAttribute('capture'), 'environment');
    await chooser.setFiles(SAMPLE);
    await finished(phone.page);
    assert.equal(await phone.page.locator('input[type=file]').getAttribute('capture'), null);
  } finally {
    await phone.close();
  }
});

test('work can be stopped and begun again, a stopped photo has no file', async () => {
  const { page, problems, close } = await openPage();
  try {
    await pick(page, join(FACES, 'ardern.jpg'), join(FACES, 'obama.jpg'));
    await page.getByRole('button', { name: 'Stop the work on obama.jpg' }).click();
    await page.locator('.card', { hasText: 'obama.jpg' }).getByText('Stopped').waitFor();
    await finished(page);
    assert.equal(await page.locator('a[download]').count(), 1);
    await page.locator('.card-open', { hasText: 'obama.jpg' }).click();
    assert.match(await page.locator('.verdict').innerText(), /Stopped[^]*No file was made/);
    await page.getByRole('button', { name: 'Try again' }).click();
    await allFinished(page, 2);
    assert.deepEqual(await problems(), []);
  } finally {
    await close();
  }
});

test('a photo is copied as a clean PNG, and handed to the device to share', async () => {
  const { page, requests, problems, close } = await openPage({ permissions: ['clipboard-read', 'clipboard-write'] });
  const elsewhere = await serve('dist/www', { headers: { 'Permissions-Policy': 'clipboard-read=(self)' } });
  try {
    // The system's own sheet cannot be driven: here stands what it is given.
    await page.evaluate(() => {
      Object.assign(navigator, { canShare: ({ files }) => files.length > 0, share: async ({ files }) => void (window.shared = files.map(({ name, size }) => ({ name, size }))) });
    });
    await pick(page, SAMPLE);
    await finished(page);
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    await page.getByRole('button', { name: 'Share …' }).click();
    const name = await page.locator('.verdict a[download]').getAttribute('download');
    assert.deepEqual(await page.evaluate(() => window.shared.map((file) => file.name)), [name]);
    assert.deepEqual(requests, []);
    assert.deepEqual(await problems(), []);
    // The page may not read what was copied; another may.
    const other = await page.context().newPage();
    await other.goto(elsewhere.address);
    await other.bringToFront();
    const copied = await other.evaluate(async () => {
      const [item] = await navigator.clipboard.read();
      return { types: item.types, start: [...new Uint8Array(await (await item.getType('image/png')).arrayBuffer()).slice(0, 4)] };
    });
    assert.deepEqual(copied, { types: ['image/png'], start: [0x89, 0x50, 0x4e, 0x47] });
  } finally {
    await elsewhere.close();
    await close();
  }
});

test('a hundred photos, ten at a time, leave no memory behind', { timeout: 240_000 }, async () => {
  const { page, requests, problems, close } = await openPage({ hash: '#look=fast' });
  try {
    await page.getByRole('button', { name: 'Use these settings' }).click();
    const client = await page.context().newCDPSession(page);
    const heap = async () => {
      await client.send('HeapProfiler.collectGarbage');
      return (await client.send('Runtime.getHeapUsage')).usedSize;
    };
    const small = readFileSync(SAMPLE);
    const sizes = [];
    for (let round = 0; round < 10; round++) {
      await pick(page, ...Array.from({ length: 10 }, (_, index) => ({ name: `${round}-${index}.jpg`, mimeType: 'image/jpeg', buffer: small })));
      await allFinished(page, 10);
      await page.getByRole('button', { name: 'Remove all' }).click();
      sizes.push(await heap());
    }
    // The first rounds warm things up; after that it must not grow by anything like a photo each.
    const grown = sizes.at(-1) - sizes[2];
    assert.ok(grown < 2_000_000, `${grown} bytes more: ${sizes.join(' ')}`);
    assert.deepEqual(requests, []);
    const loud = (await problems()).filter((problem) => !problem.includes('ERR_FILE_NOT_FOUND'));
    assert.deepEqual(loud, []);
  } finally {
    await close();
  }
});
