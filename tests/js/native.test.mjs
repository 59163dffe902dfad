// The command line and the package are the same Rust code: the same photo and seed give the same bytes and facts.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { createScrubber } from 'darkslide';

import { ROOT, output } from '../../scripts/run.mjs';

const portrait = join(ROOT, 'tests/fixtures/faces/ardern.jpg');
const folder = mkdtempSync(join(tmpdir(), 'darkslide-native-'));
// On the CPU on both sides: where no GPU is found, the reason is part of the report.
const scrubber = await createScrubber({ backend: 'cpu' });
let program;
before(() => {
  // `cargo test` has built it, for its own tests of the command line.
  const { target_directory: target } = JSON.parse(output('cargo', ['metadata', '--no-deps', '--format-version', '1']));
  program = join(target, 'debug', 'darkslide');
  assert.ok(existsSync(program), `${program} is missing: run cargo build`);
});
after(() => {
  scrubber.close();
  rmSync(folder, { recursive: true, force: true });
});

const cases = [
  ['stripping', { faces: 'keep' }, ['--faces', 'keep']],
  ['a blurred region', { faces: 'keep', regions: [{ x: 40, y: 30, width: 90, height: 70 }] }, ['--faces', 'keep', '--region', '40,30,90,70']],
  ['blurred faces', {}, []],
  ['mosaic faces as PNG', { faces: 'mosaic', format: 'png' }, ['--faces', 'mosaic', '--format', 'png']],
  ['an identity reset as WebP', { identity: 'reset', format: 'webp', faces: 'fill' }, ['--stealth', '--format', 'webp', '--faces', 'fill']],
  ['a smaller photo', { maxSide: 200, quality: 60 }, ['--max-side', '200', '--quality', '60']],
];

for (const [name, options, args] of cases) {
  test(`${name}: the same natively and in wasm`, async () => {
    const { file, report } = await scrubber.scrub(readFileSync(portrait), { ...options, seed: 7 });
    const written = join(folder, `out-${cases.findIndex(([other]) => other === name)}.${file.name.split('.').at(-1)}`);
    const line = execFileSync(program, ['--backend', 'cpu', portrait, '-o', written, '--report', '-', '--seed', '7', ...args], { encoding: 'utf8' });
    const { file: _named, ...native } = JSON.parse(line);
    // Which processor drew is the one thing that may differ.
    assert.deepEqual({ ...report, backend: { ...report.backend, blur: native.backend.blur } }, native);
    assert.ok(readFileSync(written).equals(Buffer.from(await file.arrayBuffer())));
  });
}
