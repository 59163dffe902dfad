// `npm run bench`: the time of each stage, first natively (benches/stages.rs, which also makes the photos), then in
// Chromium, where users wait for it, beside others that do the same (benches/peers), run by run in turns. Medians in one
// warm worker; `load` is the first call, less a later one. Results are in target/bench/ as JSON too. `npm run bench -- PART …` does
// some of it.

import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';

import { build, targetFolder } from './build.mjs';
import { step } from './cache.mjs';
import { launch, open } from './chromium.mjs';
import { output, ROOT, run, script, Stop } from './run.mjs';

const RUNS = 5;
/** Photos of a batch. */
const BATCH = 50;
/** Photos over which memory must not grow. */
const MANY = 500;
const STAGES = ['read', 'inspect', 'decode', 'detect', 'redact', 'encode', 'verify'];

/** What there is to measure: what is said of it, how it is done, and the file that keeps it. `native` makes the photos of all the others. */
const PARTS = {
  native: { made: () => run('cargo', ['bench', '--locked', '--bench', 'stages']) },
  stages: { title: `Chromium, ms, median of ${RUNS}, ${cpus()[0]?.model}`, made: async (photos) => [...(await inChromium(photos, 'cpu')), ...(await inChromium(photos, 'webgpu')), ...(await inChromium(photos, 'auto'))], file: 'chromium.json' },
  peers: { title: `Beside others in Chromium, ms, median of ${RUNS} runs in turns, CPU, one pass at 640 px`, made: besidePeers, file: 'peers.json' },
  batches: { title: `${BATCH} photos of 1 megapixel in Chromium, ${cpus().length} cores`, made: batchesInChromium, file: 'batches.json' },
  commands: { title: 'Whole commands, s a photo, median of 3 runs in turns', made: commandLines, file: 'commands.json' },
  memory: { title: 'Memory of the wasm, which never shrinks', made: peaks, file: 'memory.json' },
  lossless: { title: `Lossless road in Chromium, ms, median of ${RUNS}`, made: strippedInChromium, file: 'chromium-lossless.json' },
};

/** All parts, or those named. */
async function bench(names) {
  const unknown = names.find((name) => !Object.hasOwn(PARTS, name));
  if (unknown !== undefined) throw new Stop(`${unknown}: there are ${Object.keys(PARTS).join(', ')}`);
  await build();
  for (const name of names.length > 0 ? names : Object.keys(PARTS)) {
    const { title, made, file } = PARTS[name];
    const results = await made(photosMade());
    if (file === undefined) continue;
    console.log(`\n${title}`);
    console.table(results);
    writeFileSync(resolve(ROOT, 'target/bench', file), JSON.stringify(results, undefined, 2));
  }
}

function photosMade() {
  const folder = resolve(ROOT, 'target/bench');
  const photos = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.jpg')) : [];
  return photos.sort((a, b) => parseInt(a) - parseInt(b));
}

async function inChromium(photos, backend) {
  return await onPage(photos, { webgpu: backend !== 'cpu' }, async (page, problems) => {
    const rows = [];
    for (const name of photos) {
      const all = [];
      for (let count = 0; count <= RUNS; count++) all.push(await page.evaluate(([photo, chosen]) => globalThis.time(photo, chosen), [name, backend]));
      if (problems.length > 0) throw new Error(problems.join('\n'));
      const [first, ...warm] = all;
      const stages = Object.fromEntries([...STAGES, 'all'].map((stage) => [stage, Math.round(median(warm.map(({ ms }) => ms[stage] ?? 0)))]));
      rows.push({ photo: name, bytes: photoBytes(name), backend, blur: warm.at(-1).blur, faces: first.faces, ...stages, load: Math.round(first.ms.all - stages.all) });
    }
    return rows;
  });
}

