// Each bundler that people use, with the entry that the documentation names for it, under the Content-Security-Policy that it names.

import assert from 'node:assert/strict';
import { cpSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { verify } from 'darkslide/verify';

import { launch, open, visit } from '../../scripts/chromium.mjs';
import { installed } from '../../scripts/installed.mjs';
import { ROOT } from '../../scripts/run.mjs';
import { comment, gps, jpeg } from '../js/photo.mjs';
import { pack, project, write } from './fresh.mjs';

const photo = jpeg({ width: 320, height: 240, segments: [gps(), comment('from my house')] });

// As docs/csp.md has them.
const BESIDE = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src blob:; style-src 'self'";
const INLINE = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src blob:; connect-src 'none'; img-src blob:; style-src 'self'";

let fresh;
let tools;
let browser;
before(async () => {
  fresh = pack();
  tools = await installed('tests/package/bundlers');
  browser = await launch();
});
after(async () => {
  await browser?.close();
  fresh?.remove();
});

test('Vite 8 builds the entry with files beside it', () => built('vite-8', viteBuild('vite')));
test('Vite 7 builds it', () => built('vite-7', viteBuild('vite-7')));
test('webpack builds it', () => built('webpack', webpack('webpack')));
test('Rspack builds it', () => built('rspack', webpack('@rspack/core')));

test('Vite 8 builds the inline entry', () => inlined('vite-8', viteBuild('vite')));
test('Vite 7 builds it', () => inlined('vite-7', viteBuild('vite-7')));
test('webpack builds it', () => inlined('webpack', webpack('webpack')));
test('Rspack builds it', () => inlined('rspack', webpack('@rspack/core')));
test('Rollup builds it', () => inlined('rollup', rollup));
test('esbuild builds it', () => inlined('esbuild', esbuild));

for (const [name, vite] of [['Vite 7', 'vite-7'], ['Vite 8', 'vite']]) {
  test(`${name}'s development server serves the inline entry as it is`, async () => {
    const folder = made(`${vite}-dev-inline`, 'darkslide/inline');
    await inDevelopment(vite, folder, {}, async (server) => works(await scrub(server)));
  });
  test(`${name}'s development server serves the other entry where it is told not to bundle it, and else the error says so`, async () => {
    const folder = made(`${vite}-dev`, 'darkslide');
    await inDevelopment(vite, folder, { optimizeDeps: { exclude: ['darkslide'] } }, async (server) => works(await scrub(server)));
    await inDevelopment(vite, folder, {}, async (server) => {
      const { scrubbed } = await scrub(server);
      if (scrubbed.error !== undefined) assert.match(scrubbed.error, /^crashed: .*optimizeDeps: \{ exclude: \['darkslide'\] \}/);
      else works({ scrubbed, problems: [] });
    });
  });
}

test("README's lines put a guard on a form in a fresh Vite project", async () => {
  const [, lines] = readFileSync(join(ROOT, 'README.md'), 'utf8').match(/\*\*Upload forms\.\*\*[\s\S]*?```ts\n([\s\S]*?)```/);
  const folder = made('stranger', 'darkslide');
  write(folder, 'main.js', lines);
  write(folder, 'index.html', '<!doctype html><meta charset="utf-8"><title>A form</title><form><input type="file" name="photo" disabled data-darkslide></form><script type="module" src="./main.js"></script>');
  const { page, close } = await open(browser, await viteBuild('vite')(folder), { 'Content-Security-Policy': BESIDE });
  await page.waitForSelector('input:enabled');
  await page.setInputFiles('input', { name: 'IMG_of_Anna.jpg', mimeType: 'image/jpeg', buffer: photo });
  await page.waitForFunction(() => document.querySelector('input').files.length === 1);
  const sent = await page.evaluate(async () => {
    const file = new FormData(document.querySelector('form')).get('photo');
    return { name: file.name, bytes: Array.from(new Uint8Array(await file.arrayBuffer())) };
  });
  assert.match(sent.name, /^photo-[0-9a-f]{8}\.jpg$/);
  assert.equal(verify(Uint8Array.from(sent.bytes)).clean, true);
  await close();
});

test('slim takes the wasm that the bundler was told of, and checks its hash', async () => {
  const folder = made('slim', 'darkslide/slim', {
    before: "import wasm from 'darkslide/scrub.wasm?url'; import worker from 'darkslide/worker.js?worker&url';",
    options: '{ wasm, worker, integrity: true }',
  });
  const site = await viteBuild('vite')(folder);
  works(await served(site, BESIDE));
});

test('slim needs no file for its worker, and says what is wrong with the wasm', async () => {
  const site = join(fresh.folder, 'slim-plain');
  const options = (wasm) => `{ wasm: ${wasm}, integrity: new URLSearchParams(location.search).get('integrity') ?? false }`;
  const page = made('slim-page', './slim.js', { options: options("new URLSearchParams(location.search).get('wasm')") });
  cpSync(page, site, { recursive: true, filter: (path) => !path.includes('node_modules') });
  for (const name of ['slim.js', 'darkslide.wasm']) cpSync(join(page, 'node_modules/darkslide/dist', name), join(site, name));
  write(site, 'home.wasm', '<!doctype html><title>Home</title>');
  const ask = async (query) => (await served(site, SLIM, query)).scrubbed.error;
  assert.equal(await ask('?wasm=darkslide.wasm'), undefined);
  assert.match(await ask('?wasm=home.wasm'), /^crashed: home\.wasm is no WebAssembly, but an HTML page perhaps\. Serve dist\/darkslide-all\.wasm/);
  assert.match(await ask('?wasm=none.wasm'), /^crashed: none\.wasm was answered with status 404\. Serve the \.wasm files/);
  assert.match(await ask(`?wasm=darkslide.wasm&integrity=${encodeURIComponent(`sha384-${'A'.repeat(64)}`)}`), /^crashed: darkslide\.wasm is not the file that was asked for: its hash is sha384-/);
});

test('where the policy forbids the worker, the error names the directive', async () => {
  const folder = made('forbidden', 'darkslide/inline');
  const site = await viteBuild('vite')(folder);
  const { scrubbed } = await served(site, INLINE.replace('worker-src blob:', "worker-src 'none'"));
  assert.match(scrubbed.error, /^crashed: .*worker-src blob:/);
});

// The worker is carried along, the wasm is fetched.
const SLIM = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src blob:; connect-src 'self'; img-src blob:";

async function built(name, bundle) {
  works(await served(await bundle(made(name, 'darkslide')), BESIDE));
}

async function inlined(name, bundle) {
  works(await served(await bundle(made(`${name}-inline`, 'darkslide/inline')), INLINE));
}

function works({ scrubbed, problems }) {
  assert.equal(scrubbed.error, undefined);
  assert.match(scrubbed.name, /^photo-[0-9a-f]{8}\.jpg$/);
  assert.deepEqual(scrubbed, { name: scrubbed.name, clean: true, removed: true, width: 320 });
  assert.deepEqual(problems, []);
}

/** A project with a page that scrubs one photo when it is asked. */
function made(name, entry, { before = '', options = '' } = {}) {
  const folder = join(fresh.folder, name);
  project(folder, fresh.tarball, tools, {
    'index.html': '<!doctype html><meta charset="utf-8"><title>A site</title><script type="module" src="./main.js"></script>',
    'main.js': `import { createScrubber } from '${entry}';
      ${before}
      globalThis.scrub = async (base64) => {
        try {
          const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
          const scrubber = await createScrubber(${options});
          const { file, report } = await scrubber.scrub(new File([bytes], 'home.jpg'), { regions: [{ x: 20, y: 20, width: 80, height: 80 }] });
          const { clean } = await scrubber.verify(file);
          const { width } = await createImageBitmap(file);
          return { name: file.name, clean, removed: report.removed.length > 0, width };
        } catch (error) {
          return { error: error.code + ': ' + error.message };
        }
      };`,
  });
  return folder;
}

async function served(site, policy, query = '') {
  return await scrub(undefined, async () => await open(browser, site, { 'Content-Security-Policy': policy }), query);
}

async function scrub(server, opened = () => visit(browser, server), query = '') {
  const { page, problems, address, close } = await opened();
  try {
    if (query !== '') await page.goto(address + query);
    await page.waitForFunction(() => 'scrub' in globalThis);
    return { scrubbed: await page.evaluate((base64) => globalThis.scrub(base64), photo.toString('base64')), problems };
  } finally {
    await close();
  }
}

function tool(name) {
  const require = createRequire(join(tools, 'package.json'));
  return import(pathToFileURL(require.resolve(name)));
}

function viteBuild(version) {
  return async (folder) => {
    const { build } = await tool(version);
    await build({ root: folder, configFile: false, logLevel: 'warn', build: { outDir: 'site', chunkSizeWarningLimit: 10_000 } });
    return join(folder, 'site');
  };
}

async function inDevelopment(version, folder, config, use) {
  const { createServer } = await tool(version);
  const server = await createServer({ root: folder, configFile: false, logLevel: 'silent', server: { port: 0, host: '127.0.0.1' }, cacheDir: 'node_modules/.vite', ...config });
  await server.listen();
  try {
    await use({ address: `http://127.0.0.1:${server.httpServer.address().port}/`, close: async () => undefined });
  } finally {
    await server.close();
  }
}

function webpack(name) {
  return async (folder) => {
    const { default: compiler, rspack } = await tool(name);
    const compile = rspack ?? compiler;
    const stats = await new Promise((done, failed) => {
      compile({ mode: 'production', context: folder, entry: './main.js', output: { path: join(folder, 'site'), filename: 'main.js', publicPath: 'auto', module: true }, experiments: { outputModule: true }, performance: { hints: false } }, (error, made) => (error ? failed(error) : done(made)));
    });
    assert.equal(stats.hasErrors(), false, stats.toString());
    cpSync(join(folder, 'index.html'), join(folder, 'site/index.html'));
    return join(folder, 'site');
  };
}

async function rollup(folder) {
  const [{ rollup: roll }, { default: resolve }] = [await tool('rollup'), await tool('@rollup/plugin-node-resolve')];
  const bundle = await roll({ input: join(folder, 'main.js'), plugins: [resolve({ browser: true })] });
  await bundle.write({ dir: join(folder, 'site'), format: 'es' });
  cpSync(join(folder, 'index.html'), join(folder, 'site/index.html'));
  return join(folder, 'site');
}

async function esbuild(folder) {
  const { build } = await tool('esbuild');
  await build({ absWorkingDir: folder, entryPoints: ['main.js'], bundle: true, format: 'esm', outdir: 'site', logLevel: 'warning' });
  cpSync(join(folder, 'index.html'), join(folder, 'site/index.html'));
  return join(folder, 'site');
}
