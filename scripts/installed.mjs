// Packages that only a test or an example needs: installed once for each lockfile, into .cache/.

import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

import { ROOT, run } from './run.mjs';

/** Installs what `folder`'s package-lock.json names. Returns a folder with `node_modules`, which stays until the lockfile changes. */
export async function installed(folder) {
  const source = resolve(ROOT, folder);
  const lock = createHash('sha256').update(readFileSync(join(source, 'package-lock.json'))).digest('hex').slice(0, 12);
  const place = join(ROOT, '.cache', 'installed', `${basename(source)}-${lock}`);
  const stamp = join(place, '.installed');
  if (existsSync(stamp)) return place;
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) cpSync(join(source, name), join(place, name));
  const npm = process.env.npm_execpath;
  // Not `npm ci`: it refuses a lockfile that lacks the build of a native program for another system than the one that wrote it.
  const words = ['install', '--no-audit', '--no-fund', '--loglevel=error'];
  if (npm?.endsWith('.js')) await run(process.execPath, [npm, ...words], { cwd: place });
  else await run(process.platform === 'win32' ? 'npm.cmd' : 'npm', words, { cwd: place });
  mkdirSync(join(place, 'node_modules'), { recursive: true });
  writeFileSync(stamp, '');
  return place;
}
