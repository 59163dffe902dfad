// Makes the page's sample photo, www/sample.jpg: `node scripts/make-sample.mjs PORTRAIT`.
//
// PORTRAIT is a picture that may be shown by everyone (www/sample.md says which one was taken). It is stored on its side,
// as phones store portraits, and gets what a photo gives away: a place, a time, names, serial numbers, a thumbnail, a second
// picture. All of that is invented; the place is the point of the oceans that is farthest from anybody's home.
//
// Only maintainers run this: it needs ImageMagick's `convert`.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT, script, Stop } from './run.mjs';

function make(portrait) {
  const photo = stored(portrait, 512, 84);
  const thumbnail = stored(portrait, 160, 70);
  const second = stored(portrait, 256, 75);
  const head = Buffer.concat([photo.subarray(0, 2), segment(0xe1, exif(thumbnail)), segment(0xe1, xmp())]);
  const body = photo.subarray(2);
  const first = head.length + MPF_LENGTH + body.length;
  // Offsets of further pictures count from the TIFF header behind the segment's marker, length and identifier.
  const mpf = segment(0xe2, multiPicture(first, second.length, first - head.length - 8));
  if (mpf.length !== MPF_LENGTH) throw new Stop(`the MPF segment is ${mpf.length} bytes long`);
  writeFileSync(join(ROOT, 'www/sample.jpg'), Buffer.concat([head, mpf, body, second]));
}

/** A JPEG of the portrait, turned so that orientation 6 makes it upright. */
function stored(portrait, side, quality) {
  const args = [portrait, '-gravity', 'west', '-crop', '448x512+8+0', '+repage', '-resize', `${side}x${side}`, '-rotate', '-90', '-strip', '-sampling-factor', '4:2:0', '-quality', String(quality), 'jpg:-'];
  return execFileSync('convert', args, { maxBuffer: 1 << 24 });
}

function segment(marker, payload) {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(payload.length + 2, 2);
  return Buffer.concat([head, payload]);
}

function exif(thumbnail) {
  const main = [
    ascii(0x010f, 'Holm & Reyes'),
    ascii(0x0110, 'HR 45 Field'),
    short(0x0112, 6),
    ascii(0x0131, 'HR Darkroom 3.1'),
    ascii(0x0132, TAKEN),
    ascii(0x013b, OWNER),
    ascii(0x8298, `(c) ${OWNER}`),
  ];
  const camera = [
    fraction(0x829a, [1, 250]),
    fraction(0x829d, [56, 10]),
    short(0x8827, 200),
    ascii(0x9003, TAKEN),
    ascii(0x9010, '-08:00'),
    fraction(0x920a, [150, 1]),
    ascii(0xa420, '5f3e90c2aa1047b8b1d2c6e7f8091a2b'),
    ascii(0xa430, OWNER),
    ascii(0xa431, 'HR45-0071934'),
    ascii(0xa434, 'Reyes Apo 150mm F5.6'),
    ascii(0xa435, 'L-338102'),
  ];
  const gps = [
    ascii(0x01, 'S'),
    fraction(0x02, [48, 1], [52, 1], [3600, 100]),
    ascii(0x03, 'W'),
    fraction(0x04, [123, 1], [23, 1], [3600, 100]),
    byte(0x05, 0),
    fraction(0x06, [2, 1]),
    fraction(0x07, [17, 1], [42, 1], [10, 1]),
    ascii(0x1d, '2024:05:18'),
  ];
  const small = (at) => [short(0x0103, 6), long(0x0201, at), long(0x0202, thumbnail.length)];
  // Directories one behind the other: each is laid out once to learn its length, then again with the offsets that follow from it.
  const lay = (at) => {
    const withPointers = [...main, long(0x8769, at.camera), long(0x8825, at.gps)];
    return [directory(withPointers, 8, at.small), directory(camera, at.camera), directory(gps, at.gps), directory(small(at.image), at.small)];
  };
  const lengths = lay({ camera: 0, gps: 0, small: 0, image: 0 }).map((part) => part.length);
  const [afterMain, afterCamera, afterGps, afterSmall] = lengths.map((_, i) => 8 + lengths.slice(0, i + 1).reduce((sum, length) => sum + length, 0));
  const parts = lay({ camera: afterMain, gps: afterCamera, small: afterGps, image: afterSmall });
  return Buffer.concat([Buffer.from('Exif\0\0MM\0*\0\0\0\x08', 'latin1'), ...parts, thumbnail]);
}

