// Signs addresses for Azure's blob storage (SAS), and checks what has arrived there: only what is confirmed counts as uploaded.

import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';

import { BlobSASPermissions, BlobServiceClient } from '@azure/storage-blob';
import { verify } from 'darkslide/verify';

const { PORT = '3000', AZURE_STORAGE_CONNECTION_STRING = 'UseDevelopmentStorage=true', CONTAINER = 'photos' } = process.env;
const container = BlobServiceClient.fromConnectionString(AZURE_STORAGE_CONNECTION_STRING).getContainerClient(CONTAINER);
const MAX_BYTES = 32 << 20;

const routes = {
  async '/sign'({ sha256, type }) {
    if (!/^[0-9a-f]{64}$/.test(sha256) || !/^image\/[a-z]+$/.test(type)) return refused(400, 'bad-request');
    const key = `photo-${sha256}.${type.slice('image/'.length)}`;
    // Create, not write: what is there already cannot be replaced.
    const url = await container.getBlockBlobClient(key).generateSasUrl({ permissions: BlobSASPermissions.parse('c'), expiresOn: new Date(Date.now() + 300_000) });
    return { url, key };
  },
  async '/confirm'({ key }) {
    if (!/^photo-[0-9a-f]{64}\.[a-z]+$/.test(key)) return refused(400, 'bad-request');
    const blob = container.getBlockBlobClient(key);
    if (!(await blob.exists())) return refused(404, 'not-there');
    const { contentLength } = await blob.getProperties();
    const tooLarge = contentLength > MAX_BYTES;
    const bytes = tooLarge ? undefined : await blob.downloadToBuffer();
    const { clean, findings } = bytes === undefined ? { clean: false, findings: [] } : verify(bytes);
    const sha256 = bytes && createHash('sha256').update(bytes).digest('hex');
    if (clean && key.startsWith(`photo-${sha256}.`)) return { key, sha256 };
    await blob.delete();
    // Kinds alone: values may be somebody's home.
    return refused(422, tooLarge ? 'too-large' : clean ? 'wrong-checksum' : 'not-clean', [...new Set(findings.map(({ kind }) => kind))]);
  },
};

function refused(status, code, kinds = []) {
  return { status, error: { code, kinds } };
}

await container.createIfNotExists();
const server = createServer(async (request, response) => {
  const { status = 200, ...answer } = await Promise.resolve()
    .then(async () => await routes[request.url](await json(request)))
    .catch(() => refused(400, 'bad-request'));
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
});
server.listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
