// Opens resumable sessions in Google's Cloud Storage, and checks what has arrived there: only what is confirmed counts as uploaded.

import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';

import { Storage } from '@google-cloud/storage';
import { verify } from 'darkslide/verify';

const { PORT = '3000', BUCKET = 'photos', PROJECT = 'photos' } = process.env;
const bucket = new Storage({ projectId: PROJECT }).bucket(BUCKET);
const MAX_BYTES = 32 << 20;

const routes = {
  async '/open'({ sha256, type, size }, origin) {
    if (!/^[0-9a-f]{64}$/.test(sha256) || !/^image\/[a-z]+$/.test(type) || !Number.isInteger(size)) return refused(400, 'bad-request');
    if (size > MAX_BYTES) return refused(422, 'too-large');
    const key = `photo-${sha256}.${type.slice('image/'.length)}`;
    // For this name, type and length alone, and only where nothing is yet; `origin` is the page's, for CORS.
    const [url] = await bucket.file(key).createResumableUpload({ origin, metadata: { contentType: type, contentLength: size }, preconditionOpts: { ifGenerationMatch: 0 } });
    return { url, key };
  },
  async '/confirm'({ key }) {
    if (!/^photo-[0-9a-f]{64}\.[a-z]+$/.test(key)) return refused(400, 'bad-request');
    const object = bucket.file(key);
    const [exists] = await object.exists();
    if (!exists) return refused(404, 'not-there');
    const [{ size }] = await object.getMetadata();
    const tooLarge = Number(size) > MAX_BYTES;
    const [bytes] = tooLarge ? [] : await object.download();
    const { clean, findings } = bytes === undefined ? { clean: false, findings: [] } : verify(bytes);
    const sha256 = bytes && createHash('sha256').update(bytes).digest('hex');
    if (clean && key.startsWith(`photo-${sha256}.`)) return { key, sha256 };
    await object.delete();
    // Kinds alone: values may be somebody's home.
    return refused(422, tooLarge ? 'too-large' : clean ? 'wrong-checksum' : 'not-clean', [...new Set(findings.map(({ kind }) => kind))]);
  },
};

function refused(status, code, kinds = []) {
  return { status, error: { code, kinds } };
}

const server = createServer(async (request, response) => {
  const { status = 200, ...answer } = await Promise.resolve()
    .then(async () => await routes[request.url](await json(request), request.headers.origin))
    .catch(() => refused(400, 'bad-request'));
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
});
server.listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
