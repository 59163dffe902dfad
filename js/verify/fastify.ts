// The package `darkslide/verify/fastify`: a plugin for the scope that holds the routes which take photos.

import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

import { linger } from './linger.js';
import { incoming } from './node.js';
import { UploadRefused } from './refused.js';
import { bringsNothing, keep, taken } from './taken.js';
import { limitsOf, read } from './upload.js';
import type { Upload, UploadOptions } from './upload.js';

export { UploadRefused } from './refused.js';
export type { RefusalBody, RefusalCode } from './refused.js';
export type { Upload, UploadOptions, VerifiedFile } from './upload.js';

/** What is asked of Fastify. */
export interface RequestLike {
  raw: IncomingMessage;
}
export interface ReplyLike {
  code(status: number): ReplyLike;
  header(name: string, value: string): ReplyLike;
  send(payload: unknown): ReplyLike;
}
export interface FastifyLike {
  addContentTypeParser(type: string[], parser: (request: RequestLike, payload: IncomingMessage, done: (error: Error | null, body?: unknown) => void) => void): unknown;
  addHook(name: 'preParsing', hook: (request: RequestLike, reply: ReplyLike, payload: Readable, done: (error?: Error | null, payload?: Readable) => void) => void): unknown;
}

/**
 * Plugin: reads the upload of every request in its scope, and answers in place of the route where it must not be kept. An unknown option
 * keeps the server from starting.
 */
export function verifyUpload(fastify: FastifyLike, options: UploadOptions, done: (error?: Error) => void): void {
  try {
    limitsOf(options);
  } catch (thrown) {
    return done(thrown instanceof Error ? thrown : new Error(String(thrown)));
  }
  // Before Fastify looks at the body, so that what is no upload is refused in our words, whatever it is.
  fastify.addHook('preParsing', (request, reply, payload, next) => {
    if (bringsNothing(request.raw.method)) return next();
    read(incoming(request.raw, payload), options).then(
      (upload) => {
        keep(request.raw, upload);
        next(null, Readable.from([]));
      },
      // Who is refused goes no further: `next` is not called.
      (thrown: unknown) => (thrown instanceof UploadRefused ? refuse(request.raw, reply, thrown) : next(thrown instanceof Error ? thrown : new Error(String(thrown)))),
    );
  });
  fastify.addContentTypeParser(['multipart/form-data', '*'], (_request, _payload, parsed) => parsed(null));
  done();
}

// Its parser and hook belong to the scope that registers it, not to one of its own.
Object.assign(verifyUpload, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: 'darkslide' });

/** The upload that `verifyUpload` has let through. */
export function uploadOf(request: RequestLike): Upload {
  return taken(request.raw);
}

function refuse(request: IncomingMessage, reply: ReplyLike, { status, body }: UploadRefused): void {
  for (const [name, value] of Object.entries(linger(request))) reply.header(name, value);
  reply.code(status).send(body);
}
