// workerd, Deno and Bun: what works there works from the package as it is installed.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { build } from 'esbuild';

import { installed } from '../../scripts/installed.mjs';
import { ROOT } from '../../scripts/run.mjs';
import { comment, gps, jpeg } from '../js/photo.mjs';
import { execute, pack, project, write } from './fresh.mjs';

const photo = jpeg({ width: 320, height: 240, segments: [gps(), comment('from my house')] });

let fresh;
let tools;
before(async () => {
  fresh = pack();
  tools = await installed('tests/package/runtimes');
});
after(() => fresh?.remove());

const PROGRAM = (entry) => `
  import { readFileSync } from 'node:fs';
  import { createScrubber } from '${entry}';
  import { strip } from 'darkslide/metadata';
  import { verify } from 'darkslide/verify';
  const photo = new Uint8Array(readFileSync('photo.jpg'));
  const scrubber = await createScrubber();
  const { file, report } = await scrubber.scrub(photo, { regions: [{ x: 20, y: 20, width: 80, height: 80 }] });
  const checked = await scrubber.verify(file);
  const refused = await scrubber.scrub(photo.subarray(0, 300)).catch(({ code }) => code);
  scrubber.close();
  const stripped = (await strip(photo)).file;
  const at = (input) => input.arrayBuffer().then((buffer) => verify(buffer).clean);
  console.log(JSON.stringify({ before: verify(photo).clean, scrubbed: await at(file), checked: checked.clean, stripped: await at(stripped), pixels: report.pixels, refused }));`;
const EXPECTED = { before: false, scrubbed: true, checked: true, stripped: true, pixels: 'redacted', refused: 'malformed' };

for (const entry of ['darkslide', 'darkslide/inline']) {
  test(`Deno runs ${entry}`, () => {
    const folder = made(`deno-${entry.replace('/', '-')}`, { 'main.js': PROGRAM(entry) });
    const printed = execute(folder, join(tools, 'node_modules/.bin/deno'), ['run', '--no-remote', '--no-prompt', '--node-modules-dir=manual', '--allow-read', '--allow-env', 'main.js']);
    assert.deepEqual(JSON.parse(printed), EXPECTED);
  });
  test(`Bun runs ${entry}`, () => {
    const folder = made(`bun-${entry.replace('/', '-')}`, { 'main.js': PROGRAM(entry) });
    assert.deepEqual(JSON.parse(execute(folder, join(tools, 'node_modules/.bin/bun'), ['run', 'main.js'])), EXPECTED);
  });
  test(`Node runs ${entry}`, () => {
    const folder = made(`node-${entry.replace('/', '-')}`, { 'main.js': PROGRAM(entry) });
    assert.deepEqual(JSON.parse(execute(folder, process.execPath, ['main.js'])), EXPECTED);
  });
}

test("a server's bundle carries the inline entry with it", async () => {
  const folder = made('bundled', { 'main.js': PROGRAM('darkslide/inline').replace("import { strip } from 'darkslide/metadata';", '').replace("import { verify } from 'darkslide/verify';", '').replace(/const stripped[\s\S]*/, 'console.log(checked.clean, refused);') });
  await build({ absWorkingDir: folder, entryPoints: ['main.js'], bundle: true, platform: 'node', format: 'esm', outfile: 'elsewhere/main.js', logLevel: 'warning' });
  write(folder, 'elsewhere/photo.jpg', photo);
  assert.equal(execute(join(folder, 'elsewhere'), process.execPath, ['main.js']), 'true malformed\n');
});

test('workerd strips and verifies, with neither Node nor workers, and says so of what it cannot do', async () => {
  const folder = made('workerd', {
    'main.js': `
      import { createScrubber } from 'darkslide';
      import { inspect, strip } from 'darkslide/metadata';
      import { verify } from 'darkslide/verify';
      export default {
        async fetch(request) {
          const photo = await request.arrayBuffer();
          const { file, report } = await strip(photo);
          const scrubber = await createScrubber();
          const refused = await scrubber.scrub(photo).catch(({ code, message }) => code + ': ' + message);
          return Response.json({ before: verify(photo).clean, after: verify(await file.arrayBuffer()).clean, kinds: [...new Set(report.removed.map(({ kind }) => kind))].sort(), format: (await inspect(photo)).input.format, refused });
        },
      };`,
  });
  // As wrangler bundles: scripts into one, each wasm a module beside it.
  await build({ absWorkingDir: folder, entryPoints: ['main.js'], bundle: true, format: 'esm', conditions: ['workerd', 'worker', 'browser'], outdir: 'worker', logLevel: 'warning', loader: { '.wasm': 'copy' } });
  const { Miniflare } = await import(pathToFileURL(createRequire(join(tools, 'package.json')).resolve('miniflare')));
  const miniflare = new Miniflare({ modules: true, modulesRules: [{ type: 'CompiledWasm', include: ['**/*.wasm'] }], modulesRoot: join(folder, 'worker'), scriptPath: join(folder, 'worker/main.js'), compatibilityDate: '2025-01-01' });
  try {
    const response = await miniflare.dispatchFetch('http://localhost/', { method: 'POST', body: photo });
    const { refused, ...told } = await response.json();
    assert.deepEqual(told, { before: false, after: true, kinds: ['comment', 'exif', 'gps'], format: 'jpeg' });
    assert.match(refused, /^unsupported: workerd starts no workers: use 'darkslide\/metadata'/);
  } finally {
    await miniflare.dispose();
  }
});

test('every entry with code of its own for a runtime names all of them', () => {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  for (const entry of ['.', './inline', './slim', './metadata', './verify']) {
    assert.deepEqual(Object.keys(exports[entry]), ['types', 'workerd', 'deno', 'bun', 'node', 'default'], entry);
  }
});

function made(name, content) {
  const folder = join(fresh.folder, name);
  mkdirSync(folder, { recursive: true });
  project(folder, fresh.tarball, tools, { 'photo.jpg': photo, ...content });
  return folder;
}
