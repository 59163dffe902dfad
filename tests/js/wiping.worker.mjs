// The package's worker with a window into it: its WebAssembly memory, and what became of the buffer in which a photo came.

import { parentPort, workerData } from 'node:worker_threads';

const { instantiate } = WebAssembly;
let memory;
WebAssembly.instantiate = async (...args) => {
  const instance = await instantiate(...args);
  // Node has WebAssembly of its own.
  if ('wipeStack' in instance.exports) memory = instance.exports.memory;
  return instance;
};
await import('../../dist/worker.node.js');
let photo;
parentPort.on('message', (request) => (photo = request.photo));

workerData.window.on('message', () => {
  const copy = new Uint8Array(memory.buffer).slice();
  workerData.window.postMessage({ memory: copy, photoLeft: photo.some((byte) => byte !== 0) }, [copy.buffer]);
});
