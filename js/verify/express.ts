// The package `darkslide/verify/express`: for Express, Connect, and whatever hands on Node's own requests.

import type { IncomingMessage, ServerResponse } from 'node:http';

import { linger } from './linger.js';
import { incoming } from './node.js';
import { UploadRefused } from './refused.js';
import { bringsNothing, keep, taken } from './taken.js';
import { limitsOf, read } from './upload.js';
import type { Upload, UploadOptions } from './upload.js';

export { UploadRefused } from './refused.js';
export type { RefusalBody, RefusalCode } from './refused.js';
export type { Upload, UploadOptions, VerifiedFile } from './upload.js';

/**
 * Middleware: reads the upload, and answers in place of the route where it must not be kept. It must come before whatever else reads the body.
 *
 * @throws {TypeError} for an unknown option
 */
export function verifyUpload(options?: UploadOptions): (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void {
  limitsOf(options);
  return (request, response, next) => {
    if (bringsNothing(request.method)) return next();
    receive(request, options).then(
      (upload) => {
        keep(request, upload);
        next();
      },
      (thrown: unknown) => (thrown instanceof UploadRefused ? refuse(request, response, thrown) : next(thrown)),
    );
  };
}

/** The upload that `verifyUpload` has let through. */
export function uploadOf(request: IncomingMessage): Upload {
  return taken(request);
}

async function receive(request: IncomingMessage, options: UploadOptions | undefined): Promise<Upload> {
  return await read(incoming(request), options);
}

function refuse(request: IncomingMessage, response: ServerResponse, { status, body, code }: UploadRefused): void {
  if (code === 'aborted') return void response.destroy();
  const connection = linger(request);
  // Something else has answered meanwhile, as after a time of the application's own.
  if (response.headersSent) return;
  const text = JSON.stringify(body);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text), ...connection });
  response.end(text);
}
