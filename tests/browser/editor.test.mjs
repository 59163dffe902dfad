// The editor, driven by mouse, by touch and by keys: brush, zoom, own ways of covering, undoing, comparing.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { createScrubber } from 'darkslide';

import { difference, finished, openPage, pick, SAMPLE, save } from './page.mjs';

let scrubber;
before(async () => (scrubber = await createScrubber()));
after(() => scrubber.close());

describe('with a mouse', () => {
  let opened, page;
  before(async () => {
    // Solid, because in a blur the second look may see a face, and then covers more.
    opened = await openPage({ hash: '#cover=fill' });
    page = opened.page;
    await pick(page, SAMPLE);
    await finished(page);
  });
  after(() => opened.close());

  const marks = () => page.locator('.outline.mark').count();
  const at = async (x, y) => {
    const box = await page.locator('.layer').boundingBox();
    return [box.x + x * box.width, box.y + y * box.height];
  };

  test('a stroke of the brush covers what was painted, not the box around it', async () => {
    await page.getByRole('radio', { name: 'Paint over' }).check();
    await page.mouse.move(...(await at(0.62, 0.55)));
    await page.mouse.down();
    await page.mouse.move(...(await at(0.62, 0.9)), { steps: 8 });
    await page.mouse.move(...(await at(0.95, 0.9)), { steps: 8 });
    await page.mouse.up();
    assert.equal(await marks(), 1);
    await page.locator('.outline.mark[data-pending="fill"]').waitFor();
    await finished(page);
    assert.ok((await difference(page, { x: 0.6, y: 0.6, width: 0.04, height: 0.25 })) > 15, 'the stroke');
    assert.ok((await difference(page, { x: 0.78, y: 0.55, width: 0.2, height: 0.2 })) < 12, 'the box around it');
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    assert.equal(await marks(), 0);
  });

  test('a click marks a place where it is; each step is undone and done again', async () => {
    await page.getByRole('radio', { name: 'Draw a box' }).check();
    await page.mouse.click(...(await at(0.2, 0.8)));
    assert.equal(await marks(), 1);
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Delete');
    assert.equal(await marks(), 0);
    await page.keyboard.press('Control+z');
    assert.equal(await marks(), 1);
    const wide = (await page.locator('.outline.mark').boundingBox()).width;
    await page.getByRole('button', { name: 'Undo' }).click();
    assert.ok((await page.locator('.outline.mark').boundingBox()).width < wide);
    await page.getByRole('button', { name: 'Redo' }).click();
    assert.equal((await page.locator('.outline.mark').boundingBox()).width, wide);
    await page.keyboard.press('Control+y');
    assert.equal(await marks(), 0);
    assert.match(await page.locator('#live').textContent(), /Done again/);
    await finished(page);
  });

  test('a face and a place can each be covered in their own way', async () => {
    await page.locator('.outline.face').focus();
    await page.getByRole('combobox', { name: 'Cover with' }).selectOption('Mosaic');
    await page.mouse.click(...(await at(0.2, 0.8)));
    await page.getByRole('combobox', { name: 'Cover with' }).selectOption('Solid');
    await finished(page);
    assert.match(await page.locator('.verdict-text').innerText(), /^1 face covered\. 1 marked place covered\./);
    const { bytes } = await save(page);
    assert.equal((await scrubber.inspect(bytes)).facesDetected, 0);
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save the report' }).click()]);
    assert.match(download.suggestedFilename(), /^photo-[0-9a-f]{8}-report\.json$/);
    const report = JSON.parse(readFileSync(await download.path(), 'utf8'));
    assert.deepEqual(report.redactions.filter(({ source }) => source === 'manual').map(({ mode }) => mode).sort(), ['fill', 'mosaic']);
    await page.keyboard.press('Control+z');
    await page.keyboard.press('Control+z');
    await page.keyboard.press('Control+z');
    assert.equal(await marks(), 0);
    await finished(page);
  });

  test('places are moved and resized by buttons alone', async () => {
    await page.getByRole('button', { name: 'Mark a place' }).click();
    const box = () => page.locator('.outline.mark').boundingBox();
    let last = await box();
    const moves = [['Move left', (now) => now.x < last.x], ['Move up', (now) => now.y < last.y], ['Move down', (now) => now.y > last.y], ['Move right', (now) => now.x > last.x], ['Narrower', (now) => now.width < last.width], ['Wider', (now) => now.width > last.width], ['Shorter', (now) => now.height < last.height], ['Taller', (now) => now.height > last.height]];
    for (const [name, isRight] of moves) {
      await page.getByRole('button', { name, exact: true }).click();
      const now = await box();
      assert.ok(isRight(now), name);
      last = now;
    }
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await finished(page);
  });

  test('wheel, keys and buttons zoom, and outlines stay on their places', async () => {
    const middle = ({ x, y, width, height }) => [x + width / 2, y + height / 2];
    await page.locator('.outline.face').scrollIntoViewIfNeeded();
    const before = middle(await page.locator('.outline.face').boundingBox());
    await page.mouse.move(...before);
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -300);
    await page.keyboard.up('Control');
    await page.locator('.zoom-value', { hasText: '100 %' }).waitFor({ state: 'detached' });
    const value = () => page.locator('.zoom-value').innerText().then((text) => Number.parseInt(text, 10));
    const wheeled = await value();
    assert.ok(wheeled > 150, `${wheeled} %`);
    const now = middle(await page.locator('.outline.face').boundingBox());
    // What is under the pointer stays there, as far as the picture's edges allow.
    assert.ok(Math.abs(now[0] - before[0]) < 3 && Math.abs(now[1] - before[1]) < 3, `${now} is not ${before}`);
    await page.locator('.window').focus();
    await page.keyboard.press('+');
    assert.ok((await value()) > wheeled);
    const scrolled = () => page.locator('.window').evaluate((window) => window.scrollTop);
    const top = await scrolled();
    await page.keyboard.press('ArrowDown');
    await page.waitForFunction((from) => document.querySelector('.window').scrollTop > from, top);
    await page.getByRole('radio', { name: 'Move the picture' }).check();
    const dragged = await scrolled();
    await page.mouse.move(...(await middle(await page.locator('.window').boundingBox())));
    await page.mouse.down();
    await page.mouse.move(before[0], before[1] - 40, { steps: 4 });
    await page.mouse.up();
    assert.notEqual(await scrolled(), dragged);
    await page.getByRole('radio', { name: 'Draw a box' }).check();
    await page.getByRole('button', { name: 'Show all of it' }).click();
    assert.equal(await value(), 100);
  });

  test('the original is seen for as long as a key or a button is held', async () => {
    const seen = () => page.locator('img.cleaned').isVisible();
    await page.locator('.outline.face').focus();
    await page.keyboard.down('c');
    assert.equal(await seen(), false);
    await page.keyboard.up('c');
    assert.equal(await seen(), true);
    const hold = page.getByRole('button', { name: 'Hold to see the original' });
    await hold.hover();
    await page.mouse.down();
    assert.equal(await seen(), false);
    await page.mouse.up();
    assert.equal(await seen(), true);
  });

  test('nothing was asked of the network, and nobody complained', async () => {
    assert.deepEqual(opened.requests, []);
    assert.deepEqual(await opened.problems(), []);
  });
});

