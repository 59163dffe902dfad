// Which crate the code in a wasm comes from, read off the names of its functions.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { ROOT } from './run.mjs';
import { sections } from './wasm-format.mjs';

/** The code of each crate as one buffer, the largest first. What the compiler made of generic code counts for the crate that it is about. */
export function codeByCrate(wasm) {
  const { imports, bodies, names } = sections(wasm);
  const known = crates();
  const all = new Map();
  bodies.forEach((body, index) => {
    const crate = crateOf(names.get(imports + index) ?? '', known);
    all.set(crate, [...(all.get(crate) ?? []), body]);
  });
  return [...all].map(([crate, parts]) => ({ crate, functions: parts.length, code: Buffer.concat(parts) })).sort((a, b) => b.code.length - a.code.length);
}

/** The crates that the lock file lists, and those of the compiler. */
function crates() {
  const lock = readFileSync(resolve(ROOT, 'Cargo.lock'), 'utf8');
  return new Set([...lock.matchAll(/^name = "(.*)"$/gm)].map(([, name]) => name.replaceAll('-', '_')));
}

/** Mangled names are `_ZN` and then lengths and parts, `4core3ptr…`; a part can hold a type's whole path. */
function crateOf(name, known) {
  if (!name.startsWith('_ZN')) return 'other';
  const words = [];
  for (let rest = name.slice(3); /^\d/.test(rest); ) {
    const length = parseInt(rest, 10);
    const start = String(length).length;
    words.push(...(rest.slice(start, start + length).replace(/\$[A-Za-z0-9]+\$/g, ' ').replaceAll('..', ' ').match(/[A-Za-z_][A-Za-z0-9_]*/g) ?? []));
    rest = rest.slice(start + length);
  }
  return words.find((word) => known.has(word)) ?? 'std';
}
