// The two engines of the scrubber: that for JPEG and PNG, which comes first, and that for all formats, which comes in its place when a photo
// takes it. What the first does, it does as the other; what it cannot do, it says, and does not do otherwise.

import assert from 'node:assert/strict';
import { on, once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

import * as slim from 'darkslide/slim';

import { files } from '../../scripts/cache.mjs';
import { ROOT } from '../../scripts/run.mjs';
import { jpeg } from './photo.mjs';

const engine = (name) => slim.createScrubber({ backend: 'cpu', wasm: readFileSync(join(ROOT, 'dist', name)) });
const [few, all] = [await engine('darkslide.wasm'), await engine('darkslide-all.wasm')];
after(() => (few.close(), all.close()));

/** What a call gives, as something that can be compared. */
async function outcome(scrubber, photo, options) {
  try {
    const { file, report } = await scrubber.scrub(photo, { seed: 3, ...options });
    return { file: Buffer.from(await file.arrayBuffer()).toString('base64'), report };
  } catch ({ code, message }) {
    return { code, message };
  }
}

const isForAll = ({ message = '' }) => message.includes('takes the wasm for all formats');

for (const name of ['ardern', 'macron', 'obama', 'sunak']) {
  test(`${name}: one engine's photo is the other's`, async () => {
    const photo = readFileSync(join(ROOT, 'tests/fixtures/faces', `${name}.jpg`));
    for (const options of [{}, { faces: 'mosaic', format: 'png' }, { identity: 'reset', maxSide: 300 }]) {
      const [one, other] = [await outcome(few, photo, options), await outcome(all, photo, options)];
      assert.ok(one.file !== undefined && one.report.facesDetected > 0, JSON.stringify(one));
      assert.deepEqual(one, other);
    }
  });
}

test('of seven hundred files of all kinds, the first engine does what the other does, or leaves them to it', async () => {
  const corpus = join(ROOT, '.cache/corpus');
  assert.ok(existsSync(corpus), `${corpus} is missing: run node scripts/corpus.mjs`);
  const left = new Set();
  let same = 0;
  for (const path of files('.cache/corpus').filter((path) => /\.(jpe?g|png|apng|webp|gif|tiff?|bmp|avif)$/.test(path))) {
    const photo = readFileSync(join(ROOT, path));
    const [one, other] = [await outcome(few, photo, OPTIONS), await outcome(all, photo, OPTIONS)];
    if (isForAll(one)) {
      left.add(basename(path));
      assert.ok(!isForAll(other), path);
    } else {
      assert.deepEqual(one, other, path);
      same += 1;
    }
  }
  assert.ok(same > 300, `${same} the same`);
  // An animation, inks, and formats of which the first engine knows the name alone.
  for (const name of ['single_frame.png', 'pil_sample_cmyk.jpg', 'hopper.webp', 'hopper.gif', 'hopper.tif', 'hopper.bmp']) assert.ok(left.has(name), `${name} was not left to the other engine`);
  assert.ok(![...left].some((name) => /^hopper.*\.jpg$/.test(name)));
});

test('the other engine is asked for when a photo takes it, and where it is missing that is said', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'darkslide-engines-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['index.node.js', 'worker.node.js', 'darkslide.wasm']) cpSync(join(ROOT, 'dist', name), join(folder, name));
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  const { createScrubber } = await import(pathToFileURL(join(folder, 'index.node.js')));
  const scrubber = await createScrubber({ backend: 'cpu' });
  after(() => scrubber.close());
  const asWebp = { faces: 'keep', format: 'webp' };
  const asJpeg = { faces: 'keep' };
  assert.equal((await scrubber.scrub(jpeg(), asJpeg)).report.output.format, 'jpeg');
  await assert.rejects(scrubber.scrub(jpeg(), asWebp), { code: 'crashed', message: /darkslide-all\.wasm/ });
  assert.equal((await scrubber.scrub(jpeg(), asJpeg)).report.output.format, 'jpeg', 'a JPEG goes on');
  cpSync(join(ROOT, 'dist/darkslide-all.wasm'), join(folder, 'darkslide-all.wasm'));
  assert.equal((await scrubber.scrub(jpeg(), asWebp)).report.output.format, 'webp');
  rmSync(join(folder, 'darkslide-all.wasm'));
  for (const options of [asJpeg, asWebp, asJpeg]) await scrubber.scrub(jpeg(), options);
});

test('a GPU that is found after its engine has been replaced is one too many, and no error', async (t) => {
  const { port1: browser, port2 } = new MessageChannel();
  const worker = new Worker(new URL('./slow-gpu.worker.mjs', import.meta.url), { workerData: { browser: port2 }, transferList: [port2] });
  t.after(() => worker.terminate());
  // What nobody catches in the worker is its error.
  const failed = new Promise((_, reject) => worker.once('error', reject));
  const done = async (format) => {
    const photo = new Uint8Array(readFileSync(join(ROOT, 'tests/fixtures/faces/obama.jpg')));
    worker.postMessage({ call: 'scrub', photo, options: { format }, backend: 'auto' }, [photo.buffer]);
    for await (const [reply] of on(worker, 'message')) {
      if (reply.kind === 'admit') worker.postMessage({ call: 'admitted' });
      if (reply.kind === 'failed') throw new Error(reply.message);
      if (reply.kind === 'done') return reply.result;
    }
  };
  await Promise.race([once(worker, 'message'), failed]);
  for (const format of ['jpeg', 'webp']) {
    const { mime, report } = await Promise.race([done(format), failed]);
    assert.deepEqual([mime, report.backend.blur], [`image/${format}`, 'cpu'], 'nobody waits for a GPU');
  }
  browser.postMessage('answer');
  const [asked] = await Promise.race([once(browser, 'message'), failed]);
  assert.equal(asked, 2, 'each engine asks');
  assert.equal((await Promise.race([done('webp'), failed])).report.backend.blur, 'cpu');
});

/** No faces: all pixels are decoded and encoded all the same. */
const OPTIONS = { faces: 'keep', regions: [{ x: 1, y: 1, width: 9, height: 9 }] };
