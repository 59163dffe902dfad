// Builds the package into dist/ and the page into dist/www/: `node scripts/build.mjs [--dev]`.
//
// cargo → wasm-bindgen → wasm-opt → types → scripts → page. What is fresh is skipped. `--dev` builds for
// repeating often: no link-time optimisation, no wasm-opt, functions keep their names.

import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { basename, join, resolve } from 'node:path';

import { files, step } from './cache.mjs';
import { cargoHome, output, ROOT, run, script, Stop } from './run.mjs';
import { secondOpinion } from './models.mjs';
import { nodeModules, rust } from './setup.mjs';

export async function build({ dev = false } = {}) {
  await nodeModules();
  await rust();
  for (const engine of ENGINES) {
    await compile(engine, dev);
    await bind(engine, dev);
    await optimise(engine, dev);
  }
  await models();
  await scripts();
  await notices();
  await integrity();
  await page();
}

/** Rust to wasm. */
async function compile({ name, features, config }, dev) {
  const profile = [...config, ...(dev ? ['profile.wasm.lto="off"', 'profile.wasm.codegen-units=16'] : [])].flatMap((line) => ['--config', line]);
  const args = ['build', '--locked', '--lib', '--profile', 'wasm', '--target', 'wasm32-unknown-unknown', '--no-default-features', '--features', features, ...profile, ...anonymous()];
  const inputs = ['Cargo.toml', 'Cargo.lock', '.cargo/config.toml', 'rust-toolchain.toml', 'build.rs', 'src', 'shaders', 'models/yunet.bin'];
  await step(`cargo ${name}`, { inputs, outputs: [compiled(name)], key: args.join(' ') }, async () => {
    // Flags from the environment would replace those of .cargo/config.toml, and with them SIMD.
    await run('cargo', args, { env: { RUSTFLAGS: undefined, CARGO_ENCODED_RUSTFLAGS: undefined } });
    // Each engine is the same crate with other features, and cargo gives them all one name.
    mkdirSync(resolve(ROOT, '.cache/wasm'), { recursive: true });
    cpSync(join(targetFolder(), 'wasm32-unknown-unknown', 'wasm', 'darkslide.wasm'), resolve(ROOT, compiled(name)));
  });
}

/** Panics name the place in the code. Where that code lies on the machine that built it is nobody's business, and differs from machine to machine. */
function anonymous() {
  const flag = `--remap-path-prefix=${join(cargoHome(), 'registry', 'src')}=crates`;
  return ['--config', `target.wasm32-unknown-unknown.rustflags=${JSON.stringify([flag])}`];
}

/** The wasm's JavaScript side and its types. */
async function bind({ name }, dev) {
  const target = join(targetFolder(), 'tools');
  const tool = join(target, 'release', process.platform === 'win32' ? 'darkslide-bindgen.exe' : 'darkslide-bindgen');
  await step('bindgen-tool', { inputs: ['tools/bindgen/Cargo.toml', 'tools/bindgen/Cargo.lock', 'tools/bindgen/src'], outputs: [tool] }, async () => {
    sameBindgen();
    await run('cargo', ['build', '--locked', '--release', '--manifest-path', 'tools/bindgen/Cargo.toml', '--target-dir', target]);
  });
  const bound = `.cache/bindgen/${name}`;
  const sources = [`${name}.js`, `${name}.d.ts`];
  await step(`bindgen ${name}`, { inputs: [compiled(name), tool], outputs: [...sources.map((source) => `${bound}/${source}`), boundWasm(name)], key: String(dev) }, async () => {
    rmSync(resolve(ROOT, bound), { recursive: true, force: true });
    await run(tool, [compiled(name), bound, name, ...(dev ? ['--names'] : [])]);
  });
  await step(`boundary ${name}`, { inputs: sources.map((source) => `${bound}/${source}`), outputs: sources.map((source) => `dist/wasm/${source}`) }, () => {
    for (const source of sources) cpSync(resolve(ROOT, bound, source), resolve(ROOT, 'dist/wasm', source));
  });
}

/** The two halves of wasm-bindgen speak a private format, so both must be of one version. */
function sameBindgen() {
  const version = (lock, name) => readFileSync(resolve(ROOT, lock), 'utf8').match(new RegExp(`name = "${name}"\\nversion = "(.*)"`))?.[1];
  const [library, tool] = [version('Cargo.lock', 'wasm-bindgen'), version('tools/bindgen/Cargo.lock', 'wasm-bindgen-cli-support')];
  if (library !== tool) throw new Stop(`Cargo.lock has wasm-bindgen ${library}, tools/bindgen ${tool}: set tools/bindgen/Cargo.toml to "=${library}" and run cargo update there.`);
}

