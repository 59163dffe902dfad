// The package as users get it: packed, installed into a fresh project, and used from Node, through Vite, and as plain files.

import assert from 'node:assert/strict';
import { cpSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { files } from '../../scripts/cache.mjs';
import { launch, open } from '../../scripts/chromium.mjs';
import { sha384 } from '../../scripts/integrity.mjs';
import { ROOT } from '../../scripts/run.mjs';
import { comment, gps, jpeg } from '../js/photo.mjs';
import * as fresh from './fresh.mjs';

const ADAPTERS = ['forms', 'element', 'react', 'uppy', 'filepond', 'dropzone', 'react-dropzone', 'guard'];
const photo = jpeg({ width: 320, height: 240, segments: [gps(), comment('from my house')] });

let made;
let folder;
let project;
before(() => {
  made = fresh.pack();
  folder = made.folder;
  project = join(folder, 'project');
  write('package.json', JSON.stringify({ name: 'fresh', private: true, type: 'module' }));
  run('npm', ['install', '--ignore-scripts', made.tarball]);
});
after(() => made?.remove());

test('the package holds what it needs and nothing else', () => {
  const paths = made.packed.files.map(({ path }) => path);
  const needed = ['package.json', 'README.md', 'dist/index.js', 'dist/index.d.ts', 'dist/worker.js', 'dist/index.node.js', 'dist/worker.node.js', 'dist/verify.js', 'dist/verify.d.ts', 'dist/metadata.js', 'dist/metadata.node.js', 'dist/metadata.d.ts', 'dist/metadata.wasm', 'dist/metadata-all.wasm', 'dist/darkslide.wasm', 'dist/darkslide-all.wasm', 'dist/inline.js', 'dist/packed.js', 'dist/slim.js', 'dist/integrity.json', 'dist/wasm/darkslide.d.ts', 'dist/wasm/metadata.d.ts', 'dist/THIRD_PARTY_LICENSES.txt', ...ADAPTERS.flatMap((name) => [`dist/adapters/${name}.js`, `dist/adapters/${name}.d.ts`])];
  assert.deepEqual(needed.filter((path) => !paths.includes(path)), []);
  assert.ok(paths.some((path) => path.startsWith('LICENSE')));
  assert.deepEqual(paths.filter((path) => !/^(dist\/(?!www\/)|js\/|docs\/|LICENSE|(README|SECURITY|THREAT_MODEL)\.md$|package\.json$)/.test(path)), []);
});

test('the list of hashes names every file of the package but itself, and each as it is', () => {
  const installed = realpathSync(join(project, 'node_modules/darkslide'));
  const listed = JSON.parse(readFileSync(join(installed, 'dist/integrity.json'), 'utf8'));
  const found = files(installed).map((path) => path.slice(installed.length + 1)).filter((path) => path !== 'dist/integrity.json');
  assert.deepEqual(Object.keys(listed).sort(), found.sort());
  assert.deepEqual(found.filter((path) => listed[path] !== sha384(readFileSync(join(installed, path)))), [], 'changed since the build');
});

test('publint and arethetypeswrong have nothing to object to', () => {
  const { tarball } = made;
  run(process.execPath, [join(ROOT, 'node_modules/publint/src/cli.js'), 'run', tarball, '--strict'], ROOT);
  // ESM only, on purpose: `require` of it works from Node 20.19 on.
  run(process.execPath, [join(ROOT, 'node_modules/@arethetypeswrong/cli/dist/index.js'), tarball, '--profile', 'esm-only', '--exclude-entrypoints', 'scrub.wasm', 'darkslide.wasm', 'darkslide-all.wasm', 'metadata.wasm', 'metadata-all.wasm', 'centerface.bin', 'integrity.json', '--no-color'], ROOT);
});

test('a Node program scrubs with it', () => {
  write('photo.jpg', photo);
  write(
    'scrub.js',
    `import { readFileSync } from 'node:fs';
    import { createScrubber, ScrubError } from 'darkslide';
    import { strip } from 'darkslide/metadata';
    import { verify } from 'darkslide/verify';
    const photo = readFileSync('photo.jpg');
    const scrubber = await createScrubber();
    const { file, report } = await scrubber.scrub(photo);
    const refused = await scrubber.scrub(photo, { face: 'blur' }).catch((error) => error instanceof ScrubError && error.code);
    scrubber.close();
    console.log(JSON.stringify({ before: verify(photo).clean, after: verify(await file.arrayBuffer()).clean, stripped: verify(await (await strip(photo)).file.arrayBuffer()).clean, type: file.type, removed: report.removed.length > 0, refused }));`,
  );
  assert.deepEqual(JSON.parse(run(process.execPath, ['scrub.js'])), { before: false, after: true, stripped: true, type: 'image/jpeg', removed: true, refused: 'invalid-option' });
});

test('its types serve a program in TypeScript, by either way of resolving modules', () => {
  write(
    'typed.ts',
    `import { createScrubber, ScrubError, type ErrorCode, type Report } from 'darkslide';
    import { inspect, strip, type Keep } from 'darkslide/metadata';
    import { verify } from 'darkslide/verify';
    import { protect, type PhotosState } from 'darkslide/forms';
    import 'darkslide/element';
    import Darkslide from 'darkslide/filepond';
    import { transformFile } from 'darkslide/dropzone';
    import { createGetFilesFromEvent } from 'darkslide/react-dropzone';
    import { createGuardedFetch, guard } from 'darkslide/guard';
    const protection = protect(document.createElement('form'), { faces: 'mosaic', other: 'allow', scrubber: { scrub: (photo) => strip(photo) }, onState: (state: PhotosState) => console.log(state.phase) });
    await protection.settled();
    // @ts-expect-error a misspelt option
    protect(document.createElement('form'), { face: 'blur' });
    const input = document.createElement('darkslide-input');
    input.options = { quality: 90 };
    const shown: readonly File[] = input.files;
    console.log(shown, Darkslide, transformFile({ maxSide: 2048 }), createGetFilesFromEvent({ workers: 2 }), createGuardedFetch(), guard().release);
    const keep: Keep = { copyright: true, date: false, coarseLocation: false };
    const bare: File = (await strip(new Blob(), { keep })).file;
    // @ts-expect-error it knows of no faces
    await inspect(bare, { faces: 'blur' });
    const scrubber = await createScrubber({ workers: 2, backend: 'cpu' });
    const { file, report } = await scrubber.scrub(new Uint8Array(), { faces: 'mosaic', maxSide: 2048 });
    const named: File = file;
    const facts: Report = report;
    for await (const result of scrubber.scrubAll([new Blob()])) if (!result.ok) { const code: ErrorCode = result.error.code; console.log(code); }
    // @ts-expect-error a misspelt option
    await scrubber.scrub(named, { face: 'blur' });
    // @ts-expect-error a backend that there is not
    await createScrubber({ backend: 'cuda' });
    console.log(verify(new Uint8Array()).findings.map(({ kind, path }) => kind + path), facts.removed, ScrubError.name);`,
  );
  // What the README shows is to compile as it stands.
  const shown = [...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, lines], index) => [`readme-${index}.ts`, lines]);
  assert.ok(shown.length >= 3);
  for (const [name, lines] of shown) write(name, lines);
  for (const [module, resolution] of [['esnext', 'bundler'], ['nodenext', 'nodenext']]) {
    run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022,dom', '--types', '', '--module', module, '--moduleResolution', resolution, 'typed.ts', ...shown.map(([name]) => name)]);
  }
});

