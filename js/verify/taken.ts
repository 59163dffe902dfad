// Uploads that were read, by the request that brought them.

import type { Upload } from './upload.js';

const uploads = new WeakMap<object, Upload>();

export function keep(request: object, upload: Upload): void {
  uploads.set(request, upload);
}

export function taken(request: object): Upload {
  const upload = uploads.get(request);
  if (upload === undefined) throw new Error('this request went through no verifyUpload, or holds no upload: put it before the route that takes photos');
  return upload;
}

/** Requests that bring nothing pass; all others must bring an upload. */
export function bringsNothing(method: string | undefined): boolean {
  return ['GET', 'HEAD', 'OPTIONS', 'DELETE', 'TRACE'].includes(method ?? 'GET');
}
