// `darkslide/slim`, `darkslide/inline` and `integrity`: where the wasm comes from, and which one it is.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { test } from 'node:test';

import { createScrubber } from 'darkslide';
import * as inline from 'darkslide/inline';
import * as slim from 'darkslide/slim';

import { comment, gps, jpeg } from './photo.mjs';

const photo = jpeg({ segments: [gps(), comment('from my house')] });
const address = new URL('../../dist/darkslide-all.wasm', import.meta.url);
const bytes = readFileSync(address);
const few = readFileSync(new URL('../../dist/darkslide.wasm', import.meta.url));
const hash = (algorithm, content) => `${algorithm}-${createHash(algorithm).update(content).digest('base64')}`;

test('slim takes an address, bytes, a module, an answer, or a function that gives one of them', async (t) => {
  const module = await WebAssembly.compile(bytes);
  for (const wasm of [address, String(address), bytes, new Uint8Array(bytes).buffer, module, () => module, async () => address, () => new Response(bytes)]) await scrubs(await slim.createScrubber({ wasm }), t);
  await scrubs(await slim.createScrubber({ wasm: address, worker: new URL('../../dist/worker.node.js', import.meta.url) }), t);
});

test('the wasm must have the hash that was asked for', async (t) => {
  for (const integrity of [true, ...['sha256', 'sha384', 'sha512'].map((algorithm) => hash(algorithm, bytes))]) await scrubs(await slim.createScrubber({ wasm: bytes, integrity }), t);
  await scrubs(await slim.createScrubber({ wasm: few, integrity: true }), t);
  await refuses(await slim.createScrubber({ wasm: few, integrity: hash('sha384', bytes) }), 'crashed', /is not the file that was asked for/, t);
  const checked = await createScrubber({ integrity: true });
  await scrubs(checked, t);
  const other = Buffer.concat([bytes, Buffer.from([0, 2, 1, 120])]);
  await refuses(await slim.createScrubber({ wasm: other, integrity: true }), 'crashed', /is not the file that was asked for: its hash is sha384-/, t);
  await scrubs(await slim.createScrubber({ wasm: other }), t);
  await refuses(await slim.createScrubber({ wasm: await WebAssembly.compile(bytes), integrity: true }), 'invalid-option', /no bytes to hash/, t);
  for (const integrity of ['sha1-AAAA', 'AAAA', 1, null]) await assert.rejects(slim.createScrubber({ wasm: bytes, integrity }), { code: 'invalid-option', message: /^integrity/ });
  await assert.rejects(createScrubber({ integrity: 'sha384-AAAA' }), { code: 'invalid-option', message: /true or false/ });
});

test('slim with the wasm for JPEG and PNG says what another photo takes', async (t) => {
  const scrubber = await slim.createScrubber({ wasm: few });
  t.after(() => scrubber.close());
  const options = { faces: 'keep', format: 'webp' };
  await assert.rejects(scrubber.scrub(photo, options), { code: 'unsupported', message: /give createScrubber 'darkslide\/scrub\.wasm'/ });
  assert.equal((await scrubber.scrub(photo, { faces: 'keep' })).file.type, 'image/jpeg');
});

test('a wasm that is none is refused with the way out, and the next call tries again', async (t) => {
  let calls = 0;
  const scrubber = await slim.createScrubber({ wasm: () => (++calls === 1 ? Buffer.from('<!doctype html>') : bytes) });
  t.after(() => scrubber.close());
  await assert.rejects(scrubber.scrub(photo, { faces: 'keep' }), { code: 'crashed', message: /an HTML page perhaps\. Serve dist\/darkslide-all\.wasm/ });
  await scrubs(scrubber, t);
  assert.equal(calls, 2);
  const server = createServer((_, response) => response.writeHead(404).end('none'));
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => server.close());
  await refuses(await slim.createScrubber({ wasm: `http://127.0.0.1:${server.address().port}/a.wasm` }), 'crashed', /a\.wasm was answered with status 404/, t);
  await refuses(await slim.createScrubber({ wasm: new URL('./none.wasm', import.meta.url) }), 'crashed', /not beside its script|no such file/, t);
  await refuses(await slim.createScrubber({ wasm: 7 }), 'invalid-option', /wasm must be/, t);
  await assert.rejects(slim.createScrubber({}), { code: 'invalid-option', message: /^wasm: is missing/ });
  await assert.rejects(slim.createScrubber({ wasm: bytes, workerz: 1 }), { code: 'invalid-option', message: /unknown option "workerz"/ });
});

test('inline holds the wasm itself, and gives the same photo', async (t) => {
  const [carried, beside] = [await inline.createScrubber({ workers: 2 }), await createScrubber()];
  t.after(() => (carried.close(), beside.close()));
  const options = { seed: 1, regions: [{ x: 4, y: 4, width: 20, height: 20 }] };
  const [first, second, third] = await Promise.all([carried.scrub(photo, options), carried.scrub(photo, options), beside.scrub(photo, options)]);
  assert.deepEqual([first.file.name, second.file.name], [third.file.name, third.file.name]);
  await assert.rejects(inline.createScrubber({ wasm: bytes }), { code: 'invalid-option', message: /unknown option "wasm"/ });
});

async function scrubs(scrubber, t) {
  t.after(() => scrubber.close());
  const { file } = await scrubber.scrub(photo, { faces: 'keep' });
  assert.equal((await scrubber.verify(file)).clean, true);
  scrubber.close();
}

async function refuses(scrubber, code, message, t) {
  t.after(() => scrubber.close());
  await assert.rejects(scrubber.scrub(photo, { faces: 'keep' }), { code, message });
}
