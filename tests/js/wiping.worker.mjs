// The package's worker with a window into it: its WebAssembly memory, that of every engine it has had, and what became of the buffer in which a photo came.

import { parentPort, workerData } from 'node:worker_threads';

const { instantiate } = WebAssembly;
const memories = [];
WebAssembly.instantiate = async (...args) => {
  const instance = await instantiate(...args);
  // Node has WebAssembly of its own.
  if ('wipeStack' in instance.exports) memories.push(instance.exports.memory);
  return instance;
};
await import('../../dist/worker.node.js');
let photo;
parentPort.on('message', (request) => (photo = request.photo ?? photo));

workerData.window.on('message', () => {
  // That of an engine which another has replaced is seen too.
  const copy = new Uint8Array(Buffer.concat(memories.map(({ buffer }) => new Uint8Array(buffer))));
  workerData.window.postMessage({ memory: copy, engines: memories.length, photoLeft: photo.some((byte) => byte !== 0) }, [copy.buffer]);
});
