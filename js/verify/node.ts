// What Node's own requests say and hold.

import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';

import type { Incoming } from './upload.js';

/** A request; `body` is what holds its bytes, where something has put another stream in its place. */
export function incoming(request: IncomingMessage, body: Readable = request): Incoming {
  return {
    contentType: header(request, 'content-type'),
    contentLength: header(request, 'content-length'),
    contentEncoding: header(request, 'content-encoding'),
    body: () => {
      if (body.readableDidRead) throw new Error('something else has read the body: put verifyUpload before it');
      return body.iterator({ destroyOnReturn: false });
    },
  };
}

/** Of headers that come twice Node tells the first; here they are one value, as in a Headers, which then is in no form that is taken. */
function header({ headers, rawHeaders }: IncomingMessage, name: 'content-type' | 'content-length' | 'content-encoding'): string | undefined {
  const values = rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
  return values.length > 1 ? values.join(', ') : headers[name];
}
