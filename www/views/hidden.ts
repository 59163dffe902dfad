// Shows the pictures that were hidden in a file: a second picture, a small copy, an HDR layer. They are read out of the original on this
// device, by the places that the report names, and let go when another photo is looked at.

import type { Finding } from '../leaks.js';
import { words } from '../words/index.js';
import { element } from './element.js';

/** The pictures among `findings`, or nothing where none can hold one. Those that the browser cannot open are left out. */
export function hiddenPictures(findings: readonly Finding[], original: Blob, signal: AbortSignal): HTMLElement | undefined {
  const places = findings.filter(({ kind }) => KINDS.has(kind)).flatMap(({ bytes, offset }) => (offset === undefined || bytes < LEAST_BYTES ? [] : [{ offset, bytes }]));
  if (places.length === 0) return undefined;
  const pictures = element('div', { class: 'hidden-pictures', hidden: true });
  const node = element('figure', { class: 'hidden-figure', hidden: true }, element('figcaption', {}, words().findings.picture), pictures);
  void show();
  return node;

  async function show(): Promise<void> {
    const seen = new Set<number>();
    for (const { offset, bytes } of places.slice(0, MOST_PLACES)) {
      const found = await pictureIn(original.slice(offset, offset + bytes));
      if (signal.aborted) return;
      // A block and a field inside it can name the same picture.
      if (found === undefined || seen.has(offset + found.at)) continue;
      seen.add(offset + found.at);
      const url = URL.createObjectURL(found.picture);
      const image = element('img', { src: url, alt: words().findings.pictureAlt });
      const letGo = (): void => URL.revokeObjectURL(url);
      signal.addEventListener('abort', letGo, { once: true });
      try {
        await image.decode();
        pictures.append(image);
        pictures.hidden = node.hidden = false;
      } catch {
        letGo();
      }
    }
  }
}

/** The first picture in `bytes`, from its signature on. */
async function pictureIn(bytes: Blob): Promise<{ at: number; picture: Blob } | undefined> {
  const head = new Uint8Array(await bytes.slice(0, SEARCHED_BYTES).arrayBuffer());
  for (let at = 0; at < head.length - 12; at++) {
    const type = SIGNATURES.find(({ signs }) => signs.every(([index, byte]) => head[at + index] === byte))?.type;
    if (type !== undefined) return { at, picture: bytes.slice(at, bytes.size, type) };
  }
  return undefined;
}

const KINDS: ReadonlySet<Finding['kind']> = new Set(['multi-picture', 'thumbnail', 'gain-map', 'depth', 'trailer', 'photoshop', 'unknown', 'maker-note'] as const);
/** Each byte of a signature with its index: JPEG, PNG, WebP. */
const SIGNATURES: readonly { readonly type: string; readonly signs: readonly (readonly [number, number])[] }[] = [
  { type: 'image/jpeg', signs: [[0, 0xff], [1, 0xd8], [2, 0xff]] },
  { type: 'image/png', signs: [[0, 0x89], [1, 0x50], [2, 0x4e], [3, 0x47]] },
  { type: 'image/webp', signs: [[0, 0x52], [1, 0x49], [2, 0x46], [3, 0x46], [8, 0x57], [9, 0x45], [10, 0x42], [11, 0x50]] },
];
const LEAST_BYTES = 64;
const MOST_PLACES = 12;
const SEARCHED_BYTES = 65_536;