/** The second opinion's model lies beside the wasm, for the worker to load when it is asked for. */
async function models() {
  const packed = await secondOpinion();
  mkdirSync(resolve(ROOT, 'dist'), { recursive: true });
  if (packed === undefined) rmSync(resolve(ROOT, SECOND_OPINION), { force: true });
  else cpSync(packed, resolve(ROOT, SECOND_OPINION));
}

/** A smaller and quicker wasm. */
async function optimise({ name, level }, dev) {
  const made = `dist/${name}.wasm`;
  const options = [level, ...FEATURES];
  await step(`wasm-opt ${name}`, { inputs: [boundWasm(name), 'node_modules/binaryen/package.json'], outputs: [made], key: dev ? 'dev' : options.join(' ') }, async () => {
    const unfinished = resolve(ROOT, `.cache/${name}.wasm`);
    if (dev) cpSync(resolve(ROOT, boundWasm(name)), unfinished);
    else await run(process.execPath, ['node_modules/binaryen/bin/wasm-opt', ...options, boundWasm(name), '-o', unfinished]);
    renameSync(unfinished, resolve(ROOT, made));
  });
}

/** TypeScript: checked for every platform, declarations written. */
async function types() {
  const outputs = files('js').filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts')).map((path) => path.replace(/^js\/(.*)\.ts$/, 'dist/$1.d.ts'));
  await step('types', { inputs: ['js', ...ENGINES.map(({ name }) => `dist/wasm/${name}.d.ts`), 'package.json', 'package-lock.json'], outputs }, async () => {
    await tsc('-p', 'js');
    for (const conditions of ['node', 'workerd', 'embedded', 'embedded,node']) await tsc('-p', 'js', '--customConditions', conditions, '--noEmit');
  });
}

/** Each entry as one file, so that a plain web server can serve it; the wasm as a script, for entries that shall fetch nothing. */
async function scripts() {
  const { bundle, pack, OUTPUTS } = await import('./bundle.mjs');
  const inputs = ['js', ...ENGINES.map(({ name }) => `dist/wasm/${name}.js`), 'package.json', 'package-lock.json', 'scripts/bundle.mjs'];
  await step('packed', { inputs: ['dist/darkslide.wasm', 'scripts/bundle.mjs'], outputs: ['dist/packed.js', 'dist/packed.d.ts'] }, pack);
  await types();
  await step('scripts', { inputs: [...inputs, 'dist/darkslide.wasm'], outputs: OUTPUTS }, bundle);
}

/** The hash of every file that the package ships, but of the list itself. */
async function integrity() {
  const { shipped, writeIntegrity } = await import('./integrity.mjs');
  await step('integrity', { inputs: [...shipped(), 'scripts/integrity.mjs'], outputs: ['dist/integrity.json'] }, writeIntegrity);
}

/** The licences of everything that is linked into the wasm, which go where the wasm goes. */
async function notices() {
  await step('notices', { inputs: ['Cargo.toml', 'Cargo.lock', 'deny.toml', 'scripts/licences.mjs'], outputs: ['dist/THIRD_PARTY_LICENSES.txt'] }, async () => {
    const { writeNotices } = await import('./licences.mjs');
    writeNotices('dist/THIRD_PARTY_LICENSES.txt');
  });
}

