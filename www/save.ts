// The ways out: saving, copying, passing on to another app.

/** Saves a file without leaving a link on the page. */
export function download(file: File): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = file.name;
  link.click();
  // The browser has the file by then.
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_MS);
}

export function canCopy(): boolean {
  return 'clipboard' in navigator && 'write' in navigator.clipboard && typeof ClipboardItem === 'function';
}

/** Copies a picture. It may come later: browsers want to be asked while the click lasts. */
export async function copy(png: Promise<Blob>): Promise<void> {
  await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
}

export function canShare(files: File[]): boolean {
  return 'canShare' in navigator && navigator.canShare({ files });
}

/** Hands files to another app. Resolves to false when the person thought better of it. */
export async function share(files: File[]): Promise<boolean> {
  try {
    await navigator.share({ files });
    return true;
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'AbortError') return false;
    throw thrown;
  }
}

const REVOKE_MS = 60_000;
