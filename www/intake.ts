// The ways in: choosing, dropping, pasting, and the sample.

import { addPhotos } from './actions.js';
import type { Store } from './state.js';
import { byId } from './views/element.js';

export function intake(store: Store): void {
  const files = byId('files', HTMLInputElement);
  files.addEventListener('change', () => {
    addPhotos(store, [...(files.files ?? [])]);
    // Choosing the same file again is a change too.
    files.value = '';
  });
  dropping(store);
  document.addEventListener('paste', (event) => {
    const pasted = [...(event.clipboardData?.files ?? [])];
    if (pasted.length === 0) return;
    event.preventDefault();
    addPhotos(store, pasted);
  });
  void sample(store);
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
    addPhotos(store, [...(event.dataTransfer?.files ?? [])]);
  });
}

/** Loaded with the page, so that trying it asks the network for nothing. */
async function sample(store: Store): Promise<void> {
  const button = byId('sample', HTMLButtonElement);
  try {
    const response = await fetch('sample.jpg');
    if (!response.ok) throw new Error(String(response.status));
    const photo = new File([await response.blob()], 'sample.jpg', { type: 'image/jpeg' });
    button.addEventListener('click', () => {
      addPhotos(store, [photo]);
      // The button goes when photos come.
      store.whenShown(() => byId('verdict', HTMLElement).focus());
    });
  } catch {
    button.hidden = true;
  }
}