/** The page: www/ with its scripts bundled, and beside them what the package loads at run time. */
async function page() {
  if (!existsSync(resolve(ROOT, 'www/app.ts'))) return;
  const loaded = ['dist/worker.js', 'dist/darkslide.wasm', ...[SECOND_OPINION].filter((path) => existsSync(resolve(ROOT, path)))];
  const terms = 'dist/THIRD_PARTY_LICENSES.txt';
  await step('page', { inputs: ['www', 'dist/index.js', terms, ...loaded, 'package.json', 'package-lock.json'], outputs: ['dist/www'] }, async () => {
    if (existsSync(resolve(ROOT, 'www/tsconfig.json'))) await tsc('-p', 'www', '--noEmit');
    const made = resolve(ROOT, 'dist/www');
    rmSync(made, { recursive: true, force: true });
    mkdirSync(made, { recursive: true });
    for (const path of files('www').filter((name) => !/\.ts$|tsconfig\.json$/.test(name))) cpSync(resolve(ROOT, path), join(made, path.slice('www/'.length)));
    cpSync(resolve(ROOT, 'dist/darkslide.wasm'), join(made, 'darkslide.wasm'));
    const { build: bundle } = await import('esbuild');
    const common = { absWorkingDir: ROOT, bundle: true, minify: true, format: 'esm', platform: 'browser', target: 'es2022', outdir: 'dist/www', legalComments: 'none', logLevel: 'warning' };
    // What is not needed to see the page is a file of its own, and keeps one name.
    await bundle({ ...common, splitting: true, entryPoints: ['www/app.ts', 'www/zip.ts', 'www/words/en.ts', 'www/words/de.ts', 'dist/worker.js'], entryNames: '[name]' });
    if (existsSync(resolve(ROOT, 'www/sw.ts'))) await bundle({ ...common, format: 'iife', define: offline(), entryPoints: ['www/sw.ts'] });
    // The page's own libraries and data besides those of the wasm.
    const own = PAGE_NOTICES.map(({ name, what }) => `${'-'.repeat(80)}\n${name} ${JSON.parse(readFileSync(resolve(ROOT, 'node_modules', name, 'package.json'), 'utf8')).version}: ${what}\n\n${readFileSync(resolve(ROOT, 'node_modules', name, 'LICENSE'), 'utf8').trim()}`);
    writeFileSync(join(made, basename(terms)), `${readFileSync(resolve(ROOT, terms), 'utf8').trimEnd()}\n\n${own.join('\n\n')}\n`);
  });
}

/** What the service worker keeps for offline use; a new version of any file is a new version of all. */
function offline() {
  const paths = files('dist/www');
  const version = createHash('sha256');
  for (const path of paths) version.update(path).update(readFileSync(resolve(ROOT, path)));
  // The second opinion is fetched by who asks for it, not by all.
  const kept = paths.filter((path) => basename(path) !== basename(SECOND_OPINION));
  return { PRECACHE: JSON.stringify(kept.map((path) => path.slice('dist/www/'.length))), VERSION: JSON.stringify(version.digest('hex').slice(0, 12)) };
}

function tsc(...args) {
  return run(process.execPath, ['node_modules/typescript/bin/tsc', ...args]);
}

/** Where cargo builds: a setting of the user's. */
export function targetFolder() {
  folder ??= JSON.parse(output('cargo', ['metadata', '--no-deps', '--format-version', '1']) ?? '{}').target_directory;
  if (folder === undefined) throw new Stop('cargo metadata fails: run it to see why.');
  return folder;
}

let folder;

function compiled(name) {
  return `.cache/wasm/${name}.wasm`;
}

function boundWasm(name) {
  return `.cache/bindgen/${name}/${name}_bg.wasm`;
}

const SECOND_OPINION = 'dist/centerface.bin';
// What is loaded to strip metadata is to be small. Hashing stays quick, and so does the walk over a JPEG, whose hot functions are inlined always.
const SMALL = ['profile.wasm.opt-level="z"', 'profile.wasm.package.sha2.opt-level=3'];
// One crate, three wasms: all of it, and the lossless road alone, for JPEG, PNG and WebP and for all formats.
// LLVM has optimised already. Measured on a photo of 12 megapixels with the large one: -O3 saves 4 % of the time at best, costs 6 % more
// to download and takes four times as long to build; -Oz makes fewer bytes, but more of them after brotli.
const ENGINES = [
  { name: 'darkslide', features: 'faces,gpu', config: [], level: '-O1' },
  { name: 'metadata', features: '', config: SMALL, level: '-O1' },
  { name: 'metadata-all', features: 'formats', config: SMALL, level: '-O1' },
];
const PAGE_NOTICES = [
  { name: 'fflate', what: 'packs photos into one ZIP' },
  { name: 'world-atlas', what: "the outline of the world's land, made from Natural Earth's data, which is in the public domain" },
];
// Features are named one by one: with --all-features, binaryen 132 writes compact imports, which browsers refuse.
const FEATURES = [
  '--enable-simd',
  '--enable-bulk-memory',
  '--enable-bulk-memory-opt',
  '--enable-nontrapping-float-to-int',
  '--enable-sign-ext',
  '--enable-mutable-globals',
  '--enable-reference-types',
  '--enable-multivalue',
];

await script(import.meta.url, (args) => build({ dev: args.includes('--dev') }));
