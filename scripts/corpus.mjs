// Fetches the pictures that the tests read and that are too many, or of too many licences, to be kept here: those of Pillow's own tests.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT, run, script, Stop } from './run.mjs';

/** Fetches and unpacks the corpus into `.cache/corpus`, unless it is there. */
export async function corpus() {
  const folder = join(ROOT, '.cache', 'corpus', PILLOW.name);
  if (existsSync(folder)) return;
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const archive = join(partial, 'archive.tar.gz');
  writeFileSync(archive, await fetched(PILLOW));
  await run('tar', ['-xzf', archive, '-C', partial, '--strip-components=1', `${PILLOW.name}/Tests/images`]);
  rmSync(archive);
  renameSync(partial, folder);
}

/** The bytes at `url`, which must have the hash. */
async function fetched({ name, url, sha256 }) {
  console.log(`fetching ${name}`);
  const answer = await fetch(url).catch((error) => {
    throw new Stop(`${url}: ${error.cause?.message ?? error.message}`);
  });
  if (!answer.ok) throw new Stop(`${url}: answered ${answer.status}`);
  const bytes = Buffer.from(await answer.arrayBuffer());
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== sha256) throw new Stop(`${url}: its SHA-256 is ${found}, not ${sha256}`);
  return bytes;
}

/** Seven hundred files by Photoshop, phones, cameras, GIMP, ExifTool and others, sound and broken. Source distribution, MIT-CMU; pictures under terms of their own. */
const PILLOW = {
  name: 'pillow-12.0.0',
  url: 'https://files.pythonhosted.org/packages/5a/b0/cace85a1b0c9775a9f8f5d5423c8261c858760e2466c79b2dd184638b056/pillow-12.0.0.tar.gz',
  sha256: '87d4f8125c9988bfbed67af47dd7a953e2fc7b0cc1e7800ec6d2080d490bb353',
};

await script(import.meta.url, corpus);
