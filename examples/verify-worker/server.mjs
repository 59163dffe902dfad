// Takes photos, and has each upload checked in a thread of its own: the server goes on meanwhile, and a check that takes too long is ended.

import { createServer } from 'node:http';
import { Worker } from 'node:worker_threads';

const { PORT = '3000', CHECK_MS = '5000' } = process.env;
const MAX_BODY_BYTES = 64 << 20;
/** Uploads that are read or checked at a time: each may take MAX_BODY_BYTES a few times over, and one core. */
const MAX_UPLOADS = 4;

let uploads = 0;
const server = createServer(async (request, response) => {
  const { status, body } = request.method === 'POST' ? await answer(request) : { status: 200, body: { uploads } };
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  // Who is refused may still be sending: Node reads on, for no longer than `requestTimeout`.
  request.on('error', () => undefined).resume();
});
server.requestTimeout = 60_000;
server.listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));

async function answer(request) {
  if (uploads === MAX_UPLOADS) return refusal(503, 'busy');
  uploads += 1;
  try {
    const bytes = await received(request);
    if (bytes === undefined) return refusal(413, 'too-large');
    const { upload, refused } = await checked(request.rawHeaders, bytes);
    if (upload === undefined) return refused;
    // Here the photos are kept: each has its bytes.
    return { status: 200, body: upload.files.map(({ name, sha256 }) => ({ name, sha256 })) };
  } catch {
    return refusal(400, 'aborted');
  } finally {
    uploads -= 1;
  }
}

/** The body; nothing where it is too large. */
async function received(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** `{ upload }` or `{ refused }`. A thread starts in some 50 ms; where it ends for whatever reason, nothing comes out. */
function checked(rawHeaders, bytes) {
  return new Promise((done) => {
    const worker = new Worker(new URL('check.mjs', import.meta.url), { workerData: { rawHeaders, bytes }, transferList: [bytes.buffer] });
    const end = (result) => {
      clearTimeout(timer);
      void worker.terminate();
      done(result);
    };
    const timer = setTimeout(() => end({ refused: refusal(503, 'too-slow') }), Number(CHECK_MS));
    worker.once('message', end);
    worker.once('error', () => end({ refused: refusal(500, 'crashed') }));
  });
}

function refusal(status, code) {
  return { status, body: { error: { code } } };
}
