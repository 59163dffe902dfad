// A guarded form or input that is moved: into a closed shadow tree, into a frame, out of a template. What was chosen before, meanwhile and
// after leaves scrubbed, and every way to submit waits for it.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { arrived, choose, files, page, setUp } from './bare.mjs';
import { movable, PLACES, WAYS } from './places.mjs';

setUp();
beforeEach(() => page.evaluate(movable));

const submit = (way) => page.evaluate((named) => SUBMISSIONS[named](), way);
/** What has been moved is followed a moment later. */
const settled = () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));

for (const where of PLACES) {
  for (const guarded of where === 'another form' ? ['input'] : ['input', 'form']) {
    test(`a guarded ${guarded} that comes to lie in another place: ${where}`, async () => {
      for (const way of WAYS) {
        const said = `${where}, ${guarded}, ${way}`;
        // Chosen there, and sent at once.
        await page.evaluate(([what, to]) => (place(what, to), move()), [guarded, where]);
        await settled();
        await choose('input', [files.good]);
        await submit(way);
        assert.equal((await arrived(1)).photos.length, 1, `chosen there: ${said}`);

        // Being scrubbed while it is moved, and sent there.
        await page.evaluate(([what, to]) => place(what, to), [guarded, where]);
        await choose('input', [files.good]);
        await page.evaluate(() => move());
        await settled();
        await submit(way);
        assert.equal((await arrived(1)).photos.length, 1, `moved meanwhile: ${said}`);
      }
      // A refused one keeps the form there.
      await page.evaluate(([what, to]) => (place(what, to), move()), [guarded, where]);
      await settled();
      await choose('input', [files.broken]);
      for (const way of WAYS) await submit(way);
      await page.evaluate(() => protection.settled());
      await submit('click');
      assert.deepEqual((await arrived(0)).requests, []);
      assert.match(await page.evaluate(() => input.validationMessage), /was not added/);
    });
  }
}

test('moved and sent in one go, with an original that a script puts in, nothing of it leaves', async () => {
  const base64 = files.good.bytes.toString('base64');
  for (const where of ['a closed shadow tree', 'a frame', 'a closed shadow tree in a frame', 'another form']) {
    for (const guarded of where === 'another form' ? ['input'] : ['input', 'form']) {
      await page.evaluate(
        ([what, to, original]) => {
          place(what, to);
          move();
          const foreign = input.ownerDocument.defaultView;
          const list = new foreign.DataTransfer();
          list.items.add(photo(original));
          input.files = list.files;
          input.dispatchEvent(new foreign.Event('change', { bubbles: true }));
          // Whatever the new window's own prototypes do, too.
          foreign.HTMLFormElement.prototype.submit.call(element);
        },
        [guarded, where, base64],
      );
      await page.evaluate(() => protection.settled());
      await settled();
      await arrived(0);
      await submit('click');
      assert.equal((await arrived(1)).photos.length, 1, `${where}, ${guarded}`);
    }
  }
});

test("a listener that was there before, on the new place's window, does not see or send what was chosen", async () => {
  await page.evaluate(() => {
    place('input', 'a frame');
    const seen = (globalThis.seen = []);
    move();
    const view = input.ownerDocument.defaultView;
    for (const type of ['input', 'change']) {
      view.addEventListener(type, ({ target }) => {
        seen.push(...[...target.files].map(({ name }) => name));
        HTMLFormElement.prototype.submit.call(target.form);
        view.HTMLFormElement.prototype.submit.call(target.form);
      }, true);
    }
  });
  await choose('input', [files.good]);
  await page.evaluate(() => protection.settled());
  await arrived(1);
  assert.ok((await page.evaluate(() => seen)).every((name) => /^photo-/.test(name)));
});

test('a frame that loads another page between two visits is followed like a new one', async () => {
  await page.evaluate(async () => {
    place('input', 'nothing');
    document.body.append(holder);
    const frame = document.createElement('iframe');
    document.body.append(frame);
    for (let visit = 0; visit < 2; visit += 1) {
      frame.contentDocument.body.append(element);
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      document.body.append(element);
      await new Promise((done) => {
        frame.onload = done;
        frame.src = `/bare.html?${visit}`;
      });
    }
    frame.contentDocument.body.append(element);
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    // What this page makes is of its own kind.
    globalThis.own = frame.contentWindow;
  });
  for (const way of ['click', 'submit()', "submit() as the window's own prototype has it"]) {
    await choose('input', [files.good]);
    if (way.startsWith('submit() as')) await page.evaluate(() => own.HTMLFormElement.prototype.submit.call(element));
    else await submit(way);
    assert.equal((await arrived(1)).photos.length, 1, way);
  }
});

test('an input that waits for us is enabled where it is guarded, and no clone of a template is', async () => {
  const enabled = await page.evaluate(async () => {
    const template = document.createElement('template');
    template.innerHTML = '<form><input type="file" name="photo" disabled data-darkslide></form>';
    protect(template.content.querySelector('form'));
    document.body.append(template.content.cloneNode(true));
    const clone = document.querySelector('[name=photo]');
    const fragment = template.content.cloneNode(true);
    const [form] = fragment.children;
    const holder = document.createElement('div');
    holder.append(fragment);
    protect(form);
    const before = form.firstChild.disabled;
    document.body.append(holder);
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return { clone: !clone.disabled, before: !before, after: !form.firstChild.disabled };
  });
  assert.deepEqual(enabled, { clone: false, before: false, after: true });
});

test('released, nothing of the guard is left on an input that was moved', async () => {
  assert.deepEqual(
    await page.evaluate(() => {
      place('input', 'a frame');
      move();
      input.click();
      protection.release();
      return Object.getOwnPropertyNames(input);
    }),
    [],
  );
});
