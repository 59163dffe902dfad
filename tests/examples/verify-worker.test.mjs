// The example that checks uploads in threads of their own, as docs/servers.md shows it.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { clean, dirty, FORM_TYPE, form, part, FIELD, textual } from '../package/hostile-requests.mjs';
import { pack } from '../package/fresh.mjs';
import { example, started } from './started.mjs';

let fresh;
let folder;
before(async () => {
  fresh = pack();
  folder = await example('verify-worker', fresh.folder, fresh.tarball);
});
after(() => fresh?.remove());

test('what is clean comes out of the thread, what is not is refused as by the handlers', async (t) => {
  const { send } = await serving(t, {});
  const file = await send(clean);
  assert.equal(file.status, 200);
  assert.match(file.body[0].name, /^photo-[0-9a-f]{8}\.jpg$/);
  assert.deepEqual(await send(form([part('Content-Disposition: form-data; name="a"; filename="b"', clean), part(FIELD, 'note')]), FORM_TYPE), file);
  const refused = await send(dirty);
  assert.deepEqual([refused.status, refused.body.error.code, refused.body.error.kinds], [422, 'not-clean', ['comment', 'exif', 'gps']]);
  assert.equal((await send(form([part(FIELD, textual)]), FORM_TYPE)).body.error.code, 'broken-multipart');
  assert.equal((await send(clean, 'image/jpeg', { 'content-encoding': 'gzip' })).body.error.code, 'unsupported-media-type');
  assert.deepEqual(await send(Buffer.alloc((64 << 20) + 1)), { status: 413, body: { error: { code: 'too-large' } } });
  assert.deepEqual(await send(clean), file);
});

test('a check that takes too long is ended, and the server goes on', async (t) => {
  const { send, address } = await serving(t, { CHECK_MS: '1' });
  for (let round = 0; round < 6; round++) assert.deepEqual(await send(clean), { status: 503, body: { error: { code: 'too-slow' } } });
  assert.deepEqual(await (await fetch(address)).json(), { uploads: 0 });
});

test('no more uploads are taken at a time than there is room for, and who goes away leaves room', async (t) => {
  const { send, address } = await serving(t, {});
  const { port } = new URL(address);
  const sockets = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  for (const socket of sockets) socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Length: ${dirty.length}\r\n\r\n`);
  const reaches = async (uploads) => {
    while ((await (await fetch(address)).json()).uploads !== uploads) await new Promise((done) => setTimeout(done, 10));
  };
  await reaches(4);
  assert.deepEqual(await send(clean), { status: 503, body: { error: { code: 'busy' } } });
  for (const socket of sockets) socket.destroy();
  await reaches(0);
  assert.equal((await send(clean)).status, 200);
});

async function serving(t, env) {
  const { address, close } = await started(folder, process.execPath, [join(folder, 'server.mjs')], { PORT: '0', ...env });
  t.after(close);
  const send = async (body, type = 'image/jpeg', headers = {}) => {
    const answer = await fetch(address, { method: 'POST', headers: { 'content-type': type, ...headers }, body });
    return { status: answer.status, body: await answer.json() };
  };
  return { address, send };
}
