// The ways in: choosing, the camera, folders, dropping, pasting, and the sample. There is one file input; what it asks for is set before it opens.

import { addPhotos, show } from './actions.js';
import type { Store } from './state.js';
import { byId, setAttributes } from './views/element.js';
import { words } from './words/index.js';

/** `file` gives one of the page's own files. */
export function intake(store: Store, file: (path: string) => Promise<ArrayBuffer>): void {
  const files = byId('files', HTMLInputElement);
  const asFiles = (): void => setAttributes(files, { capture: undefined, webkitdirectory: undefined, multiple: true });
  files.addEventListener('change', () => {
    const chosen = [...(files.files ?? [])];
    if (files.webkitdirectory) addFromFolder(store, chosen);
    else addPhotos(store, chosen);
    // Choosing the same file again is a change too.
    files.value = '';
    asFiles();
  });
  files.addEventListener('cancel', asFiles);

  const camera = byId('camera', HTMLButtonElement);
  camera.addEventListener('click', () => {
    // With `capture`, phones open the camera instead of asking.
    setAttributes(files, { capture: 'environment', webkitdirectory: undefined, multiple: undefined });
    files.click();
  });
  const folder = byId('folder', HTMLButtonElement);
  folder.addEventListener('click', () => {
    setAttributes(files, { capture: undefined, webkitdirectory: true, multiple: true });
    files.click();
  });
  // Where no finger points there is seldom a camera at the back.
  camera.hidden = !matchMedia('(pointer: coarse)').matches;
  folder.hidden = !('webkitdirectory' in files) || matchMedia('(pointer: coarse)').matches;

  dropping(store);
  document.addEventListener('paste', (event) => {
    const pasted = [...(event.clipboardData?.files ?? [])];
    if (pasted.length === 0) return;
    event.preventDefault();
    addPhotos(store, pasted);
  });
  sample(store, file);
}

/** Anywhere on the page: a photo that misses the holder must not open in place of the page. */
function dropping(store: Store): void {
  let depth = 0;
  const drag = (change: number) => (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    depth = Math.max(0, depth + change);
    document.body.classList.toggle('dragging', depth > 0);
  };
  window.addEventListener('dragenter', drag(1));
  window.addEventListener('dragover', drag(0));
  window.addEventListener('dragleave', drag(-1));
  window.addEventListener('drop', (event) => {
    event.preventDefault();
    depth = 0;
    document.body.classList.remove('dragging');
    // What was dropped can be read only now; folders in it are walked afterwards.
    const entries = [...(event.dataTransfer?.items ?? [])].flatMap((item) => item.webkitGetAsEntry() ?? []);
    const files = [...(event.dataTransfer?.files ?? [])];
    if (entries.some(({ isDirectory }) => isDirectory)) void Promise.all(entries.map(filesIn)).then((found) => addFromFolder(store, found.flat()));
    else addPhotos(store, files);
  });
}

/** Folders hold other things than photos; they are left out, and it is said how many. */
function addFromFolder(store: Store, files: readonly File[]): void {
  const photos = files.filter(({ name, type }) => type.startsWith('image/') || PHOTO_NAME.test(name));
  const { noPhotos, leftOut } = words().intake;
  if (photos.length === 0) show(store, noPhotos);
  else if (photos.length < files.length) show(store, leftOut(files.length - photos.length));
  addPhotos(store, [...photos].sort((a, b) => a.webkitRelativePath.localeCompare(b.webkitRelativePath, undefined, { numeric: true })));
}

/** All files in a dropped file or folder. What cannot be read is left out. */
async function filesIn(entry: FileSystemEntry): Promise<File[]> {
  if (isFile(entry)) return await new Promise((resolve) => entry.file((file) => resolve([file]), () => resolve([])));
  if (!isFolder(entry)) return [];
  const reader = entry.createReader();
  const found: File[] = [];
  for (;;) {
    // A folder is read in pieces, until there is none.
    const entries = await new Promise<FileSystemEntry[]>((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (entries.length === 0) return found;
    for (const inner of entries) found.push(...(await filesIn(inner)));
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

/** Loaded with the page, so that trying it asks the network for nothing. */
function sample(store: Store, file: (path: string) => Promise<ArrayBuffer>): void {
  const button = byId('sample', HTMLButtonElement);
  const photo = file('./sample.jpg').then((bytes) => new File([bytes], 'sample.jpg', { type: 'image/jpeg' }));
  const bring = (chosen: File): void => {
    addPhotos(store, [chosen]);
    // The button goes when photos come.
    store.whenShown(() => byId('verdict', HTMLElement).focus());
  };
  const without = (): void => void (button.hidden = true);
  button.addEventListener('click', () => void photo.then(bring, without));
  photo.catch(without);
}

/** Browsers know no type for some of them. */
const PHOTO_NAME = /\.(jpe?g|jpe|jfif|png|apng|webp|gif|tiff?|bmp|dib|hei[cf]|hif|avif|jxl)$/i;
