// What phones and editors hide in pictures, written by encoders that others made: an Ultra HDR photo, a motion photo, animations.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { encodeJPEGMetadata } from '@monogrid/gainmap-js/libultrahdr';
import { strip, verify } from 'darkslide/metadata';

const folder = mkdtempSync(join(tmpdir(), 'darkslide-phones-'));
after(() => rmSync(folder, { recursive: true }));

test('an Ultra HDR photo loses its gain map in every form, and the picture stays', async () => {
  run('convert', ['-size', '320x240', 'plasma:tomato-steelblue', 'sdr.jpg']);
  run('convert', ['sdr.jpg', '-resize', '160x120', '-colorspace', 'gray', 'gain.jpg']);
  const picture = (name, width, height) => ({ data: new Uint8Array(file(name)), mimeType: 'image/jpeg', width, height });
  const three = (value) => [value, value, value];
  const photo = Buffer.from(encodeJPEGMetadata({
    sdr: picture('sdr.jpg', 320, 240), gainMap: picture('gain.jpg', 160, 120), gamma: three(1), offsetSdr: three(1 / 64), offsetHdr: three(1 / 64),
    hdrCapacityMin: 0, hdrCapacityMax: 2.3, minContentBoost: three(1), maxContentBoost: three(4.9), gainMapMin: three(0), gainMapMax: three(2.3),
  }));
  const { report, bytes } = await stripped('ultra.jpg', photo);
  const has = (kind, path) => assert.ok(report.removed.some((removed) => removed.kind === kind && removed.path === path), `${kind} ${path}`);
  has('gain-map', 'APP1/XMP/hdrgm:Version');
  has('gain-map', 'APP2/ISO21496');
  has('multi-picture', 'APP2/MPF');
  has('gain-map', 'MPF/1');
  // It says where the second picture is.
  const { offset, bytes: length } = report.removed.find(({ path }) => path === 'MPF/1');
  assert.equal(photo.readUInt16BE(offset), 0xffd8);
  assert.equal(photo.length, offset + length);
  assert.equal(pictures(bytes), 1);
  assert.deepEqual(shown('ultra-out.jpg'), shown('sdr.jpg'));
});

test("a motion photo loses its film and the film's place and time", async () => {
  run('convert', ['-size', '320x240', 'plasma:tomato-steelblue', 'still.jpg']);
  const place = ['-metadata', 'location=+51.5033-000.1276/', '-metadata', 'creation_time=2024-05-07T09:33:04Z'];
  run('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=320x240:rate=10:duration=1', '-c:v', 'mpeg4', ...place, 'film.mp4']);
  const film = file('film.mp4');
  // As Google's Motion Photo format has it, the older one's tags too.
  const item = (semantic, mime, length) => `<rdf:li rdf:parseType='Resource'><Container:Item Item:Semantic='${semantic}' Item:Mime='${mime}' Item:Length='${length}'/></rdf:li>`;
  writeFileSync(join(folder, 'motion.xmp'), `<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>
    <rdf:Description rdf:about='' xmlns:GCamera='http://ns.google.com/photos/1.0/camera/' xmlns:Container='http://ns.google.com/photos/1.0/container/'
      xmlns:Item='http://ns.google.com/photos/1.0/container/item/' GCamera:MotionPhoto='1' GCamera:MotionPhotoVersion='1'
      GCamera:MotionPhotoPresentationTimestampUs='500000' GCamera:MicroVideo='1' GCamera:MicroVideoVersion='1' GCamera:MicroVideoOffset='${film.length}'>
      <Container:Directory><rdf:Seq>${item('Primary', 'image/jpeg', 0)}${item('MotionPhoto', 'video/mp4', film.length)}</rdf:Seq></Container:Directory>
    </rdf:Description></rdf:RDF></x:xmpmeta>`);
  run('exiftool', ['-q', '-overwrite_original', '-XMP<=motion.xmp', 'still.jpg']);
  const { report, bytes } = await stripped('motion.jpg', Buffer.concat([file('still.jpg'), film]));
  assert.ok(report.removed.some(({ kind, path }) => kind === 'motion' && path.includes('GCamera:MotionPhoto')), JSON.stringify(report.removed));
  const trailer = report.removed.find(({ kind, bytes }) => kind === 'motion' && bytes === film.length);
  assert.ok(trailer !== undefined, JSON.stringify(report.removed));
  assert.equal(bytes.indexOf('ftyp'), -1);
  assert.deepEqual(shown('motion-out.jpg'), shown('still.jpg'));
});

for (const [name, codec] of [['animation.apng', ['-f', 'apng', '-plays', '3']], ['animation.gif', ['-loop', '3']], ['animation.webp', ['-c:v', 'libwebp_anim', '-lossless', '1', '-loop', '3']]]) {
  test(`${name}: XMP goes, frames, times and loops stay`, async () => {
    run('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=64x48:rate=10:duration=1', ...codec, name]);
    const frames = (path) => run('ffmpeg', ['-v', 'error', '-ignore_loop', '1', '-i', path, '-f', 'framemd5', '-']).replace(/^#sar.*/m, '');
    const info = (path) => run('webpmux', ['-info', path]).replace(/^(File size|Features present):.*$/gm, '').replace(/Size of the XMP.*/g, '');
    const film = name.endsWith('.webp') ? info : frames;
    const before = film(name);
    run('exiftool', ['-q', '-overwrite_original', '-XMP-dc:Creator=Marta Kerkstraat', '-XMP-exif:GPSLatitude=51.5033 N', name]);
    const animation = file(name);
    assert.ok(animation.includes('Kerkstraat'));
    const { report, bytes } = await stripped(name, animation);
    assert.ok(report.removed.some(({ kind, value }) => kind === 'xmp' && value?.includes('Kerkstraat')), JSON.stringify(report.removed));
    assert.equal(bytes.indexOf('Kerkstraat'), -1);
    assert.equal(film(out(name)), before);
    assert.equal(before.split('\n').filter((line) => /^0,|^ *\d+: /.test(line)).length, 10);
  });
}

/** Strips a file, writes both, and has everyone look at what came out. */
async function stripped(name, bytes) {
  writeFileSync(join(folder, name), bytes);
  const { file: result, report } = await strip(bytes);
  const clean = Buffer.from(await result.arrayBuffer());
  writeFileSync(join(folder, out(name)), clean);
  assert.equal(report.pixels, 'untouched');
  assert.deepEqual((await verify(clean)).findings, []);
  const structure = /^\[(System|File|ExifTool|Composite|JFIF|PNG|APNG|GIF|RIFF)\]/;
  const read = run('exiftool', ['-a', '-G1', '-s', '-ee', '-u', out(name)]).split('\n').filter((line) => line !== '' && !structure.test(line));
  assert.deepEqual(read, []);
  return { report, bytes: clean };
}

const out = (name) => name.replace('.', '-out.');
const file = (name) => readFileSync(join(folder, name));

/** How many JPEGs a file holds, by their first three bytes. */
function pictures(bytes) {
  let found = 0;
  for (let at = bytes.indexOf('ffd8ff', 0, 'hex'); at >= 0; at = bytes.indexOf('ffd8ff', at + 1, 'hex')) found += 1;
  return found;
}

/** Size and a hash of the pixels, as ImageMagick reads them. */
const shown = (name) => run('identify', ['-format', '%w %h %#', name]);

function run(command, args) {
  const done = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
  assert.equal(done.error?.code, undefined, `${command} is missing: \`npm test\` says how to install it`);
  assert.equal(done.status, 0, `${command} ${args.join(' ')}: ${done.stderr}`);
  return done.stdout;
}
