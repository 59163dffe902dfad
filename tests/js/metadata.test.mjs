// `darkslide/metadata`: the lossless road alone, where it is called, from a wasm of its own.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';

import { createScrubber } from 'darkslide';
import { inspect, ScrubError, strip, verify } from 'darkslide/metadata';
import { verify as verifyOnServer } from 'darkslide/verify';

import * as few from '../../dist/wasm/metadata.js';
import * as all from '../../dist/wasm/metadata.js?all';
import { comment, gps, jpeg } from './photo.mjs';

for (const [engine, name] of [[few, 'metadata'], [all, 'metadata-all']]) engine.initSync({ module: readFileSync(new URL(`../../dist/${name}.wasm`, import.meta.url)) });

const dirty = jpeg({ segments: [gps(), comment('from my house')] });
const refusal = (code) => (error) => error instanceof ScrubError && error.code === code;

test('what is not the picture goes, and the report says what', async () => {
  const before = Buffer.from(dirty);
  for (const input of [dirty, new Blob([dirty]), new File([dirty], 'IMG_home.jpg'), dirty.buffer.slice(dirty.byteOffset, dirty.byteOffset + dirty.length)]) {
    const { file, report } = await strip(input);
    assert.match(file.name, /^photo-[0-9a-f]{8}\.jpg$/);
    assert.deepEqual([file.type, file.lastModified, file.size], ['image/jpeg', 0, jpeg().length]);
    assert.equal(report.pixels, 'untouched');
    assert.equal(file.name.slice(6, 14), report.output.sha256.slice(0, 8));
    assert.deepEqual(report.removed.find(({ kind }) => kind === 'comment').value, 'from my house');
    assert.ok(report.removed.some(({ kind }) => kind === 'gps'));
    assert.deepEqual(await verify(file), { clean: true, format: 'jpeg', findings: [] });
  }
  assert.ok(before.equals(dirty), 'the input was changed');
});

test('inspecting says the same and writes nothing', async () => {
  const { removed, kept, output } = await inspect(dirty);
  const stripped = await strip(dirty);
  assert.deepEqual({ removed, kept, output }, { removed: stripped.report.removed, kept: stripped.report.kept, output: undefined });
  assert.equal((await verify(dirty)).clean, false);
});

test('digests are those of the bytes, and without the platform\'s own the wasm computes them', async () => {
  const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
  const photo = readFileSync(new URL('../fixtures/faces/ardern.jpg', import.meta.url));
  const usual = Object.getOwnPropertyDescriptor(globalThis, 'crypto');
  for (const available of [usual, { value: {}, configurable: true }, { value: undefined, configurable: true }]) {
    Object.defineProperty(globalThis, 'crypto', available);
    try {
      const { file, report } = await strip(photo);
      assert.deepEqual([report.input.sha256, report.output.sha256], [sha256(photo), sha256(Buffer.from(await file.arrayBuffer()))]);
      assert.equal((await inspect(photo)).input.sha256, sha256(photo));
    } finally {
      Object.defineProperty(globalThis, 'crypto', usual);
    }
  }
});

test('it gives the bytes and facts that the scrubber gives', async () => {
  const scrubber = await createScrubber({ backend: 'cpu' });
  try {
    const photo = readFileSync(new URL('../fixtures/faces/ardern.jpg', import.meta.url));
    for (const input of [dirty, photo]) {
      const [one, other] = await Promise.all([strip(input), scrubber.scrub(input, { faces: 'keep' })]);
      assert.deepEqual(one.report, other.report);
      assert.ok(Buffer.from(await one.file.arrayBuffer()).equals(Buffer.from(await other.file.arrayBuffer())));
    }
  } finally {
    scrubber.close();
  }
});

test('what is asked to be kept is kept, and allowed only to who asks', async (t) => {
  const keep = { coarseLocation: true };
  const located = jpeg({ segments: [westminster()] });
  const { file, report } = await strip(located, { keep });
  assert.deepEqual(report.kept.filter(({ why }) => why === 'asked').map(({ value }) => value), ['51.50000', '-0.10000']);
  const bytes = new Uint8Array(await file.arrayBuffer());
  const scrubber = await createScrubber({ backend: 'cpu' });
  t.after(() => scrubber.close());
  for (const check of [verify, verifyOnServer, (...input) => scrubber.verify(...input)]) {
    assert.equal((await check(bytes, { keep })).clean, true);
    assert.equal((await check(bytes)).clean, false);
    assert.equal((await check(bytes, { keep: { copyright: true } })).clean, false);
  }
});

test('what it cannot do it refuses, with a code and no bytes', async () => {
  await assert.rejects(strip(Buffer.from('not a photo')), refusal('unknown-format'));
  await assert.rejects(strip(dirty.subarray(0, dirty.length - 40)), refusal('malformed'));
  await assert.rejects(strip('photo.jpg'), refusal('invalid-option'));
  await assert.rejects(strip(dirty, { keep: { location: true } }), refusal('invalid-option'));
  await assert.rejects(strip(dirty, { faces: 'blur' }), refusal('invalid-option'));
});

