// The package's worker in a browser that takes its time to look for a GPU. It answers when the test says so: there is none.

import { workerData } from 'node:worker_threads';

const waiting = [];
globalThis.WorkerGlobalScope = class {};
Object.defineProperty(globalThis, 'navigator', { value: { gpu: { requestAdapter: () => new Promise((resolve) => waiting.push(resolve)) } } });
await import('../../dist/worker.node.js');

workerData.browser.on('message', () => {
  for (const answer of waiting) answer(null);
  // Behind all that the answers set off.
  setImmediate(() => workerData.browser.postMessage(waiting.length));
});
