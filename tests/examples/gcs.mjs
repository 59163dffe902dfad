// Google publishes no emulator of its Cloud Storage: this is gcp-storage-emulator, in Python alone, from Python's package registry.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';

import { unpacked } from '../../scripts/pypi.mjs';
import { ROOT } from '../../scripts/run.mjs';

/** Starts the emulator with an empty `bucket`, which is lost when it ends. */
export async function gcsEmulator(bucket) {
  const folder = await fetched();
  const port = await freePort();
  const child = spawn('python3', ['-m', 'gcp_storage_emulator', 'start', '--host=127.0.0.1', `--port=${port}`, `--default-bucket=${bucket}`, '--in-memory'], { cwd: folder, env: { ...process.env, PYTHONPATH: folder }, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (printed += text));
  const ended = new Promise((done) => child.once('exit', done));
  const address = `http://127.0.0.1:${port}`;
  const answers = async () => (await fetch(`${address}/storage/v1/b/${bucket}`).catch(() => undefined))?.ok ?? false;
  while (!(await answers())) {
    if (child.exitCode !== null) throw new Error(`the emulator ended with ${child.exitCode}:\n${printed}`);
    await new Promise((done) => setTimeout(done, 50));
  }
  return { address, close: () => (child.kill('SIGINT'), ended) };
}

/** A folder with the emulator's packages in it. */
async function fetched() {
  const folder = join(ROOT, '.cache', `${EMULATOR.project}-${EMULATOR.sha256.slice(0, 12)}`);
  if (existsSync(folder)) return folder;
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  for (const wanted of [EMULATOR, CRC32C]) {
    for (const [path, bytes] of await unpacked(wanted)) {
      if (!path.startsWith(wanted.below) || !path.endsWith('.py')) continue;
      const target = join(partial, path.slice(wanted.below.length - wanted.package.length - 1));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, bytes);
    }
  }
  renameSync(partial, folder);
  return folder;
}

function freePort() {
  return new Promise((done, failed) => {
    const server = createServer().once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/** BSD-3-Clause. */
const EMULATOR = {
  project: 'gcp-storage-emulator',
  archive: 'gcp_storage_emulator-2026.7.19-py3-none-any.whl',
  sha256: 'b60145057fdfa7751259f68758c3a1df919f4bf6fad21dd2fa2559b3f6273241',
  package: 'gcp_storage_emulator',
  below: 'gcp_storage_emulator/',
};
/** What it counts checksums with; without its part in C it is Python. Apache-2.0. */
const CRC32C = {
  project: 'google-crc32c',
  archive: 'google_crc32c-1.9.0.tar.gz',
  sha256: '7b8c84c3d159ab6817fe3f74e6e6cef099c3f95dcec3abc0d8afb1404642efbe',
  package: 'google_crc32c',
  below: 'google_crc32c-1.9.0/src/google_crc32c/',
};
