// JPEGs made by code: real ones, that any decoder shows, with whatever metadata a test needs.

/** A grey JPEG of `width` × `height`; `segments` go between its start and its tables. */
export function jpeg({ width = 64, height = 48, segments = [] } = {}) {
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  return Buffer.concat([
    marker(0xd8),
    ...segments,
    segment(0xdb, [0, ...Array(64).fill(1)]),
    segment(0xc0, [8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0]),
    // One code of one bit in each table: "no change" for DC, "end of block" for AC. So a block is two zero bits.
    segment(0xc4, [0x00, 1, ...Array(15).fill(0), 0]),
    segment(0xc4, [0x10, 1, ...Array(15).fill(0), 0]),
    segment(0xda, [1, 1, 0, 0, 63, 0]),
    Buffer.alloc(Math.ceil((blocks * 2) / 8)),
    marker(0xd9),
  ]);
}

/** A marker segment: `code`, its length, `payload`. */
export function segment(code, payload) {
  const bytes = Buffer.from(payload);
  const length = bytes.length + 2;
  return Buffer.concat([marker(code), Buffer.from([length >> 8, length & 255]), bytes]);
}

/** An Exif segment that says where a photo was taken: 51° 30' 12" north. */
export function gps() {
  const tiff = Buffer.alloc(100);
  tiff.write('MM\0*', 0, 'latin1');
  tiff.writeUInt32BE(8, 4);
  ifd(tiff, 8, [[0x8825, LONG, 1, 26]]);
  ifd(tiff, 26, [
    [0x0001, ASCII, 2, 'N\0\0\0'],
    [0x0002, RATIONAL, 3, 56],
  ]);
  [51, 1, 30, 1, 12, 1].forEach((number, at) => tiff.writeUInt32BE(number, 56 + at * 4));
  return segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff.subarray(0, 80)]));
}

/** A comment segment. */
export function comment(text) {
  return segment(0xfe, Buffer.from(text, 'latin1'));
}

function ifd(tiff, at, entries) {
  tiff.writeUInt16BE(entries.length, at);
  entries.forEach(([tag, type, count, value], index) => {
    const entry = at + 2 + index * 12;
    tiff.writeUInt16BE(tag, entry);
    tiff.writeUInt16BE(type, entry + 2);
    tiff.writeUInt32BE(count, entry + 4);
    if (typeof value === 'string') tiff.write(value, entry + 8, 'latin1');
    else tiff.writeUInt32BE(value, entry + 8);
  });
}

function marker(code) {
  return Buffer.from([0xff, code]);
}

const ASCII = 2;
const LONG = 4;
const RATIONAL = 5;
