// What others would do with the same photo: the browser's own codecs, onnxruntime-web with the same model, a canvas that blurs.
// And MozJPEG, compiled to WebAssembly as we are, for the codecs' part, and pica for the shrinking.

import * as jpegDecoder from '@jsquash/jpeg/decode';
import * as jpegEncoder from '@jsquash/jpeg/encode';
import * as ort from 'onnxruntime-web/wasm';
import Pica from 'pica';

ort.env.wasm.numThreads = 1;
// It would warn of every weight that it folds.
ort.env.logLevel = 'error';
ort.env.wasm.wasmPaths = new URL('./', import.meta.url).href;

let session;

/**
 * Decodes, finds faces, blurs them, encodes. Nothing is stripped on purpose. With `again`, what was written is decoded and looked at once
 * more, as we do, though not closely.
 */
globalThis.timePeer = async (name, again = false) => {
  const photo = await (await fetch(name)).blob();
  session ??= await ort.InferenceSession.create('yunet.onnx', { logSeverityLevel: 3 });
  const ms = {};
  const start = performance.now();
  const picture = await timed(ms, 'decode', () => createImageBitmap(photo));
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const context = canvas.getContext('2d');
  const faces = await timed(ms, 'detect', () => detect(picture));
  timedNow(ms, 'redact', () => {
    context.drawImage(picture, 0, 0);
    for (const { x, y, width, height } of faces) blur(context, picture, { x: x - width / 4, y: y - height / 4, width: width * 1.5, height: height * 1.5 });
  });
  const written = await timed(ms, 'encode', () => canvas.convertToBlob({ type: 'image/jpeg', quality: 0.85 }));
  if (again) {
    await timed(ms, 'verify', async () => {
      const seen = await createImageBitmap(written);
      await detect(seen);
      seen.close();
    });
  }
  ms.all = performance.now() - start;
  picture.close();
  return { ms, faces: faces.length, bytes: written.size };
};

globalThis.timeCodecs = async (name) => {
  const bytes = await (await fetch(name)).arrayBuffer();
  const ms = {};
  const picture = await timed(ms, 'decode', () => jpegDecoder.default(bytes));
  const written = await timed(ms, 'encode', () => jpegEncoder.default(picture, { quality: 85, progressive: false }));
  return { ms, bytes: written.byteLength };
};

/** Shrinks to what the detector looks at. */
globalThis.timePica = async (name) => {
  const picture = await createImageBitmap(await (await fetch(name)).blob());
  const context = new OffscreenCanvas(picture.width, picture.height).getContext('2d');
  context.drawImage(picture, 0, 0);
  const { data: src, width, height } = context.getImageData(0, 0, picture.width, picture.height);
  const scale = SIDE / Math.max(width, height);
  const ms = {};
  await timed(ms, 'detect', () => pica.resizeBuffer({ src, width, height, toWidth: Math.round(width * scale), toHeight: Math.round(height * scale) }));
  return { ms };
};

async function timed(ms, stage, work) {
  const start = performance.now();
  const result = await work();
  ms[stage] = performance.now() - start;
  return result;
}

function timedNow(ms, stage, work) {
  const start = performance.now();
  work();
  ms[stage] = performance.now() - start;
}

/** The model takes squares of 640 px alone. */
async function detect(picture) {
  const scale = SIDE / Math.max(picture.width, picture.height);
  const context = new OffscreenCanvas(SIDE, SIDE).getContext('2d', { willReadFrequently: true });
  context.drawImage(picture, 0, 0, picture.width * scale, picture.height * scale);
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  const planes = new Float32Array(3 * SIDE * SIDE);
  for (let at = 0; at < SIDE * SIDE; at++) {
    planes[at] = data[at * 4 + 2];
    planes[SIDE * SIDE + at] = data[at * 4 + 1];
    planes[2 * SIDE * SIDE + at] = data[at * 4];
  }
  const outputs = await session.run({ [session.inputNames[0]]: new ort.Tensor('float32', planes, [1, 3, SIDE, SIDE]) });
  const found = [8, 16, 32].flatMap((stride) => boxes(stride, (name) => outputs[`${name}_${stride}`].data));
  return apart(found).map(({ x, y, width, height }) => ({ x: x / scale, y: y / scale, width: width / scale, height: height / scale }));
}

function boxes(stride, output) {
  const [cls, obj, bbox, columns] = [output('cls'), output('obj'), output('bbox'), SIDE / stride];
  const found = [];
  for (let cell = 0; cell < cls.length; cell++) {
    const score = Math.sqrt(cls[cell] * obj[cell]);
    if (score < THRESHOLD) continue;
    const [width, height] = [Math.exp(bbox[cell * 4 + 2]) * stride, Math.exp(bbox[cell * 4 + 3]) * stride];
    const [middle, centre] = [((cell % columns) + bbox[cell * 4]) * stride, (Math.floor(cell / columns) + bbox[cell * 4 + 1]) * stride];
    found.push({ score, x: middle - width / 2, y: centre - height / 2, width, height });
  }
  return found;
}

/** The best of those that overlap. */
function apart(found) {
  const kept = [];
  for (const box of found.sort((a, b) => b.score - a.score)) if (kept.every((other) => overlap(box, other) < 0.3)) kept.push(box);
  return kept;
}

function overlap(a, b) {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  const both = Math.max(0, width) * Math.max(0, height);
  return both / (a.width * a.height + b.width * b.height - both);
}

function blur(context, picture, { x, y, width, height }) {
  context.save();
  context.beginPath();
  context.ellipse(x + width / 2, y + height / 2, width / 2, height / 2, 0, 0, 2 * Math.PI);
  context.clip();
  context.filter = `blur(${Math.round(width / 5)}px)`;
  context.drawImage(picture, x, y, width, height, x, y, width, height);
  context.restore();
}

const pica = new Pica({ features: ['wasm'] });
const SIDE = 640;
const THRESHOLD = 0.5;
