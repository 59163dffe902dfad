// A sender that is still sending does not read its answer, and a connection that is closed while something comes in takes the answer with
// it. So what comes after a refusal is thrown away for a while.

import type { IncomingMessage } from 'node:http';

/** Reads on where there is more, and then names the header for the answer that keeps Node from closing the connection first. */
export function linger(request: IncomingMessage): { Connection?: string } {
  request.on('error', () => undefined);
  request.resume();
  if (request.complete) return {};
  let left = MAX_BYTES;
  const timer = setTimeout(() => request.destroy(), MAX_MS);
  timer.unref();
  request.on('close', () => clearTimeout(timer));
  request.on('data', (chunk: Uint8Array) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  });
  return request.httpVersionMajor < 2 ? { Connection: 'keep-alive' } : {};
}

const MAX_BYTES = 256 << 20;
const MAX_MS = 30_000;
