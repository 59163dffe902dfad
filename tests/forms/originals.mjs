// Files as people choose them, with secrets planted wherever one may lie; and a look for any run of their bytes in what a server got.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { comment, gps, jpeg, segment } from '../js/photo.mjs';

const FACES = new URL('../fixtures/faces/', import.meta.url).pathname;

/** Writes the files into `folder`; each is `{ name, path, bytes }`. */
export function originals(folder) {
  mkdirSync(folder, { recursive: true });
  const save = (name, bytes) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return { name, path, bytes };
  };
  const good = planted(face('macron', { width: 160 }));
  return {
    good: save('Kerkstraat 12 at home.jpg', good),
    many: Array.from({ length: 20 }, (_, index) => save(`IMG_20260501_${1000 + index}.jpg`, planted(face('sunak', { width: 96 + 4 * index })))),
    // All that tells about its owner is whole; its picture is noise, which no decoder takes.
    broken: save('IMG_0666.jpg', Buffer.concat([planted(good.subarray(0, 2)), noise(3000, 'broken')])),
    // Compressed harder than what comes out.
    grows: save('IMG_0007.jpg', planted(face('ardern', { width: 320, quality: 4 }), 20)),
    // More pixels than the tests' browser gives memory for: the worker dies of it.
    crashes: save('panorama.jpg', jpeg({ width: 9000, height: 9000, segments: [gps(), comment(secret('crash'))] })),
    empty: save('IMG_0000.jpg', Buffer.alloc(0)),
    other: save('diary.txt', Buffer.from(`Dear diary, ${secret('diary')} ${noise(400, 'diary').toString('base64')}`)),
  };
}

/** All 64-byte runs of the originals, and the words that must not leave. */
export function evidence(files) {
  const runs = new Set();
  for (const { bytes } of files) for (let at = 0; at + RUN <= bytes.length; at++) if (tells(bytes, at)) runs.add(bytes.toString('latin1', at, at + RUN));
  const words = [...files.map(({ name }) => name), ...files.map(({ name }) => encodeURIComponent(name)), 'planted-secret'];
  return {
    /** What of the originals is in `bytes`; undefined when nothing is. */
    found(bytes) {
      const word = words.find((name) => bytes.includes(name));
      if (word !== undefined) return word;
      for (let at = 0; at + RUN <= bytes.length; at++) if (runs.has(bytes.toString('latin1', at, at + RUN))) return `64 bytes of an original at ${at}`;
      return undefined;
    },
  };
}

/** Runs of one value, as padding and empty pictures have, belong to nobody. */
function tells(bytes, at) {
  return new Set(bytes.subarray(at, at + RUN)).size > 4;
}

/** A portrait; its Huffman tables are its own, so that none of its bytes are every JPEG's. */
function face(who, { width, quality = 91 }) {
  return execFileSync('convert', [join(FACES, `${who}.jpg`), '-resize', `${width}x`, '-strip', '-define', 'jpeg:optimize-coding=true', '-quality', String(quality), 'jpeg:-'], { maxBuffer: 1 << 26 });
}

/** The places where cameras and programs put things, each with a secret; `size` is how much of it. */
function planted(photo, size = 600) {
  const xmp = `http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="${secret('xmp')}"/></rdf:RDF></x:xmpmeta>`;
  const unknown = Buffer.concat([Buffer.from('MAKER\0'), noise(size, photo)]);
  return Buffer.concat([photo.subarray(0, 2), gps(), segment(0xe1, Buffer.from(xmp)), segment(0xeb, unknown), comment(secret('comment')), photo.subarray(2), Buffer.from(secret('trailer')), noise(size, 'behind')]);
}

function secret(where) {
  return `planted-secret-${where}-${createHash('sha256').update(where).digest('hex')}`;
}

/** Bytes that repeat nowhere, the same in every run. */
function noise(length, seed) {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, index) => createHash('sha256').update(seed).update(String(index)).digest());
  return Buffer.concat(blocks).subarray(0, length);
}

/** The length of a run of bytes by which an original is known. */
const RUN = 64;

