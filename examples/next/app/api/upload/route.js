import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { verifyUpload } from 'darkslide/verify/web';

const { UPLOADS = 'uploads' } = process.env;

export const POST = verifyUpload(async ({ files }) => {
  await mkdir(UPLOADS, { recursive: true });
  for (const { name, bytes } of files) await writeFile(join(/* turbopackIgnore: true */ UPLOADS, name), bytes);
  return Response.json(files.map(({ name, sha256 }) => ({ name, sha256 })));
});
