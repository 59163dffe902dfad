// react-dropzone, whose files are sent when a button is pressed.

import { createElement } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { useDropzone } from 'react-dropzone';
import { createGetFilesFromEvent } from 'darkslide/react-dropzone';

import { options } from './host.js';

const refusals = [];
const getFilesFromEvent = createGetFilesFromEvent({ ...options, onRefused: (error, original, message) => refusals.push(message) });
let chosen = [];
let processing = false;
let sent = Promise.resolve();

/** As a button that waits until `isProcessing` is over. */
async function send() {
  while (processing) await new Promise((done) => setTimeout(done, 20));
  if (chosen.length === 0) return;
  const data = new FormData();
  for (const file of chosen.splice(0)) data.append('photo', file);
  await fetch('/upload', { method: 'POST', body: data });
}

function Zone() {
  const { getRootProps, getInputProps, isProcessing } = useDropzone({ getFilesFromEvent, onDrop: (files) => (chosen = [...files]) });
  processing = isProcessing;
  globalThis.host = {
    submit: () => {
      sent = Promise.all([sent, send()]);
    },
    // As a page does that goes on to another one, and comes back.
    cancel: async () => {
      chosen = [];
      processing = false;
      flushSync(() => root.render(null));
      flushSync(() => root.render(createElement(Zone)));
    },
    settled: async () => {
      while (processing) await new Promise((done) => setTimeout(done, 20));
      await sent;
    },
    working: () => processing,
    refusals: () => refusals.splice(0),
  };
  return createElement('div', getRootProps(), createElement('input', getInputProps()));
}

document.body.innerHTML = '<div id="root"></div>';
const root = createRoot(document.querySelector('#root'));
root.render(createElement(Zone));
