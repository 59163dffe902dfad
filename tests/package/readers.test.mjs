// Other readers of forms as the measure: what any of them takes for a file never comes out of ours as a field.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { ALLOWED, clean, FIELD, FILE, form, FORM_TYPE, part, PART_HEADERS } from './hostile-requests.mjs';
import { serving } from './serving.mjs';

let remove;
let readUpload;
let readers;
before(async () => {
  let folder;
  ({ folder, remove } = await serving());
  ({ readUpload } = await import(pathToFileURL(join(folder, 'node_modules/darkslide/dist/verify/web.js'))));
  const require = createRequire(join(folder, 'made.mjs'));
  const busboy = require('busboy');
  const { formidable } = await import(pathToFileURL(join(folder, 'node_modules/formidable/src/index.js')));
  const { parseMultipart } = await import(pathToFileURL(join(folder, 'node_modules/@remix-run/multipart-parser/dist/index.js')));
  readers = { busboy: (body) => byBusboy(busboy, body), formidable: (body) => byFormidable(formidable, body), fetch: byFetch, remix: (body) => byRemix(parseMultipart, body) };
});
after(() => remove?.());

const note = 'a note that is long enough to be told from others';

test('a part that some reader takes for a file is refused, or read as a photo', async () => {
  const files = Object.fromEntries(Object.keys(readers).map((name) => [name, 0]));
  for (const [name, headers] of PART_HEADERS) {
    const body = form([part(FILE, clean), part(headers, note)]);
    await assert.rejects(upload(body), { name: 'UploadRefused', code: 'broken-multipart' }, name);
    for (const [reader, read] of Object.entries(readers)) files[reader] += (await read(body)).filter(({ isFile, bytes }) => isFile && bytes.includes(note)).length;
  }
  // The table says something: each of the readers takes some of these for files.
  for (const [reader, count] of Object.entries(files)) assert.ok(count > 0, `${reader} takes none for a file`);
});

test('headers put together at random: what comes out as a field is a field to everybody', async () => {
  const next = random(1);
  const pick = (list) => list[Math.floor(next() * list.length)];
  const counts = { passed: 0, fileElsewhere: 0 };
  for (let round = 0; round < 3000; round++) {
    const lines = Array.from({ length: 1 + Math.floor(next() * 2.4) }, () => {
      const parameters = Array.from({ length: Math.floor(next() * 4) }, () => `${pick(SEPARATORS)}${pick(NAMES)}${pick(EQUALS)}${pick(VALUES)}`).join('');
      return pick([`${pick(DISPOSITIONS)}${parameters}${pick(ENDS)}`, `${pick(DISPOSITIONS)}; name="note"${parameters}${pick(ENDS)}`, `${pick(DISPOSITIONS)}; name="note"`, FIELD, pick(OTHERS)]);
    });
    const headers = lines.join(pick(['\r\n', '\r\n', '\r\n', '\n', '\r\n ']));
    const body = form([part(FILE, clean), part(headers, note)]);
    const ours = await upload(body).catch((error) => assert.equal(error.name, 'UploadRefused'));
    const asFiles = [];
    for (const [reader, read] of Object.entries(readers)) if ((await read(body)).some(({ isFile, bytes }) => isFile && bytes.includes(note))) asFiles.push(reader);
    if (asFiles.length > 0) counts.fileElsewhere++;
    if (ours === undefined) continue;
    counts.passed++;
    assert.deepEqual(ours.fields.length, 1);
    assert.deepEqual(asFiles, [], JSON.stringify(headers));
  }
  assert.ok(counts.passed > 100 && counts.fileElsewhere > 300, JSON.stringify(counts));
});

test('what is let through, the others read in the same way', async () => {
  for (const [name, body] of ALLOWED) {
    const { fields } = await upload(body);
    const values = fields.map(([, value]) => value);
    for (const [reader, read] of Object.entries(readers)) {
      const parts = await read(body);
      // A byte order mark is dropped by some.
      assert.deepEqual(parts.filter(({ isFile }) => !isFile).map(({ bytes }) => bytes.toString().replace(/^\ufeff/, '')), values.map((value) => value.replace(/^\ufeff/, '')), `${reader}: ${name}`);
      assert.deepEqual(parts.filter(({ isFile, bytes }) => isFile && bytes.length > 0).map(({ bytes }) => bytes), [clean], `${reader}: ${name}`);
    }
  }
});

