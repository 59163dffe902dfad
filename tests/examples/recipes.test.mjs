// The upload recipes against real servers: what arrives is what the report names, and what is not clean does not stay.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { strip } from 'darkslide/metadata';
import { verify } from 'darkslide/verify';

import { comment, gps, jpeg } from '../js/photo.mjs';
import { pack } from '../package/fresh.mjs';
import { gcsEmulator } from './gcs.mjs';
import { example, started } from './started.mjs';

const photo = jpeg({ width: 320, height: 240, segments: [gps(), comment('from my house in Elm Street')] });
/** What a client that lies would send: the original, with a report that names it. */
const lie = { file: new File([photo], 'photo.jpg', { type: 'image/jpeg' }), report: { output: { sha256: sha256(photo) } } };

let fresh;
before(() => (fresh = pack()));
after(() => fresh?.remove());

test('tus: the photo arrives whole and clean; an original does not stay', async (t) => {
  const folder = await example('upload-tus', fresh.folder, fresh.tarball);
  const uploads = join(fresh.folder, 'tus');
  mkdirSync(uploads);
  const { address, close } = await started(folder, process.execPath, ['server.mjs'], { PORT: '0', UPLOADS: uploads });
  t.after(close);
  const { send } = await import(pathToFileURL(join(folder, 'client.js')));
  const endpoint = `${address}files`;
  const { file, report } = await strip(photo);
  // tus-js-client takes no File in Node.
  const whole = async (from) => Buffer.from(await from.arrayBuffer());

  const url = await send(await whole(file), report, endpoint);
  const stored = readFileSync(join(uploads, url.split('/').pop()));
  assert.equal(sha256(stored), report.output.sha256);
  assert.equal(verify(stored).clean, true);

  const before = readdirSync(uploads).sort();
  await assert.rejects(send(await whole(lie.file), lie.report, endpoint), /422.*not-clean/s);
  await assert.rejects(send(await whole(file), { output: { sha256: '0'.repeat(64) } }, endpoint), /422.*wrong-checksum/s);
  assert.deepEqual(readdirSync(uploads).sort(), before);
});

test('S3: the address is signed for these bytes alone; what is not clean is deleted', async (t) => {
  const folder = await example('upload-s3', fresh.folder, fresh.tarball);
  const S3rver = createRequire(join(folder, 'package.json'))('s3rver');
  const store = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory: join(fresh.folder, 's3'), configureBuckets: [{ name: 'photos' }] });
  const { port } = await store.run();
  t.after(() => store.close());
  const { address, close } = await started(folder, process.execPath, ['server.mjs'], { PORT: '0', S3: `http://127.0.0.1:${port}/photos` });
  t.after(close);
  const { send } = await import(pathToFileURL(join(folder, 'client.js')));
  const { file, report } = await strip(photo);
  const put = [];
  const original = globalThis.fetch;
  t.after(() => (globalThis.fetch = original));
  globalThis.fetch = async (url, options) => {
    if (options?.method === 'PUT') put.push({ url, options });
    return await original(url, options);
  };

  const stored = await send(file, report, address);
  assert.equal(stored.sha256, report.output.sha256);
  const [{ url, options }] = put;
  assert.equal(options.headers['x-amz-checksum-sha256'], Buffer.from(report.output.sha256, 'hex').toString('base64'));
  assert.match(new URL(url).searchParams.get('X-Amz-SignedHeaders'), /x-amz-checksum-sha256/);
  // S3 itself refuses other bytes at this address; s3rver does not, and so shows that the confirmation finds them too.
  const other = Buffer.from(await (await strip(jpeg({ width: 32, height: 32 }))).file.arrayBuffer());
  assert.equal((await original(url, { ...options, body: other })).status, 200);
  const confirmed = await original(new URL('confirm', address), { method: 'POST', body: JSON.stringify({ key: stored.key }) });
  assert.deepEqual([confirmed.status, await confirmed.json()], [422, { error: { code: 'wrong-checksum', kinds: [] } }]);

  await assert.rejects(send(lie.file, lie.report, address), (error) => error.code === 'not-clean' && error.kinds.includes('gps'));
  const kept = readdirSync(join(fresh.folder, 's3'), { recursive: true }).filter((name) => /photo-[0-9a-f]{64}/.test(String(name)));
  assert.deepEqual(kept, []);
});

