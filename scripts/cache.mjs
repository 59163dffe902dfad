// Build steps that are skipped when nothing they read has changed.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { ROOT } from './run.mjs';

/**
 * Runs `make` unless it ran before with the same `inputs` (files and folders), the same `key` and its `outputs` are still as it left them.
 * Contents are compared, not times: a checkout or a branch switch gives files new times.
 */
export async function step(name, { inputs, outputs, key = '' }, make) {
  const stamp = join(ROOT, '.cache', 'steps', `${name}.json`);
  const before = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
  const read = digest(inputs, key);
  const now = () => JSON.stringify({ read, written: digest(outputs, '') });
  if (before === now()) {
    console.log(`${name}: fresh`);
    return;
  }
  const start = performance.now();
  rmSync(stamp, { force: true });
  await make();
  const missing = outputs.find((path) => !existsSync(resolve(ROOT, path)));
  if (missing !== undefined) throw new Error(`${name} has not written ${missing}`);
  mkdirSync(join(ROOT, '.cache', 'steps'), { recursive: true });
  writeFileSync(stamp, now());
  console.log(`${name}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

/** Every file below `path`, or `path` itself; nothing when it does not exist. */
export function files(path) {
  const full = resolve(ROOT, path);
  if (!existsSync(full)) return [];
  if (!statSync(full).isDirectory()) return [path];
  return readdirSync(full).sort().flatMap((name) => files(join(path, name)));
}

function digest(paths, key) {
  const hash = createHash('sha256').update(key);
  for (const path of paths.flatMap(files)) {
    const content = readFileSync(resolve(ROOT, path));
    hash.update(`\n${path} ${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}
