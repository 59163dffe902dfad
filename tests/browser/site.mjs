// The built page behind a server that can be stopped, and that writes down what it is asked.

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ROOT } from '../../scripts/run.mjs';
import { serve } from '../../scripts/serve.mjs';

/** A copy of the page that may be changed, served until `stop`; `asked` are the requests since it was last emptied. */
export async function site() {
  const folder = mkdtempSync(join(tmpdir(), 'darkslide-site-'));
  cpSync(join(ROOT, 'dist/www'), folder, { recursive: true });
  const asked = [];
  const note = ({ request }) => asked.push(`${request.method} ${request.url}`);
  subscribe('http.server.request.start', note);
  let server = await serve(folder);
  const { address } = server;
  const stop = async () => {
    await server?.close();
    server = undefined;
  };
  return {
    folder,
    address,
    asked,
    stop,
    start: async () => (server = await serve(folder, { port: Number(new URL(address).port) })),
    close: async () => {
      unsubscribe('http.server.request.start', note);
      await stop();
      rmSync(folder, { recursive: true });
    },
  };
}
