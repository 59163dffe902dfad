// Workers come and go: abort, crash, close, idle.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { afterEach, beforeEach, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import workerThreads from 'node:worker_threads';

import { createScrubber } from 'darkslide';

import { jpeg } from './photo.mjs';

const keep = { faces: 'keep' };
const small = jpeg();
const large = jpeg({ width: 4000, height: 3000 });
/** Makes a call decode and encode. */
const slow = { faces: 'keep', identity: 'reset' };

// The workers that the package starts, so that a test can do to one what a system does: end it.
const spawned = [];
const { Worker } = workerThreads;
workerThreads.Worker = class extends Worker {
  constructor(...args) {
    super(...args);
    spawned.push(this);
  }
};
syncBuiltinESMExports();

let scrubber;
beforeEach(async () => {
  spawned.length = 0;
  scrubber = await createScrubber();
});
afterEach(() => scrubber.close());

const reaches = (stage) => {
  const { promise, resolve } = deferred();
  return { reached: promise, onProgress: (progress) => progress.stage === stage && resolve() };
};

test('nothing is loaded before the first call, and one worker serves many', async () => {
  assert.equal(spawned.length, 0);
  for (let count = 0; count < 3; count++) await scrubber.scrub(small, keep);
  assert.equal(spawned.length, 1);
});

test('an abort ends the call that it is for, and no other', async () => {
  const abort = new AbortController();
  const { reached, onProgress } = reaches('decode');
  const ended = assert.rejects(scrubber.scrub(large, slow, { signal: abort.signal, onProgress }), { code: 'aborted' });
  const waiting = scrubber.scrub(small, keep);
  await reached;
  abort.abort();
  await ended;
  assert.ok((await waiting).file);
  assert.equal(spawned.length, 2);
});

test('an abort takes a waiting call out of the queue', async () => {
  const abort = new AbortController();
  const first = scrubber.scrub(small, keep);
  const second = assert.rejects(scrubber.scrub(small, keep, { signal: abort.signal }), { code: 'aborted' });
  abort.abort();
  await second;
  assert.ok((await first).file);
  assert.equal(spawned.length, 1);
});

test('an abort before the call starts nothing', async () => {
  await assert.rejects(scrubber.scrub(small, keep, { signal: AbortSignal.abort() }), { code: 'aborted' });
  assert.equal(spawned.length, 0);
});

test('a worker that is ended from outside fails its call, and the next call has a new one', async () => {
  const { reached, onProgress } = reaches('decode');
  const crashed = assert.rejects(scrubber.scrub(large, slow, { onProgress }), { code: 'crashed' });
  const waiting = scrubber.scrub(small, keep);
  await reached;
  await spawned[0].terminate();
  await crashed;
  assert.ok((await waiting).file);
  assert.equal(spawned.length, 2);
});

test('running out of memory fails the call, and the next call works', async () => {
  // V8 then gives no wasm more than 32 MiB: less than the pixels of the large photo take.
  setFlagsFromString('--wasm-max-mem-pages=512');
  try {
    await assert.rejects(scrubber.scrub(large, slow), { code: 'crashed' });
  } finally {
    setFlagsFromString('--wasm-max-mem-pages=65536');
  }
  assert.ok((await scrubber.scrub(small, keep)).file);
  assert.equal(spawned.length, 2);
});

test('closing ends what runs and what waits, and refuses what comes', async () => {
  const { reached, onProgress } = reaches('decode');
  const running = assert.rejects(scrubber.scrub(large, slow, { onProgress }), { code: 'aborted', message: /closed/ });
  const waiting = assert.rejects(scrubber.scrub(small, keep), { code: 'aborted' });
  await reached;
  const exited = new Promise((done) => spawned[0].once('exit', done));
  scrubber.close();
  await Promise.all([running, waiting, exited]);
  await assert.rejects(scrubber.scrub(small, keep), { code: 'aborted', message: /closed/ });
  await assert.rejects(scrubber.scrubAll([small], keep).next(), { code: 'aborted' });
  scrubber.close();
});

test('an idle worker is ended, and the next call has a new one', async () => {
  const impatient = await createScrubber({ idleMs: 50 });
  await impatient.scrub(small, keep);
  // The package's timer keeps no process alive, so that this one has to.
  const alive = setInterval(() => undefined, 1000);
  await new Promise((done) => spawned[0].once('exit', done));
  clearInterval(alive);
  assert.ok((await impatient.scrub(small, keep)).file);
  assert.equal(spawned.length, 2);
  impatient.close();
});

test('a worker that shall stay stays', async () => {
  const patient = await createScrubber({ idleMs: Infinity });
  await patient.scrub(small, keep);
  await new Promise((done) => setTimeout(done, 100));
  await patient.scrub(small, keep);
  assert.equal(spawned.length, 1);
  patient.close();
});

test('a program that forgets to close ends all the same', () => {
  const program = `
    import { createScrubber } from 'darkslide';
    const scrubber = await createScrubber();
    const { file } = await scrubber.scrub(Buffer.from('${small.toString('base64')}', 'base64'), { faces: 'keep' });
    console.log(file.type);`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8', timeout: 9_000, cwd: new URL('.', import.meta.url) });
  assert.deepEqual({ stdout, stderr, status }, { stdout: 'image/jpeg\n', stderr: '', status: 0 });
});

function deferred() {
  let resolve;
  const promise = new Promise((done) => (resolve = done));
  return { promise, resolve };
}
