// The upload handlers, each in the real server that it is for.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { installed } from '../../scripts/installed.mjs';
import { execute, pack, project, write } from './fresh.mjs';

/** A project with the package and the servers in it. `remove` deletes it. */
export async function serving() {
  const fresh = pack();
  const folder = join(fresh.folder, 'server');
  const tools = await installed('tests/package/servers');
  project(folder, fresh.tarball, tools, {});
  // The servers, beside the package.
  execute(folder, 'cp', ['-r', ...readdirSync(join(tools, 'node_modules')).filter((name) => !name.startsWith('.')).map((name) => join(tools, 'node_modules', name)), join(folder, 'node_modules')]);
  write(folder, 'made.mjs', MADE);
  return { folder, remove: () => fresh.remove() };
}

/** Starts a server of a kind; it ends with the test. `reached` knows what its route was given. */
export async function running(folder, kind, options, t) {
  const { servers, reached } = await import(pathToFileURL(join(folder, 'made.mjs')));
  const server = await servers[kind](options);
  reached.uploads.length = 0;
  t.after(() => (server.closeAllConnections(), new Promise((done) => server.close(done))));
  const { port } = server.address();
  const address = `http://127.0.0.1:${port}/`;
  const put = async (body, type) => await answered(await fetch(address, { method: 'POST', headers: { 'content-type': type }, body }));
  const send = async (parts) => {
    const form = new FormData();
    for (const [name, value, filename] of parts) filename === undefined ? form.append(name, value) : form.append(name, new Blob([value], { type: 'image/jpeg' }), filename);
    return await answered(await fetch(address, { method: 'POST', body: form }));
  };
  return { send, put, address, port, server, reached };
}

async function answered(response) {
  return { status: response.status, body: await response.json() };
}

// How each kind of server is made; every one answers with what its route was given.
const MADE = `
  import { createServer } from 'node:http';
  import { serve } from '@hono/node-server';
  import connect from 'connect';
  import express from 'express';
  import Fastify from 'fastify';
  import { Hono } from 'hono';
  import * as forExpress from 'darkslide/verify/express';
  import * as forFastify from 'darkslide/verify/fastify';
  import * as forHono from 'darkslide/verify/hono';
  import * as forWeb from 'darkslide/verify/web';

  export { express, Fastify, forExpress, forFastify };
  export const reached = { uploads: [], get count() { return this.uploads.length; } };
  const told = (upload) => {
    reached.uploads.push(upload);
    return { files: upload.files.map(({ bytes, ...file }) => ({ ...file, length: bytes.length })), fields: upload.fields };
  };
  const listening = (server) => new Promise((done) => server.listen(0, '127.0.0.1', () => done(server)));

  export const servers = {
    async express(options) {
      const app = express();
      app.post('/', forExpress.verifyUpload(options), (request, response) => response.json(told(forExpress.uploadOf(request))));
      return await listening(createServer(app));
    },
    async connect(options) {
      const app = connect();
      app.use(forExpress.verifyUpload(options));
      app.use((request, response) => response.end(JSON.stringify(told(forExpress.uploadOf(request)))));
      return await listening(createServer(app));
    },
    async fastify(options) {
      const app = Fastify();
      app.register(async (scope) => {
        scope.register(forFastify.verifyUpload, options);
        scope.post('/', async (request) => told(forFastify.uploadOf(request)));
      });
      app.post('/elsewhere', async (request) => request.body);
      await app.listen({ port: 0, host: '127.0.0.1' });
      return app.server;
    },
    async hono(options) {
      const app = new Hono();
      app.post('/', forHono.verifyUpload(options), (c) => c.json(told(forHono.uploadOf(c))));
      return await new Promise((done) => { const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => done(server)); });
    },
    async web(options) {
      const handler = forWeb.verifyUpload((upload) => Response.json(told(upload)), options);
      return await new Promise((done) => { const server = serve({ fetch: handler, port: 0, hostname: '127.0.0.1' }, () => done(server)); });
    },
  };`;