test('two fingers zoom, one finger draws when it is asked to', async () => {
  const { page, problems, close } = await openPage({ width: 360, height: 740, hasTouch: true, isMobile: true });
  try {
    await pick(page, SAMPLE);
    await finished(page);
    const client = await page.context().newCDPSession(page);
    const middle = async () => {
      const box = await page.locator('.window').boundingBox();
      return [box.x + box.width / 2, box.y + box.height / 2];
    };
    let [x, y] = await middle();
    const touch = (type, ...points) => client.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([px, py], id) => ({ x: px, y: py, id })) });
    await touch('touchStart', [x - 30, y], [x + 30, y]);
    for (const apart of [40, 55, 70, 90]) await touch('touchMove', [x - apart, y], [x + apart, y]);
    await touch('touchEnd');
    assert.ok(Number.parseInt(await page.locator('.zoom-value').innerText(), 10) > 200);
    await page.getByRole('button', { name: 'Show all of it' }).tap();

    await page.getByRole('radio', { name: 'Draw a box' }).tap();
    // To reach a tool, the page may have been scrolled.
    [x, y] = await middle();
    await touch('touchStart', [x - 60, y + 20]);
    for (const by of [20, 40, 60]) await touch('touchMove', [x - 60 + by, y + 20 + by]);
    await touch('touchEnd');
    await page.locator('.outline.mark').waitFor();
    await finished(page);
    assert.match(await page.locator('.verdict-text').innerText(), /1 marked place covered/);
    assert.deepEqual(await problems(), []);
  } finally {
    await close();
  }
});
