// The upload handlers, each in the real server that it is for: what is clean gets through, nothing else does, and the answers tell no secret.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect as openSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { ROOT } from '../../scripts/run.mjs';
import { comment, gps, jpeg, segment } from '../js/photo.mjs';
import { execute, write } from './fresh.mjs';
import { running, serving } from './serving.mjs';

const clean = jpeg({ width: 320, height: 240 });
const secret = 'Elm Street 13';
const dirty = jpeg({ width: 320, height: 240, segments: [gps(), comment(secret)] });
const LIMITS = { maxFileBytes: 100_000, maxFiles: 3, maxBodyBytes: 150_000, maxFieldBytes: 1000 };

let folder;
let remove;
before(async () => ({ folder, remove } = await serving()));
after(() => remove?.());

for (const kind of ['express', 'connect', 'fastify', 'hono', 'web']) {
  test(`${kind}: what is clean gets through, nothing else does`, async (t) => {
    const { send, put, address, reached } = await running(folder, kind, LIMITS, t);

    const passed = await send([['caption', 'At home'], ['photos', clean, 'IMG_of_Anna.jpg'], ['photos', clean, 'b.png'], ['empty', Buffer.alloc(0), '']]);
    const sha256 = createHash('sha256').update(clean).digest('hex');
    const file = { field: 'photos', name: `photo-${sha256.slice(0, 8)}.jpg`, type: 'image/jpeg', format: 'jpeg', sha256, length: clean.length };
    assert.deepEqual(passed, { status: 200, body: { files: [file, file], fields: [['caption', 'At home']] } });
    assert.deepEqual(await put(clean, 'image/jpeg'), { status: 200, body: { files: [{ ...file, field: '' }], fields: [] } });
    assert.equal(reached.count, 2);

    const refusals = [
      [422, 'not-clean', send([['photo', clean, 'a.jpg'], ['photo', dirty, 'b.jpg']]), { index: 1, kinds: ['comment', 'exif', 'gps'] }],
      [422, 'not-clean', put(dirty, 'image/jpeg'), { index: 0, kinds: ['comment', 'exif', 'gps'] }],
      [422, 'not-clean', send([['photo', clean.subarray(0, 200), 'cut.jpg']]), { index: 0, kinds: ['unknown'] }],
      [415, 'not-a-photo', send([['photo', Buffer.from('%PDF-1.7'), 'a.jpg']]), { index: 0 }],
      [415, 'not-a-photo', send([['photo', Buffer.alloc(0), 'a.jpg']]), { index: 0 }],
      [415, 'unsupported-media-type', put(JSON.stringify({ secret }), 'application/json')],
      [415, 'unsupported-media-type', put(dirty, 'application/octet-stream')],
      [400, 'no-photo', send([['caption', 'none']])],
      [400, 'no-photo', put(Buffer.alloc(0), 'image/jpeg')],
      [400, 'broken-multipart', put(Buffer.from('--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1'), 'multipart/form-data; boundary=x')],
      [400, 'broken-multipart', put(dirty, 'multipart/form-data')],
      [400, 'broken-multipart', put(Buffer.from('--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--'), 'multipart/form-data; boundary=x')],
      [413, 'too-many-files', send(Array(4).fill(['photo', clean, 'a.jpg']))],
      [413, 'too-large', send([['photo', large(120_000), 'a.jpg']])],
      [413, 'too-large', send([['caption', 'x'.repeat(2000)], ['photo', clean, 'a.jpg']])],
      [413, 'too-large', put(large(2_000_000), 'image/jpeg')],
      [413, 'too-large', chunked(address, large(2_000_000), 'image/jpeg')],
    ];
    for (const [status, code, answer, more = {}] of refusals) {
      const { status: found, body } = await answer;
      const { message, ...error } = body.error;
      assert.deepEqual({ status: found, error }, { status, error: { code, ...more } });
      assert.ok(message.length > 10);
      assert.doesNotMatch(JSON.stringify(body), /Elm|b\.jpg|51|APP1|Comment/);
    }
    assert.equal(reached.count, 2);
  });

  test(`${kind}: a sender that goes away leaves nothing, and the next one is served`, async (t) => {
    const { put, server, reached } = await running(folder, kind, LIMITS, t);
    const before = readdirSync(tmpdir()).length;
    const socket = openSocket(server.address().port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Length: 90000\r\n\r\n');
    socket.write(dirty);
    await new Promise((done) => setTimeout(done, 50));
    socket.destroy();
    await once(socket, 'close');
    assert.equal((await put(clean, 'image/jpeg')).status, 200);
    assert.equal(reached.count, 1);
    assert.ok(readdirSync(tmpdir()).length <= before);
  });
}

test('kept facts pass where they are allowed', async (t) => {
  const { strip } = await import(pathToFileURL(join(folder, 'node_modules/darkslide/dist/metadata.node.js')));
  const artist = jpeg({ segments: [copyright()] });
  const { file } = await strip(artist, { keep: { copyright: true } });
  const kept = Buffer.from(await file.arrayBuffer());
  const allowing = await running(folder, 'web', { keep: { copyright: true } }, t);
  assert.equal((await allowing.put(kept, 'image/jpeg')).status, 200);
  const strict = await running(folder, 'web', {}, t);
  assert.equal((await strict.put(kept, 'image/jpeg')).body.error.code, 'not-clean');
});

test('routes beside the scope are as they were, and misspelt limits are refused at once', async (t) => {
  const { address } = await running(folder, 'fastify', LIMITS, t);
  const answer = await fetch(new URL('elsewhere', address), { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":1}' });
  assert.deepEqual(await answer.json(), { a: 1 });
  for (const kind of ['express', 'fastify', 'hono', 'web']) await assert.rejects(running(folder, kind, { maxFileSize: 1 }, t), /unknown option "maxFileSize"/);
  await assert.rejects(running(folder, 'web', { maxFiles: 0 }, t), /maxFiles 0/);
});

test('its types fit the servers that they are for', () => {
  write(
    folder,
    'typed.ts',
    `import express from 'express';
    import Fastify from 'fastify';
    import { Hono } from 'hono';
    import * as forExpress from 'darkslide/verify/express';
    import * as forFastify from 'darkslide/verify/fastify';
    import * as forHono from 'darkslide/verify/hono';
    import { verifyUpload, type Upload } from 'darkslide/verify/web';
    const app = express();
    app.post('/', forExpress.verifyUpload({ maxFiles: 1 }), (request, response) => { const upload: Upload = forExpress.uploadOf(request); response.json(upload.fields); });
    const fastify = Fastify();
    await fastify.register(forFastify.verifyUpload, { maxFiles: 1 });
    fastify.post('/', async (request) => forFastify.uploadOf(request).files.length);
    new Hono().post('/', forHono.verifyUpload(), (c) => c.json(forHono.uploadOf(c).fields));
    export const POST = verifyUpload(async ({ files }) => Response.json(files.map(({ sha256 }) => sha256)));
    // @ts-expect-error a misspelt option
    verifyUpload(() => new Response(), { maxFileSize: 1 });`,
  );
  execute(folder, process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022,dom,dom.iterable,esnext.disposable', '--types', 'node', '--module', 'nodenext', '--moduleResolution', 'nodenext', '--skipLibCheck', 'typed.ts']);
});

/** Sent without its length, so that only counting finds it too large. */
async function chunked(address, body, type) {
  const asked = httpRequest(address, { method: 'POST', headers: { 'content-type': type } });
  asked.on('error', () => undefined);
  const answer = once(asked, 'response');
  for (let at = 0; at < body.length; at += 50_000) asked.write(body.subarray(at, at + 50_000));
  asked.end();
  const [response] = await answer;
  return { status: response.statusCode, body: JSON.parse(Buffer.concat(await response.toArray()).toString()) };
}

function large(bytes) {
  return jpeg({ segments: Array(Math.ceil(bytes / 60_000)).fill(segment(0xfe, Buffer.alloc(60_000, 65))) });
}

function copyright() {
  const text = Buffer.from('Anna\0\0\0\0', 'latin1');
  const tiff = Buffer.concat([Buffer.from('MM\0*\0\0\0\x08\0\x01\x82\x98\0\x02\0\0\0\x05\0\0\0\x1a\0\0\0\0', 'latin1'), text]);
  return segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]));
}