async function strippedInChromium(photos) {
  return await onPage(photos, {}, async (page) => {
    const rows = [];
    for (const name of photos) {
      const [first, ...warm] = await page.evaluate(([photo, runs]) => globalThis.timeStrip(photo, runs), [name, RUNS + 1]);
      const ms = median(warm);
      rows.push({ photo: name, bytes: photoBytes(name), strip: Number(ms.toFixed(1)), 'MB/s': Math.round(photoBytes(name) / ms / 1000), load: Math.round(first - ms) });
    }
    return rows;
  });
}

/** The same work for everyone: one look at 640 px. Ours strips and looks closely besides; it verifies, which one of the others does too. */
async function besidePeers(photos) {
  return await onPage(photos, {}, async (page, problems) => {
    const rows = [];
    for (const name of photos.filter((photo) => parseInt(photo) < 48)) {
      const runners = {
        darkslide: () => page.evaluate((photo) => globalThis.time(photo, 'cpu', { sensitivity: 'fast' }), name),
        'browser + onnxruntime-web': () => page.evaluate((photo) => globalThis.timePeer(photo), name),
        'the same, looking at what it wrote': () => page.evaluate((photo) => globalThis.timePeer(photo, true), name),
        'MozJPEG in WebAssembly': () => page.evaluate((photo) => globalThis.timeCodecs(photo), name),
        'pica, shrinking alone': () => page.evaluate((photo) => globalThis.timePica(photo), name),
      };
      const runs = Object.fromEntries(Object.keys(runners).map((who) => [who, []]));
      for (let count = 0; count <= RUNS; count++) for (const [who, time] of Object.entries(runners)) runs[who].push(await time());
      if (problems.length > 0) throw new Error(problems.join('\n'));
      for (const [who, [, ...warm]] of Object.entries(runs)) {
        const stages = Object.fromEntries([...STAGES, 'all'].map((stage) => [stage, Math.round(median(warm.map(({ ms }) => ms[stage] ?? 0)))]));
        rows.push({ photo: name, who, faces: warm[0].faces, ...stages });
      }
    }
    return rows;
  });
}

/** How a pool of workers scales, and what its memory grows to. */
async function batchesInChromium(photos) {
  return await onPage(photos, {}, async (page) => {
    const rows = [];
    for (const workers of [1, cpus().length]) rows.push(await page.evaluate(([photo, count, lanes]) => globalThis.timeBatch(photo, count, lanes), [photos[0], BATCH, workers]));
    return rows.map((row) => ({ ...row, ms: Math.round(row.ms), speedup: Number(((rows[0]?.ms ?? 0) / row.ms).toFixed(2)) }));
  });
}

/** Whole commands, start included: ours on one core and on all, deface, and a script with OpenCV. Ours looks twice as closely, strips and verifies besides. */
async function commandLines(photos) {
  await run('cargo', ['build', '--locked', '--release', '--bin', 'darkslide']);
  const ours = join(targetFolder(), 'release', process.platform === 'win32' ? 'darkslide.exe' : 'darkslide');
  const python = await pythonPeers();
  const cores = cpus().length;
  const rows = [];
  for (const [name, count] of [[photos[0], 24], [photos[1], 8]]) {
    const folder = mkdtempSync(join(tmpdir(), 'darkslide-bench-'));
    const names = Array.from({ length: count }, (_, index) => `${index}.jpg`);
    const copies = names.map((copy) => join(folder, copy));
    for (const copy of copies) copyFileSync(resolve(ROOT, 'target/bench', name), copy);
    const commands = {
      'darkslide -j 1': [ours, ...copies, '-o', join(folder, 'out'), '-j', '1'],
      [`darkslide -j ${cores}`]: [ours, ...copies, '-o', join(folder, 'out'), '-j', String(cores)],
      'deface': [join(python, 'deface'), ...copies],
      'deface --scale 640x480': [join(python, 'deface'), '--scale', '640x480', ...copies],
      'Pillow and OpenCV': [join(python, 'python'), resolve(ROOT, 'benches/peers/pillow_opencv.py'), resolve(ROOT, 'models/face_detection_yunet_2023mar_int8bq.onnx'), join(folder, 'theirs'), ...copies],
    };
    const times = Object.fromEntries(Object.keys(commands).map((who) => [who, []]));
    for (let turn = 0; turn < 3; turn++) {
      for (const [who, [program, ...args]] of Object.entries(commands)) {
        for (const results of ['out', 'theirs']) {
          rmSync(join(folder, results), { recursive: true, force: true });
          mkdirSync(join(folder, results));
        }
        const start = performance.now();
        if (output(program, args) === undefined) throw new Stop(`${program} failed on ${name}`);
        times[who].push((performance.now() - start) / 1000 / count);
      }
    }
    rmSync(folder, { recursive: true });
    const [first] = Object.values(times).map(median);
    for (const [who, all] of Object.entries(times)) rows.push({ photos: `${count} × ${name}`, who, 's/photo': Number(median(all).toFixed(3)), '× darkslide -j 1': Number((median(all) / first).toFixed(2)) });
  }
  return rows;
}

