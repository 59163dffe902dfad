// `npm start`: sets up, builds what is not fresh, serves the page. Works from a fresh clone.

import { build } from './build.mjs';
import { script } from './run.mjs';
import { serveForever } from './serve.mjs';

await script(import.meta.url, async (args) => {
  await build({ dev: args.includes('--dev') });
  await serveForever('dist/www');
});
