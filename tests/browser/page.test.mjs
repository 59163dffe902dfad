// The page, driven as a person does: with and without WebGPU, by mouse, by keyboard, on a phone, without network.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { createScrubber } from 'darkslide';
import { verify } from 'darkslide/verify';

import { difference, FACES, finished, openPage, pick, SAMPLE, save, tabTo } from './page.mjs';

const folder = mkdtempSync(join(tmpdir(), 'darkslide-page-'));
let scrubber;
before(async () => (scrubber = await createScrubber()));
after(() => {
  scrubber.close();
  rmSync(folder, { recursive: true });
});

/** What an independent reader finds in saved bytes besides the picture's own structure. */
function foreign(bytes) {
  const path = join(folder, 'saved');
  writeFileSync(path, bytes);
  const [tags] = JSON.parse(execFileSync('exiftool', ['-j', '-a', '-G1', path], { encoding: 'utf8' }));
  // The picture's data is copied as it is where nothing is covered, and then needs its orientation.
  return Object.keys(tags).filter((name) => name.includes(':') && !/^(File|System|ExifTool|JFIF|Composite):|^IFD0:Orientation$/.test(name));
}

/** Fails unless the bytes are clean, by our own check and by ExifTool's. */
function assertClean({ name, bytes }) {
  assert.match(name, /^photo-[0-9a-f]{8}\.(jpg|png|webp)$/);
  assert.deepEqual(verify(bytes), { clean: true, format: 'jpeg', findings: [] });
  assert.deepEqual(foreign(bytes), []);
}

const faces = async (bytes) => (await scrubber.inspect(bytes)).facesDetected;

