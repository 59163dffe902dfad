// Prints what users download, and fails where it is more than the budgets in package.json allow.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import { ROOT, script, Stop } from './run.mjs';

/** Budgets are bytes after brotli, which is what a good server sends. */
export function checkSizes() {
  const { sizeBudgets } = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8'));
  const rows = Object.entries(sizeBudgets).map(([path, budget]) => {
    const bytes = readFileSync(resolve(ROOT, path));
    return { path, raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotliCompressSync(bytes).length, budget };
  });
  console.table(Object.fromEntries(rows.map(({ path, ...sizes }) => [path, sizes])));
  const over = rows.filter(({ brotli, budget }) => brotli > budget);
  if (over.length > 0) throw new Stop(over.map(({ path, brotli, budget }) => `${path}: ${brotli} bytes with brotli, ${brotli - budget} over its budget`).join('\n'));
}

await script(import.meta.url, () => checkSizes());
