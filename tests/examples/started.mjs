// Examples as a stranger uses them: a copy of the folder, its lockfile's packages, and the packed package.

import { spawn } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

import { installed } from '../../scripts/installed.mjs';
import { ROOT } from '../../scripts/run.mjs';
import { execute, unpack } from '../package/fresh.mjs';

/** A copy of the example `name` below `folder`, ready to build. */
export async function example(name, folder, tarball) {
  const source = resolve(ROOT, 'examples', name);
  const tools = await installed(join('examples', name));
  const copy = join(folder, basename(source));
  cpSync(source, copy, { recursive: true, filter: (path) => !/[/\\](node_modules|dist|uploads|\.next)$/.test(path) });
  mkdirSync(join(copy, 'node_modules'), { recursive: true });
  // Hard links: whole copies would take seconds, and some bundlers follow no links out of a project.
  execute(copy, 'cp', ['-al', `${join(tools, 'node_modules')}/.`, join(copy, 'node_modules')]);
  unpack(tarball, copy);
  return copy;
}

/** Runs a program until it prints its address. */
export async function started(cwd, command, args, env) {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((done) => child.once('exit', done));
  let printed = '';
  const address = await new Promise((done, failed) => {
    const read = (text) => {
      printed += text;
      const found = printed.match(/http:\/\/(?:127\.0\.0\.1|localhost):\d+/);
      if (found !== null) done(`${found[0]}/`);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', failed);
    ended.then((code) => failed(new Error(`${command} ${args.join(' ')} ended with ${code}:\n${printed}`)));
  });
  return { address, close: () => (child.kill(), ended), printed: () => printed };
}