/** Installs the programs in Python at the versions of requirements.txt; the folder that holds them. */
async function pythonPeers() {
  const folder = '.cache/bench-python';
  await step('bench-python', { inputs: ['benches/peers/requirements.txt'], outputs: [`${folder}/bin/deface`] }, async () => {
    await run('python3', ['-m', 'venv', '--clear', folder]);
    await run(join(folder, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', '--no-deps', '-r', 'benches/peers/requirements.txt']);
  });
  return resolve(ROOT, folder, 'bin');
}

/** What the wasm's memory has grown to after one photo after the other, and over many small ones. */
async function peaks(photos) {
  const { initSync, Scrubber } = await import('../dist/wasm/darkslide.js');
  const { memory } = initSync({ module: new WebAssembly.Module(readFileSync(resolve(ROOT, 'dist/darkslide.wasm'))) });
  const scrubber = new Scrubber('cpu');
  const after = async (bytes, count) => {
    for (let seed = 0; seed < count; seed++) (await scrubber.scrub(new Uint8Array(bytes), { seed }, undefined)).free();
    return memory.buffer.byteLength;
  };
  const small = readFileSync(resolve(ROOT, 'tests/fixtures/faces/obama.jpg'));
  const [ten, many] = [await after(small, 10), await after(small, MANY - 10)];
  const rows = [{ photo: `${MANY} small ones`, MB: Math.round(many / 1e6), 'more than after 10': many - ten }];
  for (const name of photos) {
    const bytes = await after(readFileSync(resolve(ROOT, 'target/bench', name)), 2);
    rows.push({ photo: name, MB: Math.round(bytes / 1e6), '× its pixels': Number((bytes / (parseInt(name) * 4e6)).toFixed(1)) });
  }
  return rows;
}

/** Installs the peers at the versions in their lock file, and bundles them as a page would. */
async function peers(site) {
  const folder = resolve(ROOT, 'benches/peers');
  await step('peers', { inputs: ['benches/peers/package.json', 'benches/peers/package-lock.json'], outputs: ['benches/peers/node_modules/.package-lock.json'] }, () =>
    run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder]),
  );
  const { build: bundle } = await import('esbuild');
  await bundle({ absWorkingDir: folder, entryPoints: ['page.js'], outfile: join(site, 'peers.js'), bundle: true, format: 'esm', target: 'es2022', platform: 'browser', logLevel: 'error' });
  for (const path of ['onnxruntime-web/dist/ort-wasm-simd-threaded.wasm', 'onnxruntime-web/dist/ort-wasm-simd-threaded.mjs', '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm', '@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm']) {
    copyFileSync(join(folder, 'node_modules', path), join(site, basename(path)));
  }
  copyFileSync(resolve(ROOT, await plainModel()), join(site, 'yunet.onnx'));
}

