// Requests of people who want an original past the check, byte for byte as they go over the wire: no client puts them in order first.

import { gzipSync } from 'node:zlib';

import { comment, gps, jpeg } from '../js/photo.mjs';

/** Unlike anything else that is sent or answered here. */
const secret = Array.from({ length: 1028 }, (_, index) => String.fromCharCode(33 + ((index * 7 + (index >> 3) * 5 + ((index * index) >> 5)) % 90))).join('');
export const clean = jpeg({ width: 320, height: 240 });
export const dirty = jpeg({ width: 320, height: 240, segments: [gps(), comment(secret)] });
/** An original without a byte above 127, so that it is valid UTF-8 and could be a field: an uncompressed TIFF, dark, with a description. */
export const textual = tiff(secret);
/** A GIF without a zero byte and without one above 127: no check of UTF-8 stops it. */
export const letters = Buffer.from(`GIF89a${secret}`, 'latin1');
export const originals = [dirty, textual, letters];

export const LIMITS = { maxFileBytes: 100_000, maxFiles: 3, maxBodyBytes: 1_000_000, maxFieldBytes: 8000 };

const BOUNDARY = '----WebKitFormBoundary7MA4YWxkTrZu0gW';
export const FILE = 'Content-Disposition: form-data; name="photo"; filename="a.jpg"\r\nContent-Type: image/jpeg';
export const FIELD = 'Content-Disposition: form-data; name="note"';

/** A part of which each header line is as given. */
export function part(headers, content = '') {
  return Buffer.concat([bytes(headers), bytes('\r\n\r\n'), bytes(content)]);
}

export function form(parts, { boundary = BOUNDARY, before = '', after = '\r\n' } = {}) {
  return Buffer.concat([bytes(before), ...parts.flatMap((each) => [bytes(`--${boundary}\r\n`), each, bytes('\r\n')]), bytes(`--${boundary}--${after}`)]);
}

export const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

