// Hostile requests against each of the handlers: the answer is ours, the route gets nothing, the server goes on, and no original is in anything.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { ALLOWED, clean, FORM_TYPE, LIMITS, originals, put, REQUESTS } from './hostile-requests.mjs';
import { running, serving } from './serving.mjs';

let folder;
let remove;
before(async () => ({ folder, remove } = await serving()));
after(() => remove?.());

for (const kind of ['express', 'connect', 'fastify', 'hono', 'web']) {
  test(`${kind}: what is hostile is refused in our words, and the next upload is served`, async (t) => {
    const { port, reached } = await running(folder, kind, LIMITS, t);
    for (const [name, request, status, code] of REQUESTS) {
      const answer = await exchange(port, request);
      assert.equal(answer.status, status, `${name}: ${answer.text}`);
      if (code !== undefined) isRefusal(answer, code, name);
      assert.equal(reached.count, 0, name);
      assert.ok(!holdsOriginal(answer.bytes), name);
      const next = await exchange(port, put('image/jpeg', clean));
      assert.equal(next.status, 200, `after ${name}: ${next.text}`);
      assert.deepEqual(Buffer.from(reached.uploads.pop().files[0].bytes), clean, name);
    }
  });

  test(`${kind}: what is only odd is let through as it was sent`, async (t) => {
    const { port, reached } = await running(folder, kind, LIMITS, t);
    for (const [name, body, fields] of ALLOWED) {
      const answer = await exchange(port, put(FORM_TYPE, body));
      assert.equal(answer.status, 200, `${name}: ${answer.text}`);
      const upload = reached.uploads.pop();
      assert.deepEqual(upload.fields, fields, name);
      assert.deepEqual(upload.files.map(({ bytes }) => Buffer.from(bytes)), [clean], name);
      assert.equal({}.polluted, undefined);
      // However it arrives: byte by byte, and its last line break by itself.
      const head = put(FORM_TYPE, body).subarray(0, -body.length);
      for (const pieces of [Array.from(body, (_, at) => body.subarray(at, at + 1)), [body.subarray(0, -2), body.subarray(-2)]]) {
        const again = await exchange(port, head, ...pieces);
        assert.equal(again.text, answer.text, `${name}, in pieces`);
        assert.deepEqual(reached.uploads.pop().fields, fields, name);
      }
    }
  });
}

// For the others it is the platform's business.
for (const kind of ['express', 'connect', 'fastify']) {
  test(`${kind}: a sender that reads nothing before it has sent all gets its answer`, async (t) => {
    const { port, reached } = await running(folder, kind, LIMITS, t);
    // More than the systems hold between the two.
    const answer = await exchange(port, ...Array(30).fill(Buffer.alloc(1 << 20, 65)).toSpliced(0, 1, put('image/jpeg', '', { framing: `Content-Length: ${29 << 20}` })));
    assert.equal(answer.status, 413);
    isRefusal(answer, 'too-large', kind);
    assert.equal(reached.count, 0);
  });

  test(`${kind}: a sender that never ends is not listened to for long after it was refused`, async (t) => {
    const { port } = await running(folder, kind, LIMITS, t);
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.on('error', () => undefined);
    socket.write(put('image/jpeg', 'x', { framing: `Content-Length: ${29 << 20}` }));
    const [answer] = await once(socket, 'data');
    assert.match(answer.toString(), /^HTTP\/1.1 413/);
    let isClosed = false;
    socket.on('close', () => (isClosed = true));
    const trickle = async () => {
      for (let round = 0; round < 20 && !isClosed; round++) {
        socket.write('x');
        await new Promise(setImmediate);
      }
    };
    t.mock.timers.tick(29_000);
    await trickle();
    assert.equal(isClosed, false);
    t.mock.timers.tick(1_000);
    await once(socket, 'close');
  });
}

test('single bytes do not fill the memory', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  const { readUpload } = await installedFile('dist/verify/web.js');
  const bytes = 1 << 20;
  let sent = 0;
  let held = 0;
  const body = new ReadableStream({
    pull(stream) {
      if (sent === bytes) return stream.close();
      sent += 1;
      if (sent === bytes) {
        collect();
        held = memory();
      }
      stream.enqueue(new Uint8Array(1));
    },
  });
  const memory = () => process.memoryUsage().heapUsed + process.memoryUsage().external;
  collect();
  const before = memory();
  await assert.rejects(readUpload(new Request('http://localhost/', { method: 'POST', headers: { 'content-type': 'image/jpeg' }, body, duplex: 'half' })), { code: 'not-a-photo' });
  assert.ok(held - before < 8 * bytes, `${held - before} bytes are held for ${bytes}`);
});

test('Express: what something else has read is refused where it is no upload, and else the application\'s own error', async (t) => {
  const { port, reached } = await served(t, async ({ express, forExpress }) => {
    const app = express();
    app.use(express.json(), express.raw({ type: 'image/*' }));
    app.post('/', forExpress.verifyUpload(), (request, response) => response.json(forExpress.uploadOf(request).files.length));
    app.use((error, _request, response, _next) => response.status(500).json({ own: error.message }));
    return app;
  });
  const json = await exchange(port, put('application/json', '{"a":1}'));
  assert.equal(json.status, 415);
  isRefusal(json, 'unsupported-media-type', 'JSON');
  const raw = await exchange(port, put('image/jpeg', clean));
  assert.deepEqual([raw.status, JSON.parse(raw.text)], [500, { own: 'something else has read the body: put verifyUpload before it' }]);
  assert.equal(reached.count, 0);
});

