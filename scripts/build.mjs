// Builds the package into dist/ and the page into dist/www/: `node scripts/build.mjs [--dev]`.
//
// cargo → pruning → wasm-bindgen → wasm-opt → types → scripts → page. What is fresh is skipped. `--dev` builds for
// repeating often: no link-time optimisation, no wasm-opt, functions keep their names.

import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { basename, join, relative, resolve } from 'node:path';

import { files, step } from './cache.mjs';
import { DOCUMENT_POLICY, HEADERS, headersFile } from './headers.mjs';
import { sha384 } from './integrity.mjs';
import { cargoHome, output, ROOT, run, script, Stop } from './run.mjs';
import { secondOpinion } from './models.mjs';
import { nodeModules, rust } from './setup.mjs';
import { prune as withoutUnused } from './wasm-prune.mjs';

export async function build({ dev = false } = {}) {
  await nodeModules();
  await rust();
  for (const engine of ENGINES) {
    await compile(engine, dev);
    await prune(engine);
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
async function compile({ name, features, config, flags = [] }, dev) {
  const profile = [...config, ...(dev ? ['profile.wasm.lto="off"', 'profile.wasm.codegen-units=16'] : [])].flatMap((line) => ['--config', line]);
  const args = ['rustc', '--locked', '--lib', '--crate-type', 'cdylib', '--profile', 'wasm', '--target', 'wasm32-unknown-unknown', '--no-default-features', '--features', features, ...profile, ...anonymous(), '--', ...flags];
  const inputs = ['Cargo.toml', 'Cargo.lock', '.cargo/config.toml', 'rust-toolchain.toml', 'build.rs', 'src', 'shaders', 'models/yunet.bin'];
  await step(`cargo ${name}`, { inputs, outputs: [compiled(name)], key: args.join(' ') }, async () => {
    // Flags from the environment would replace those of .cargo/config.toml, and with them SIMD.
    await run('cargo', args, { env: { RUSTFLAGS: undefined, CARGO_ENCODED_RUSTFLAGS: undefined } });
    // Each engine is the same crate with other features, and cargo gives them all one name.
    mkdirSync(resolve(ROOT, '.cache/wasm'), { recursive: true });
    cpSync(join(targetFolder(), 'wasm32-unknown-unknown', 'wasm', 'darkslide.wasm'), resolve(ROOT, compiled(name)));
  });
}

/** Without what the linker leaves of tract though nobody can call it: see wasm-prune.mjs. */
async function prune({ name }) {
  await step(`prune ${name}`, { inputs: [compiled(name), 'scripts/wasm-prune.mjs', 'scripts/wasm-format.mjs'], outputs: [pruned(name)] }, () => {
    mkdirSync(resolve(ROOT, '.cache/pruned'), { recursive: true });
    writeFileSync(resolve(ROOT, pruned(name)), withoutUnused(readFileSync(resolve(ROOT, compiled(name)))).wasm);
  });
}

/** Panics name the place in the code. Where that code lies on the machine that built it is nobody's business, and differs from machine to machine. */
function anonymous() {
  const flag = `--remap-path-prefix=${join(cargoHome(), 'registry', 'src')}=crates`;
  return ['--config', `target.wasm32-unknown-unknown.rustflags=${JSON.stringify([flag])}`];
}

/** The wasm's JavaScript side and its types. */
async function bind({ name, like }, dev) {
  const target = join(targetFolder(), 'tools');
  const tool = join(target, 'release', process.platform === 'win32' ? 'darkslide-bindgen.exe' : 'darkslide-bindgen');
  await step('bindgen-tool', { inputs: ['tools/bindgen/Cargo.toml', 'tools/bindgen/Cargo.lock', 'tools/bindgen/src'], outputs: [tool] }, async () => {
    sameBindgen();
    await run('cargo', ['build', '--locked', '--release', '--manifest-path', 'tools/bindgen/Cargo.toml', '--target-dir', target]);
  });
  const bound = `.cache/bindgen/${name}`;
  const own = like ?? name;
  const sources = [`${own}.js`, `${own}.d.ts`];
  await step(`bindgen ${name}`, { inputs: [pruned(name), tool], outputs: [...sources.map((source) => `${bound}/${source}`), boundWasm({ name, like })], key: String(dev) }, async () => {
    rmSync(resolve(ROOT, bound), { recursive: true, force: true });
    await run(tool, [pruned(name), bound, own, ...(dev ? ['--names'] : [])]);
  });
  if (like !== undefined) return sameBoundary(sources, name, like);
  await step(`boundary ${name}`, { inputs: sources.map((source) => `${bound}/${source}`), outputs: sources.map((source) => `dist/wasm/${source}`), key: JSON.stringify(REPLACE) }, () => {
    mkdirSync(resolve(ROOT, 'dist/wasm'), { recursive: true });
    for (const source of sources) {
      const text = readFileSync(resolve(ROOT, bound, source), 'utf8');
      // Not every program is compiled for a library that knows `Symbol.dispose`.
      const made = source.endsWith('.d.ts') ? `${text.replaceAll(/^ *\[Symbol\.dispose\]\(\): void;\n/gm, '')}\n${REPLACE.types}` : `${text.replace(REPLACE.late, 'return;')}\n${REPLACE.code}`;
      if (text.includes('makeMutClosure(') && !text.includes(REPLACE.late)) throw new Stop(`${source}: wasm-bindgen refuses calls of a wasm that has been replaced in other words than "${REPLACE.late}".`);
      writeFileSync(resolve(ROOT, 'dist/wasm', source), made);
    }
  });
}

/** Two wasms can share one JavaScript side when it is the same for both but for remarks. */
function sameBoundary(sources, name, like) {
  const read = (engine, source) => readFileSync(resolve(ROOT, '.cache/bindgen', engine, source), 'utf8').replaceAll(/^ *(\/\/|\/?\*).*\n/gm, '');
  const other = sources.find((source) => read(name, source) !== read(like, source));
  if (other !== undefined) throw new Stop(`${other} for ${name} is another than for ${like}: with other features the crate has another boundary, so that one wasm cannot stand in for the other.`);
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
async function optimise({ name, like, level }, dev) {
  const made = `dist/${name}.wasm`;
  const options = [level, ...FEATURES];
  await step(`wasm-opt ${name}`, { inputs: [boundWasm({ name, like }), 'node_modules/binaryen/package.json'], outputs: [made], key: dev ? 'dev' : options.join(' ') }, async () => {
    const unfinished = resolve(ROOT, `.cache/${name}.wasm`);
    if (dev) cpSync(resolve(ROOT, boundWasm({ name, like })), unfinished);
    else await run(process.execPath, ['node_modules/binaryen/bin/wasm-opt', ...options, boundWasm({ name, like }), '-o', unfinished]);
    renameSync(unfinished, resolve(ROOT, made));
  });
}

/** TypeScript: checked for every platform, declarations written. */
async function types() {
  const outputs = files('js').filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts')).map((path) => path.replace(/^js\/(.*)\.ts$/, 'dist/$1.d.ts'));
  await step('types', { inputs: ['js', ...BOUNDARIES.map(({ name }) => `dist/wasm/${name}.d.ts`), 'package.json', 'package-lock.json'], outputs }, async () => {
    await tsc('-p', 'js');
    for (const conditions of ['node', 'workerd', 'embedded', 'embedded,node']) await tsc('-p', 'js', '--customConditions', conditions, '--noEmit');
  });
}

/** Each entry as one file, so that a plain web server can serve it; the wasm as a script, for entries that shall fetch nothing. */
async function scripts() {
  const { bundle, pack, OUTPUTS } = await import('./bundle.mjs');
  const inputs = ['js', ...BOUNDARIES.map(({ name }) => `dist/wasm/${name}.js`), 'package.json', 'package-lock.json', 'scripts/bundle.mjs'];
  await step('packed', { inputs: ['dist/darkslide-all.wasm', 'scripts/bundle.mjs'], outputs: ['dist/packed.js', 'dist/packed.d.ts'] }, pack);
  await types();
  await step('scripts', { inputs: [...inputs, 'dist/darkslide.wasm', 'dist/darkslide-all.wasm'], outputs: OUTPUTS }, bundle);
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
  const terms = 'dist/THIRD_PARTY_LICENSES.txt';
  const beside = ['dist/darkslide.wasm', 'dist/darkslide-all.wasm', 'dist/integrity.json'];
  await step('page', { inputs: ['www', 'dist/index.js', 'dist/worker.js', terms, ...beside, 'scripts/build.mjs', 'scripts/headers.mjs', 'package.json', 'package-lock.json'], outputs: ['dist/www'] }, async () => {
    if (existsSync(resolve(ROOT, 'www/tsconfig.json'))) await tsc('-p', 'www', '--noEmit');
    await tsc('-p', 'www/tsconfig.sw.json', '--noEmit');
    const made = resolve(ROOT, 'dist/www');
    rmSync(made, { recursive: true, force: true });
    mkdirSync(made, { recursive: true });
    for (const path of files('www').filter((name) => !/\.ts$|tsconfig.*\.json$/.test(name))) cpSync(resolve(ROOT, path), join(made, path.slice('www/'.length)));
    for (const path of beside) cpSync(resolve(ROOT, path), join(made, basename(path)));
    const { build: bundle } = await import('esbuild');
    const common = { absWorkingDir: ROOT, bundle: true, minify: true, format: 'esm', platform: 'browser', target: 'es2022', outdir: 'dist/www', legalComments: 'none', logLevel: 'warning' };
    // What is not needed to see the page is a file of its own, and keeps one name.
    await bundle({ ...common, define: published(), splitting: true, entryPoints: ['www/app.ts', 'www/zip.ts', 'www/words/en.ts', 'www/words/de.ts', 'dist/worker.js'], entryNames: '[name]' });
    // The page's own libraries and data besides those of the wasm.
    const own = PAGE_NOTICES.map(({ name, what }) => `${'-'.repeat(80)}\n${name} ${JSON.parse(readFileSync(resolve(ROOT, 'node_modules', name, 'package.json'), 'utf8')).version}: ${what}\n\n${readFileSync(resolve(ROOT, 'node_modules', name, 'LICENSE'), 'utf8').trim()}`);
    writeFileSync(join(made, basename(terms)), `${readFileSync(resolve(ROOT, terms), 'utf8').trimEnd()}\n\n${own.join('\n\n')}\n`);
    writeFileSync(join(made, 'index.html'), document(readFileSync(join(made, 'index.html'), 'utf8')));
    await guards(made);
    writeFileSync(join(made, '_headers'), headersFile());
  });
}

/** The page with its policy, before anything that the policy is about, and with its icons in itself: it may ask for none. */
function document(html) {
  const data = (path, type) => `"data:${type};base64,${readFileSync(resolve(ROOT, 'www', path)).toString('base64')}"`;
  const icons = { 'icons/darkslide.svg': 'image/svg+xml', 'icons/apple-touch-icon.png': 'image/png' };
  const policy = `<meta http-equiv="Content-Security-Policy" content="${DOCUMENT_POLICY}">`;
  const made = Object.entries(icons).reduce((text, [path, type]) => text.replaceAll(`"${path}"`, data(path, type)), html.replace('<head>\n', `<head>\n  ${policy}\n`));
  if (!made.includes(policy) || made.includes('icons/')) throw new Stop('www/index.html has no line "<head>", or names an icon that would have to be asked for.');
  return made;
}

/** Writes what guards the page in `folder`: its checker, and its service worker, which keeps what is there. */
export async function guards(folder) {
  const { build: bundle } = await import('esbuild');
  const common = { absWorkingDir: ROOT, bundle: true, minify: true, platform: 'browser', target: 'es2022', legalComments: 'none', logLevel: 'warning' };
  const { FILES, LATER } = kept(folder, ['checker.js', 'sw.js', '_headers']);
  await bundle({ ...common, format: 'esm', define: { FILES, LATER }, entryPoints: ['www/checker.ts'], outfile: join(folder, 'checker.js') });
  await bundle({ ...common, format: 'iife', define: kept(folder, ['sw.js', '_headers']), entryPoints: ['www/sw.ts'], outfile: join(folder, 'sw.js') });
}

/** What the page compares the bytes with that it runs. */
function published() {
  const { version } = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8'));
  const hash = (name) => [name, sha384(readFileSync(resolve(ROOT, 'dist', name)))];
  return { PUBLISHED: JSON.stringify({ version, wasm: Object.fromEntries(['darkslide.wasm', 'darkslide-all.wasm'].map(hash)) }) };
}

/** All files but `others`, with hashes; a new version of any file is a new version of all. */
function kept(folder, others) {
  const paths = files(folder).filter((path) => !others.includes(relative(folder, path)));
  const hashed = paths.map((path) => [`./${relative(folder, path).replaceAll('\\', '/').replace(/^index\.html$/, '')}`, sha384(readFileSync(resolve(ROOT, path)))]);
  const version = createHash('sha256').update(JSON.stringify([hashed, HEADERS])).digest('hex').slice(0, 12);
  const define = { FILES: Object.fromEntries(hashed), LATER: ['./darkslide-all.wasm'], VERSION: version, HEADERS };
  return Object.fromEntries(Object.entries(define).map(([name, value]) => [name, JSON.stringify(value)]));
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

function pruned(name) {
  return `.cache/pruned/${name}.wasm`;
}

function boundWasm({ name, like = name }) {
  return `.cache/bindgen/${name}/${like}_bg.wasm`;
}

const SECOND_OPINION = 'dist/centerface.bin';
// What is loaded to strip metadata is to be small. Hashing stays quick, and so does the walk over a JPEG, whose hot functions are inlined always.
const SMALL = ['profile.wasm.opt-level="z"', 'profile.wasm.package.sha2.opt-level=3'];
// One crate, four wasms: all of it and the lossless road alone, each for JPEG and PNG and for all formats.
// LLVM has optimised already. Measured on a photo of 12 megapixels with the large one: -O3 saves 4 % of the time at best, costs 6 % more
// to download and takes four times as long to build; -Oz makes fewer bytes, but more of them after brotli.
/**
 * Functions that are copied to where they are called, at most so large: less than the compiler would. What the linker puts together gets 49 KB
 * smaller with brotli, and hardly slower.
 */
const FEW_COPIES = ['-C', 'llvm-args=--inline-threshold=40'];
const ENGINES = [
  { name: 'darkslide', features: 'faces,gpu', config: [], flags: FEW_COPIES, level: '-O1' },
  { name: 'darkslide-all', like: 'darkslide', features: 'faces,gpu,formats', config: [], flags: FEW_COPIES, level: '-O1' },
  { name: 'metadata', features: '', config: SMALL, level: '-O1' },
  { name: 'metadata-all', like: 'metadata', features: 'formats', config: SMALL, level: '-O1' },
];
/** Goes on with another wasm of the same boundary. What the first one made is gone, and what it still waited for comes to nobody: that is no error. */
const REPLACE = {
  types: 'export function replaceModule(module: WebAssembly.Module): Promise<void>;\n',
  code: `export async function replaceModule(module) {
    const instance = await WebAssembly.instantiate(module, __wbg_get_imports());
    __wbg_instance_id++;
    __wbg_finalize_init(instance, module);
}\n`,
  late: "throw new Error('Cannot invoke closure from previous WASM instance');",
};
/** Those that have a JavaScript side of their own. */
const BOUNDARIES = ENGINES.filter(({ like }) => like === undefined);
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
