// `npm run size`: says what users download, where its bytes come from, and fails where it is more than the budgets in package.json allow.

import { existsSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import { ROOT, script, Stop } from './run.mjs';
import { codeByCrate } from './wasm-crates.mjs';

/** Budgets are bytes after brotli, which is what a good server sends. */
export function checkSizes() {
  const { sizeBudgets } = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8'));
  const rows = Object.entries(sizeBudgets).map(([path, budget]) => ({ path, ...sizes(readFileSync(resolve(ROOT, path))), budget }));
  console.table(Object.fromEntries(rows.map(({ path, ...row }) => [path, row])));
  const over = rows.filter(({ brotli, budget }) => brotli > budget);
  const told = tellsOtherwise(rows);
  if (told.length > 0) throw new Stop(`docs/entries.md says otherwise:\n${told.join('\n')}`);
  if (over.length > 0) throw new Stop(over.map(({ path, brotli, budget }) => `${path}: ${brotli} bytes with brotli, ${brotli - budget} over its budget`).join('\n'));
}

/** Rows of the table in docs/entries.md that are wrong by more than 2 %. */
function tellsOtherwise(rows) {
  const table = readFileSync(resolve(ROOT, 'docs/entries.md'), 'utf8').matchAll(/^\| `([^`]+)` \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$/gm);
  return [...table].flatMap(([line, name, ...told]) => {
    const row = rows.find(({ path }) => path === `dist/${name}`);
    const isRight = row !== undefined && [row.raw, row.gzip, row.brotli].every((bytes, index) => Math.abs(told[index] * 1000 - bytes) <= Math.max(0.02 * bytes, 100));
    return isRight ? [] : [`${line} (${row === undefined ? 'no budget' : [row.raw, row.gzip, row.brotli].join(', ')} bytes)`];
  });
}

function sizes(bytes) {
  return { raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotliCompressSync(bytes).length };
}

/** Of what the compiler made, before wasm-opt, which takes the names away. Each crate's code is packed by itself, so the sum is more than the whole. */
function tellCrates() {
  const { sizeBudgets } = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8'));
  for (const path of Object.keys(sizeBudgets).filter((name) => name.endsWith('.wasm'))) {
    const compiled = resolve(ROOT, '.cache/wasm', basename(path));
    if (!existsSync(compiled)) throw new Stop(`${compiled} is missing: run npm run build`);
    const crates = codeByCrate(readFileSync(compiled));
    const [large, small] = [crates.slice(0, MOST_CRATES), crates.slice(MOST_CRATES)];
    const rest = { crate: `${small.length} others`, functions: small.reduce((sum, { functions }) => sum + functions, 0), code: Buffer.concat(small.map(({ code }) => code)) };
    console.log(`\n${path}: code by crate`);
    console.table(Object.fromEntries([...large, ...(small.length > 0 ? [rest] : [])].map(({ crate, functions, code }) => [crate, { functions, ...sizes(code) }])));
  }
}

const MOST_CRATES = 20;

await script(import.meta.url, () => {
  tellCrates();
  checkSizes();
});