for (const webgpu of [false, true]) {
  describe(`${webgpu ? 'with' : 'without'} WebGPU`, () => {
    let opened;
    before(async () => (opened = await openPage({ webgpu })));
    after(() => opened.close());

    test('a photo comes out without its face and without what it gave away', async (t) => {
      const { page } = opened;
      const adapter = await page.evaluate(async () => (await navigator.gpu?.requestAdapter()) != null);
      if (webgpu && !adapter) {
        assert.notEqual(process.env.REQUIRE_GPU, '1', 'this browser has no WebGPU adapter');
        t.diagnostic('no WebGPU adapter: the CPU does the work here too');
      }
      assert.equal(await page.locator('input[type=file]').count(), 1);
      await pick(page, SAMPLE);
      await finished(page);
      assert.equal(await page.locator('.outline.face').count(), 1);
      assert.match(await page.locator('.outline.face').getAttribute('aria-label'), /^Cover face 1, \d+ % sure$/);
      assert.match(await page.locator('[data-leak="place"]').innerText(), /48\.87667° S, 123\.39333° W/);
      assert.match(await page.locator('[data-leak="time"]').innerText(), /18 May 2024/);
      assert.match(await page.locator('[data-leak="people"]').innerText(), /Mika Sample[^]*Somebody Sample/);
      assert.match(await page.locator('[data-leak="serial"]').innerText(), /HR45-0071934/);
      for (const leak of ['second', 'thumbnail', 'camera', 'software', 'description']) assert.equal(await page.locator(`[data-leak="${leak}"]`).count(), 1, leak);
      assert.equal(await page.locator('a[download]').count(), 1);
      await page.getByText('Technical details').click();
      assert.equal(await page.locator('dt:text-is("Covered by") + dd').innerText(), adapter ? 'webgpu' : 'cpu');

      assert.equal(await faces(readFileSync(SAMPLE)), 1);
      const saved = await save(page);
      assertClean(saved);
      assert.equal(await faces(saved.bytes), 0);
      assert.match(await page.locator('#live').textContent(), /ready to save/);
    });

    test('an outline switches its face off and on, and an outdated file cannot be saved', async () => {
      const { page } = opened;
      const outline = page.locator('.outline.face');
      assert.equal(await outline.getAttribute('aria-pressed'), 'true');
      const links = await outline.evaluate((button) => {
        button.click();
        // The page tells of a change once a turn; nobody can click in between.
        return new Promise((resolve) => queueMicrotask(() => queueMicrotask(() => resolve(document.querySelectorAll('a[download]').length))));
      });
      assert.equal(links, 0);
      assert.equal(await outline.getAttribute('aria-pressed'), 'false');
      await finished(page);
      const visible = await save(page);
      assertClean(visible);
      assert.equal(await faces(visible.bytes), 1);
      assert.match(await page.locator('.verdict-text').innerText(), /1 face left visible/);

      await outline.click();
      await finished(page);
      assert.equal(await faces((await save(page)).bytes), 0);
    });

    test('a place that is drawn is covered, the rest stays', async () => {
      const { page } = opened;
      // What is said above the picture moves it, and says more when all is done.
      await finished(page);
      const patch = { x: 0.24, y: 0.62, width: 0.18, height: 0.18 };
      await differs(page, patch, (difference) => difference < 12);
      const box = await page.locator('.layer').boundingBox();
      await page.mouse.move(box.x + patch.x * box.width, box.y + patch.y * box.height);
      await page.mouse.down();
      await page.mouse.move(box.x + 0.3 * box.width, box.y + 0.7 * box.height);
      await page.mouse.move(box.x + (patch.x + patch.width) * box.width, box.y + (patch.y + patch.height) * box.height);
      await page.mouse.up();
      await page.locator('.outline.mark').waitFor();
      await finished(page);
      assert.match(await page.locator('.verdict-text').innerText(), /1 marked place covered/);
      await differs(page, patch, (difference) => difference > 30);
      await differs(page, { x: 0.7, y: 0.45, width: 0.28, height: 0.5 }, (difference) => difference < 12);
      assertClean(await save(page));

      const mark = page.locator('.outline.mark');
      const drag = async (from, by) => {
        await page.mouse.move(from.x, from.y);
        await page.mouse.down();
        await page.mouse.move(from.x + by.x / 2, from.y + by.y / 2);
        await page.mouse.move(from.x + by.x, from.y + by.y);
        await page.mouse.up();
      };
      const drawn = await mark.boundingBox();
      await drag({ x: drawn.x + drawn.width / 2, y: drawn.y + drawn.height / 2 }, { x: 60, y: 30 });
      const moved = await mark.boundingBox();
      const near = (a, b) => assert.ok(Math.abs(a - b) < 3, `${a} is not ${b}`);
      near(moved.x - drawn.x, 60);
      near(moved.y - drawn.y, 30);
      near(moved.width, drawn.width);
      const grip = await mark.locator('.grip').boundingBox();
      await drag({ x: grip.x + grip.width / 2, y: grip.y + grip.height / 2 }, { x: 24, y: 36 });
      const grown = await mark.boundingBox();
      near(grown.x, moved.x);
      near(grown.width - moved.width, 24);
      near(grown.height - moved.height, 36);
      assert.equal(await mark.getAttribute('aria-pressed'), 'true', 'a drag is no click');
      await mark.click({ position: { x: 5, y: 5 } });
      assert.equal(await mark.getAttribute('aria-pressed'), 'false');

      await mark.press('Delete');
      await finished(page);
      await differs(page, patch, (difference) => difference < 12);
    });

    test('blur, mosaic and solid look different and all hide the face', async () => {
      const { page } = opened;
      const looks = new Set();
      for (const name of ['Mosaic', 'Solid', 'Blur']) {
        await page.getByRole('radio', { name }).check();
        await finished(page);
        const { bytes } = await save(page);
        assert.equal(await faces(bytes), 0, name);
        looks.add(bytes.length);
      }
      assert.equal(looks.size, 3);
    });

    test('nothing was asked of the network, and nobody complained', async () => {
      assert.deepEqual(opened.requests, []);
      assert.deepEqual(await opened.problems(), []);
      assert.ok(opened.loaded.some((request) => request.includes('darkslide.wasm')), 'the wasm came with the page');
    });
  });
}

test('without network, and after a pause, everything goes on working', { timeout: 120_000 }, async () => {
  const { page, requests, problems, close } = await openPage();
  try {
    await page.context().setOffline(true);
    // Longer than an idle worker is kept by default.
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    await page.getByRole('button', { name: 'Try a sample photo' }).click();
    await finished(page);
    assertClean(await save(page));
    assert.deepEqual(requests, []);
    assert.deepEqual(await problems(), []);
  } finally {
    await close();
  }
});

