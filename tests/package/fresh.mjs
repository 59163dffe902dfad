// The package as users get it: packed, and unpacked into projects that know nothing else of it.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

import { ROOT } from '../../scripts/run.mjs';

/** A temporary folder, and the package's tarball in it. `remove` deletes both. */
export function pack() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'darkslide-package-')));
  const [packed] = JSON.parse(execute(ROOT, 'npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]));
  return { folder, packed, tarball: join(folder, packed.filename), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Puts what the tarball holds where npm would put it; the package has no dependencies, and no scripts that run on installation. */
export function unpack(tarball, project) {
  const place = join(project, 'node_modules', 'darkslide');
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  execute(project, 'tar', ['-xzf', tarball, '-C', place, '--strip-components=1']);
}

/** A project in `folder` that uses the package, with programs from `tools`, an installed folder. */
export function project(folder, tarball, tools, content) {
  for (const [path, text] of Object.entries({ 'package.json': JSON.stringify({ name: 'fresh', private: true, type: 'module' }), ...content })) write(folder, path, text);
  unpack(tarball, folder);
  symlinkSync(join(tools, 'node_modules', '.bin'), join(folder, 'node_modules', '.bin'));
}

export function write(folder, path, content) {
  const file = resolve(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

/** What a program prints; what it complains about, when it fails. */
export function execute(cwd, command, args, env = {}) {
  try {
    return execFileSync(command, args, { cwd, env: { ...process.env, ...env }, encoding: 'utf8', maxBuffer: 1 << 26, stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    throw new Error(`${command} ${args.join(' ')}\n${error.stdout}\n${error.stderr}`);
  }
}
