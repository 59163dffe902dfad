// Makes a machine ready: node modules, the wasm target, and what the tests need. Says what to install where it cannot.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { output, ROOT, run, Stop } from './run.mjs';

/** Installs the node modules when they are not those of package-lock.json. */
export async function nodeModules() {
  const [major] = process.versions.node.split('.');
  if (Number(major) < 20) throw new Stop(`Node ${process.versions.node} is too old: install Node 20 or newer (https://nodejs.org/), then run this again.`);
  const lock = createHash('sha256').update(readFileSync(join(ROOT, 'package-lock.json'))).digest('hex');
  const stamp = join(ROOT, 'node_modules', '.darkslide-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  const npm = process.env.npm_execpath;
  if (npm?.endsWith('.js')) await run(process.execPath, [npm, 'ci']);
  else await run(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['ci']);
  writeFileSync(stamp, lock);
}

/** Checks for Rust, and adds the wasm target where rustup can. */
export async function rust() {
  if (output('cargo', ['--version']) === undefined) {
    throw new Stop('cargo is missing: install Rust with rustup (https://rustup.rs/), then run this again.');
  }
  const library = () => output('rustc', ['--print', 'target-libdir', '--target', WASM_TARGET])?.trim();
  if (existsSync(library() ?? '')) return;
  if (output('rustup', ['--version']) !== undefined) await run('rustup', ['target', 'add', WASM_TARGET]);
  if (existsSync(library() ?? '')) return;
  throw new Stop(`This Rust has no ${WASM_TARGET}: install Rust with rustup (https://rustup.rs/), which brings it, then run this again.`);
}

/** Installs what the tests need from the system's packages: a browser, a Vulkan driver, an independent metadata reader, other encoders. */
export async function testTools() {
  const missing = () => TEST_TOOLS.filter((tool) => !tool.found());
  if (missing().length > 0) {
    const install = aptGet();
    if (install !== undefined) {
      const [command, ...args] = install;
      const env = { DEBIAN_FRONTEND: 'noninteractive' };
      await run(command, [...args, 'update'], { env });
      await run(command, [...args, 'install', '-y', '--no-install-recommends', ...missing().map((tool) => tool.debian)], { env });
    }
  }
  const still = missing();
  if (still.length === 0) return;
  throw new Stop(
    ['The tests need what this machine has not:', ...still.map((tool) => `  ${tool.what} (Debian: apt-get install ${tool.debian}; ${tool.elsewhere})`)].join('\n'),
  );
}

/** The browser that the tests drive. `CHROMIUM` names another one. */
export function chromium() {
  const candidates = [process.env.CHROMIUM, ...CHROMIUM_PATHS, ...CHROMIUM_NAMES.map(onPath)];
  return candidates.find((path) => path !== undefined && existsSync(path));
}

/** The other browser that the tests drive. `FIREFOX` names another one. */
export function firefox() {
  const candidates = [process.env.FIREFOX, ...FIREFOX_PATHS, ...FIREFOX_NAMES.map(onPath)];
  return candidates.find((path) => path !== undefined && existsSync(path));
}

/** Whether there is a Vulkan driver, so that a test that finds no GPU is broken. */
export function vulkan() {
  const folders = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];
  return process.env.VK_ICD_FILENAMES !== undefined || folders.some((folder) => existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.json')));
}

/** The words before `install`: only where that asks nobody for a password. */
function aptGet() {
  if (onPath('apt-get') === undefined) return undefined;
  if (process.getuid?.() === 0) return ['apt-get'];
  return output('sudo', ['-n', 'true']) === undefined ? undefined : ['sudo', '-n', '--preserve-env=DEBIAN_FRONTEND', 'apt-get'];
}

function onPath(name) {
  return output('sh', ['-c', 'command -v -- "$1"', 'sh', name])?.trim() || undefined;
}

const WASM_TARGET = 'wasm32-unknown-unknown';
const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const CHROMIUM_PATHS = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium'];
const FIREFOX_NAMES = ['firefox-esr', 'firefox'];
const FIREFOX_PATHS = ['/Applications/Firefox.app/Contents/MacOS/firefox'];
const TEST_TOOLS = [
  { what: 'Chromium or Chrome', found: () => chromium() !== undefined, debian: 'chromium', elsewhere: 'https://www.chromium.org/, or CHROMIUM=/path/to/it' },
  { what: 'Firefox', found: () => firefox() !== undefined, debian: 'firefox-esr', elsewhere: 'https://www.mozilla.org/firefox/, or FIREFOX=/path/to/it' },
  { what: 'a Vulkan driver', found: () => vulkan() || process.platform === 'darwin', debian: 'mesa-vulkan-drivers', elsewhere: "Mesa's lavapipe needs no graphics card" },
  { what: 'ImageMagick (convert, identify)', found: () => ['convert', 'identify'].every((tool) => onPath(tool) !== undefined), debian: 'imagemagick', elsewhere: 'https://imagemagick.org/' },
  { what: "WebP's tools (cwebp, gif2webp, webpmux)", found: () => ['cwebp', 'gif2webp', 'webpmux'].every((tool) => onPath(tool) !== undefined), debian: 'webp', elsewhere: 'https://developers.google.com/speed/webp/download' },
  { what: 'ffmpeg', found: () => onPath('ffmpeg') !== undefined, debian: 'ffmpeg', elsewhere: 'https://ffmpeg.org/' },
  { what: 'Valgrind', found: () => onPath('valgrind') !== undefined || process.platform !== 'linux', debian: 'valgrind', elsewhere: 'https://valgrind.org/' },
  { what: 'Gifsicle', found: () => onPath('gifsicle') !== undefined, debian: 'gifsicle', elsewhere: 'https://www.lcdf.org/gifsicle/' },
  { what: 'Python 3', found: () => onPath('python3') !== undefined, debian: 'python3', elsewhere: 'https://www.python.org/' },
  { what: 'ExifTool', found: () => onPath('exiftool') !== undefined, debian: 'libimage-exiftool-perl', elsewhere: 'https://exiftool.org/' },
  { what: 'heif-enc and heif-convert', found: () => onPath('heif-enc') !== undefined && onPath('heif-convert') !== undefined, debian: 'libheif-examples', elsewhere: 'libheif with x265 and libde265' },
  { what: 'avifenc and avifdec', found: () => onPath('avifenc') !== undefined && onPath('avifdec') !== undefined, debian: 'libavif-bin', elsewhere: 'libavif with its tools' },
  { what: "libtiff's tools", found: () => onPath('tiffcp') !== undefined, debian: 'libtiff-tools', elsewhere: 'https://libtiff.gitlab.io/libtiff/' },
  { what: "libjxl's tools", found: () => onPath('cjxl') !== undefined, debian: 'libjxl-tools', elsewhere: 'https://github.com/libjxl/libjxl' },
];
