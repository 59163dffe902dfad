// A tus server that keeps clean photos alone. tus takes a file in pieces, so they lie on the disk until the last has come; then it is
// checked, and what is not clean is deleted before the client hears of it.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { FileStore } from '@tus/file-store';
import { Server } from '@tus/server';
import { verify } from 'darkslide/verify';

const { PORT = '1080', UPLOADS = 'uploads' } = process.env;

const tus = new Server({
  path: '/files',
  datastore: new FileStore({ directory: UPLOADS }),
  maxSize: 32 << 20,
  exposedHeaders: ['X-Photo-Sha256'],
  async onUploadFinish(_request, { id, metadata }) {
    const bytes = await readFile(join(UPLOADS, id));
    const { clean, findings } = verify(bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (clean && sha256 === metadata?.sha256) return { headers: { 'X-Photo-Sha256': sha256 } };
    await tus.datastore.remove(id);
    // Kinds alone: values may be somebody's home.
    const kinds = [...new Set(findings.map(({ kind }) => kind))];
    throw { status_code: 422, body: JSON.stringify({ error: { code: clean ? 'wrong-checksum' : 'not-clean', kinds } }) };
  },
});

const server = tus.listen({ host: '127.0.0.1', port: Number(PORT) }, () => console.log(`http://127.0.0.1:${server.address().port}/files`));
