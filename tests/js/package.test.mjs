// What the package promises by its shape: no effect on import, no way out in the wasm, no code that Rust does not know.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { files } from '../../scripts/cache.mjs';
import { cargoHome, ROOT } from '../../scripts/run.mjs';

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url));

test('importing it touches nothing', () => {
  // A server that renders pages has no Worker; no global may be made, read or asked for either.
  const program = `
    for (const name of ['Worker', 'fetch', 'File', 'navigator', 'document', 'window', 'self'])
      Object.defineProperty(globalThis, name, { configurable: true, get() { throw new Error('touched ' + name); } });
    const globals = Reflect.ownKeys(globalThis).length;
    await import('./dist/index.js');
    await import('./dist/metadata.js');
    for (const name of ['inline', 'slim', 'verify.browser']) await import('./dist/' + name + '.js');
    await import('darkslide/inline');
    await import('darkslide/slim');
    for (const server of ['web', 'hono', 'express', 'fastify']) await import('darkslide/verify/' + server);
    for (const adapter of ${JSON.stringify(['forms', 'element', 'react', 'filepond', 'dropzone', 'react-dropzone', 'guard'])}) await import('darkslide/' + adapter);
    await import('darkslide');
    await import('darkslide/metadata');
    await import('darkslide/verify');
    if (Reflect.ownKeys(globalThis).length !== globals) throw new Error('made a global');
    console.log(process.getActiveResourcesInfo().filter((name) => /worker|message|timeout/i.test(name)));`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8', cwd: new URL('../..', import.meta.url) });
  assert.deepEqual({ stdout, stderr, status }, { stdout: '[]\n', stderr: '', status: 0 });
});

test('the wasm imports nothing that could carry a photo away', () => {
  const names = ['darkslide', 'darkslide-all', 'metadata', 'metadata-all'].flatMap((engine) => WebAssembly.Module.imports(new WebAssembly.Module(read(`dist/${engine}.wasm`)))).map(({ name }) => name);
  assert.ok(names.length > 0);
  assert.deepEqual(names.filter((name) => /fetch|xmlhttp|websocket|eventsource|beacon|(local|session)storage|storagemanager|indexeddb|cookie|document|broadcast|rtc|importscripts/i.test(name)), []);
});

test('what is shipped names no folder of the machine that built it', () => {
  for (const name of ['darkslide.wasm', 'darkslide-all.wasm', 'metadata.wasm', 'metadata-all.wasm', 'index.js', 'worker.js', 'metadata.js', 'inline.js', 'slim.js', 'integrity.json', 'index.node.js', 'worker.node.js', 'metadata.node.js', 'verify.js', 'THIRD_PARTY_LICENSES.txt', 'index.js.map', 'worker.js.map']) {
    const bytes = read(`dist/${name}`);
    for (const folder of [ROOT, homedir(), cargoHome()].filter((path) => path.length > 1)) assert.ok(!bytes.includes(folder), `${name} holds ${folder}`);
  }
});

test('the scripts hold no way out but the one that loads the wasm', () => {
  const adapters = files('js/adapters').map((path) => path.replace(/^js\/(.*)\.ts$/, '$1.js')).filter((path) => existsSync(join(ROOT, 'dist', path)));
  assert.ok(adapters.length >= 8);
  // The guard names the ways out to close them.
  for (const name of ['index.js', 'worker.js', 'metadata.js', 'inline.js', 'slim.js', ...adapters.filter((path) => path !== 'adapters/guard.js')]) {
    const code = read(`dist/${name}`).toString();
    assert.doesNotMatch(code, /XMLHttpRequest|WebSocket|EventSource|sendBeacon|localStorage|indexedDB|RTCPeer|importScripts|https?:\/\/(?!.*sourceMappingURL)/);
  }
  for (const [name, engines] of [['worker.js', 3], ['metadata.js', 2], ['index.js', 0], ['slim.js', 1], ['inline.js', 1]]) {
    const fetches = read(`dist/${name}`).toString().match(/\bfetch\(/g) ?? [];
    // Ours (the worker's two: the wasm, and CenterFace for who looks thoroughly), and the one in wasm-bindgen's loader of each engine, which is given a module and so never gets there.
    assert.ok(fetches.length <= 1 + engines, `${name}: ${fetches.length} calls of fetch`);
  }
});

test('the error codes are those of the Rust crate, and two of the workers', () => {
  const rust = [...read('src/error.rs').toString().matchAll(/=> "([a-z-]+)"/g)].map(([, code]) => code);
  const js = [...read('js/errors.ts').toString().match(/CODES = \[([\s\S]*?)\]/)[1].matchAll(/'([a-z-]+)'/g)].map(([, code]) => code);
  assert.ok(rust.length >= 7);
  assert.deepEqual(js, [...rust, 'aborted', 'crashed']);
});

test('versions agree', () => {
  const { version } = JSON.parse(read('package.json'));
  assert.match(read('Cargo.toml').toString(), new RegExp(`^version = "${version}"$`, 'm'));
});