/** A TIFF directory that lies at `start`, with the values that do not fit into its entries behind it. */
function directory(entries, start, next = 0) {
  const table = Buffer.alloc(2 + entries.length * 12 + 4);
  const values = [];
  let end = start + table.length;
  table.writeUInt16BE(entries.length, 0);
  entries.forEach(({ tag, type, count, value }, index) => {
    const at = 2 + index * 12;
    table.writeUInt16BE(tag, at);
    table.writeUInt16BE(type, at + 2);
    table.writeUInt32BE(count, at + 4);
    if (value.length <= 4) value.copy(table, at + 8);
    else {
      table.writeUInt32BE(end, at + 8);
      const padded = Buffer.concat([value, Buffer.alloc(value.length % 2)]);
      values.push(padded);
      end += padded.length;
    }
  });
  table.writeUInt32BE(next, table.length - 4);
  return Buffer.concat([table, ...values]);
}

function xmp() {
  const packet = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmp:CreatorTool="HR Darkroom 3.1"><dc:description><rdf:Alt><rdf:li xml:lang="x-default">The day before the launch</rdf:li></rdf:Alt></dc:description><Iptc4xmpExt:PersonInImage><rdf:Bag><rdf:li>Somebody Sample</rdf:li></rdf:Bag></Iptc4xmpExt:PersonInImage></rdf:Description></rdf:RDF></x:xmpmeta>`;
  return Buffer.from(`http://ns.adobe.com/xap/1.0/\0${packet}`, 'latin1');
}

/** An index of two pictures. [CIPA DC-007 §5.2] */
function multiPicture(firstLength, secondLength, secondOffset) {
  const pictures = Buffer.alloc(32);
  [0x20030000, firstLength, 0, 0, 0x00010001, secondLength, secondOffset, 0].forEach((number, index) => pictures.writeUInt32BE(number, index * 4));
  const entries = [
    { tag: 0xb000, type: 7, count: 4, value: Buffer.from('0100') },
    long(0xb001, 2),
    { tag: 0xb002, type: 7, count: 32, value: pictures },
  ];
  return Buffer.concat([Buffer.from('MPF\0MM\0*\0\0\0\x08', 'latin1'), directory(entries, 8)]);
}

function ascii(tag, text) {
  return { tag, type: 2, count: text.length + 1, value: Buffer.from(`${text}\0`, 'latin1') };
}

function byte(tag, number) {
  return { tag, type: 1, count: 1, value: Buffer.from([number]) };
}

function short(tag, number) {
  const value = Buffer.alloc(2);
  value.writeUInt16BE(number);
  return { tag, type: 3, count: 1, value };
}

function long(tag, number) {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(number);
  return { tag, type: 4, count: 1, value };
}

function fraction(tag, ...pairs) {
  const value = Buffer.alloc(pairs.length * 8);
  pairs.flat().forEach((number, index) => value.writeUInt32BE(number, index * 4));
  return { tag, type: 5, count: pairs.length, value };
}

const TAKEN = '2024:05:18 09:42:10';
const OWNER = 'Mika Sample';
/** Marker, length, identifier, TIFF header, three entries, two pictures. */
const MPF_LENGTH = 4 + 4 + 8 + 2 + 3 * 12 + 4 + 32;

await script(import.meta.url, ([portrait]) => {
  if (portrait === undefined) throw new Stop('Which portrait? node scripts/make-sample.mjs PORTRAIT');
  make(portrait);
});
