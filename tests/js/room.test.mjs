// Several photos at a time: no more pixels are decoded at once than the workers may count on, 25 million each.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Worker } from 'node:worker_threads';

import { createScrubber } from 'darkslide';

import { jpeg } from './photo.mjs';

/** Thirty million pixels; two such are more than two workers may count on. */
const large = jpeg({ width: 6000, height: 5000 });
const small = jpeg({ width: 640, height: 480 });
const OPTIONS = { faces: 'keep', regions: [{ x: 1, y: 1, width: 9, height: 9 }] };

let ended = 0;
const { terminate } = Worker.prototype;
before(() => {
  Worker.prototype.terminate = function () {
    ended += 1;
    return terminate.call(this);
  };
});
after(() => (Worker.prototype.terminate = terminate));

/** Scrubs the photos at once; when each began to decode, and when it was done. */
async function scrubbed(t, workers, photos, signals = []) {
  const scrubber = await createScrubber({ workers, backend: 'cpu' });
  t.after(() => scrubber.close());
  let now = 0;
  const spans = photos.map(() => ({}));
  const one = async (photo, index) => {
    const onProgress = ({ stage, fraction }) => {
      if (stage === 'decode' && fraction === 0) spans[index].begun = ++now;
      signals[index]?.(stage);
    };
    spans[index].code = await scrubber.scrub(photo, OPTIONS, { onProgress, signal: signals[index]?.signal }).then(() => 'done', ({ code }) => code);
    spans[index].ended = ++now;
  };
  await Promise.all(photos.map(one));
  return spans;
}

test('a large photo waits until there is room for it', async (t) => {
  const spans = await scrubbed(t, 2, [large, large, large]);
  assert.deepEqual(spans.map(({ code }) => code), ['done', 'done', 'done']);
  const inOrder = spans.toSorted((one, other) => one.begun - other.begun);
  for (const [index, span] of inOrder.slice(1).entries()) assert.ok(span.begun > inOrder[index].ended, JSON.stringify(spans));
});

test('a worker that has had a large photo begins anew, one that has had small ones goes on', async (t) => {
  for (const [photo, expected] of [[small, 0], [large, 2]]) {
    const before_ = ended;
    await scrubbed(t, 2, [photo, photo]);
    assert.equal(ended - before_, expected);
  }
  const before_ = ended;
  await scrubbed(t, 1, [large, large]);
  assert.equal(ended - before_, 0, 'a single worker has all the room there is');
});

test('where the photo that has the room is given up, the next one has it', async (t) => {
  const stop = new AbortController();
  const abortInDecode = Object.assign((stage) => stage === 'decode' && stop.abort(), { signal: stop.signal });
  const spans = await scrubbed(t, 2, [large, large], [abortInDecode]);
  assert.deepEqual(spans.map(({ code }) => code), ['aborted', 'done']);
});

test('one that is given up while it waits lets the others pass', async (t) => {
  const scrubber = await createScrubber({ workers: 2, backend: 'cpu' });
  t.after(() => scrubber.close());
  const stop = new AbortController();
  const seen = [];
  let waits;
  const first = new Promise((resolve) => {
    const onProgress = ({ stage, fraction }) => {
      if (stage !== 'decode' || fraction !== 0) return;
      // The first has the room now.
      waits ??= assert.rejects(scrubber.scrub(large, OPTIONS, { signal: stop.signal, onProgress: ({ stage }) => (seen.push(stage), stage === 'inspect' && setTimeout(() => stop.abort())) }), { code: 'aborted' });
    };
    resolve(scrubber.scrub(large, OPTIONS, { onProgress }));
  });
  await first;
  await waits;
  assert.ok(seen.includes('inspect') && !seen.includes('decode'), seen.join(' '));
  for (const { file } of await Promise.all([scrubber.scrub(large, OPTIONS), scrubber.scrub(small, OPTIONS)])) assert.equal(file.type, 'image/jpeg');
});