/** The model without blocks of bytes, which onnxruntime-web does not read. */
async function plainModel() {
  const [onnx, plain] = ['models/face_detection_yunet_2023mar_int8bq.onnx', '.cache/models/yunet-plain.onnx'];
  await step('plain model', { inputs: [onnx, 'examples/import_model.rs', 'src/detect/import.rs'], outputs: [plain] }, () =>
    run('cargo', ['run', '--locked', '--no-default-features', '--features', 'import', '--example', 'import_model', '--', onnx, '--plain', plain]),
  );
  return plain;
}

async function onPage(photos, browserOptions, work) {
  const site = mkdtempSync(join(tmpdir(), 'darkslide-bench-'));
  const browser = await launch(browserOptions);
  try {
    mkdirSync(site, { recursive: true });
    for (const name of ['index.js', 'worker.js', 'darkslide.wasm', 'darkslide-all.wasm', 'metadata.js', 'metadata.wasm', 'metadata-all.wasm']) copyFileSync(resolve(ROOT, 'dist', name), join(site, name));
    for (const name of photos) copyFileSync(resolve(ROOT, 'target/bench', name), join(site, name));
    writeFileSync(join(site, 'index.html'), '<!doctype html><meta charset="utf-8"><title>Bench</title><script type="module" src="./main.js"></script><script type="module" src="./peers.js"></script>');
    await peers(site);
    writeFileSync(join(site, 'main.js'), PAGE);
    const { page, problems, close } = await open(browser, site);
    try {
      await page.waitForFunction(() => 'time' in globalThis && 'timePeer' in globalThis);
      return await work(page, problems);
    } finally {
      await close();
    }
  } finally {
    await browser.close();
    rmSync(site, { recursive: true, force: true });
  }
}

function median(times) {
  return times.sort((a, b) => a - b)[times.length >> 1];
}

function photoBytes(name) {
  return readFileSync(resolve(ROOT, 'target/bench', name)).length;
}

/** Times stages by the progress that the worker posts, which reaches the page while the worker is busy. */
const PAGE = `import { createScrubber } from './index.js';
import { strip } from './metadata.js';
const scrubbers = new Map();
globalThis.time = async (name, backend, options = {}) => {
  const photo = await (await fetch(name)).blob();
  if (!scrubbers.has(backend)) scrubbers.set(backend, await createScrubber({ backend }));
  const ms = {};
  const start = performance.now();
  let began = start;
  const onProgress = ({ stage, fraction }) => {
    if (fraction === 0) began = performance.now();
    if (fraction === 1) ms[stage] = (ms[stage] ?? 0) + performance.now() - began;
  };
  const { report } = await scrubbers.get(backend).scrub(photo, { seed: 1, ...options }, { onProgress });
  ms.all = performance.now() - start;
  return { ms, blur: report.backend.blur, faces: report.facesDetected };
};
globalThis.timeBatch = async (name, count, workers) => {
  const photo = await (await fetch(name)).blob();
  const scrubber = await createScrubber({ backend: 'cpu', workers });
  for await (const { ok, error } of scrubber.scrubAll(Array(workers).fill(photo), { seed: 1 })) if (!ok) throw error;
  const start = performance.now();
  let done = 0;
  for await (const { ok, error } of scrubber.scrubAll(Array(count).fill(photo), { seed: 1 })) {
    if (!ok) throw error;
    done++;
  }
  const ms = performance.now() - start;
  scrubber.close();
  return { workers, photos: done, ms };
};
globalThis.timeStrip = async (name, runs) => {
  const bytes = await (await fetch(name)).arrayBuffer();
  const times = [];
  for (let count = 0; count < runs; count++) {
    const start = performance.now();
    await strip(bytes);
    times.push(performance.now() - start);
  }
  return times;
};`;

await script(import.meta.url, bench);
