// Many photos through few workers: `scrubAll`.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { createScrubber, ScrubError } from 'darkslide';

import { comment, jpeg } from './photo.mjs';

const keep = { faces: 'keep' };
const scrubber = await createScrubber({ workers: 2 });
after(() => scrubber.close());

const photos = (count) => Array.from({ length: count }, (_, index) => jpeg({ width: 64 + index, segments: [comment(`number ${index}`)] }));

test('every input comes back once, with its index, refused ones too', async () => {
  const inputs = photos(7);
  inputs[3] = Buffer.from('no photo');
  const results = [];
  for await (const result of scrubber.scrubAll(inputs, keep)) results.push(result);
  assert.deepEqual(results.map(({ index }) => index).sort(), [0, 1, 2, 3, 4, 5, 6]);
  for (const result of results) {
    assert.equal(result.input, inputs[result.index]);
    assert.equal(result.ok, result.index !== 3);
    if (result.ok) assert.equal(result.report.input.width, 64 + result.index);
    else assert.equal(result.error.code, 'unknown-format');
  }
});

test('inputs are taken only when there is room for them', async () => {
  let taken = 0;
  let yielded = 0;
  async function* source() {
    for (const photo of photos(12)) {
      taken += 1;
      yield photo;
    }
  }
  for await (const result of scrubber.scrubAll(source(), keep)) {
    assert.ok(result.ok);
    // Two at work, and one that waits.
    assert.ok(taken - yielded <= 3, `${taken} taken, ${yielded} yielded`);
    yielded += 1;
    await new Promise((done) => setTimeout(done, 5));
  }
  assert.equal(yielded, 12);
});

test('a slow photo does not hold up a quick one', async () => {
  const inputs = [jpeg({ width: 3000, height: 3000 }), ...photos(3)];
  const order = [];
  for await (const { index, ok } of scrubber.scrubAll(inputs, { ...keep, identity: 'reset' })) {
    assert.ok(ok);
    order.push(index);
  }
  assert.equal(order.length, 4);
  assert.notEqual(order[0], 0);
});

test('leaving the loop ends the work and closes the source', async () => {
  let closed = false;
  function* source() {
    try {
      yield* photos(50);
    } finally {
      closed = true;
    }
  }
  for await (const result of scrubber.scrubAll(source(), keep)) {
    assert.ok(result.ok);
    break;
  }
  await new Promise((done) => setImmediate(done));
  assert.ok(closed);
  assert.ok((await scrubber.scrub(photos(1)[0], keep)).file);
});

test('aborting ends the loop, even while the source has nothing', async () => {
  const abort = new AbortController();
  async function* source() {
    yield* photos(1);
    await new Promise(() => undefined);
  }
  const read = async () => {
    for await (const result of scrubber.scrubAll(source(), keep, { signal: abort.signal })) {
      assert.ok(result.ok);
      setTimeout(() => abort.abort(), 10);
    }
  };
  await assert.rejects(read(), (error) => error instanceof ScrubError && error.code === 'aborted');
});

test('a source that fails fails the loop', async () => {
  async function* source() {
    yield* photos(1);
    throw new RangeError('the camera is gone');
  }
  await assert.rejects(async () => {
    for await (const result of scrubber.scrubAll(source(), keep)) assert.ok(result.ok);
  }, RangeError);
});

test('progress says of which photo', async () => {
  const seen = new Set();
  for await (const { ok } of scrubber.scrubAll(photos(3), keep, { onProgress: ({ index, stage }) => seen.add(`${index} ${stage}`) })) assert.ok(ok);
  for (const index of [0, 1, 2]) assert.ok(seen.has(`${index} read`));
});

test('what cannot be iterated is refused', async () => {
  await assert.rejects(scrubber.scrubAll(42, keep).next(), { code: 'invalid-option' });
});
