// The package `darkslide/verify/fastify`: a plugin for the scope that holds the routes which take photos.

import type { IncomingMessage } from 'node:http';

import { linger } from './linger.js';
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
  addHook(name: 'preValidation', hook: (request: RequestLike, reply: ReplyLike) => Promise<unknown>): unknown;
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
  // The body stays unread until the hook; what is no upload is refused there, in our words.
  fastify.addContentTypeParser(['multipart/form-data', '*'], (_request, _payload, parsed) => parsed(null));
  fastify.addHook('preValidation', async (request, reply) => {
    if (bringsNothing(request.raw.method)) return undefined;
    try {
      keep(request.raw, await receive(request.raw, options));
      return undefined;
    } catch (thrown) {
      if (!(thrown instanceof UploadRefused)) throw thrown;
      return refuse(request.raw, reply, thrown);
    }
  });
  done();
}

// Its parser and hook belong to the scope that registers it, not to one of its own.
Object.assign(verifyUpload, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: 'darkslide' });

/** The upload that `verifyUpload` has let through. */
export function uploadOf(request: RequestLike): Upload {
  return taken(request.raw);
}

async function receive(request: IncomingMessage, options: UploadOptions): Promise<Upload> {
  const { 'content-type': contentType, 'content-length': contentLength } = request.headers;
  // Fastify has read JSON and text by itself, which are no upload.
  const body = request.readableEnded ? empty() : request.iterator({ destroyOnReturn: false });
  return await read({ contentType, contentLength, body }, options);
}

async function* empty(): AsyncGenerator<Uint8Array> {}

function refuse(request: IncomingMessage, reply: ReplyLike, { status, body }: UploadRefused): ReplyLike {
  for (const [name, value] of Object.entries(linger(request))) reply.header(name, value);
  return reply.code(status).send(body);
}
