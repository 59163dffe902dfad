// The same in Firefox, where an element that is moved into another window gets that window's prototypes.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { launch } from '../../scripts/firefox.mjs';
import { arrived, files, page, setUp } from './bare.mjs';
import { movable, PLACES, WAYS } from './places.mjs';

setUp(launch);
beforeEach(() => page.evaluate(movable));

const submit = (way) => page.evaluate((named) => SUBMISSIONS[named](), way);
const settled = () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
/** The browser fires both events when its picker has closed; here a setter puts the files in over which nothing is laid. */
const choose = ({ name, bytes }) =>
  page.evaluate(
    (called, original) => {
      const frame = document.createElement('iframe');
      document.body.append(frame);
      const view = input.ownerDocument.defaultView;
      const transfer = new view.DataTransfer();
      transfer.items.add(photo(original, called));
      Object.getOwnPropertyDescriptor(frame.contentWindow.HTMLInputElement.prototype, 'files').set.call(input, transfer.files);
      frame.remove();
      for (const type of ['input', 'change']) input.dispatchEvent(new view.Event(type, { bubbles: true, composed: type === 'input' }));
    },
    name,
    bytes.toString('base64'),
  );

for (const where of PLACES) {
  for (const guarded of where === 'another form' ? ['input'] : ['input', 'form']) {
    test(`Firefox, a guarded ${guarded} that comes to lie in another place: ${where}`, async () => {
      for (const way of WAYS) {
        await page.evaluate((what, to) => (place(what, to), move()), guarded, where);
        await settled();
        await choose(files.good);
        await submit(way);
        assert.equal((await arrived(1)).photos.length, 1, `${where}, ${guarded}, ${way}`);
      }
    });
  }
}

test('Firefox, a plain form: chosen with the browser, refused, chosen again', async () => {
  await page.evaluate(() => form('<input type="file" name="photo" multiple required>'));
  const input = await page.$('input[type=file]');
  await input.uploadFile(files.good.path, files.broken.path);
  await page.evaluate(() => document.querySelector('button').click());
  await page.evaluate(() => protection.settled());
  assert.deepEqual((await arrived(0)).requests, []);
  assert.match(await page.evaluate(() => globalThis.input.validationMessage), /^2\/2: .*was not added/);
  await input.uploadFile(files.good.path);
  await page.evaluate(() => document.querySelector('button').click());
  assert.equal((await arrived(1)).photos.length, 1);
});

test('Firefox, no listener of `formdata` gets a file past the last look', async () => {
  await page.evaluate((original) => {
    form();
    for (const place of [element, document, window]) {
      for (const capture of [true, false]) {
        place.addEventListener('formdata', (event) => {
          if (place === window && !capture) event.stopImmediatePropagation();
          event.formData.append('added', photo(original));
        }, capture);
      }
    }
  }, files.good.bytes.toString('base64'));
  await (await page.$('input[type=file]')).uploadFile(files.good.path);
  await page.evaluate(() => element.requestSubmit());
  assert.equal((await arrived(1)).photos.length, 1);
});
