// The thread: one upload, read and checked as a request.

import { parentPort, workerData } from 'node:worker_threads';

import { readUpload, UploadRefused } from 'darkslide/verify/web';

const { rawHeaders, bytes } = workerData;
const headers = new Headers();
// All of them as they came: one that comes twice is refused.
for (let at = 0; at < rawHeaders.length; at += 2) if (/^content-(type|encoding)$/i.test(rawHeaders[at])) headers.append(rawHeaders[at], rawHeaders[at + 1]);

try {
  const upload = await readUpload(new Request('http://localhost/', { method: 'POST', headers, body: bytes }), { maxFiles: 20 });
  parentPort.postMessage({ upload }, upload.files.map((file) => file.bytes.buffer));
} catch (thrown) {
  if (!(thrown instanceof UploadRefused)) throw thrown;
  parentPort.postMessage({ refused: { status: thrown.status, body: thrown.body } });
}
