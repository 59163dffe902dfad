// Runs programs. Only Node's own modules, like everything that runs before `npm ci` has.

import { spawn, spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What stops a script, with the way out in its words. */
export class Stop extends Error {}

/** Runs to its end, its output shown as it comes. `env` adds to the environment; a value `undefined` removes one. */
export async function run(command, args, { env = {}, cwd = ROOT } = {}) {
  const child = spawn(command, args, { cwd, env: environment(env), stdio: ['ignore', 'inherit', 'inherit'] });
  const [code, signal] = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (...ended) => resolve(ended));
  });
  if (code !== 0) throw new Stop(`${[command, ...args].join(' ')}: ${signal ?? `exit status ${code}`}`);
}

/** What a program prints, or undefined when it is missing or fails. */
export function output(command, args, { cwd = ROOT, env = {} } = {}) {
  const done = spawnSync(command, args, { cwd, env: environment(env), encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });
  return done.status === 0 ? done.stdout : undefined;
}

/** Runs `main` when `url` is the script that was started, and turns a `Stop` into one line. */
export async function script(url, main) {
  if (process.argv[1] === undefined || fileURLToPath(url) !== realpathSync(process.argv[1])) return;
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Stop ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}

/** Where cargo keeps its programs and what it downloads. */
export function cargoHome() {
  return process.env.CARGO_HOME ?? join(homedir(), '.cargo');
}

/** rustup puts cargo where a shell that was open before does not look. */
function environment(changes) {
  const env = { ...process.env, PATH: `${process.env.PATH ?? ''}${delimiter}${join(cargoHome(), 'bin')}`, ...changes };
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
}
