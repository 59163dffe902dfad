// Files that say too much: very long values, thousands of entries, names that nobody would give. The page stays a page, and the report has it all.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { crc32, deflateSync } from 'node:zlib';

import { finished, openPage, pick, SAMPLE } from './page.mjs';

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const made = Buffer.alloc(body.length + 8);
  made.writeUInt32BE(data.length);
  body.copy(made, 4);
  made.writeUInt32BE(crc32(body), body.length + 4);
  return made;
}

/** A grey picture, and `texts` of `[keyword, value]`. */
function png(texts) {
  const header = Buffer.from([0, 0, 0, 8, 0, 0, 0, 8, 8, 0, 0, 0, 0]);
  const rows = deflateSync(Buffer.alloc(8 * 9, 0x60).map((byte, at) => (at % 9 === 0 ? 0 : byte)));
  const said = texts.map(([keyword, value]) => chunk('tEXt', Buffer.from(`${keyword}\0${value}`, 'latin1')));
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', header), ...said, chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]);
}

/** The sample with a comment, and with XMP in which a property has a name and a value of any length. */
function saying(text, name) {
  const sample = readFileSync(SAMPLE);
  const segment = (code, body) => {
    const marker = Buffer.from([0xff, code, 0, 0]);
    marker.writeUInt16BE(body.length + 2, 2);
    return Buffer.concat([marker, body]);
  };
  const packet = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:a="http://a/" a:${name}="${name}"/></rdf:RDF></x:xmpmeta>`;
  return Buffer.concat([sample.subarray(0, 2), segment(0xfe, Buffer.from(text)), segment(0xe1, Buffer.from(`http://ns.adobe.com/xap/1.0/\0${packet}`)), sample.subarray(2)]);
}

const LONG = 'W'.repeat(65_000);
/** No engine cuts what a property is called. */
const NAME = 'W'.repeat(30_000);
const MANY = Array.from({ length: 20_000 }, (_, index) => [`Key${index}`, `value ${index}`]);
const NAMES = ['N'.repeat(251) + '.jpg', 'invoice\u202egpj.exe', 'two\nlines\r\n\t.jpg', '\u202e\u2067right to left\u0000.jpg', `${'سيرة'.repeat(60)}.jpg`];

/** By how much the page is wider than the window, with what sticks out. */
async function tooWide(page) {
  return await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth === clientWidth) return [];
    const wide = [...document.querySelectorAll('body *')].filter((node) => node.getBoundingClientRect().right > clientWidth + 1).slice(-3);
    return [`${scrollWidth - clientWidth} px`, ...wide.map((node) => `${node.tagName}.${node.className}: ${node.textContent.slice(0, 40)}`)];
  });
}

for (const [width, phone] of [[320, true], [390, true], [1280, false]]) {
  describe(`${width} px wide`, { timeout: 180_000 }, () => {
    test('what is of 65,000 letters without a space is cut, and can be shown as far as the report has it', async () => {
      const { page, problems, close } = await openPage({ width, height: 844, hasTouch: phone, isMobile: phone });
      try {
        await pick(page, { name: 'long.jpg', mimeType: 'image/jpeg', buffer: saying(LONG, NAME) }, { name: 'long.png', mimeType: 'image/png', buffer: png([['Comment', LONG], ['K'.repeat(79), LONG], ['Copyright', LONG]]) });
        for (const [card, whole] of [['long.png', undefined], ['long.jpg', 'APP1/XMP/a:'.length + NAME.length]]) {
          await page.locator('.card-open', { hasText: card }).click();
          await page.locator('.verdict[data-look="ready"]').waitFor({ timeout: 60_000 });
          assert.deepEqual(await tooWide(page), [], card);
          await page.locator('.technical').evaluate((details) => (details.open = true));
          assert.deepEqual(await tooWide(page), [], `${card}, technical details`);
          const letters = await page.evaluate(() => document.body.innerText.length);
          assert.ok(letters < 20_000, `${letters} letters are shown of ${card}`);
          if (whole === undefined) continue;
          await page.getByRole('button', { name: `Show all ${whole.toLocaleString('en')} characters` }).click();
          assert.deepEqual(await tooWide(page), [], `${card}, all shown`);
          assert.match(await page.evaluate(() => document.activeElement.textContent), /^APP1.XMP.a:W+$/);
          assert.equal(await page.evaluate(() => document.activeElement.textContent.length), whole);
        }
        assert.deepEqual(await problems(), []);
      } finally {
        await close();
      }
    });

    test('20,000 entries: as many as a page can show, the others are counted, and the report has them', async () => {
      const { page, problems, close } = await openPage({ width, height: 844, hasTouch: phone, isMobile: phone });
      try {
        await pick(page, { name: 'many.png', mimeType: 'image/png', buffer: png(MANY) });
        await page.locator('.verdict[data-look="ready"]').waitFor({ timeout: 60_000 });
        await page.locator('.technical').evaluate((details) => (details.open = true));
        const nodes = await page.evaluate(() => document.querySelectorAll('*').length);
        assert.ok(nodes < 5000, `${nodes} elements`);
        assert.match(await page.locator('.technical caption').innerText(), /20[,.]?\d\d\d/);
        assert.match(await page.locator('.technical tbody tr').last().innerText(), /and 19,7\d\d more: they are in the report/);
        assert.match(await page.locator('.leaks').innerText(), /and 19,99\d more/);
        assert.deepEqual(await tooWide(page), []);
        const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save the report (JSON)' }).click()]);
        const report = JSON.parse(readFileSync(await download.path(), 'utf8'));
        for (const [keyword, value] of [MANY[0], MANY.at(-1)]) assert.ok(report.removed.some((entry) => entry.path.includes(keyword) && entry.value === value), keyword);
        assert.deepEqual(await problems(), []);
      } finally {
        await close();
      }
    });

    test('names of any length, with letters that turn the line around, and with lines', async () => {
      const { page, problems, close } = await openPage({ width, height: 844, hasTouch: phone, isMobile: phone });
      try {
        const buffer = readFileSync(SAMPLE);
        // By the page's own way in: the tests' road tidies names up.
        await page.evaluate(
          ([names, base64]) => {
            const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
            const transfer = new DataTransfer();
            for (const name of names) transfer.items.add(new File([bytes], name, { type: 'image/jpeg' }));
            document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: transfer }));
          },
          [NAMES, buffer.toString('base64')],
        );
        await page.waitForFunction((count) => document.querySelectorAll('a[download]').length === count, NAMES.length, { timeout: 90_000 });
        for (let index = 0; index < NAMES.length; index++) {
          await page.locator('.card-open').nth(index).click();
          await finished(page);
          assert.deepEqual(await tooWide(page), [], JSON.stringify(NAMES[index].slice(0, 20)));
          const said = await page.evaluate(() => [document.documentElement.textContent, ...[...document.querySelectorAll('[aria-label], [alt]')].flatMap((node) => [node.getAttribute('aria-label') ?? '', node.getAttribute('alt') ?? ''])].join(' '));
          assert.doesNotMatch(said, /[\u202a-\u202e\u2066-\u2069\0]/);
          assert.doesNotMatch(said, /N{81}/);
        }
        assert.match(await page.locator('.card-name').nth(1).innerText(), /^invoice\ufffdgpj\.exe$/);
        assert.match(await page.locator('.card-name').first().innerText(), /^N+…N+\.jpg$/);
        assert.deepEqual(await problems(), []);
      } finally {
        await close();
      }
    });
  });
}
