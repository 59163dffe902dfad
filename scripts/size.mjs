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
  if (over.length > 0) throw new Stop(over.map(({ path, brotli, budget }) => `${path}: ${brotli} bytes with brotli, ${brotli - budget} over its budget`).join('\n'));
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