/** Headers of a part that holds an original, each of which makes a file of it to some reader, or could. */
export const PART_HEADERS = [
  ['FILENAME=', 'Content-Disposition: form-data; name="photo"; FILENAME="a.jpg"'],
  ['Filename=', 'Content-Disposition: form-data; name="photo"; Filename="a.jpg"'],
  ['NAME=', 'Content-Disposition: form-data; NAME="photo"'],
  ['filename without quotes', 'Content-Disposition: form-data; name="photo"; filename=a.jpg'],
  ['filename in single quotes', "Content-Disposition: form-data; name=\"photo\"; filename='a.jpg'"],
  ['name without quotes', 'Content-Disposition: form-data; name=photo'],
  ['filename*', "Content-Disposition: form-data; name=\"photo\"; filename*=UTF-8''a.jpg"],
  ['filename* in quotes', "Content-Disposition: form-data; name=\"photo\"; filename*=\"UTF-8''a.jpg\""],
  ['filename* that cannot be decoded', 'Content-Disposition: form-data; name="photo"; filename*=x'],
  ['filename and filename*', "Content-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"; filename*=UTF-8''a.jpg"],
  ['filename*0=', 'Content-Disposition: form-data; name="photo"; filename*0="a"; filename*1=".jpg"'],
  ['filename*0*=', "Content-Disposition: form-data; name=\"photo\"; filename*0*=UTF-8''a; filename*1=.jpg"],
  ['FILENAME*0=', 'Content-Disposition: form-data; name="photo"; FILENAME*0="a.jpg"'],
  ['name*=', "Content-Disposition: form-data; name*=UTF-8''photo"],
  ['name*0=', 'Content-Disposition: form-data; name*0="pho"; name*1="to"'],
  ['filename twice', 'Content-Disposition: form-data; name="photo"; filename="a"; filename="b"'],
  ['name twice', 'Content-Disposition: form-data; name="photo"; name="other"'],
  ['filename before name', 'Content-Disposition: form-data; filename="a.jpg"; name="photo"'],
  ['filename without a value', 'Content-Disposition: form-data; name="photo"; filename'],
  ['filename= with nothing', 'Content-Disposition: form-data; name="photo"; filename='],
  ['another parameter', 'Content-Disposition: form-data; name="photo"; size=3'],
  ['a blank before =', 'Content-Disposition: form-data; name="photo"; filename ="a.jpg"'],
  ['a blank behind =', 'Content-Disposition: form-data; name="photo"; filename= "a.jpg"'],
  ['no blank behind ;', 'Content-Disposition: form-data; name="photo";filename="a.jpg"'],
  ['two blanks', 'Content-Disposition: form-data; name="photo";  filename="a.jpg"'],
  ['a tab', 'Content-Disposition: form-data; name="photo";\tfilename="a.jpg"'],
  ['a semicolon at the end', 'Content-Disposition: form-data; name="photo";'],
  ['an escaped quote', 'Content-Disposition: form-data; name="photo\\"; filename=\\"a.jpg"'],
  ['a backslash at the end', 'Content-Disposition: form-data; name="photo\\"'],
  ['a quote that is not closed', 'Content-Disposition: form-data; name="photo; filename=a.jpg'],
  ['text behind the quote', 'Content-Disposition: form-data; name="photo"x'],
  ['a name of no length', 'Content-Disposition: form-data; name=""'],
  ['no name', 'Content-Disposition: form-data'],
  ['a file without a name', 'Content-Disposition: form-data; filename="a.jpg"'],
  ['FORM-DATA', 'Content-Disposition: FORM-DATA; name="photo"'],
  ['attachment', 'Content-Disposition: attachment; name="photo"; filename="a.jpg"'],
  ['file', 'Content-Disposition: file; filename="a.jpg"'],
  ['folded by a blank', 'Content-Disposition: form-data; name="photo";\r\n filename="a.jpg"'],
  ['folded by a tab', 'Content-Disposition: form-data; name="photo";\r\n\tfilename="a.jpg"'],
  ['folded behind the colon', 'Content-Disposition:\r\n form-data; name="photo"; filename="a.jpg"'],
  ['folded Content-Type', `${FIELD}\r\nContent-Type:\r\n image/jpeg`],
  ['a line that is no header', `${FIELD}\r\nfilename="a.jpg"`],
  ['a line feed alone', `${FIELD}\nContent-Type: image/jpeg`],
  ['a line feed alone, in the value', 'Content-Disposition: form-data; name="photo";\n filename="a.jpg"'],
  ['a carriage return alone', `${FIELD}\rContent-Type: image/jpeg`],
  ['an empty first line', `\r\n${FIELD}`],
  ['a NUL in the name', 'Content-Disposition: form-data; name="pho\0to"'],
  ['a NUL before filename', 'Content-Disposition: form-data; name="photo"\0; filename="a.jpg"'],
  ['a control character in the name', 'Content-Disposition: form-data; name="pho\x07to"'],
  ['DEL in the name', 'Content-Disposition: form-data; name="pho\x7fto"'],
  ['a C1 control in the name', Buffer.from('Content-Disposition: form-data; name="pho\u0085to"', 'utf8')],
  ['a name that is no UTF-8', Buffer.from('Content-Disposition: form-data; name="pho\xffto"', 'latin1')],
  ['Content-Disposition twice', `${FIELD}\r\n${FILE.split('\r\n')[0]}`],
  ['Content-Disposition twice, in other letters', `${FIELD}\r\ncontent-disposition: form-data; name="photo"; filename="a.jpg"`],
  ['Content-Type twice', `${FIELD}\r\nContent-Type: text/plain\r\nContent-Type: image/jpeg`],
  ['a blank before the colon', `${FIELD}\r\nContent-Type : image/jpeg`],
  ['a blank before the colon of Content-Disposition', 'Content-Disposition : form-data; name="photo"; filename="a.jpg"'],
  ['no blank behind the colon', 'Content-Disposition:form-data; name="photo"; filename="a.jpg"'],
  ['two blanks behind the colon', `${FIELD}\r\nContent-Type:  image/jpeg`],
  ['no Content-Disposition', 'Content-Type: image/jpeg'],
  ['Content-Transfer-Encoding: base64', `${FIELD}\r\nContent-Transfer-Encoding: base64`],
  ['Content-Transfer-Encoding: quoted-printable, of a file', `${FILE}\r\nContent-Transfer-Encoding: quoted-printable`],
  ['Content-Transfer-Encoding: binary', `${FIELD}\r\nContent-Transfer-Encoding: binary`],
  ['Content-Encoding', `${FILE}\r\nContent-Encoding: gzip`],
  ['Content-Length', `${FILE}\r\nContent-Length: 3`],
  ['another header', `${FIELD}\r\nX-Filename: a.jpg`],
  ['parts within', `${FIELD}\r\nContent-Type: multipart/mixed; boundary=inner`],
  ['parts within a file', 'Content-Disposition: form-data; name="photo"; filename="a.jpg"\r\nContent-Type: Multipart/Mixed; boundary=inner'],
  ['a message within', `${FIELD}\r\nContent-Type: message/rfc822`],
  ['9 KiB of headers', `${FIELD}\r\nContent-Type: image/${'x'.repeat(9000)}`],
];

/** Content-Types of a form, each with the boundary that its parts are between. */
const FORM_TYPES = [
  ['no boundary', 'multipart/form-data', BOUNDARY],
  ['an empty boundary', 'multipart/form-data; boundary=', ''],
  ['an empty boundary in quotes', 'multipart/form-data; boundary=""', ''],
  ['two boundaries, the first used', 'multipart/form-data; boundary=a; boundary=b', 'a'],
  ['two boundaries, the second used', 'multipart/form-data; boundary=a; boundary=b', 'b'],
  ['BOUNDARY=', 'multipart/form-data; BOUNDARY=a', 'a'],
  ['boundary*=', "multipart/form-data; boundary*=UTF-8''a", 'a'],
  ['boundary*0=', 'multipart/form-data; boundary*0=a', 'a'],
  ['a blank before =', 'multipart/form-data; boundary =a', 'a'],
  ['a blank in the boundary', 'multipart/form-data; boundary="a b"', 'a b'],
  ['a boundary with a blank at its end', 'multipart/form-data; boundary="a "', 'a '],
  ['a boundary in half quotes', 'multipart/form-data; boundary="a', 'a'],
  ['an escape in the boundary', 'multipart/form-data; boundary="a\\b"', 'ab'],
  ['a boundary of 71 characters', `multipart/form-data; boundary=${'a'.repeat(71)}`, 'a'.repeat(71)],
  ['a comma behind the boundary', 'multipart/form-data; boundary=a, text/plain', 'a'],
  ['another parameter before', 'multipart/form-data; charset=utf-8; boundary=a', 'a'],
  ['another parameter behind', 'multipart/form-data; boundary=a; charset=utf-8', 'a'],
  ['a word that ends in boundary', 'multipart/form-data; xboundary=a', 'a'],
  ['Multipart/Form-Data', 'Multipart/Form-Data; boundary=a', 'a'],
];

/** What is sent, and what must be answered: the status and our code; a status alone where Node answers before anybody is asked. */
export const REQUESTS = [
  // Photos as whole requests.
  ['an original', put('image/jpeg', dirty), 422, 'not-clean'],
  ['an original in other words', put('IMAGE/JPEG ; q=1', dirty), 422, 'not-clean'],
  ['an original under the name of another format', put('image/png', dirty), 422, 'not-clean'],
  ['an original as image/x-anything', put('image/x-anything', textual), 422, 'not-clean'],
  ['an original behind a clean photo', put('image/jpeg', Buffer.concat([clean, dirty])), 422, 'not-clean'],
  ['a clean photo behind an original', put('image/jpeg', Buffer.concat([dirty, clean])), 422, 'not-clean'],
  ['an original that is cut off', put('image/jpeg', dirty.subarray(0, 900)), 422, 'not-clean'],
  ['letters behind the name of a GIF', put('image/gif', letters), 422, 'not-clean'],
  ['an SVG', put('image/svg+xml', `<svg xmlns="http://www.w3.org/2000/svg"><desc>${secret}</desc></svg>`), 415, 'not-a-photo'],
  ['an empty request', put('image/jpeg', ''), 400, 'no-photo'],
  ['a request without a body', Buffer.from('POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: image/jpeg\r\n\r\n'), 400, 'no-photo'],
  ['an original by another method', put('image/jpeg', dirty, { method: 'POST', headers: ['X-HTTP-Method-Override: GET'] }), 422, 'not-clean'],
  ['an original in HTTP/1.0', put('image/jpeg', dirty, { version: '1.0' }), 422, 'not-clean'],
  ['an original that asks for another protocol', put('image/jpeg', dirty, { headers: ['Upgrade: h2c'] }), 422, 'not-clean'],
  ['an original that waits to be asked', put('image/jpeg', dirty, { headers: ['Expect: 100-continue'] }), 422, 'not-clean'],
  ['an original that expects what nobody knows', put('image/jpeg', dirty, { headers: ['Expect: a miracle'] }), 417],
  // What is no upload.
  ['no Content-Type', put(undefined, dirty), 415, 'unsupported-media-type'],
  ...['', ' ', 'image', 'image/', '/jpeg', ';;;', 'image/jpeg, text/html', 'text/html, image/jpeg', 'image/jpeg text/html', 'multipart/mixed; boundary=x', 'multipart/related; boundary=x', 'multipart/form-data, image/jpeg', 'multipart/form-dataa; boundary=x', 'application/octet-stream', 'text/plain', 'text/plain; charset=nonsense', 'application/x-www-form-urlencoded', '*/*', 'application/json;', 'application/json; charset', 'x'.repeat(2000)].map((type) => [
    `Content-Type: ${type.slice(0, 40)}`, put(type, dirty), 415, 'unsupported-media-type',
  ]),
  ['JSON', put('application/json', JSON.stringify({ photo: secret })), 415, 'unsupported-media-type'],
  ['JSON that is none', put('application/json', secret), 415, 'unsupported-media-type'],
  ['JSON of no length', put('application/json', ''), 415, 'unsupported-media-type'],
  ['JSON that would poison a prototype', put('application/json', '{"__proto__":{"a":1}}'), 415, 'unsupported-media-type'],
  ['JSON in pieces', put('application/json', chunked([Buffer.from(JSON.stringify({ photo: secret }))]), { framing: 'Transfer-Encoding: chunked' }), 415, 'unsupported-media-type'],
  ['text in pieces', put('text/plain', chunked([dirty]), { framing: 'Transfer-Encoding: chunked' }), 415, 'unsupported-media-type'],
  ['more text than is taken', put('text/plain', Buffer.alloc(1_200_000, 65)), 413, 'too-large'],
  ['more JSON than is taken', put('application/json', JSON.stringify('x'.repeat(1_200_000))), 413, 'too-large'],
  ['two Content-Types', put('image/jpeg', dirty, { headers: [`Content-Type: ${FORM_TYPE}`] }), 415, 'unsupported-media-type'],
  ['two Content-Types, of which the first is a form', put(FORM_TYPE, form([part(FILE, clean)]), { headers: ['Content-Type: image/jpeg'] }), 400, 'broken-multipart'],
  ['two Content-Types with two boundaries', put(FORM_TYPE, form([part(FILE, clean)]), { headers: ['content-type: multipart/form-data; boundary=b'] }), 400, 'broken-multipart'],
  // What is packed.
  ...['gzip', 'deflate', 'br', 'zstd', 'compress', 'x-gzip', 'nonsense', 'identity, gzip', 'gzip, identity'].map((encoding) => [
    `Content-Encoding: ${encoding}`, put('image/jpeg', gzipSync(dirty), { headers: [`Content-Encoding: ${encoding}`] }), 415, 'unsupported-media-type',
  ]),
  ['Content-Encoding twice', put('image/jpeg', gzipSync(dirty), { headers: ['Content-Encoding: identity', 'Content-Encoding: gzip'] }), 415, 'unsupported-media-type'],
  ['a form with Content-Encoding', put(FORM_TYPE, gzipSync(form([part(FILE, dirty)])), { headers: ['Content-Encoding: gzip'] }), 415, 'unsupported-media-type'],
  ['packed, and nothing said of it', put('image/jpeg', gzipSync(dirty)), 415, 'not-a-photo'],
  ['a packed form, and nothing said of it', put(FORM_TYPE, gzipSync(form([part(FILE, dirty)]))), 400, 'broken-multipart'],
  ['packed as Transfer-Encoding', put('image/jpeg', chunked([gzipSync(dirty)]), { framing: 'Transfer-Encoding: gzip, chunked' }), 415, 'not-a-photo'],
  // How long it is.
  ['an original in pieces', put('image/jpeg', chunked([dirty]), { framing: 'Transfer-Encoding: chunked' }), 422, 'not-clean'],
  ['an original byte by byte', put('image/jpeg', chunked(Array.from(dirty, (byte) => Buffer.from([byte]))), { framing: 'Transfer-Encoding: chunked' }), 422, 'not-clean'],
  ['an original in pieces with extensions', put('image/jpeg', chunked([dirty], ';name="a"'), { framing: 'Transfer-Encoding: chunked' }), 422, 'not-clean'],
  ['an original before trailers', put('image/jpeg', chunked([dirty], '', 'Content-Type: image/png\r\n'), { framing: 'Transfer-Encoding: chunked' }), 422, 'not-clean'],
  ['pieces and a length', put('image/jpeg', chunked([dirty]), { framing: 'Content-Length: 5\r\nTransfer-Encoding: chunked' }), 400],
  ['two lengths', put('image/jpeg', dirty, { framing: `Content-Length: ${dirty.length}\r\nContent-Length: 5` }), 400],
  ['a length below zero', put('image/jpeg', dirty, { framing: 'Content-Length: -5' }), 400],
  ['a length that is no number', put('image/jpeg', dirty, { framing: 'Content-Length: many' }), 400],
  ['a length that is too long', put('image/jpeg', dirty, { framing: 'Content-Length: 99999999999999999999999' }), 400],
  ['a length beyond what is taken', put('image/jpeg', dirty, { framing: 'Content-Length: 1000001' }), 413, 'too-large'],
  ['a piece of no length that can be read', put('image/jpeg', 'zz\r\nabc\r\n0\r\n\r\n', { framing: 'Transfer-Encoding: chunked' }), 400],
  ['a length that says more than comes', put('image/jpeg', dirty, { framing: `Content-Length: ${dirty.length + 10}` }), 400],
  ['a length that says less than comes', put('image/jpeg', dirty, { framing: 'Content-Length: 900' }), 400],
  ['a form whose length says less than comes', put(FORM_TYPE, form([part(FILE, clean), part(FILE, dirty)]), { framing: `Content-Length: ${clean.length}` }), 400],
  ['more than is taken, in pieces', put('image/jpeg', chunked(Array(30).fill(Buffer.alloc(50_000, 65))), { framing: 'Transfer-Encoding: chunked' }), 413, 'too-large'],
  // Parts that are a file to some readers and a field to others.
  ...PART_HEADERS.map(([name, headers]) => [`a part: ${name}`, put(FORM_TYPE, form([part(FILE, clean), part(headers, textual)])), 400, 'broken-multipart']),
  ['a part with a Content-Type and no file name', put(FORM_TYPE, form([part(`${FIELD}\r\nContent-Type: text/plain`, textual)])), 422, 'not-clean'],
  ['text with a Content-Type', put(FORM_TYPE, form([part(FILE, clean), part(`${FIELD}\r\nContent-Type: text/plain`, secret)])), 415, 'not-a-photo'],
  ['application/octet-stream and no file name', put(FORM_TYPE, form([part(`${FIELD}\r\nContent-Type: application/octet-stream`, dirty)])), 422, 'not-clean'],
  ['image/jpeg and no file name', put(FORM_TYPE, form([part(`${FIELD}\r\nContent-Type: image/jpeg`, dirty)])), 422, 'not-clean'],
  ['a file of no name that is not empty', put(FORM_TYPE, form([part(FILE.replace('a.jpg', ''), dirty)])), 422, 'not-clean'],
  ['an original after a clean photo', put(FORM_TYPE, form([part(FILE, clean), part(FILE, dirty)])), 422, 'not-clean'],
  // Fields that are no text.
  ['a field that is an original', put(FORM_TYPE, form([part(FILE, clean), part(FIELD, dirty)])), 400, 'broken-multipart'],
  ['a field that is an original in UTF-8', put(FORM_TYPE, form([part(FILE, clean), part(FIELD, textual)])), 400, 'broken-multipart'],
  ['a field that is a picture of letters', put(FORM_TYPE, form([part(FILE, clean), part(FIELD, letters)])), 400, 'broken-multipart'],
  ['a field with a NUL', put(FORM_TYPE, form([part(FILE, clean), part(FIELD, `\0${secret}`)])), 400, 'broken-multipart'],
  ['a field that is too long', put(FORM_TYPE, form([part(FILE, clean), part(FIELD, 'x'.repeat(8001))])), 413, 'too-large'],
  ['a file that is too long', put(FORM_TYPE, form([part(FILE, Buffer.alloc(100_001))])), 413, 'too-large'],
  ['101 fields', put(FORM_TYPE, form([part(FILE, clean), ...Array(101).fill(part(FIELD, '1'))])), 413, 'too-many-files'],
  ['10,000 fields', put('multipart/form-data; boundary=x', form(Array(10_000).fill(part('Content-Disposition: form-data; name="a"')), { boundary: 'x' })), 413, 'too-many-files'],
  ['10,000 inputs that are empty', put('multipart/form-data; boundary=x', form(Array(10_000).fill(part('Content-Disposition: form-data; name="a"; filename=""')), { boundary: 'x' })), 413, 'too-many-files'],
  ['four photos', put(FORM_TYPE, form(Array(4).fill(part(FILE, clean)))), 413, 'too-many-files'],
  // Where parts begin and end.
  ...FORM_TYPES.map(([name, type, boundary]) => [`a form: ${name}`, put(type, form([part(FILE, clean)], { boundary })), 400, 'broken-multipart']),
  ['something before the first boundary', put(FORM_TYPE, form([part(FILE, clean)], { before: textual })), 400, 'broken-multipart'],
  ['a line break before the first boundary', put(FORM_TYPE, form([part(FILE, clean)], { before: '\r\n' })), 400, 'broken-multipart'],
  ['something behind the last boundary', put(FORM_TYPE, form([part(FILE, clean)], { after: `\r\n${secret}` })), 400, 'broken-multipart'],
  ['a second form behind the first', put(FORM_TYPE, Buffer.concat([form([part(FILE, clean)]), form([part(FILE, dirty)])])), 400, 'broken-multipart'],
  ['no last boundary', put(FORM_TYPE, form([part(FILE, clean)]).subarray(0, -6)), 400, 'broken-multipart'],
  ['a last boundary with one dash', put(FORM_TYPE, form([part(FILE, clean)], { after: '' }).subarray(0, -1)), 400, 'broken-multipart'],
  ['nothing but the last boundary', put(FORM_TYPE, `--${BOUNDARY}--\r\n`), 400, 'no-photo'],
  ['a boundary with a blank behind it', put(FORM_TYPE, bytes(form([part(FILE, clean)]).toString('latin1').replace(`${BOUNDARY}\r\n`, `${BOUNDARY} \r\n`))), 400, 'broken-multipart'],
  ['a boundary that goes on', put(FORM_TYPE, form([part(FILE, clean)], { boundary: `${BOUNDARY}x` })), 400, 'broken-multipart'],
  ['line feeds alone', put(FORM_TYPE, bytes(form([part(FILE, dirty)]).toString('latin1').replaceAll('\r\n', '\n'))), 400, 'broken-multipart'],
  ['no headers', put(FORM_TYPE, form([part('', textual)])), 400, 'broken-multipart'],
  ['headers without an end', put(FORM_TYPE, bytes(`--${BOUNDARY}\r\n${FIELD}\r\n--${BOUNDARY}--\r\n`)), 400, 'broken-multipart'],
  ['a boundary within an original', put(FORM_TYPE, form([part(FILE, Buffer.concat([dirty.subarray(0, 900), bytes(`\r\n--${BOUNDARY}\r\n`), dirty.subarray(900)]))])), 422, 'not-clean'],
  ['a boundary behind a clean photo, then an original', put(FORM_TYPE, form([part(FILE, Buffer.concat([clean, bytes(`\r\n--${BOUNDARY}\r\n`), dirty]))])), 400, 'broken-multipart'],
  ...[['', 'a boundary at the beginning of'], ['\n', 'a line feed and a boundary in'], ['x\n', 'a line that ends in a line feed and a boundary in'], ['x\r', 'a carriage return and a boundary in'], ['\n\r', 'the wrong line break and a boundary in'], ['x', 'a boundary within a line of']].map(([before, name]) => [
    `${name} a field`, put(FORM_TYPE, form([part(FILE, clean), part(FIELD, `${before}--${BOUNDARY}\r\n${FILE}\r\n\r\n${secret}`)])), 400, 'broken-multipart',
  ]),
  ['an end within the form', put(FORM_TYPE, form([part(FILE, Buffer.concat([clean, bytes(`\r\n--${BOUNDARY}--\r\n`), dirty]))])), 400, 'broken-multipart'],
];

const LIKE_A_BOUNDARY = `-----\r\n--${BOUNDARY.slice(0, -1)}`;
/** Odd, but as browsers may send it, with what the route must be given of the fields. */
export const ALLOWED = [
  ['names that objects have', form([part(FILE, clean), ...['__proto__', 'constructor', 'hasOwnProperty', '__proto__[a]'].map((name) => part(`Content-Disposition: form-data; name="${name}"`, 'polluted'))]), [['__proto__', 'polluted'], ['constructor', 'polluted'], ['hasOwnProperty', 'polluted'], ['__proto__[a]', 'polluted']]],
  ['the same name twice', form([part(FIELD, 'one'), part(FILE, clean), part(FIELD, 'two')]), [['note', 'one'], ['note', 'two']]],
  ['an empty field, an empty input', form([part(FIELD), part(FILE.replace('a.jpg', '').replace('image/jpeg', 'application/octet-stream')), part(FILE, clean)]), [['note', '']]],
  ['no line break at the end', form([part(FIELD, 'one'), part(FILE, clean)], { after: '' }), [['note', 'one']]],
  ['a quote and a backslash in names', form([part('Content-Disposition: form-data; name="a%22b\\c"', 'one'), part(FILE.replace('a.jpg', 'C:\\photos\\a%22.jpg'), clean)]), [['a%22b\\c', 'one']]],
  ['text of all kinds', form([part(FIELD, Buffer.from('\ufeffZürich\r\n\t--- 東京 🏠')), part(FILE, clean)]), [['note', '\ufeffZürich\r\n\t--- 東京 🏠']]],
  ['what looks like a boundary', form([part(FIELD, LIKE_A_BOUNDARY), part(FILE, clean)]), [['note', LIKE_A_BOUNDARY]]],
];

/** A request's bytes. */
export function put(type, body, { method = 'POST', version = '1.1', headers = [], framing = `Content-Length: ${bytes(body).length}` } = {}) {
  const lines = [`${method} / HTTP/${version}`, 'Host: x', 'Connection: close', ...(type === undefined ? [] : [`Content-Type: ${type}`]), ...headers, framing];
  return Buffer.concat([bytes(`${lines.join('\r\n')}\r\n\r\n`), bytes(body)]);
}

export function chunked(pieces, extension = '', trailers = '') {
  return Buffer.concat([...pieces.flatMap((piece) => [bytes(`${piece.length.toString(16)}${extension}\r\n`), piece, bytes('\r\n')]), bytes(`0\r\n${trailers}\r\n`)]);
}

function bytes(value) {
  return Buffer.isBuffer(value) ? value : Buffer.from(value, 'latin1');
}

/** 16 × 16 pixels in one strip, and a description. No byte is above 127. */
function tiff(description) {
  const [entries, pixels] = [9, 256];
  const text = Buffer.from(`${description}\0`, 'latin1');
  const [textAt, pixelsAt] = [8 + 2 + entries * 12 + 4, 8 + 2 + entries * 12 + 4 + text.length];
  const file = Buffer.alloc(pixelsAt + pixels, 0x42);
  file.write('II*\0', 0, 'latin1');
  file.writeUInt32LE(8, 4);
  file.writeUInt16LE(entries, 8);
  const [SHORT, LONG, ASCII] = [3, 4, 2];
  [[256, SHORT, 1, 16], [257, SHORT, 1, 16], [258, SHORT, 1, 8], [259, SHORT, 1, 1], [262, SHORT, 1, 1], [270, ASCII, text.length, textAt], [273, LONG, 1, pixelsAt], [278, SHORT, 1, 16], [279, LONG, 1, pixels]].forEach(([tag, type, count, value], index) => {
    const entry = 10 + index * 12;
    file.writeUInt16LE(tag, entry);
    file.writeUInt16LE(type, entry + 2);
    file.writeUInt32LE(count, entry + 4);
    file.writeUInt32LE(value, entry + 8);
  });
  file.writeUInt32LE(0, 10 + entries * 12);
  text.copy(file, textAt);
  return file;
}
