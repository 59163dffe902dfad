// `darkslide/integrity.json`: the SHA-384 of every file that the package ships, in the form that `integrity` attributes have.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { files } from './cache.mjs';
import { ROOT } from './run.mjs';

export function writeIntegrity() {
  const hashes = Object.fromEntries(shipped().map((path) => [path, sha384(readFileSync(resolve(ROOT, path)))]));
  writeFileSync(resolve(ROOT, LIST), `${JSON.stringify(hashes, undefined, 1)}\n`);
}

/** What `npm pack` packs, as package.json's `files` say, less the list itself; a test compares. */
export function shipped() {
  const top = readdirSync(ROOT).filter((path) => /^((README|SECURITY|THREAT_MODEL)\.md|LICENSE.*|package\.json)$/.test(path));
  return [...files('dist'), ...files('js'), ...files('docs'), ...top].filter((path) => path !== LIST && !path.startsWith('dist/www/') && path !== 'js/tsconfig.json').sort();
}

export function sha384(bytes) {
  return `sha384-${createHash('sha384').update(bytes).digest('base64')}`;
}

const LIST = 'dist/integrity.json';
