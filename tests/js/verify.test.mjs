// `darkslide/verify`: the check on a server, without a worker.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';

import { createScrubber } from 'darkslide';
import { ScrubError, verify } from 'darkslide/verify';

import { comment, gps, jpeg } from './photo.mjs';

const dirty = jpeg({ segments: [gps(), comment('from my house')] });

test('what is dirty is found, at once', () => {
  const verdict = verify(dirty);
  assert.equal(verdict.clean, false);
  assert.equal(verdict.format, 'jpeg');
  for (const kind of ['comment', 'gps']) assert.ok(verdict.findings.some((finding) => finding.kind === kind), kind);
});

test('what is scrubbed is clean, as an ArrayBuffer and awaited too', async () => {
  const scrubber = await createScrubber();
  const { file } = await scrubber.scrub(dirty, { faces: 'keep' });
  scrubber.close();
  const verdict = await verify(await file.arrayBuffer());
  assert.deepEqual(verdict, { clean: true, format: 'jpeg', findings: [] });
});

test('what is no photo is not clean', () => {
  const verdict = verify(Buffer.from('not a photo'));
  assert.equal(verdict.clean, false);
  assert.equal(verdict.format, undefined);
  assert.equal(verdict.findings.length, 1);
  assert.equal(verify(new Uint8Array(0)).clean, false);
  assert.equal(verify(dirty.subarray(0, dirty.length - 40)).clean, false);
});

test('what is not even bytes is refused', () => {
  for (const input of ['photo.jpg', undefined, [1, 2]]) assert.throws(() => verify(input), (error) => error instanceof ScrubError && error.code === 'invalid-option');
});

test('the next call works after one that ran out of memory', () => {
  const huge = Buffer.concat([jpeg(), Buffer.alloc(40 << 20)]);
  setFlagsFromString('--wasm-max-mem-pages=512');
  try {
    assert.throws(() => verify(huge), { code: 'crashed' });
  } finally {
    setFlagsFromString('--wasm-max-mem-pages=65536');
  }
  assert.equal(verify(dirty).clean, false);
});
