// Uppy with thumbnails, Golden Retriever and a plain upload; and Darkslide, or, on the peer's page, Compressor in its place.

import Uppy from '@uppy/core';
import GoldenRetriever from '@uppy/golden-retriever';
import ThumbnailGenerator from '@uppy/thumbnail-generator';
import XHRUpload from '@uppy/xhr-upload';

/** Makes the page; `modifier` is what stands between choosing and uploading. */
export function uppyPage(modifier, options) {
  document.body.innerHTML = '<input type="file" multiple>';
  const uppy = new Uppy().use(ThumbnailGenerator).use(modifier, options).use(XHRUpload, { endpoint: '/upload' }).use(GoldenRetriever);
  const refusals = [];
  uppy.on('restriction-failed', (file, error) => refusals.push(error.message));
  const input = document.querySelector('input');
  input.addEventListener('change', () => {
    uppy.addFiles([...input.files].map((file) => ({ name: file.name, type: file.type, data: file, meta: { relativePath: `holiday/${file.name}` } })));
    input.value = '';
  });
  const uploads = [];
  globalThis.uppy = uppy;
  globalThis.host = {
    submit: () => uploads.push(uppy.upload().catch(() => undefined)),
    cancel: () => uppy.cancelAll(),
    settled: () => Promise.all(uploads.splice(0)),
    working: () => uppy.getFiles().some((file) => file.progress.preprocess !== undefined),
    refusals: () => refusals.splice(0),
  };
}
