// The leak test: every adapter, in a real browser, with the real wasm, against a server that keeps all it gets. Only scrubbed bytes may
// arrive, whatever is chosen and whatever happens. The same on a peer that fails open shows that the test sees a leak.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { verify } from 'darkslide/verify';

import { evidence, originals } from './originals.mjs';
import { uploads } from './server.mjs';
import { start } from './site.mjs';

const ADAPTERS = ['forms', 'element', 'react', 'uppy-darkslide', 'filepond', 'dropzone', 'react-dropzone', 'guard'];
/** What is chosen, and how many photos may arrive. */
const CHOICES = [
  { what: 'a good photo', of: ({ good }) => [good], arrive: 1 },
  { what: 'a photo whose scrub grows', of: ({ grows }) => [grows], arrive: 1, grows: true },
  { what: '20 photos at once', of: ({ many }) => many, arrive: 20 },
  { what: 'an undecodable file', of: ({ broken }) => [broken], arrive: 0 },
  { what: 'a photo that kills the worker', of: ({ crashes }) => [crashes], arrive: 0, says: /failed/ },
  { what: 'a file of 0 bytes', of: ({ empty }) => [empty], arrive: 0 },
  { what: 'no photo', of: ({ other }) => [other], arrive: 0, says: /no photo/ },
];

let site;
let files;
let traces;
before(async () => {
  site = await start([...ADAPTERS, 'uppy-compressor']);
  files = originals(join(site.folder, 'originals'));
  traces = evidence(Object.values(files).flat());
});
after(() => site.close());

for (const adapter of ADAPTERS) {
  describe(adapter, () => {
    let page;
    before(async () => (page = await site.open(adapter)));
    after(() => page.close());

    for (const { what, of, arrive, grows = false, says = /./ } of CHOICES) {
      test(what, async () => {
        const chosen = of(files);
        await choose(page, chosen);
        const refusals = [...(await settle(page)), ...(await submit(page))];
        const photos = await arrived(arrive);
        clean(photos);
        assert.equal(photos.length, arrive);
        if (grows) assert.ok(photos[0].bytes.length > chosen[0].bytes.length);
        if (arrive > 0) assert.deepEqual(refusals, []);
        else assert.match(refusals.join(), says);
        await cancel(page);
      });
    }

    test('a good photo after the one that killed the worker', async () => {
      await choose(page, [files.good]);
      await submit(page);
      const photos = await arrived(1);
      clean(photos);
      assert.equal(photos.length, 1);
      await cancel(page);
    });

    test('submitted while it is scrubbed', async () => {
      await choose(page, files.many);
      await page.evaluate(() => {
        globalThis.host.submit();
        // Again, as impatient people do.
        globalThis.host.submit();
      });
      await settle(page);
      const photos = await arrived(files.many.length);
      clean(photos);
      assert.equal(photos.length, files.many.length);
      await cancel(page);
    });

    test('given up while it is scrubbed', async () => {
      await choose(page, files.many);
      // In one go: hosts that send photo by photo have sent some of them else.
      await page.evaluate(async () => {
        globalThis.host.submit();
        while (!globalThis.host.working()) await new Promise((done) => setTimeout(done));
        await globalThis.host.cancel();
      });
      await settle(page);
      await submit(page);
      // Whatever comes late.
      await new Promise((done) => setTimeout(done, 500));
      const photos = await arrived(0);
      clean(photos);
      assert.equal(photos.length, 0);
    });
  });
}

describe('the peer, @uppy/compressor', () => {
  let page;
  before(async () => (page = await site.open('uppy-compressor')));
  after(() => page.close());

  for (const [what, leaks] of [['good', false], ['broken', true], ['grows', true]]) {
    test(`${what}: ${leaks ? 'leaks' : 'does not leak'}`, async () => {
      await choose(page, [files[what]]);
      await submit(page);
      const requests = site.server.received.splice(0);
      assert.equal(requests.flatMap(uploads).length, 1);
      const [{ bytes }] = requests.flatMap(uploads);
      assert.equal(bytes.equals(files[what].bytes), leaks);
      assert.equal(traces.found(bytes) !== undefined, leaks);
      // The original's name goes out in each case.
      assert.ok(requests.some(({ body }) => body.includes(files[what].name)));
    });
  }
});

async function choose(page, chosen) {
  await page.locator('input[type=file]:not(.filepond--data *)').setInputFiles(chosen.map(({ path }) => path));
}

/** Waits until the page is done with what it was given; resolves to what it has refused. */
async function settle(page) {
  await page.evaluate(() => globalThis.host.settled());
  await page.evaluate(() => fetch('/sync'));
  await site.server.idle();
  return await page.evaluate(() => globalThis.host.refusals());
}

async function submit(page) {
  await page.evaluate(() => globalThis.host.submit());
  return await settle(page);
}

async function cancel(page) {
  await page.evaluate(() => globalThis.host.cancel());
}

/**
 * The photos that have reached the server since the last time, `expected` of them if all is well; later ones are counted next time. No
 * request may hold anything of an original, anywhere.
 */
async function arrived(expected) {
  await site.server.came(expected);
  await site.server.idle();
  const requests = site.server.received.splice(0);
  for (const { method, url, headers, body } of requests) assert.equal(traces.found(Buffer.concat([Buffer.from(`${method} ${url} ${headers}`), body])), undefined);
  return requests.flatMap(uploads);
}

/** Named by us, and clean by our own judgement and ExifTool's. */
function clean(photos) {
  const folder = join(site.folder, `arrived-${(count += 1)}`);
  mkdirSync(folder);
  for (const [index, { name, type, bytes }] of photos.entries()) {
    assert.match(name, /^photo-[0-9a-f]{8}\.jpg$/);
    assert.equal(type, 'image/jpeg');
    assert.deepEqual(verify(bytes), { clean: true, format: 'jpeg', findings: [] });
    writeFileSync(join(folder, `${index}.jpg`), bytes);
  }
  if (photos.length === 0) return;
  const seen = JSON.parse(execFileSync('exiftool', ['-a', '-G1', '-u', '-ee', '-j', folder], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  assert.equal(seen.length, photos.length);
  for (const tags of seen) assert.deepEqual(Object.keys(tags).filter((tag) => !/^(SourceFile$|System:|File:|ExifTool:ExifToolVersion|Composite:|JFIF:)/.test(tag) || tag === 'File:Comment'), []);
}

let count = 0;
