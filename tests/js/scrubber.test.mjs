// The package in Node: the real wasm in real workers.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, test } from 'node:test';

import { createScrubber, ScrubError } from 'darkslide';

import { comment, gps, jpeg } from './photo.mjs';

const STAGES = ['read', 'inspect', 'decode', 'detect', 'redact', 'encode', 'verify'];
const scrubber = await createScrubber();
after(() => scrubber.close());

const photo = jpeg({ segments: [gps(), comment('from my house')] });
const keep = { faces: 'keep' };
const failsWith = (code) => (error) => error instanceof ScrubError && error.name === 'ScrubError' && error.code === code && error.message.length > 0;

test('a scrubbed photo has no GPS position left, and is named after its contents', async () => {
  const { file, report } = await scrubber.scrub(photo, keep);
  const bytes = Buffer.from(await file.arrayBuffer());
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  assert.ok(file instanceof File);
  assert.equal(file.name, `photo-${sha256.slice(0, 8)}.jpg`);
  assert.equal(file.type, 'image/jpeg');
  assert.equal(file.lastModified, 0);
  assert.equal(report.output.sha256, sha256);
  assert.equal(report.output.bytes, bytes.length);
  assert.equal(report.input.sha256, createHash('sha256').update(photo).digest('hex'));
  assert.ok(report.removed.some(({ kind }) => kind === 'gps'));
  assert.ok(report.removed.some(({ kind }) => kind === 'comment'));
  assert.ok(!bytes.includes('Exif') && !bytes.includes('from my house'));
  assert.ok((await scrubber.verify(bytes)).clean);
});

test('faces are looked for unless told not to', async () => {
  const { report } = await scrubber.scrub(photo);
  assert.equal(report.facesDetected, 0);
  assert.notEqual(report.backend.detector, 'none');
});

test('every kind of input gives the same photo, and stays the caller’s', async () => {
  const own = new Uint8Array(photo);
  // As Node hands out small buffers: a view of a larger one.
  const view = new Uint8Array([1, 2, 3, ...photo, 4, 5]).subarray(3, 3 + photo.length);
  const inputs = [own, own.slice().buffer, view, photo, new Blob([photo]), new File([photo], 'home.jpg')];
  const names = [];
  for (const input of inputs) names.push((await scrubber.scrub(input, keep)).file.name);
  assert.equal(new Set(names).size, 1);
  assert.deepEqual(Buffer.from(own), photo);
});

test('inspecting says what is in a photo and gives none', async () => {
  const report = await scrubber.inspect(photo, keep);
  assert.equal(report.output ?? undefined, undefined);
  assert.equal(report.input.width, 64);
  assert.ok(report.removed.some(({ kind, path }) => kind === 'gps' && path.includes('GPSLatitude')));
});

test('verifying tells a scrubbed photo from one that is not', async () => {
  const verdict = await scrubber.verify(photo);
  assert.equal(verdict.clean, false);
  assert.ok(verdict.findings.some(({ kind }) => kind === 'gps'));
});

test('progress goes through the stages in their order', async () => {
  const seen = [];
  await scrubber.scrub(photo, {}, { onProgress: (progress) => seen.push(progress) });
  assert.ok(seen.length >= 2);
  for (const progress of seen) {
    assert.deepEqual(Object.keys(progress).sort(), ['fraction', 'stage']);
    assert.ok(STAGES.includes(progress.stage));
    assert.ok(progress.fraction >= 0 && progress.fraction <= 1);
  }
  const order = seen.map(({ stage }) => STAGES.indexOf(stage));
  assert.deepEqual(order, order.toSorted((a, b) => a - b));
  assert.equal(seen[0].stage, 'read');
  assert.equal(seen.at(-1).stage, 'verify');
});

test('the same seed gives the same bytes', async () => {
  const options = { faces: 'keep', regions: [{ x: 8, y: 8, width: 24, height: 24 }], seed: 7 };
  const [one, two] = [await scrubber.scrub(photo, options), await scrubber.scrub(photo, options)];
  assert.equal(one.file.name, two.file.name);
});

test('wrong options are refused', async () => {
  const wrong = [
    { face: 'blur' },
    { faces: 'Blur' },
    { quality: 0 },
    { quality: NaN },
    { quality: '85' },
    { maxSide: Infinity },
    { seed: 1n },
    { regions: [{ x: 0, y: 0, width: 0, height: 1 }] },
    { regions: [{ x: 0, y: 0, width: 1, height: 1, colour: 'red' }] },
    'keep',
    ['keep'],
    null,
    () => undefined,
  ];
  for (const options of wrong) await assert.rejects(scrubber.scrub(photo, options), failsWith('invalid-option'), String(JSON.stringify(options, (_, value) => String(value))));
  const cyclic = {};
  cyclic.regions = [cyclic];
  await assert.rejects(scrubber.scrub(photo, cyclic), failsWith('invalid-option'));
});

test('what is no photo is refused with the code that says why', async () => {
  await assert.rejects(scrubber.scrub(Buffer.from('not a photo at all'), keep), failsWith('unknown-format'));
  await assert.rejects(scrubber.scrub(new Uint8Array(0), keep), failsWith('unknown-format'));
  await assert.rejects(scrubber.scrub(photo.subarray(0, photo.length - 60), keep), failsWith('malformed'));
  await assert.rejects(scrubber.scrub(jpeg({ width: 60000, height: 60000 }).subarray(0, 4000), keep), failsWith('limit-exceeded'));
  for (const input of ['photo.jpg', undefined, null, 7, {}, [1, 2], new DataView(new ArrayBuffer(8))]) {
    await assert.rejects(scrubber.scrub(input, keep), failsWith('invalid-option'));
  }
});

test('wrong arguments of createScrubber are refused', async () => {
  for (const options of [{ workers: 0 }, { workers: 1.5 }, { workers: '2' }, { backend: 'cuda' }, { worker: 2 }, { idleMs: -1 }, { idleMs: NaN }, null, 'cpu']) {
    await assert.rejects(createScrubber(options), failsWith('invalid-option'));
  }
});