test('plain files scrub with it, on the CPU and with WebGPU', async () => {
  const site = join(folder, 'site');
  cpSync(join(project, 'node_modules/darkslide/dist'), join(site, 'darkslide'), { recursive: true });
  page(site, './darkslide/index.js', './darkslide/metadata.js');
  await scrubsInChromium(site, { webgpu: false });
  await scrubsInChromium(site, { webgpu: true });
});

test('where the wasm is missing, the error says what to do', async () => {
  const site = join(folder, 'broken');
  for (const name of ['index.js', 'worker.js']) cpSync(join(project, 'node_modules/darkslide/dist', name), join(site, 'darkslide', name));
  page(site, './darkslide/index.js', './darkslide/metadata.js');
  const scrub = async () => {
    const { scrubbed } = await inChromium(site, { webgpu: false });
    return scrubbed;
  };
  const { error: absent } = await scrub();
  assert.match(absent, /^crashed: .*404.*Serve dist\/darkslide\.wasm/);
  // As servers of single-page sites answer what they do not have.
  write(join(site, 'darkslide/darkslide.wasm'), '<!doctype html><title>Home</title>');
  const { error: html } = await scrub();
  assert.match(html, /^crashed: .*no WebAssembly.*Serve dist\/darkslide\.wasm/);
  // Both kinds of failure, of the entry without a worker too.
  const strip = async () => (await inChromium(site, { webgpu: false }, 'strip')).scrubbed;
  cpSync(join(project, 'node_modules/darkslide/dist/metadata.js'), join(site, 'darkslide/metadata.js'));
  assert.match((await strip()).error, /^crashed: .*404.*Serve dist\/metadata\.wasm/);
  write(join(site, 'darkslide/metadata.wasm'), '<!doctype html><title>Home</title>');
  assert.match((await strip()).error, /^crashed: .*no WebAssembly.*Serve dist\/metadata\.wasm/);
  cpSync(join(project, 'node_modules/darkslide/dist/metadata.wasm'), join(site, 'darkslide/metadata.wasm'));
  assert.deepEqual(await strip(), { refused: 'crashed: /darkslide/metadata-all.wasm' });
  rmSync(join(site, 'darkslide/worker.js'));
  const { error: workerless } = await scrub();
  assert.match(workerless, /^crashed: the worker did not start\. Serve dist\/worker\.js/);
});