test('a keyboard is enough', async () => {
  const { page, problems, close } = await openPage();
  const focused = (property) => page.evaluate((name) => document.activeElement?.[name], property);
  try {
    await tabTo(page, 'the sample', () => document.activeElement?.id === 'sample');
    await page.keyboard.press('Enter');
    assert.equal(await focused('id'), 'verdict');
    await finished(page);

    await page.locator('.stage').evaluate((stage) => stage.setAttribute('tabindex', '-1'));
    await page.locator('.stage').focus();
    await tabTo(page, 'the face', () => document.activeElement?.matches('.outline.face'));
    await page.keyboard.press('Space');
    assert.equal(await page.locator('.outline.face').getAttribute('aria-pressed'), 'false');
    await page.keyboard.press('Enter');
    assert.equal(await page.locator('.outline.face').getAttribute('aria-pressed'), 'true');

    await tabTo(page, 'the slide', () => document.activeElement?.matches('.slide'));
    await page.keyboard.press('Home');
    assert.equal(await page.locator('.slide').getAttribute('aria-valuetext'), 'the original');
    await page.keyboard.press('End');
    assert.equal(await page.locator('.slide').getAttribute('aria-valuetext'), 'all of the picture is cleaned');

    await tabTo(page, 'marking', () => document.activeElement?.textContent === 'Mark a place');
    await page.keyboard.press('Enter');
    assert.match(await focused('className'), /outline mark/);
    const before = await page.locator('.outline.mark').boundingBox();
    for (const key of ['ArrowLeft', 'ArrowLeft', 'ArrowDown', 'Shift+ArrowRight', 'Shift+ArrowDown']) await page.keyboard.press(key);
    const moved = await page.locator('.outline.mark').boundingBox();
    assert.ok(moved.x < before.x && moved.y > before.y && moved.width > before.width && moved.height > before.height);
    await finished(page);
    assert.match(await page.locator('.verdict-text').innerText(), /1 marked place covered/);
    await page.keyboard.press('Delete');
    assert.equal(await page.locator('.outline.mark').count(), 0);
    assert.notEqual(await focused('tagName'), 'BODY');
    await finished(page);

    await tabTo(page, 'saving', () => document.activeElement?.matches('.verdict a[download]'));
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
    assert.match(download.suggestedFilename(), /^photo-/);
    assert.deepEqual(await problems(), []);
  } finally {
    await close();
  }
});

/** Says what the difference was where it is not as expected. */
async function differs(page, place, isRight) {
  const measured = await difference(page, place);
  assert.ok(isRight(measured), `${measured} in ${JSON.stringify(place)}`);
}

test('a photo that cannot be scrubbed gets words and no file', async () => {
  const { page, requests, problems, close } = await openPage();
  // Arithmetic coding instead of Huffman's, which no browser shows either.
  const arithmetic = Buffer.from(readFileSync(SAMPLE));
  let frame = 2;
  while (arithmetic[frame + 1] !== 0xc0) frame += 2 + arithmetic.readUInt16BE(frame + 2);
  arithmetic[frame + 1] = 0xc9;
  const bad = [
    ['noise.jpg', Buffer.from('this is no picture at all'), /no photo that we know/],
    ['arithmetic.jpg', arithmetic, /not supported/],
    ['cut.jpg', readFileSync(SAMPLE).subarray(0, 12_000), /damaged/],
    ['empty.png', Buffer.alloc(0), /no photo that we know/],
  ];
  try {
    for (const [name, buffer, words] of bad) {
      await pick(page, { name, mimeType: 'image/jpeg', buffer });
      await page.locator('.verdict[data-look="refused"]').waitFor({ timeout: 60_000 });
      assert.match(await page.locator('.verdict').innerText(), words, name);
      assert.match(await page.locator('#live').textContent(), new RegExp(`${name} was refused`));
      assert.equal(await page.locator('a[download]').count(), 0, name);
      assert.equal(await page.locator('a[href^="blob:"]').count(), 0, name);
      await page.getByRole('button', { name: `Remove ${name}` }).click();
    }
    // After all that, a good one still works.
    await pick(page, SAMPLE);
    await finished(page);
    assert.deepEqual(requests, []);
    assert.deepEqual(await problems(), []);
  } finally {
    await close();
  }
});

