// Nothing of a photo stays in WebAssembly memory, which never shrinks: no byte of the file, of its pixels, of the output. The worker is the
// package's own; its whole memory is read after each call.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { MessageChannel, Worker } from 'node:worker_threads';
import { deflateSync } from 'node:zlib';

import * as metadata from '../../dist/wasm/metadata.js';
import * as metadataAll from '../../dist/wasm/metadata.js?all';

import { gps, jpeg } from './photo.mjs';

const portrait = readFileSync(new URL('../fixtures/faces/obama.jpg', import.meta.url));
const WIDTH = 320;
const HEIGHT = 240;

let worker;
let window;
let before_;

/** Starts a worker; `first` is what it is asked before anything else, so that what is in memory whatever is scrubbed is known: code tables, the model. */
async function start(...first) {
  const channel = new MessageChannel();
  worker = new Worker(new URL('./wiping.worker.mjs', import.meta.url), { workerData: { window: channel.port2 }, transferList: [channel.port2] });
  window = channel.port1;
  await new Promise((resolve) => worker.once('message', resolve));
  for (const options of first) await ask('scrub', jpeg(), options);
  before_ = (await look()).memory;
}

async function stop() {
  await worker.terminate();
}

/** Asks the worker as the package does; what it answers in the end. */
function ask(call, bytes, options) {
  const photo = new Uint8Array(bytes);
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.on('message', function listen(reply) {
      if (reply.kind === 'admit') worker.postMessage({ call: 'admitted' });
      if (!['done', 'failed'].includes(reply.kind)) return;
      worker.off('message', listen).off('error', reject);
      resolve(reply);
    });
    worker.postMessage({ call, photo, options, backend: 'cpu' }, [photo.buffer]);
  });
}

function look() {
  return new Promise((resolve) => {
    window.once('message', resolve);
    window.postMessage('look');
  });
}

/** Places in `memory` where 16 or more bytes of one of `secrets` lie that were not there before. */
function traces(memory, secrets, known) {
  const wanted = new Map();
  for (const [name, bytes, step = 1] of secrets) {
    for (let at = 0; at + FRAGMENT <= bytes.length; at += step) {
      // A run of few values, zeros say, proves nothing.
      if (bytes[at] !== 0 && new Set(bytes.subarray(at, at + FRAGMENT)).size > 7) wanted.set(text(bytes, at), `${name} at ${at}`);
    }
  }
  const found = [];
  const earlier = Buffer.from(known.buffer, known.byteOffset, known.length);
  for (let at = 0; at + FRAGMENT <= memory.length; at++) {
    if (memory[at] === 0) continue;
    const whose = wanted.get(text(memory, at));
    if (whose !== undefined && earlier.indexOf(memory.subarray(at, at + FRAGMENT)) < 0) found.push(`${whose} in memory at ${at}`);
    if (found.length >= 10) break;
  }
  return found;
}

function text(bytes, at) {
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, FRAGMENT).latin1Slice();
}

/**
 * In how many bytes two states of the memory differ, and how long the longest run of them is. Bytes of a picture of noise differ nearly
 * everywhere, in one long run, numbers made of them in many short ones; the allocator notes a word or two in each of its blocks.
 */
function difference(one, other) {
  let [differing, longest, start, last] = [Math.abs(one.length - other.length), 0, 0, -Infinity];
  for (let at = 0; at < Math.min(one.length, other.length); at++) {
    if (one[at] === other[at]) continue;
    differing += 1;
    if (at - last > WORD) start = at;
    last = at;
    longest = Math.max(longest, last - start + 1);
  }
  return { differing, longest };
}

/** PNG's check of a chunk. */
function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** A PNG of noise, so that each of its pixels is known. */
function noise(width = WIDTH, height = HEIGHT) {
  const rgb = randomBytes(width * height * 3);
  const rgba = Buffer.alloc(width * height * 4, 255);
  for (let pixel = 0; pixel < width * height; pixel++) rgb.copy(rgba, pixel * 4, pixel * 3, pixel * 3 + 3);
  const rows = Buffer.concat(Array.from({ length: height }, (_, y) => Buffer.concat([Buffer.from([0]), rgb.subarray(y * width * 3, (y + 1) * width * 3)])));
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const chunk = (name, data) => {
    const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
    const framed = Buffer.alloc(body.length + 8);
    framed.writeUInt32BE(data.length, 0);
    body.copy(framed, 4);
    framed.writeUInt32BE(crc32(body), body.length + 4);
    return framed;
  };
  const bytes = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', header), chunk('tEXt', Buffer.from('Comment\0at the lake house of the Sample family')), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
  return { bytes, rgb, rgba };
}

const cover = [{ x: 100, y: 80, width: 120, height: 90 }];