async function scrubsInChromium(site, { webgpu }) {
  const { scrubbed, problems, requests } = await inChromium(site, { webgpu });
  assert.equal(scrubbed.error, undefined);
  assert.match(scrubbed.name, /^photo-[0-9a-f]{8}\.jpg$/);
  assert.deepEqual(scrubbed, { ...scrubbed, type: 'image/jpeg', clean: true, strippedClean: true, removed: true, width: 320, blur: webgpu ? 'webgpu' : 'cpu' });
  assert.deepEqual(problems, []);
  assert.deepEqual(requests, []);
}

/** Scrubs in the page, twice: the second time nothing may be asked of the network. */
async function inChromium(site, { webgpu }, call = 'scrub') {
  const browser = await launch({ webgpu });
  try {
    const { page, problems, address, close } = await open(browser, site);
    await page.waitForFunction(() => 'scrub' in globalThis);
    const args = [photo.toString('base64'), webgpu ? 'webgpu' : 'auto'];
    const scrubbed = await page.evaluate(([name, args]) => globalThis[name](...args), [call, args]);
    const requests = [];
    page.context().on('request', (request) => !request.url().startsWith('blob:') && requests.push(request.url()));
    if (call === 'scrub' && scrubbed.error === undefined) await page.evaluate((args) => globalThis.scrub(...args), args);
    assert.ok(page.url().startsWith(address));
    await close();
    return { scrubbed, problems, requests };
  } finally {
    await browser.close();
  }
}

/** A page whose script scrubs one photo with a redaction, and shows it as an image. */
function page(site, darkslide = 'darkslide', metadata = 'darkslide/metadata') {
  write(join(site, 'index.html'), '<!doctype html><meta charset="utf-8"><title>A site</title><script type="module" src="./main.js"></script>');
  write(
    join(site, 'main.js'),
    `import { createScrubber } from '${darkslide}';
    let scrubber;
    globalThis.scrub = async (base64, backend) => {
      try {
        scrubber ??= await createScrubber({ backend });
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        const { file, report } = await scrubber.scrub(new File([bytes], 'home.jpg'), { regions: [{ x: 20, y: 20, width: 80, height: 80 }] });
        const { clean } = await scrubber.verify(file);
        const { width } = await createImageBitmap(file);
        // Later, so that the test of what is missing gets as far as the scrubber.
        const { strip } = await import('${metadata}');
        const stripped = await strip(new Blob([bytes]));
        const strippedClean = (await scrubber.verify(stripped.file)).clean && stripped.report.removed.length > 0;
        return { name: file.name, type: file.type, clean, strippedClean, removed: report.removed.length > 0, width, blur: report.backend.blur };
      } catch (error) {
        return { error: error.code + ': ' + error.message };
      }
    };
    globalThis.strip = async (base64) => {
      try {
        const { strip } = await import('${metadata}');
        await strip(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)));
        const gif = new Blob([Uint8Array.from(atob('R0lGODlhAQABAPAAAICAgAAAACwAAAAAAQABAAACAkQBADs='), (letter) => letter.charCodeAt(0))]);
        return { refused: await strip(gif).catch(({ code, message }) => code + ': ' + message.split(' ')[0]) };
      } catch (error) {
        return { error: error.code + ': ' + error.message };
      }
    };`,
  );
}

function write(path, content) {
  fresh.write(project, path, content);
}

function run(command, args, cwd = project) {
  return fresh.execute(cwd, command, args);
}
