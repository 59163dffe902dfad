// Signs addresses for S3, and checks what has arrived there: only what is confirmed counts as uploaded.

import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';

import { AwsClient } from 'aws4fetch';
import { verify } from 'darkslide/verify';

const { PORT = '3000', S3 = 'http://127.0.0.1:4568/photos', AWS_ACCESS_KEY_ID = 'S3RVER', AWS_SECRET_ACCESS_KEY = 'S3RVER' } = process.env;
const aws = new AwsClient({ accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY, service: 's3', region: 'us-east-1' });
const MAX_BYTES = 32 << 20;

const routes = {
  async '/sign'({ sha256, type }) {
    if (!/^[0-9a-f]{64}$/.test(sha256) || !/^image\/[a-z]+$/.test(type)) return refused(400, 'bad-request');
    const key = `photo-${sha256}.${type.slice('image/'.length)}`;
    const headers = { 'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64') };
    const signed = await aws.sign(`${S3}/${key}?X-Amz-Expires=300`, { method: 'PUT', headers, aws: { signQuery: true, allHeaders: true } });
    return { url: signed.url, headers, key };
  },
  async '/confirm'({ key }) {
    if (!/^photo-[0-9a-f]{64}\.[a-z]+$/.test(key)) return refused(400, 'bad-request');
    const object = await aws.fetch(`${S3}/${key}`);
    if (!object.ok) return refused(404, 'not-there');
    const tooLarge = Number(object.headers.get('content-length')) > MAX_BYTES;
    const bytes = tooLarge ? undefined : Buffer.from(await object.arrayBuffer());
    const { clean, findings } = bytes === undefined ? { clean: false, findings: [] } : verify(bytes);
    const sha256 = bytes && createHash('sha256').update(bytes).digest('hex');
    if (clean && key.startsWith(`photo-${sha256}.`)) return { key, sha256 };
    await aws.fetch(`${S3}/${key}`, { method: 'DELETE' });
    // Kinds alone: values may be somebody's home.
    return refused(422, tooLarge ? 'too-large' : clean ? 'wrong-checksum' : 'not-clean', [...new Set(findings.map(({ kind }) => kind))]);
  },
};

function refused(status, code, kinds = []) {
  return { status, error: { code, kinds } };
}

const server = createServer(async (request, response) => {
  const { status = 200, ...answer } = await Promise.resolve()
    .then(async () => await routes[request.url](await json(request)))
    .catch(() => refused(400, 'bad-request'));
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
});
server.listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
