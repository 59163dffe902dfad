// A server as uploads have it, which keeps every byte that reaches it: addresses, headers, bodies.

import { once } from 'node:events';
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

/** Serves `site`, and takes uploads at `/upload`. `received` grows with every request that is more than a look at the site. */
export async function listen(site) {
  const received = [];
  const busy = new Set();
  const server = createServer(async (request, response) => {
    const { pathname, search } = new URL(request.url, 'http://localhost');
    if (request.method === 'GET' && pathname === '/sync') return response.end();
    if (request.method === 'GET' && search === '' && existsSync(join(site, pathname)) && extname(pathname) in TYPES) {
      response.writeHead(200, { 'Content-Type': TYPES[extname(pathname)], 'Cache-Control': 'no-cache' });
      return createReadStream(join(site, pathname)).pipe(response);
    }
    const entry = { method: request.method, url: request.url, headers: JSON.stringify(request.rawHeaders), body: Buffer.alloc(0) };
    received.push(entry);
    const done = new Promise((end) => request.once('close', end).once('end', end));
    busy.add(done);
    const chunks = [];
    request.on('data', (chunk) => {
      chunks.push(chunk);
      entry.body = Buffer.concat(chunks);
    });
    // An aborted upload has leaked what came before.
    await done;
    busy.delete(done);
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end('{"url":"/upload/1"}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `http://127.0.0.1:${server.address().port}`,
    received,
    /** Resolves when `count` files have come, or when that has taken too long: hosts hand over to the browser a moment after they say that they are done. */
    came: async (count) => {
      const until = Date.now() + 10_000;
      while (received.flatMap(uploads).length < count && Date.now() < until) await new Promise((done) => setTimeout(done, 10));
    },
    /** Resolves when no request is on its way. */
    idle: () => Promise.all(busy),
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
}

/** The files in a request: the parts of a form that have a file's name, or a body that is no form. Browsers send an empty, nameless part for an empty input. */
export function uploads({ headers, body }) {
  const boundary = /multipart\/form-data; boundary=([^"\\]+)/i.exec(headers)?.[1];
  if (boundary === undefined) return body.length > 0 && !/application\/(json|x-www-form-urlencoded)|text\/plain/i.test(headers) ? [{ name: undefined, type: undefined, bytes: body }] : [];
  return split(body, `--${boundary}`)
    .map((part) => ({ head: part.subarray(0, part.indexOf('\r\n\r\n')).toString(), bytes: part.subarray(part.indexOf('\r\n\r\n') + 4, -2) }))
    .map(({ head, bytes }) => ({ name: /filename="([^"]*)"/.exec(head)?.[1], type: /Content-Type: (\S+)/i.exec(head)?.[1], bytes }))
    .filter(({ name, bytes }) => name !== undefined && (name !== '' || bytes.length > 0));
}

/** What lies between the separators. */
function split(body, separator) {
  const parts = [];
  for (let at = body.indexOf(separator); at >= 0; ) {
    const next = body.indexOf(separator, at + separator.length);
    if (next >= 0) parts.push(body.subarray(at + separator.length + 2, next));
    at = next;
  }
  return parts;
}

const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm' };
