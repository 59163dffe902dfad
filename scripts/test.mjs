// `npm test`: sets up, then every check there is. `npm run check` (`--quick`) is the half that needs no browser and no optimised wasm.
//
// A failed step does not stop the others, except those that need what it makes.

import { build } from './build.mjs';
import { files } from './cache.mjs';
import { checkCounts, isCountable } from './count.mjs';
import { corpus } from './corpus.mjs';
import { checkDocs } from './docs.mjs';
import { checkLicences } from './licences.mjs';
import { recogniser, secondOpinion } from './models.mjs';
import { output, run, script, Stop } from './run.mjs';
import { chromium, nodeModules, rust, testTools, vulkan } from './setup.mjs';
import { checkSizes } from './size.mjs';

const WASM = ['--lib', '--target', 'wasm32-unknown-unknown', '--no-default-features', '--features'];

function steps(quick) {
  return [
    ['format', () => eachCrate((manifest) => run('cargo', ['fmt', '--check', ...manifest]))],
    ['clippy', () => run('cargo', ['clippy', '--locked', '--all-features', '--all-targets', '--', '-D', 'warnings'])],
    ['clippy, wasm', () => run('cargo', ['clippy', '--locked', ...WASM, 'faces,gpu,formats', '--', '-D', 'warnings'])],
    ['clippy, wasm, two formats', () => run('cargo', ['clippy', '--locked', ...WASM, 'faces,gpu', '--', '-D', 'warnings'])],
    ['clippy, two formats', () => run('cargo', ['clippy', '--locked', '--no-default-features', '--all-targets', '--', '-D', 'warnings'])],
    ['licences', () => checkLicences()],
    ...(quick ? [] : [['cargo-deny', cargoDeny]]),
    ['rust', () => run('cargo', ['test', '--locked', '--all-features'], { env: testEnvironment() })],
    ['rust, two formats', () => run('cargo', ['test', '--locked', '--no-default-features'], { env: testEnvironment() })],
    ...(quick ? [] : [['instructions', instructions]]),
    ['build', () => build({ dev: quick })],
    ['js', () => nodeTests('tests/js'), 'build'],
    ...(quick ? [] : [['browser', () => nodeTests('tests/browser'), 'build']]),
    ...(quick ? [] : [['forms', () => nodeTests('tests/forms'), 'build']]),
    ...(quick ? [] : [['package', () => nodeTests('tests/package'), 'build']]),
    ...(quick ? [] : [['examples', () => nodeTests('tests/examples'), 'build']]),
    ['docs', () => checkDocs(), 'build'],
    ...(quick ? [] : [['size', () => checkSizes(), 'build']]),
  ];
}

async function test({ quick }) {
  await nodeModules();
  await rust();
  await corpus();
  if (!quick) await testTools();
  await recogniser();
  await secondOpinion({ needed: true });
  const results = new Map();
  for (const [name, check, needs] of steps(quick)) {
    console.log(`\n── ${name}`);
    results.set(name, results.get(needs)?.error === undefined ? await timed(check) : { error: `not run: ${needs} failed`, seconds: 0 });
  }
  console.log('');
  for (const [name, { error, seconds }] of results) console.log(`${error === undefined ? 'passed' : 'FAILED'}  ${seconds.toFixed(1).padStart(6)} s  ${name}${error === undefined ? '' : `: ${error}`}`);
  const failed = [...results.values()].filter(({ error }) => error !== undefined).length;
  console.log(`${results.size - failed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

async function timed(check) {
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  try {
    await check();
    return { error: undefined, seconds: seconds() };
  } catch (error) {
    if (!(error instanceof Stop)) console.error(error);
    else console.error(error.message);
    return { error: error.message.split('\n')[0], seconds: seconds() };
  }
}

async function eachCrate(check) {
  for (const manifest of ['Cargo.toml', 'tools/bindgen/Cargo.toml']) await check(['--manifest-path', manifest]);
}

/** Node's own runner. One file at a time: they measure and they open browsers. */
async function nodeTests(folder) {
  const tests = files(folder).filter((path) => path.endsWith('.test.mjs'));
  if (tests.length === 0) throw new Stop(`${folder} holds no test`);
  await run(process.execPath, ['--test', '--test-concurrency=1', ...tests], { env: testEnvironment() });
}

/** The known counts are of one kind of processor. */
function instructions() {
  if (isCountable()) checkCounts();
  else console.log('instructions are counted on Linux on x86-64 with AVX2 alone');
}

/** Licences, sources and advisories, where cargo-deny is installed; `licences` is checked everywhere. */
async function cargoDeny() {
  if (output('cargo', ['deny', '--version']) === undefined) console.log('cargo-deny is not installed (cargo install cargo-deny); licences were checked above');
  else await run('cargo', ['deny', 'check', 'licenses', 'bans', 'sources']);
}

/** With a Vulkan driver there is a GPU, if only a computed one: a test that finds none is a failure. */
function testEnvironment() {
  return { CHROMIUM: chromium(), ...(vulkan() ? { REQUIRE_GPU: '1' } : {}) };
}

await script(import.meta.url, (args) => test({ quick: args.includes('--quick') }));