const usual = { faces: 'keep', identity: 'reset' };
for (const [engine, others] of [['for JPEG and PNG', []], ['for all formats', [{ ...usual, format: 'webp' }]]]) {
  describe(`the engine ${engine}`, () => {
    before(() => start(usual, ...others));
    after(stop);

    test('the search finds what is there', async () => {
      const { memory } = await look();
      // The code's tables alone take more.
      assert.ok(memory.filter((byte) => byte !== 0).length > 1 << 17, 'this is not the memory of the engine');
      const planted = randomBytes(400);
      assert.deepEqual(traces(memory, [['planted', planted]], before_), []);
      planted.copy(memory, memory.length - 777, 100, 100 + FRAGMENT);
      assert.equal(traces(memory, [['planted', planted]], before_).length, 1);
    });

    for (const [what, options] of [
      ['blurred', {}],
      ['blurred by Gauss', { faces: 'gaussian' }],
      ['encoded as PNG', { format: 'png', identity: 'reset' }],
      ...(others.length > 0 ? [['encoded as WebP', { format: 'webp', maxSide: 300 }]] : []),
      ['stripped', { faces: 'keep' }],
    ]) {
      test(`a portrait ${what} leaves nothing of file or output`, async () => {
        const { kind, result } = await ask('scrub', portrait, options);
        assert.equal(kind, 'done');
        assert.equal(result.report.facesDetected, options.faces === 'keep' ? 0 : 1);
        const { memory, photoLeft } = await look();
        assert.deepEqual(traces(memory, [['input', portrait], ['output', Buffer.from(result.bytes)]], before_), []);
        assert.equal(photoLeft, false, 'the buffer in which the photo came still holds it');
      });
    }

    test('a picture leaves nothing of its pixels', async () => {
      for (const format of ['same', 'jpeg']) {
        const { bytes, rgb, rgba } = noise();
        const { kind, result } = await ask('scrub', bytes, { regions: cover, format });
        assert.equal(kind, 'done');
        assert.equal(result.report.pixels, 'redacted');
        const { memory } = await look();
        assert.deepEqual(traces(memory, [['input', bytes], ['pixels', rgba, 4], ['samples', rgb, 3], ['output', Buffer.from(result.bytes)]], before_), [], format);
      }
    });

    test('what is kept for pictures of other sizes has nothing of the first of that size', async () => {
      // For each size the network is wired anew, and stays so.
      for (const [width, height] of [[240, 120], [150, 200], [100, 310]]) {
        const { bytes, rgb, rgba } = noise(width, height);
        const { kind } = await ask('scrub', bytes, { regions: cover, format: 'jpeg' });
        assert.equal(kind, 'done');
        const { memory } = await look();
        assert.deepEqual(traces(memory, [['input', bytes], ['pixels', rgba, 4], ['samples', rgb, 3]], before_), [], `${width} × ${height}`);
      }
    });

    test('two pictures leave the same memory, but for what the allocator notes', async () => {
      // Whatever else may be kept of a picture, coefficients, planes, what the detector saw, differs from picture to picture.
      const after_ = async () => {
        await ask('scrub', noise().bytes, { regions: cover, format: 'jpeg' });
        return (await look()).memory;
      };
      // Once in a hundred pictures noise looks like a face at first, and the network is wired for one more size of close look, which stays. What
      // is kept of a picture would differ in every pair.
      const pairs = [];
      let earlier = await after_();
      for (let pair = 0; pair < 3; pair++) {
        const later = await after_();
        pairs.push(difference(earlier, later));
        earlier = later;
      }
      const least = pairs.reduce((one, other) => (one.differing <= other.differing ? one : other));
      assert.ok(least.differing < 16 << 10, `${least.differing} bytes differ`);
      assert.ok(least.longest < 512, `${least.longest} bytes in a row differ`);
      const planted = Buffer.from(earlier);
      randomBytes(1000).copy(planted, planted.length >> 1);
      assert.ok(difference(earlier, planted).longest > 900, 'what is kept would be seen');
    });

    test('inspecting, verifying and refusing leave nothing', async () => {
      const { bytes, rgba } = noise();
      const cut = portrait.subarray(0, portrait.length / 2);
      for (const [call, input, kind] of [
        ['inspect', bytes, 'done'],
        ['verify', bytes, 'done'],
        ['scrub', cut, 'failed'],
        ['inspect', portrait, 'done'],
        ['scrub', Buffer.from('this is no photo, but it may be somebody’s letter'), 'failed'],
      ]) {
        assert.equal((await ask(call, input)).kind, kind, call);
        const { memory, photoLeft } = await look();
        assert.deepEqual(traces(memory, [[call, input], ['pixels', rgba, 4]], before_), [], call);
        assert.equal(photoLeft, false, call);
      }
    });
  });
}

test('an engine that another replaces leaves nothing', async (t) => {
  await start(usual);
  t.after(stop);
  // Inks: the first engine has decoded them before it knows that it cannot go on.
  const inks = readFileSync(new URL('../../.cache/corpus/pillow-12.0.0/Tests/images/pil_sample_cmyk.jpg', import.meta.url));
  for (const [input, options] of [[inks, { regions: cover }], [portrait, { format: 'webp' }]]) {
    const { kind, result } = await ask('scrub', input, options);
    assert.equal(kind, 'done');
    const { memory, engines } = await look();
    assert.equal(engines, 2, 'no other engine came');
    assert.deepEqual(traces(memory, [['input', input], ['output', Buffer.from(result.bytes)]], before_), []);
    before_ = memory;
  }
});

test('the small engines leave nothing either', () => {
  const photo = Buffer.concat([jpeg({ segments: [gps()] }).subarray(0, -2), portrait.subarray(2)]);
  for (const [name, bound] of [['metadata', metadata], ['metadata-all', metadataAll]]) {
    const { memory } = bound.initSync({ module: new WebAssembly.Module(readFileSync(new URL(`../../dist/${name}.wasm`, import.meta.url))) });
    const known = new Uint8Array(memory.buffer).slice();
    for (const input of [portrait, photo]) {
      let output = Buffer.alloc(0);
      try {
        const stripped = bound.strip(input);
        output = Buffer.from(stripped.bytes);
        stripped.free();
      } catch (refused) {
        assert.equal(refused.code, 'malformed');
      }
      bound.verify(input);
      bound.wipeStack();
      assert.deepEqual(traces(new Uint8Array(memory.buffer), [['input', input], ['output', output]], known), [], name);
    }
  }
});

/** Bytes in a row that are no accident. */
const FRAGMENT = 16;
const WORD = 4;
