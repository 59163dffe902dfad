// `npm run eval -- FOLDER [--kinds] [--every N] [--only LEVEL]`: how many faces the release command line finds in a folder of annotated pictures.
//
// FOLDER/annotations.json is a list of { "file", "width", "height", "faces": [[x, y, width, height], …], "ignore"?: [0 or 1, …] };
// files lie below FOLDER. Faces that are to be ignored count neither as found nor as missed. With --kinds, pictures are also changed:
// turned by other angles, darkened, lit from behind, masked, half covered, cut so that the face fills them, and shrunk into 48 megapixels.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { spawn } from 'node:child_process';

import { targetFolder } from './build.mjs';
import { ROOT, run, script, Stop } from './run.mjs';
import { secondOpinion } from './models.mjs';

async function evaluate(args) {
  const kinds = args.includes('--kinds');
  const every = args.includes('--every') ? Number(args[args.indexOf('--every') + 1]) : 1;
  const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : undefined;
  const [folder] = args.filter((arg, index) => !arg.startsWith('--') && !['--every', '--only'].includes(args[index - 1]));
  if (folder === undefined || !(every >= 1)) throw new Stop('usage: npm run eval -- FOLDER [--kinds] [--every N] [--only fast|balanced|thorough]');
  const list = join(resolve(folder), 'annotations.json');
  if (!existsSync(list)) throw new Stop(`${list} is missing: it names the pictures and their faces`);
  const pictures = JSON.parse(readFileSync(list, 'utf8'))
    .filter((_, index) => index % every === 0)
    .map(({ file, width, height, faces, ignore }) => ({ path: join(resolve(folder), file), width, height, faces: faces.map((box, index) => ({ box, ignored: ignore?.[index] === 1 })) }));

  await run('cargo', ['build', '--locked', '--release', '--bin', 'darkslide']);
  const model = await secondOpinion();
  const levels = [
    { name: 'fast', args: ['--sensitivity', 'fast'] },
    { name: 'balanced', args: ['--sensitivity', 'balanced'] },
    { name: 'thorough, YuNet alone', args: ['--sensitivity', 'thorough', '--second-opinion', 'none'] },
    { name: 'thorough', args: ['--sensitivity', 'thorough', '--second-opinion', model] },
  ].filter(({ name }) => only === undefined || name === only);
  if (levels.length === 0) throw new Stop(`--only ${only}: there is no such level`);
  const made = mkdtempSync(join(tmpdir(), 'darkslide-eval-'));
  try {
    await table('as they are', levels, pictures);
    const withFaces = pictures.filter(({ faces }) => faces.some(({ ignored }) => !ignored));
    await table('turned by 90°', levels, await changed(withFaces, made, 'turned-90', turned(90)));
    if (kinds) for (const [name, change] of KINDS) await table(name, levels, await changed(withFaces, made, name.replaceAll(/\W+/g, '-'), change));
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

/** One row for each level. */
async function table(title, levels, pictures) {
  if (pictures.length === 0) return;
  const rows = {};
  for (const { name, args } of levels) {
    const start = performance.now();
    const reports = await reportsOn(pictures, args);
    rows[name] = { ...score(pictures, reports), 's/picture': ((performance.now() - start) / 1000 / pictures.length).toFixed(2) };
  }
  const count = pictures.flatMap(({ faces }) => faces).filter(({ ignored }) => !ignored).length;
  console.log(`\n${title}: ${pictures.length} pictures, ${count} faces`);
  console.table(rows);
}

/** The reports of `darkslide --dry-run`, by path. */
async function reportsOn(pictures, args) {
  const tool = join(targetFolder(), 'release', process.platform === 'win32' ? 'darkslide.exe' : 'darkslide');
  const child = spawn(tool, ['--dry-run', '--report', '-', ...args, ...pictures.map(({ path }) => path)], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  const [code] = await new Promise((done, fail) => child.on('error', fail).on('close', (...ended) => done(ended)));
  const lines = Buffer.concat(chunks).toString('utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
  const refused = lines.filter(({ error }) => error !== undefined);
  if (lines.length !== pictures.length || code !== 0) throw new Stop(`${tool}: exit status ${code}, ${refused.length} of ${pictures.length} pictures refused`);
  return new Map(lines.map((line) => [line.file, line.faces]));
}

/** Found boxes are matched with annotated ones, best score first, one to one, where they share at least 0.4 of their union. */
function score(pictures, reports) {
  const bins = SIZES.map(() => ({ found: 0, all: 0 }));
  let [right, wrong, faceless, wrongInFaceless] = [0, 0, 0, 0];
  for (const { path, faces } of pictures) {
    const taken = new Set();
    if (faces.length === 0) faceless++;
    for (const { x, y, width, height } of reports.get(path).toSorted((a, b) => b.score - a.score)) {
      const [best, index] = faces.map(({ box }, at) => (taken.has(at) ? [0, at] : [iou([x, y, width, height], box), at])).reduce((a, b) => (b[0] > a[0] ? b : a), [0, -1]);
      if (best >= 0.4) {
        taken.add(index);
        if (!faces[index].ignored) right++;
      } else {
        wrong++;
        if (faces.length === 0) wrongInFaceless++;
      }
    }
    faces.forEach(({ box: [, , width, height], ignored }, index) => {
      if (ignored) return;
      const bin = bins[SIZES.findLastIndex(([from]) => Math.min(width, height) >= from)];
      bin.all++;
      if (taken.has(index)) bin.found++;
    });
  }
  const recall = (some) => ratio(sum(some.map(({ found }) => found)), sum(some.map(({ all }) => all)));
  const sizes = Object.fromEntries(SIZES.map(([, name], index) => [name, recall([bins[index]])]));
  return { recall: recall(bins), '≥ 32': recall(bins.slice(2)), ...sizes, precision: ratio(right, right + wrong), 'false/faceless': ratio(wrongInFaceless, faceless) };
}

/** Pictures made from others by ImageMagick, with their annotations. */
async function changed(pictures, folder, name, change) {
  mkdirSync(join(folder, name));
  const made = [];
  const queue = pictures.map((picture, index) => ({ picture, index }));
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { picture, index } = next;
      const how = change(picture);
      if (how === undefined) continue;
      const path = join(folder, name, `${index}-${basename(picture.path)}.jpg`);
      await run('convert', [picture.path, '-auto-orient', ...how.args, '-quality', '92', path]);
      made.push({ path, faces: how.faces });
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return made;
}

/** Turns clockwise. The box of a turned face is that of its ellipse. */
function turned(degrees) {
  return ({ width, height, faces }) => {
    const [sin, cos] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
    const [wide, high] = [Math.abs(width * cos) + Math.abs(height * sin), Math.abs(width * sin) + Math.abs(height * cos)];
    const box = ([x, y, w, h]) => {
      const [dx, dy] = [x + w / 2 - width / 2, y + h / 2 - height / 2];
      const [toWidth, toHeight] = [Math.hypot(w * cos, h * sin), Math.hypot(w * sin, h * cos)];
      return [dx * cos - dy * sin + wide / 2 - toWidth / 2, dx * sin + dy * cos + high / 2 - toHeight / 2, toWidth, toHeight];
    };
    return { args: ['-background', 'black', '-rotate', String(degrees), '+repage'], faces: faces.map(({ box: from, ignored }) => ({ box: box(from), ignored })) };
  };
}

function same(...args) {
  return ({ faces }) => ({ args, faces });
}

/** Draws over a part of each face of 32 px and more; the others count no longer. */
function covered(color, part) {
  return ({ faces }) => {
    const large = faces.filter(({ box, ignored }) => !ignored && Math.min(box[2], box[3]) >= 32);
    if (large.length === 0) return undefined;
    const draw = large.flatMap(({ box }) => ['-draw', part(box)]);
    return { args: ['-fill', color, ...draw], faces: faces.map((face) => ({ ...face, ignored: !large.includes(face) })) };
  };
}

/** Cut to the largest face and a fifth of it on each side. */
function filling({ width, height, faces }) {
  const large = faces.filter(({ box, ignored }) => !ignored && Math.min(box[2], box[3]) >= 120);
  const [x, y, w, h] = large.toSorted((a, b) => b.box[2] - a.box[2])[0]?.box ?? [];
  if (x === undefined) return undefined;
  const [left, top] = [Math.max(0, Math.round(x - w / 5)), Math.max(0, Math.round(y - h / 5))];
  const [right, bottom] = [Math.min(width, Math.round(x + w * 1.2)), Math.min(height, Math.round(y + h * 1.2))];
  const args = ['-crop', `${right - left}x${bottom - top}+${left}+${top}`, '+repage', '-resize', '1600x1600'];
  const scale = 1600 / Math.max(right - left, bottom - top);
  return { args, faces: [{ box: [(x - left) * scale, (y - top) * scale, w * scale, h * scale], ignored: false }] };
}

/** As large as it is, in the corner of 48 megapixels of the picture's own blurred colours. Faces below 24 px count no longer. */
function lost({ path, width, height, faces }) {
  if (!faces.some(({ box, ignored }) => !ignored && Math.min(box[2], box[3]) >= 24)) return undefined;
  const [left, top] = [5000, 3600];
  const args = ['-resize', '100x75!', '-blur', '0x4', '-resize', '8000x6000!', path, '-geometry', `+${left}+${top}`, '-composite'];
  return { args, faces: faces.map(({ box: [x, y, w, h], ignored }) => ({ box: [x + left, y + top, w, h], ignored: ignored || Math.min(w, h) < 24 || width + left > 8000 || height + top > 6000 })) };
}

function iou([ax, ay, aw, ah], [bx, by, bw, bh]) {
  const [w, h] = [Math.min(ax + aw, bx + bw) - Math.max(ax, bx), Math.min(ay + ah, by + bh) - Math.max(ay, by)];
  return w <= 0 || h <= 0 ? 0 : (w * h) / (aw * ah + bw * bh - w * h);
}

function ratio(part, all) {
  return all === 0 ? undefined : Number((part / all).toFixed(3));
}

function sum(numbers) {
  return numbers.reduce((a, b) => a + b, 0);
}

/** Shorter side of the annotated box, px. */
const SIZES = [
  [0, '< 16'],
  [16, '16–32'],
  [32, '32–64'],
  [64, '64 +'],
];

const KINDS = [
  ['turned by 30°', turned(30)],
  ['turned by 45°', turned(45)],
  ['turned by 180°', turned(180)],
  ['turned by -90°', turned(270)],
  ['dark', same('-evaluate', 'multiply', '0.12')],
  ['lit from behind', same('-sigmoidal-contrast', '8x75%')],
  ['masked, 32 px and more', covered('#9fc5d8', ([x, y, w, h]) => `roundrectangle ${x},${y + h * 0.52} ${x + w},${y + h} ${w / 8},${h / 8}`)],
  ['half hidden, 32 px and more', covered('#6b5a48', ([x, y, w, h]) => `rectangle ${x - w * 0.1},${y - h * 0.1} ${x + w * 0.45},${y + h * 1.1}`)],
  ['filling the picture', filling],
  ['in 48 megapixels, 24 px and more', lost],
];

await script(import.meta.url, (args) => evaluate(args));
