// The package `darkslide/verify/hono`.

import { bringsNothing, keep, taken } from './taken.js';
import { limitsOf } from './upload.js';
import type { Upload, UploadOptions } from './upload.js';
import { readUpload, refusal } from './web.js';

export { UploadRefused } from './refused.js';
export type { RefusalBody, RefusalCode } from './refused.js';
export type { Upload, UploadOptions, VerifiedFile } from './upload.js';

/** What is asked of Hono's context. */
export interface ContextLike {
  req: { raw: Request };
}

/**
 * Middleware: reads the upload, and answers in place of the route where it must not be kept.
 *
 * @throws {TypeError} for an unknown option
 */
export function verifyUpload(options?: UploadOptions): (context: ContextLike, next: () => Promise<void>) => Promise<Response | void> {
  limitsOf(options);
  return async (context, next) => {
    if (bringsNothing(context.req.raw.method)) return await next();
    try {
      keep(context.req.raw, await readUpload(context.req.raw, options));
    } catch (thrown) {
      return refusal(thrown);
    }
    return await next();
  };
}

/** The upload that `verifyUpload` has let through. */
export function uploadOf(context: ContextLike): Upload {
  return taken(context.req.raw);
}
