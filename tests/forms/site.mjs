// The hosts' pages, bundled, on a server that keeps what it gets; and a browser to open them in.

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { build } from 'esbuild';

import { launch } from '../../scripts/chromium.mjs';
import { ROOT } from '../../scripts/run.mjs';
import { listen } from './server.mjs';

/** Starts all that a test needs; `pages` are names in `pages/`, and `open` opens a browser other than Chromium. */
export async function start(pages, open = chromium) {
  const folder = mkdtempSync(join(tmpdir(), 'darkslide-forms-'));
  const site = join(folder, 'site');
  mkdirSync(site);
  await build({
    absWorkingDir: ROOT,
    entryPoints: pages.map((name) => `tests/forms/pages/${name}.js`),
    outdir: site,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    splitting: true,
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
  });
  for (const name of ['worker.js', 'darkslide.wasm', 'darkslide-all.wasm', 'metadata.wasm', 'metadata-all.wasm']) cpSync(join(ROOT, 'dist', name), join(site, name));
  for (const name of pages) writeFileSync(join(site, `${name}.html`), `<!doctype html><meta charset="utf-8"><title>${name}</title><link rel="icon" href="data:,"><body><script type="module" src="./${name}.js"></script>`);
  const server = await listen(site);
  const browser = await open();
  return {
    folder,
    server,
    open: async (name, hash = '') => {
      const page = await browser.newPage();
      await page.goto(`${server.address}/${name}.html${hash}`);
      await page.waitForFunction(() => 'host' in globalThis);
      return page;
    },
    close: async () => {
      await browser.close();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** No wasm gets more than 256 MiB there: a photo that needs more kills its worker, as it would on a small telephone. */
function chromium() {
  return launch({ args: ['--js-flags=--wasm-max-mem-pages=4096'] });
}
