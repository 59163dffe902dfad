// Serves a folder on this machine only, as the page wants to be served: `node scripts/serve.mjs [FOLDER]`.

import { createReadStream, realpathSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, resolve, sep } from 'node:path';

import { HEADERS } from './headers.mjs';
import { ROOT, script, Stop } from './run.mjs';

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
};

/** Serves `folder`; port 0 takes a free one, `headers` replace ours. Resolves to the page's address and `close`. */
export async function serve(folder, { port = 0, host = '127.0.0.1', headers = {} } = {}) {
  const root = realpathSync(resolve(ROOT, folder));
  const server = createServer((request, response) => answer(root, request, response, { ...HEADERS, ...headers }));
  await new Promise((done, failed) => {
    server.once('error', (error) => failed(error.code === 'EADDRINUSE' ? new Stop(`Port ${port} is in use: choose another one, as in PORT=${port + 1} npm start`) : error));
    server.listen(port, host, done);
  });
  const address = `http://${host}:${server.address().port}/`;
  return {
    address,
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
}

function answer(root, request, response, headers) {
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, { Allow: 'GET, HEAD' });
  const found = find(root, request.url ?? '/');
  if (found === undefined) return refuse(response, 404);
  // Browsers ask again each time, but need not be sent again what they have.
  const tagged = { ...headers, ETag: found.tag };
  if (request.headers['if-none-match'] === found.tag) return response.writeHead(304, tagged).end();
  response.writeHead(200, { ...tagged, 'Content-Type': TYPES[extname(found.path)] ?? 'application/octet-stream', 'Content-Length': found.size });
  if (request.method === 'HEAD') return response.end();
  createReadStream(found.path)
    .on('error', () => response.destroy())
    .pipe(response);
}

/** The file that `url` names, unless it lies outside the folder, links followed. */
function find(root, url) {
  try {
    const path = decodeURIComponent(new URL(url, 'http://localhost').pathname);
    const file = realpathSync(resolve(root, `.${path.endsWith('/') ? `${path}index.html` : path}`));
    const stats = statSync(file);
    return file.startsWith(root + sep) && stats.isFile() ? { path: file, size: stats.size, tag: `"${stats.mtimeMs.toString(36)}-${stats.size.toString(36)}"` } : undefined;
  } catch {
    // No such file, or a URL that is none: nothing to serve either way.
    return undefined;
  }
}

function refuse(response, status, headers = {}) {
  response.writeHead(status, { ...HEADERS, ...headers, 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(`${status}\n`);
}

/** Serves until it is stopped. */
export async function serveForever(folder) {
  const port = Number(process.env.PORT ?? 8080);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Stop(`PORT=${process.env.PORT}: must be a number from 0 to 65535`);
  const { address } = await serve(folder, { port });
  console.log(`darkslide is at ${address}`);
}

await script(import.meta.url, ([folder = 'dist/www']) => serveForever(folder));
