// Packs finished photos into one ZIP: their own names, which say nothing but their content, one date for all, no extra fields. Nothing is
// compressed, because photos are already. A file of its own: it is loaded after the page is seen.

import { Zip, ZipPassThrough } from 'fflate';

/** The photos in one file. Each is read and let go before the next. */
export async function zip(files: readonly File[]): Promise<File> {
  const parts: Blob[] = [];
  let failure: Error | undefined;
  const archive = new Zip((error, chunk) => {
    if (error !== null) failure ??= error;
    // As a Blob it need not stay in the page's own memory.
    else parts.push(new Blob([chunk.slice()]));
  });
  const names = new Set<string>();
  for (const file of files) {
    const entry = new ZipPassThrough(distinct(file.name, names));
    entry.mtime = EARLIEST;
    archive.add(entry);
    entry.push(new Uint8Array(await file.arrayBuffer()), true);
  }
  archive.end();
  if (failure !== undefined) throw failure;
  return new File(parts, 'photos.zip', { type: 'application/zip', lastModified: 0 });
}

/** Photos with the same content have the same name. */
function distinct(name: string, taken: Set<string>): string {
  const dot = name.lastIndexOf('.');
  const numbered = (number: number): string => (number === 1 ? name : `${name.slice(0, dot)}-${number}${name.slice(dot)}`);
  let number = 1;
  while (taken.has(numbered(number))) number++;
  taken.add(numbered(number));
  return numbered(number);
}

/** The first day that a ZIP can state. Its times have no zone, and are read as local ones. */
const EARLIEST = new Date(1980, 0, 1);
