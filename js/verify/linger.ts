// A sender that is still sending does not read its answer. So what comes after a refusal is thrown away for a while, not cut off at once.

import type { IncomingMessage } from 'node:http';

export function linger(request: IncomingMessage): void {
  let left = MAX_BYTES;
  request.on('data', (chunk: Uint8Array) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  });
  request.on('error', () => undefined);
  request.resume();
}

const MAX_BYTES = 256 << 20;
