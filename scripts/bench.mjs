// `npm run bench`: the time of each stage, first natively (benches/stages.rs, which also makes the photos), then in
// Chromium, where users wait for it. Median of some runs in one warm worker; `load` is the first call, less a later one.

import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { build } from './build.mjs';
import { launch, open } from './chromium.mjs';
import { ROOT, run, script } from './run.mjs';

const RUNS = 5;
const STAGES = ['read', 'inspect', 'decode', 'detect', 'redact', 'encode', 'verify'];

async function bench() {
  await build();
  await run('cargo', ['bench', '--locked', '--bench', 'stages']);
  const photos = readdirSync(resolve(ROOT, 'target/bench')).filter((name) => name.endsWith('.jpg'));
  photos.sort((a, b) => parseInt(a) - parseInt(b));
  const rows = [];
  for (const backend of ['cpu', 'webgpu']) rows.push(...(await inChromium(photos, backend)));
  console.log(`\nChromium, ms, median of ${RUNS}, ${cpus()[0]?.model}`);
  console.table(rows);
  const stripped = await strippedInChromium(photos);
  console.log(`\nLossless road in Chromium, ms, median of ${RUNS}`);
  console.table(stripped);
  writeFileSync(resolve(ROOT, 'target/bench/chromium-lossless.json'), JSON.stringify(stripped, undefined, 2));
  writeFileSync(resolve(ROOT, 'target/bench/chromium.json'), JSON.stringify(rows, undefined, 2));
}

async function inChromium(photos, backend) {
  return await onPage(photos, { webgpu: backend === 'webgpu' }, async (page, problems) => {
    const rows = [];
    for (const name of photos) {
      const all = [];
      for (let count = 0; count <= RUNS; count++) all.push(await page.evaluate(([photo, chosen]) => globalThis.time(photo, chosen), [name, backend]));
      if (problems.length > 0) throw new Error(problems.join('\n'));
      const [first, ...warm] = all;
      const stages = Object.fromEntries([...STAGES, 'all'].map((stage) => [stage, Math.round(median(warm.map(({ ms }) => ms[stage] ?? 0)))]));
      rows.push({ photo: name, bytes: photoBytes(name), blur: first.blur, faces: first.faces, ...stages, load: Math.round(first.ms.all - stages.all) });
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

async function onPage(photos, browserOptions, work) {
  const site = mkdtempSync(join(tmpdir(), 'darkslide-bench-'));
  const browser = await launch(browserOptions);
  try {
    mkdirSync(site, { recursive: true });
    for (const name of ['index.js', 'worker.js', 'darkslide.wasm', 'metadata.js', 'metadata.wasm', 'metadata-all.wasm']) copyFileSync(resolve(ROOT, 'dist', name), join(site, name));
    for (const name of photos) copyFileSync(resolve(ROOT, 'target/bench', name), join(site, name));
    writeFileSync(join(site, 'index.html'), '<!doctype html><meta charset="utf-8"><title>Bench</title><script type="module" src="./main.js"></script>');
    writeFileSync(join(site, 'main.js'), PAGE);
    const { page, problems } = await open(browser, site);
    await page.waitForFunction(() => 'time' in globalThis);
    return await work(page, problems);
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
globalThis.time = async (name, backend) => {
  const photo = await (await fetch(name)).blob();
  if (!scrubbers.has(backend)) scrubbers.set(backend, await createScrubber({ backend }));
  const ms = {};
  const start = performance.now();
  let began = start;
  const onProgress = ({ stage, fraction }) => {
    if (fraction === 0) began = performance.now();
    if (fraction === 1) ms[stage] = (ms[stage] ?? 0) + performance.now() - began;
  };
  const { report } = await scrubbers.get(backend).scrub(photo, { seed: 1 }, { onProgress });
  ms.all = performance.now() - start;
  return { ms, blur: report.backend.blur, faces: report.facesDetected };
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

await script(import.meta.url, () => bench());
