// `npm run count`: how many processor instructions some work takes (benches/instructions.rs), counted by Valgrind, beside the counts in
// benches/instructions.json. Unlike times they are the same on a busy machine, so a test can hold them. `--update` writes the file.

import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { output, ROOT, script, Stop } from './run.mjs';

/** Fails where a count is above the known one by more than [`TOLERANCE`]. */
export function checkCounts({ update = false } = {}) {
  const counts = count(built());
  const known = update ? {} : JSON.parse(readFileSync(resolve(ROOT, KNOWN), 'utf8'));
  const rows = Object.entries(counts).map(([work, instructions]) => ({ work, instructions, known: known[work], ratio: known[work] && Math.round((instructions / known[work]) * 1000) / 1000 }));
  console.table(Object.fromEntries(rows.map(({ work, ...row }) => [work, row])));
  if (update) return writeFileSync(resolve(ROOT, KNOWN), `${JSON.stringify(counts, undefined, 2)}\n`);
  const lost = Object.keys(known).filter((work) => counts[work] === undefined);
  const more = rows.filter(({ ratio }) => ratio === undefined || ratio > 1 + TOLERANCE).map(({ work, ratio }) => `${work} takes ${ratio ?? 'an unknown'} times as many instructions`);
  const less = rows.filter(({ ratio }) => ratio < 1 - TOLERANCE).map(({ work }) => work);
  if (lost.length > 0 || more.length > 0) throw new Stop([...lost.map((work) => `${work} is not counted any more`), ...more, `Where that is meant: npm run count -- --update`].join('\n'));
  if (less.length > 0) console.log(`Fewer than known, to be kept: ${less.join(', ')}: npm run count -- --update`);
}

/** Whether counts made here can be set beside the known ones. */
export function isCountable() {
  return process.platform === 'linux' && process.arch === 'x64' && readFileSync('/proc/cpuinfo', 'latin1').includes(' avx2 ');
}

function count(program) {
  const before = instructions(program, 'nothing');
  return Object.fromEntries(WORKS.map((work) => [work, instructions(program, work) - before]));
}

function instructions(program, work) {
  const told = output('valgrind', ['--tool=callgrind', '--callgrind-out-file=/dev/null', '--log-fd=1', program, work]);
  const collected = /Collected : (\d+)/.exec(told ?? '')?.[1];
  if (collected === undefined) throw new Stop(`valgrind could not count '${work}':\n${told ?? 'it is not installed (Debian: apt-get install valgrind)'}`);
  return Number(collected);
}

/** The bench's program. */
function built() {
  const args = ['build', '--locked', '--release', '--no-default-features', '--features', 'pixels', '--bench', 'instructions', '--message-format=json'];
  const messages = (output('cargo', args) ?? '').split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  const program = messages.find(({ reason, target, executable }) => reason === 'compiler-artifact' && target.name === 'instructions' && executable)?.executable;
  if (program === undefined) throw new Stop(`cargo ${args.join(' ')} failed`);
  return program;
}

const KNOWN = 'benches/instructions.json';
const WORKS = ['strip', 'verify', 'decode', 'encode', 'scrub'];
/** Other builds of the C library and of the compiler count a little otherwise. */
const TOLERANCE = 0.05;

await script(import.meta.url, (args) => checkCounts({ update: args.includes('--update') }));