test('the next call works after one that ran out of memory', async () => {
  const huge = Buffer.concat([jpeg(), Buffer.alloc(40 << 20)]);
  setFlagsFromString('--wasm-max-mem-pages=512');
  try {
    await assert.rejects(strip(huge), refusal('crashed'));
  } finally {
    setFlagsFromString('--wasm-max-mem-pages=65536');
  }
  assert.equal((await strip(dirty)).report.removed.length > 0, true);
});

test('a JPEG needs the small wasm alone; another format loads the one that reads it, once', () => {
  const program = `
    import { readFileSync } from 'node:fs';
    import promises from 'node:fs/promises';
    import { syncBuiltinESMExports } from 'node:module';
    const read = promises.readFile;
    const loaded = [];
    promises.readFile = (path, ...rest) => {
      if (String(path).endsWith('.wasm')) loaded.push(String(path).split('/').pop());
      return read(path, ...rest);
    };
    syncBuiltinESMExports();
    const { inspect, strip, verify } = await import('darkslide/metadata');
    const [photo, broken, gif, cut] = JSON.parse(readFileSync(0, 'utf8')).map((base64) => Buffer.from(base64, 'base64'));
    const log = [];
    await strip(photo);
    const refused = await strip(broken).catch(({ code }) => code);
    log.push([...loaded], refused);
    const before = await verify(gif);
    const { file, report } = await strip(gif);
    await inspect(gif);
    const damaged = await strip(cut).catch(({ code }) => code);
    const after = await verify(file);
    log.push([...loaded], before.clean, report.removed.map(({ value }) => value), file.type, after, damaged, Buffer.from(await file.arrayBuffer()).toString('base64'));
    console.log(JSON.stringify(log));`;
  const whole = gif();
  const dirty = gif(Buffer.from('\x21\xfe\x0dfrom my house\0', 'latin1'));
  const photos = [jpeg(), jpeg().subarray(0, 100), dirty, whole.subarray(0, 30)];
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8', cwd: new URL('../..', import.meta.url), input: JSON.stringify(photos.map((bytes) => bytes.toString('base64'))) });
  assert.equal(stderr, '');
  assert.deepEqual(JSON.parse(stdout), [
    ['metadata.wasm'],
    'malformed',
    ['metadata.wasm', 'metadata-all.wasm'],
    false,
    ['from my house'],
    'image/gif',
    { clean: true, format: 'gif', findings: [] },
    'malformed',
    whole.toString('base64'),
  ]);
});

test('the wasm for all formats gives the facts that the small one gives', () => {
  for (const photo of [dirty, jpeg(), readFileSync(new URL('../fixtures/faces/ardern.jpg', import.meta.url))]) {
    const verdicts = [few, all].map((engine) => [engine.verify(photo, undefined), engine.inspect(photo, undefined), Buffer.from(engine.strip(photo, undefined).bytes).toString('base64')]);
    assert.deepEqual(verdicts[0], verdicts[1]);
  }
});

/** A grey GIF of one pixel, with `blocks` before its picture. */
function gif(blocks = Buffer.alloc(0)) {
  const head = Buffer.from('GIF89a\x01\0\x01\0\xf0\0\0\x80\x80\x80\0\0\0', 'latin1');
  // Codes of three bits: clear, the first colour, end.
  return Buffer.concat([head, blocks, Buffer.from(',\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;', 'latin1')]);
}

/** An Exif segment with both coordinates, as the smallest block that holds them. */
function westminster() {
  const entry = (tag, type, count, value) => {
    const bytes = Buffer.alloc(12);
    bytes.writeUInt16BE(tag, 0);
    bytes.writeUInt16BE(type, 2);
    bytes.writeUInt32BE(count, 4);
    bytes.writeUInt32BE(value, 8);
    return bytes;
  };
  const degrees = (...numbers) => Buffer.concat(numbers.map((number) => Buffer.from([0, 0, number >> 8, number & 255])));
  const gpsAt = 26;
  const valuesAt = gpsAt + 2 + 4 * 12 + 4;
  const tiff = Buffer.concat([
    Buffer.from('MM\0*\0\0\0\x08\0\x01', 'latin1'),
    entry(0x8825, 4, 1, gpsAt),
    Buffer.alloc(4),
    Buffer.from([0, 4]),
    entry(1, 2, 2, 'N'.charCodeAt(0) << 24),
    entry(2, 5, 3, valuesAt),
    entry(3, 2, 2, 'W'.charCodeAt(0) << 24),
    entry(4, 5, 3, valuesAt + 24),
    Buffer.alloc(4),
    degrees(51, 1, 30, 1, 12, 1),
    degrees(0, 1, 7, 1, 39, 1),
  ]);
  const payload = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
  return Buffer.concat([Buffer.from([0xff, 0xe1, (payload.length + 2) >> 8, (payload.length + 2) & 255]), payload]);
}
