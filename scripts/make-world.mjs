// Makes www/views/world.ts, the outline of the world's land on which the page shows a photo's place: `node scripts/make-world.mjs`.
//
// Natural Earth's land at 1:110 million (public domain, by the package world-atlas), as one path in whole degrees: plates of equal
// degrees, 360 wide and 150 high, from 84° N to 66° S, without Antarctica. No map is ever asked for over the network, which would tell where the photo was taken.

import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { feature } from 'topojson-client';

import { ROOT, script } from './run.mjs';

/** The text of www/views/world.ts. */
export function world() {
  const atlas = JSON.parse(readFileSync(createRequire(import.meta.url).resolve('world-atlas/land-110m.json'), 'utf8'));
  const rings = feature(atlas, atlas.objects.land).features.flatMap(({ geometry: { coordinates } }) => coordinates.flat());
  const path = rings.filter((ring) => ring.every(([, y]) => y > BOTTOM)).flatMap(whole).map(outline).join('');
  return [
    "// The outline of the world's land, for the dot that says where a photo was taken. Made by scripts/make-world.mjs from Natural Earth's data (public domain).",
    '',
    `/** In degrees: x from ${-LEFT}° west, y from ${TOP}° north downward. */`,
    `export const WORLD = { left: ${LEFT}, top: ${TOP}, width: 360, height: ${TOP - BOTTOM}, land: '${path}' } as const;`,
    '',
  ].join('\n');
}

/** A ring that jumps from one edge of the map to the other goes on beyond the edge instead, and is drawn at both edges. */
function whole(ring) {
  let turns = 0;
  const unrolled = ring.map(([x, y], at) => {
    const jump = at === 0 ? 0 : x - ring[at - 1][0];
    turns += jump > 180 ? -1 : jump < -180 ? 1 : 0;
    return [x + 360 * turns, y];
  });
  const [least, most] = [Math.min, Math.max].map((pick) => pick(...unrolled.map(([x]) => x)));
  const moved = (by) => unrolled.map(([x, y]) => [x + by, y]);
  return [unrolled, ...(most > 180 ? [moved(-360)] : []), ...(least < -180 ? [moved(360)] : [])];
}

/** A closed ring as a path of relative steps, corners that nobody would see left out; nothing where too little is left. */
function outline(ring) {
  const corners = simplified(ring.map(([x, y]) => [x - LEFT, TOP - y]), TOLERANCE).map((corner) => corner.map(Math.round));
  const distinct = corners.filter(([x, y], at) => at === 0 || x !== corners[at - 1][0] || y !== corners[at - 1][1]);
  const area = distinct.reduce((sum, [x, y], at) => sum + x * distinct[(at + 1) % distinct.length][1] - distinct[(at + 1) % distinct.length][0] * y, 0) / 2;
  if (Math.abs(area) < LEAST_AREA) return '';
  const steps = distinct.slice(1, -1).map(([x, y], at) => `${x - distinct[at][0]} ${y - distinct[at][1]}`);
  return `M${distinct[0].join(' ')}l${steps.join(' ')}z`.replaceAll(' -', '-');
}

/** Douglas and Peucker: keeps what lies farther than `tolerance` from the line between its neighbours. */
function simplified(line, tolerance) {
  if (line.length < 3) return line;
  const [first, last] = [line[0], line.at(-1)];
  const distances = line.map((point) => distance(point, first, last));
  const farthest = distances.indexOf(Math.max(...distances));
  if (distances[farthest] <= tolerance) return [first, last];
  return [...simplified(line.slice(0, farthest + 1), tolerance).slice(0, -1), ...simplified(line.slice(farthest), tolerance)];
}

function distance([x, y], [ax, ay], [bx, by]) {
  const length = Math.hypot(bx - ax, by - ay);
  return length === 0 ? Math.hypot(x - ax, y - ay) : Math.abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / length;
}

const LEFT = -180;
const TOP = 84;
const BOTTOM = -66;
const TOLERANCE = 0.8;
/** Square degrees: smaller islands would be specks. */
const LEAST_AREA = 3;

await script(import.meta.url, () => writeFileSync(join(ROOT, 'www/views/world.ts'), world()));
