// The package's scripts: each entry as one file for each platform, made by esbuild from js/.

import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { deflateRawSync } from 'node:zlib';

import { build } from 'esbuild';

import { sha384 } from './integrity.mjs';
import { ROOT } from './run.mjs';

/** The wasm as a script: deflated, which every browser can undo, and in letters, which every bundler takes. */
export function pack() {
  const packed = deflateRawSync(readFileSync(resolve(ROOT, ENGINE_ALL)), { level: 9 }).toString('base64');
  writeFileSync(resolve(ROOT, 'dist/packed.js'), `export const packed = '${packed}';\n`);
  writeFileSync(resolve(ROOT, 'dist/packed.d.ts'), '/** The wasm, deflated, in base64. */\nexport declare const packed: string;\n');
}

export async function bundle() {
  const integrity = { ENGINE_INTEGRITY: JSON.stringify([ENGINE, ENGINE_ALL].map((path) => sha384(readFileSync(resolve(ROOT, path)))).join(' ')) };
  for (const { platform, conditions, entries, external, packages, carriesWorker } of BUNDLES) {
    const define = { ...integrity, ...(carriesWorker ? { WORKER_SOURCE: JSON.stringify(await worker(platform)) } : {}) };
    await build({ ...COMMON, platform, conditions, external, packages, define, entryPoints: Object.entries(entries).map(([out, entry]) => ({ in: `js/${entry}.ts`, out })) });
  }
}

/** The worker as text, to be started from a `blob:` or `data:` address. */
async function worker(platform) {
  const { outputFiles } = await build({ ...COMMON, platform, conditions: ['embedded'], sourcemap: false, minify: true, write: false, entryPoints: ['js/worker.ts'] });
  return outputFiles[0].text;
}

/** What several entries share is not bundled: each wasm, the packed one, and the verifier. */
const shared = {
  name: 'shared',
  setup({ onResolve }) {
    onResolve({ filter: /\.wasm$/ }, ({ path }) => ({ path, external: true, sideEffects: false }));
    // By the package's own name, so that each runtime gets its own.
    onResolve({ filter: /^\.\.\/verify\.js$/ }, () => ({ path: 'darkslide/verify', external: true }));
    onResolve({ filter: /^\.\.\/index\.js$/ }, ({ path }) => ({ path, external: true }));
    onResolve({ filter: /\/packed\.js$/ }, () => ({ path: './packed.js', external: true }));
  },
};

const ENGINE = 'dist/darkslide.wasm';
const ENGINE_ALL = 'dist/darkslide-all.wasm';
const COMMON = { absWorkingDir: ROOT, bundle: true, format: 'esm', target: 'es2022', outdir: 'dist', sourcemap: true, sourcesContent: false, legalComments: 'none', logLevel: 'warning', plugins: [shared] };
const BUNDLES = [
  { platform: 'browser', entries: { index: 'index', worker: 'worker', metadata: 'metadata', 'verify.browser': 'verify' } },
  { platform: 'node', entries: { 'index.node': 'index', 'worker.node': 'worker', 'metadata.node': 'metadata', verify: 'verify' } },
  { platform: 'neutral', conditions: ['workerd'], entries: { 'index.workerd': 'index', 'metadata.workerd': 'metadata', 'verify.workerd': 'verify' } },
  { platform: 'neutral', entries: { 'verify/web': 'verify/web', 'verify/hono': 'verify/hono' } },
  { platform: 'node', entries: { 'verify/express': 'verify/express', 'verify/fastify': 'verify/fastify' } },
  { platform: 'browser', conditions: ['embedded'], carriesWorker: true, entries: { slim: 'slim', inline: 'inline' } },
  { platform: 'node', conditions: ['embedded'], carriesWorker: true, entries: { 'slim.node': 'slim', 'inline.node': 'inline' } },
];

// Adapters of the libraries that people upload with. Neither those nor the package itself are in them: there must be one of each.
const ADAPTERS = ['forms', 'element', 'react', 'uppy', 'filepond', 'dropzone', 'react-dropzone', 'guard'];
BUNDLES.push({ platform: 'browser', packages: 'external', entries: Object.fromEntries(ADAPTERS.map((name) => [`adapters/${name}`, `adapters/${name}`])) });

/** What `bundle` writes. */
export const OUTPUTS = BUNDLES.flatMap(({ entries }) => Object.keys(entries).map((name) => `dist/${name}.js`));
