// Takes photos, and refuses what is not clean, whatever page or program sends it. `SITE` serves another example's page.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import express from 'express';
import { uploadOf, verifyUpload } from 'darkslide/verify/express';

const { PORT = '3000', SITE = 'public', UPLOADS = 'uploads' } = process.env;
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; connect-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; form-action 'self'; base-uri 'none'";

await mkdir(UPLOADS, { recursive: true });
const app = express();
app.use((_request, response, next) => {
  response.set('Content-Security-Policy', POLICY);
  next();
});
app.use(express.static(SITE));
app.use('/darkslide', express.static('node_modules/darkslide/dist'));

app.post('/upload', verifyUpload({ maxFiles: 20 }), async (request, response) => {
  const { files } = uploadOf(request);
  for (const { name, bytes } of files) await writeFile(join(UPLOADS, name), bytes);
  response.json(files.map(({ name, sha256 }) => ({ name, sha256 })));
});

const server = app.listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
