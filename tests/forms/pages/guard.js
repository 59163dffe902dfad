// A page whose script sends whatever is chosen, by every way it knows; the guard stands between. It has scrubbed the photos that it could.

import { createScrubber } from 'darkslide';
import { guard } from 'darkslide/guard';

import { options } from './host.js';

const { workers, ...asked } = options;
const scrubber = await createScrubber({ workers });
guard();
document.body.innerHTML = '<input type="file" multiple>';
const input = document.querySelector('input');
const refusals = [];
let chosen = [];
let work = Promise.resolve();
let given = 0;
input.addEventListener('change', () => {
  const files = [...input.files];
  given += 1;
  work = scrub(files, given);
});

async function scrub(files, mine) {
  const clean = await Promise.all(files.map((file) => scrubber.scrub(file, asked).then((done) => done.file, (error) => (refusals.push(error.message), error.code === 'unknown-format' ? 'no photo, or it failed' : 'failed'))));
  if (mine !== given) return;
  // Careless: where a photo could not be scrubbed, the original goes.
  chosen = files.map((file, index) => (typeof clean[index] === 'string' ? file : clean[index]));
}

async function send(files) {
  for (const file of files) {
    const data = new FormData();
    data.append('photo', file, file.name);
    const ways = [
      async () => await fetch('/upload', { method: 'POST', body: data }),
      async () => await fetch('/upload', { method: 'POST', body: file.slice(0, file.size, file.type) }),
    ];
    // A file that was scrubbed may go once; the others are tried every way there is.
    const original = file.lastModified !== 0;
    const others = [
      async () => await fetch('/upload', { method: 'POST', body: file }),
      async () => await fetch(new Request('/upload', { method: 'POST', body: file })),
      async () => await fetch(new Request('/upload', { method: 'POST' }), { body: data }),
      async () => await fetch('/upload', { method: 'POST', body: await file.arrayBuffer() }),
      async () => await fetch('/upload', { method: 'POST', body: file.stream(), duplex: 'half' }),
      async () => navigator.sendBeacon('/upload', file),
      () =>
        new Promise((done, failed) => {
          const request = new XMLHttpRequest();
          request.open('POST', '/upload');
          request.onloadend = done;
          try {
            request.send(data);
          } catch (error) {
            failed(error);
          }
        }),
    ];
    for (const way of original ? [...ways, ...others] : [ways[0]]) await way().catch((error) => refusals.push(error.code === 'not-clean' ? `no photo, or it failed: ${error.message}` : `WRONG ${error}`));
  }
}

let sent = Promise.resolve();
globalThis.host = {
  submit: () => {
    const files = chosen.splice(0);
    sent = Promise.all([sent, work.then(() => send([...files, ...chosen.splice(0)]))]);
  },
  cancel: () => {
    given += 1;
    chosen = [];
    input.value = '';
  },
  settled: async () => {
    await work;
    await sent;
  },
  working: () => true,
  refusals: () => refusals.splice(0),
};