test('what is hidden in a GIF is named and removed', async () => {
  const { page, requests, problems, close } = await openPage();
  const text = Buffer.from('taken at my house');
  const still = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');
  const packet = Buffer.from("<x:xmpmeta><rdf:RDF><rdf:Description exif:GPSLatitude='51,30.2N' exif:GPSLongitude='0,7,39W'/></rdf:RDF></x:xmpmeta>");
  // XMP in a GIF has no lengths of its own: the 257 bytes behind it lead any reader to its end.
  const magic = Buffer.from([1, ...Array.from({ length: 256 }, (_, index) => 255 - index), 0]);
  const xmp = Buffer.concat([Buffer.from([0x21, 0xff, 11]), Buffer.from('XMP DataXMP'), packet, magic]);
  const comment = Buffer.concat([Buffer.from([0x21, 0xfe, text.length]), text, Buffer.from([0])]);
  const gif = Buffer.concat([still.subarray(0, 19), comment, xmp, still.subarray(19)]);
  try {
    await pick(page, { name: 'home.gif', mimeType: 'image/gif', buffer: gif });
    await page.locator('.verdict[data-look="ready"]').waitFor({ timeout: 60_000 });
    assert.match(await page.locator('.leaks').innerText(), /taken at my house/);
    assert.match(await page.locator('[data-leak="place"]').innerText(), /51\.50333° N, 0\.12750° W/);
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('.verdict a[download]').click()]);
    assert.match(download.suggestedFilename(), /^photo-[0-9a-f]{8}\.gif$/);
    const saved = readFileSync(await download.path());
    assert.ok(saved.includes('GIF89a') && !saved.includes(text));
    assert.deepEqual(requests, []);
    assert.deepEqual(await problems(), []);
  } finally {
    await close();
  }
});

test('in a moving picture a face is one, covered in every frame, and spared in every frame', async () => {
  const moving = join(folder, 'moving.gif');
  const frame = (x) => ['(', '-size', '320x240', 'gradient:#9fc3d6-#47626f', '(', `${FACES}obama.jpg`, '-resize', '160x160', ')', '-geometry', `+${x}+30`, '-composite', ')'];
  execFileSync('convert', ['-delay', '20', '-loop', '0', ...[10, 40, 70, 100].flatMap(frame), moving]);
  const { page, requests, problems, close } = await openPage();
  try {
    await pick(page, { name: 'moving.gif', mimeType: 'image/gif', buffer: readFileSync(moving) });
    await finished(page);
    assert.equal(await page.locator('.outline.face').count(), 1);
    assert.match(await page.locator('.verdict-text').innerText(), /^1 face covered\./);
    assert.equal(await faces((await save(page)).bytes), 0);
    await page.locator('.outline.face').press('Enter');
    await page.locator('.outline.face[aria-pressed="false"]').waitFor();
    await finished(page);
    assert.match(await page.locator('.verdict-text').innerText(), /^1 face left visible/);
    const left = await scrubber.inspect((await save(page)).bytes);
    assert.deepEqual([left.facesDetected, left.input.frames, left.faces.map((face) => face.frame)], [1, 4, [0, 1, 2, 3]]);
    // Taken off the page, it is said what becomes of it.
    await page.locator('.card-remove').click();
    assert.match(await page.locator('#notice').innerText(), /off this page, and the engine has overwritten/);
    assert.deepEqual(requests, []);
    assert.deepEqual(await problems(), []);
  } finally {
    await close();
  }
});

test('where a picture cannot be changed, what is hidden can still be removed, and it is said that faces stay', async () => {
  const { page, requests, problems, close } = await openPage();
  // A bitmap of OS/2's second kind, which is stripped but not decoded: one pixel, and something behind it.
  const bitmap = Buffer.alloc(82);
  bitmap.write('BM');
  for (const [at, value] of [[2, 82], [10, 78], [14, 64], [18, 1], [22, 1], [34, 4]]) bitmap.writeUInt32LE(value, at);
  for (const [at, value] of [[26, 1], [28, 24]]) bitmap.writeUInt16LE(value, at);
  const text = Buffer.from('taken at my house');
  try {
    await pick(page, { name: 'home.bmp', mimeType: 'image/bmp', buffer: Buffer.concat([bitmap, text]) });
    await page.locator('.verdict[data-look="refused"]').waitFor({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Remove the hidden data only' }).click();
    await page.locator('.verdict[data-look="ready"]').waitFor({ timeout: 60_000 });
    assert.match(await page.locator('.verdict').innerText(), /Nobody looked for faces/);
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('.verdict a[download]').click()]);
    assert.match(download.suggestedFilename(), /^photo-[0-9a-f]{8}\.bmp$/);
    assert.ok(readFileSync(await download.path()).equals(bitmap));
    assert.deepEqual(requests, []);
    assert.deepEqual(await problems(), []);
  } finally {
    await close();
  }
});