async function upload(body) {
  return await readUpload(new Request('http://localhost/', { method: 'POST', headers: { 'content-type': FORM_TYPE }, body }));
}

/** Multer, express-fileupload and @fastify/multipart read by it. */
async function byBusboy(busboy, body) {
  const parts = [];
  const reader = busboy({ headers: { 'content-type': FORM_TYPE } });
  reader.on('file', (_name, stream) => {
    const found = { isFile: true, bytes: Buffer.alloc(0) };
    parts.push(found);
    stream.on('error', () => undefined);
    stream.on('data', (chunk) => (found.bytes = Buffer.concat([found.bytes, chunk])));
  });
  reader.on('field', (_name, value) => parts.push({ isFile: false, bytes: Buffer.from(value) }));
  // What it has read before it gave up counts, here and below.
  reader.on('error', () => undefined);
  const closed = new Promise((done) => reader.once('close', done));
  reader.end(body);
  await closed;
  return parts;
}

async function byFormidable(formidable, body) {
  const parts = [];
  const reader = formidable({
    allowEmptyFiles: true,
    minFileSize: 0,
    fileWriteStreamHandler: () => {
      const found = { isFile: true, bytes: Buffer.alloc(0) };
      parts.push(found);
      return new Writable({ write: (chunk, _encoding, done) => ((found.bytes = Buffer.concat([found.bytes, chunk])), done()) });
    },
  });
  reader.on('field', (_name, value) => parts.push({ isFile: false, bytes: Buffer.from(value) }));
  const request = Object.assign(Readable.from([body]), { headers: { 'content-type': FORM_TYPE, 'content-length': String(body.length) } });
  await reader.parse(request).catch(() => undefined);
  return parts;
}

/** As the standard says. */
async function byFetch(body) {
  const read = await new Response(body, { headers: { 'content-type': FORM_TYPE } }).formData().catch(() => []);
  return await Promise.all(Array.from(read, async ([, value]) => ({ isFile: typeof value !== 'string', bytes: Buffer.from(typeof value === 'string' ? value : await value.arrayBuffer()) })));
}

async function byRemix(parseMultipart, body) {
  const parts = [];
  try {
    for (const found of parseMultipart(body, { boundary: FORM_TYPE.split('=')[1] })) parts.push({ isFile: found.isFile, bytes: Buffer.from(found.bytes) });
  } catch {
    // It gave up.
  }
  return parts;
}

function random(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const DISPOSITIONS = ['Content-Disposition: form-data', 'Content-Disposition: form-data', 'content-disposition: form-data', 'Content-Disposition:form-data', 'Content-Disposition: Form-Data', 'Content-Disposition: attachment', 'Content-Disposition : form-data'];
const SEPARATORS = ['; ', '; ', '; ', ';', ' ; ', ';\t', ';\r\n ', ';\r\n\t', ', ', ' ', '";', ';;'];
const NAMES = ['name', 'filename', 'filename', 'FILENAME', 'FileName', 'filename*', 'filename*0', 'filename*0*', 'filename*1', 'name*', 'NAME', 'size', 'x-filename', '"filename"', 'file\\name'];
const EQUALS = ['=', '=', '=', ' = ', '= ', ' =', '', ':', '=\r\n '];
const VALUES = ['"note"', '"a.jpg"', 'a.jpg', "utf-8''a.jpg", "UTF-8''%61.jpg", '""', '', '"a', 'a"', '"a\\"', '"a\\"; filename=\\"b"', "'a.jpg'", '"a;b"', '"a%22; filename=%22b"', '"\u00e9"'];
const ENDS = ['', '', '', ';', ' ', '\r\n', '\t', '\n', '\0'];
const OTHERS = ['Content-Type: text/plain', 'Content-Type: application/octet-stream', 'Content-Type: image/jpeg', 'content-type: multipart/mixed; boundary=b', 'Content-Type:\r\n image/jpeg', 'Content-Transfer-Encoding: base64', 'X: y', ' filename="a.jpg"', 'filename="a.jpg"', '', ':'];
