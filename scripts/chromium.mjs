// Chromium for tests and benches, and pages that they write themselves.

import { chromium } from 'playwright-core';

import { serve } from './serve.mjs';
import { chromium as find } from './setup.mjs';

/** Opens Chromium. `webgpu` gives it a GPU, computed by the CPU where there is no other; `args` are further flags. */
export function launch({ webgpu = false, args = [] } = {}) {
  const executablePath = find();
  if (executablePath === undefined) throw new Error('no Chromium: npm test installs one, or says how');
  return chromium.launch({ executablePath, args: [...QUIET, ...(webgpu ? WEBGPU : []), ...args] });
}

/** Serves `folder`, with `headers` in place of ours, and opens its page in `browser`. */
export async function open(browser, folder, headers = {}) {
  return await visit(browser, await serve(folder, { headers }));
}

/** Opens the page of a server that runs; `problems` collects what the page complains about. */
export async function visit(browser, server) {
  const page = await browser.newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && !message.location().url.endsWith('/favicon.ico') && problems.push(message.text()));
  await page.goto(server.address);
  return { page, problems, address: server.address, close: () => Promise.all([page.close(), server.close()]) };
}

// The tests' machine is often a container without the kernel's sandbox, and its browser shall ask the network for nothing.
export const QUIET = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const WEBGPU = ['--enable-unsafe-webgpu'];
