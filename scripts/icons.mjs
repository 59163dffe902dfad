// Draws the PNG icons from icons/darkslide.svg with Chromium: `node scripts/icons.mjs`. They are committed; the build only copies them.

import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { launch } from './chromium.mjs';
import { ROOT, script } from './run.mjs';

/** `room` is the drawing's share of the side: systems may cut a maskable icon down to a circle of four fifths. */
const ICONS = [
  { name: 'darkslide-192.png', size: 192, room: 1, ground: 'transparent' },
  { name: 'darkslide-512.png', size: 512, room: 1, ground: 'transparent' },
  { name: 'darkslide-maskable-512.png', size: 512, room: 0.56, ground: '#f3efe7' },
  // iOS knows no manifest icons, and puts black where there is nothing.
  { name: 'apple-touch-icon.png', size: 180, room: 0.78, ground: '#f3efe7' },
];

export async function drawIcons() {
  const svg = readFileSync(resolve(ROOT, 'www/icons/darkslide.svg'), 'utf8');
  const browser = await launch();
  try {
    for (const { name, size, room, ground } of ICONS) {
      const page = await browser.newPage({ viewport: { width: size, height: size } });
      await page.setContent(`<style>html { background: ${ground} } body { margin: 0; height: 100vh; display: grid; place-items: center } svg { width: ${room * 100}%; }</style>${svg}`);
      writeFileSync(resolve(ROOT, 'www/icons', name), await page.screenshot({ omitBackground: true }));
      await page.close();
    }
  } finally {
    await browser.close();
  }
}

await script(import.meta.url, () => drawIcons());