test('Express: a refusal that comes after another answer ends nobody', async (t) => {
  const { port } = await served(t, async ({ express, forExpress }) => {
    const app = express();
    app.use((_request, response, next) => {
      response.status(503).json({ own: 'too late' });
      next();
    });
    app.post('/', forExpress.verifyUpload());
    return app;
  });
  for (let round = 0; round < 2; round++) {
    const answer = await exchange(port, put('image/jpeg', originals[0]));
    assert.deepEqual([answer.status, JSON.parse(answer.text)], [503, { own: 'too late' }]);
  }
});

test('Fastify: errors of the application stay its own, and parsers of its own are not waited for', async (t) => {
  const { Fastify, forFastify } = await installedFile('../../made.mjs');
  const app = Fastify();
  t.after(() => app.close());
  app.addContentTypeParser('image/jpeg', { parseAs: 'buffer' }, async (_request, body) => body);
  app.setErrorHandler((error, _request, reply) => reply.code(error.statusCode ?? 500).send({ own: error.message }));
  app.register(async (scope) => {
    scope.register(forFastify.verifyUpload);
    scope.post('/', async () => assert.fail('its own'));
    scope.delete('/', async (request) => ({ got: request.body }));
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address();
  const read = await exchange(port, put('image/jpeg', clean));
  assert.ok(read.status >= 400 && JSON.parse(read.text).own.length > 0, read.text);
  const thrown = await exchange(port, put(FORM_TYPE, ALLOWED[0][1]));
  assert.deepEqual([thrown.status, JSON.parse(thrown.text)], [500, { own: 'its own' }]);
  const deleted = await exchange(port, put('application/json', '{"a":1}', { method: 'DELETE' }));
  assert.deepEqual([deleted.status, JSON.parse(deleted.text)], [200, { got: { a: 1 } }]);
});

test('requests whose body is gone are an error of the application, not of the sender', async () => {
  const { readUpload, verifyUpload } = await installedFile('dist/verify/web.js');
  const request = () => new Request('http://localhost/', { method: 'POST', headers: { 'content-type': 'image/jpeg' }, body: clean });
  const used = request();
  await used.arrayBuffer();
  const locked = request();
  locked.body.getReader();
  for (const gone of [used, locked]) {
    await assert.rejects(readUpload(gone), { name: 'Error', message: /something else has read the body/ });
    await assert.rejects(verifyUpload(() => assert.fail('reached'))(gone), /something else has read the body/);
  }
});

/** A server of the test's own. */
async function served(t, make) {
  const made = await installedFile('../../made.mjs');
  const server = createServer(await make(made));
  t.after(() => (server.closeAllConnections(), new Promise((done) => server.close(done))));
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  made.reached.uploads.length = 0;
  return { port: server.address().port, reached: made.reached };
}

async function installedFile(path) {
  return await import(pathToFileURL(join(folder, 'node_modules/darkslide', path)));
}

function isRefusal({ headers, text }, code, name) {
  assert.match(headers, /^content-type: application\/json/im, name);
  const body = JSON.parse(text);
  assert.deepEqual(Object.keys(body), ['error'], name);
  const { message, index, kinds, ...rest } = body.error;
  assert.deepEqual(rest, { code }, `${name}: ${text}`);
  assert.ok(message.length > 10, name);
  if (index !== undefined) assert.ok(Number.isInteger(index), name);
  if (kinds !== undefined) assert.ok(kinds.every((kind) => typeof kind === 'string'), name);
}

/** Sends the pieces, and reads until the answer is whole or nothing more comes. */
async function exchange(port, ...pieces) {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  let bytes = Buffer.alloc(0);
  const answered = new Promise((done) => {
    socket.on('data', (piece) => {
      bytes = Buffer.concat([bytes, piece]);
      if (whole(bytes) !== undefined) done();
    });
    socket.on('close', done);
  });
  for (const piece of pieces) await new Promise((done) => socket.write(piece, () => setImmediate(done)));
  // Who waits for more is told that there is none.
  const timer = setTimeout(() => socket.end(), 500);
  await answered;
  clearTimeout(timer);
  socket.destroy();
  const { status, headers, text } = whole(bytes) ?? { headers: '', text: bytes.toString('latin1') };
  return { status, headers, text, bytes };
}

function whole(bytes) {
  const answer = bytes.toString('latin1').replace(/^HTTP\/1.1 100 Continue\r\n\r\n/, '');
  const end = answer.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const headers = answer.slice(0, end);
  const length = Number(headers.match(/^content-length: (\d+)/im)?.[1] ?? 0);
  const text = answer.slice(end + 4);
  if (text.length < length) return undefined;
  return { status: Number(headers.match(/^HTTP\/1\.1 (\d{3})/)?.[1]), headers, text };
}

/** Whether 64 bytes of an original, which are not a clean photo's too, are anywhere in it. */
function holdsOriginal(bytes) {
  const text = Buffer.from(bytes).toString('latin1');
  for (let at = 0; at + RUN <= text.length; at++) if (RUNS.has(text.slice(at, at + RUN))) return true;
  return false;
}

const RUN = 64;
const RUNS = new Set(originals.flatMap(runs));
for (const run of runs(clean)) RUNS.delete(run);

function runs(bytes) {
  const text = bytes.toString('latin1');
  return Array.from({ length: Math.max(0, text.length - RUN + 1) }, (_, at) => text.slice(at, at + RUN));
}