test('Azure: the address is signed for one blob; what is not clean is deleted', async (t) => {
  const folder = await example('upload-azure', fresh.folder, fresh.tarball);
  // The emulator's own account, which its documentation publishes.
  const account = ['devstoreaccount1', 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='];
  const azurite = await started(folder, process.execPath, ['node_modules/azurite/dist/src/blob/main.js', '--blobPort', '0', '--blobHost', '127.0.0.1', '--inMemoryPersistence', '--skipApiVersionCheck'], {});
  t.after(azurite.close);
  const connection = `DefaultEndpointsProtocol=http;AccountName=${account[0]};AccountKey=${account[1]};BlobEndpoint=${azurite.address}${account[0]};`;
  const { address, close } = await started(folder, process.execPath, ['server.mjs'], { PORT: '0', AZURE_STORAGE_CONNECTION_STRING: connection });
  t.after(close);
  const { send } = await import(pathToFileURL(join(folder, 'client.js')));
  const { file, report } = await strip(photo);
  const { url } = await (await fetch(new URL('sign', address), { method: 'POST', body: JSON.stringify({ sha256: report.output.sha256, type: file.type }) })).json();

  const stored = await send(file, report, address);
  assert.equal(stored.sha256, report.output.sha256);
  // The address creates this blob and no other, once, and reads none.
  const put = async (to) => (await fetch(to, { method: 'PUT', headers: { 'x-ms-blob-type': 'BlockBlob' }, body: photo })).status;
  assert.equal(await put(url.replace(report.output.sha256, '0'.repeat(64))), 403);
  assert.ok((await put(url)) >= 400);
  assert.equal((await fetch(url)).status, 403);

  await assert.rejects(send(lie.file, lie.report, address), (error) => error.code === 'not-clean' && error.kinds.includes('gps'));
  const gone = await fetch(new URL('confirm', address), { method: 'POST', body: JSON.stringify({ key: `photo-${lie.report.output.sha256}.jpeg` }) });
  assert.equal(gone.status, 404);
});

test('Google Cloud Storage: what was cut off goes on; what is not clean is deleted', async (t) => {
  const folder = await example('upload-gcs', fresh.folder, fresh.tarball);
  const store = await gcsEmulator('photos');
  t.after(store.close);
  const { address, close } = await started(folder, process.execPath, ['server.mjs'], { PORT: '0', STORAGE_EMULATOR_HOST: store.address });
  t.after(close);
  const { send } = await import(pathToFileURL(join(folder, 'client.js')));
  const { file, report } = await strip(photo);
  const names = async () => ((await (await fetch(`${store.address}/storage/v1/b/photos/o`)).json()).items ?? []).map(({ name }) => name);

  // The connection breaks once, half-way; the page sees no answer.
  const half = Math.floor(file.size / 2);
  const ranges = [];
  const original = globalThis.fetch;
  t.after(() => (globalThis.fetch = original));
  globalThis.fetch = async (url, options) => {
    const range = options?.method === 'PUT' ? options.headers['Content-Range'] : undefined;
    if (range !== undefined) ranges.push(range);
    if (ranges.length !== 1 || range === undefined) return await original(url, options);
    const begun = await original(url, { ...options, headers: { 'Content-Range': `bytes 0-${half - 1}/${file.size}` }, body: options.body.slice(0, half), redirect: 'manual' });
    assert.equal(begun.status, 308);
    throw new TypeError('fetch failed');
  };
  const stored = await send(file, report, address);
  assert.equal(stored.sha256, report.output.sha256);
  assert.deepEqual(ranges, [`bytes 0-${file.size - 1}/${file.size}`, `bytes */${file.size}`, `bytes ${half}-${file.size - 1}/${file.size}`]);
  assert.deepEqual(await names(), [stored.key]);
  const kept = Buffer.from(await (await original(`${store.address}/storage/v1/b/photos/o/${stored.key}?alt=media`)).arrayBuffer());
  assert.equal(sha256(kept), report.output.sha256);
  assert.equal(verify(kept).clean, true);

  await assert.rejects(send(lie.file, lie.report, address), (error) => error.code === 'not-clean' && error.kinds.includes('gps'));
  await assert.rejects(send(file, { output: { sha256: '0'.repeat(64) } }, address), (error) => error.code === 'wrong-checksum');
  assert.deepEqual(await names(), [stored.key]);
});

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}
