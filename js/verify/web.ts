// The package `darkslide/verify/web`: for servers that take a Request and give a Response, as workerd, Deno, Bun and Next's route handlers do.

import { UploadRefused } from './refused.js';
import { limitsOf, read } from './upload.js';
import type { Upload, UploadOptions } from './upload.js';

export { UploadRefused } from './refused.js';
export type { RefusalBody, RefusalCode } from './refused.js';
export type { Upload, UploadOptions, VerifiedFile } from './upload.js';

/**
 * Wraps a handler, which gets clean photos alone. What is not clean is refused with 422 and never reaches it.
 *
 * @throws {TypeError} for an unknown option
 */
export function verifyUpload(handler: (upload: Upload, request: Request) => Response | Promise<Response>, options?: UploadOptions): (request: Request) => Promise<Response> {
  limitsOf(options);
  return async (request) => {
    const upload = await readUpload(request, options).catch(refusal);
    return upload instanceof Response ? upload : await handler(upload, request);
  };
}

/**
 * Reads an upload, for handlers that answer by themselves.
 *
 * @throws {UploadRefused} with the `status` and the `body` for the answer
 */
export async function readUpload(request: Request, options?: UploadOptions): Promise<Upload> {
  const header = (name: string): string | undefined => request.headers.get(name) ?? undefined;
  const body = (): AsyncIterable<Uint8Array> => {
    if (request.bodyUsed || request.body?.locked === true) throw new Error('something else has read the body: put verifyUpload before it');
    return chunks(request.body);
  };
  return await read({ contentType: header('content-type'), contentLength: header('content-length'), contentEncoding: header('content-encoding'), body }, options);
}

export function refusal(thrown: unknown): Response {
  if (!(thrown instanceof UploadRefused)) throw thrown;
  return Response.json(thrown.body, { status: thrown.status });
}

/** Not every runtime's streams are iterable. */
async function* chunks(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    // Left early: the rest is not wanted.
    await reader.cancel().catch(() => undefined);
  }
}