test('several photos, dropped and pasted: each has its card and one way to be saved', { timeout: 120_000 }, async () => {
  const { page, requests, problems, close } = await openPage();
  const names = ['ardern.jpg', 'obama.jpg'];
  try {
    await pick(page, ...names.map((name) => join(FACES, name)));
    const hand = (event, data) =>
      page.evaluate(
        async ([type, name, base64]) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name, { type: 'image/jpeg' }));
          const init = { bubbles: true, cancelable: true };
          document.body.dispatchEvent(type === 'drop' ? new DragEvent('drop', { ...init, dataTransfer: transfer }) : new ClipboardEvent('paste', { ...init, clipboardData: transfer }));
        },
        [event, `${event}.jpg`, data],
      );
    const sample = readFileSync(SAMPLE).toString('base64');
    await hand('drop', sample);
    await hand('paste', sample);
    await page.waitForFunction(() => document.querySelectorAll('a[download]').length === 4, undefined, { timeout: 90_000 });
    assert.equal(await page.locator('.card').count(), 4);

    await page.locator('.card-open', { hasText: 'ardern.jpg' }).click();
    await finished(page);
    assert.match(await page.locator('.stage-name').innerText(), /ardern/);
    assert.equal(await page.locator('a[download]').count(), 4);
    for (const link of await page.locator('a[download]').all()) assertClean(await save(page, link));

    // What is removed is let go: its picture can no longer be had.
    const url = await page.locator('img.original').getAttribute('src');
    await page.getByRole('button', { name: 'Remove ardern.jpg' }).click();
    assert.equal(await page.locator('a[download]').count(), 3);
    const gone = await page.evaluate((src) => new Promise((resolve) => Object.assign(new Image(), { src, onload: () => resolve(false), onerror: () => resolve(true) })), url);
    assert.ok(gone);
    await page.getByRole('button', { name: 'Remove all' }).click();
    assert.equal(await page.locator('.card').count(), 0);
    assert.ok(await page.getByRole('heading', { level: 1 }).isVisible());
    assert.deepEqual(requests, []);
    const loud = (await problems()).filter((problem) => !problem.includes('ERR_FILE_NOT_FOUND'));
    assert.deepEqual(loud, []);
  } finally {
    await close();
  }
});

for (const width of [320, 390]) {
  test(`a phone ${width} px wide shows everything without sideways scrolling`, async () => {
    const { page, problems, close } = await openPage({ width, height: 844, hasTouch: true, isMobile: true });
    const tooWide = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    try {
      assert.equal(await tooWide(), 0);
      assert.ok(await page.getByText('Choose photos').isVisible());
      await page.getByRole('button', { name: 'Try a sample photo' }).tap();
      await finished(page);
      await page.getByText('Technical details').tap();
      await page.getByText('Settings', { exact: true }).tap();
      assert.equal(await tooWide(), 0);
      // WCAG 2.2, 2.5.8: 24 px.
      const small = await page.evaluate(() =>
        [...document.querySelectorAll('button, a[download], select, summary, input:not(.visually-hidden)')]
          .map((target) => [target, target.getBoundingClientRect()])
          .filter(([target, { width: w, height: h }]) => w > 0 && (w < 24 || h < 24) && !target.matches('.outline'))
          .map(([target]) => target.outerHTML.slice(0, 80)),
      );
      assert.deepEqual(small, []);
      const outline = page.locator('.outline.face');
      await outline.tap();
      assert.equal(await outline.getAttribute('aria-pressed'), 'false');
      await page.getByRole('button', { name: 'Mark a place' }).tap();
      assert.equal(await page.locator('.outline.mark').count(), 1);
      await finished(page);
      assertClean(await save(page));
      assert.deepEqual(await problems(), []);
    } finally {
      await close();
    }
  });
}
