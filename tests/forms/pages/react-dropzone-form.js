// react-dropzone in a plain form, its own input under a name, as its documentation has it.

import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { useDropzone } from 'react-dropzone';
import { createGetFilesFromEvent } from 'darkslide/react-dropzone';

import { options, plainForm } from './host.js';

const getFilesFromEvent = createGetFilesFromEvent(options);
const errors = [];
let processing = false;

function Zone() {
  const { getRootProps, getInputProps, isProcessing } = useDropzone({ getFilesFromEvent, onError: ({ code }) => errors.push(code) });
  processing = isProcessing;
  globalThis.host = {
    submit: () => document.querySelector('[name=way]').click(),
    working: () => processing,
    settled: async () => {
      while (processing) await new Promise((done) => setTimeout(done, 20));
      await answered();
    },
    refusals: () => errors.splice(0),
  };
  return createElement('div', getRootProps(), createElement('input', getInputProps({ name: 'photo' })));
}

const answered = plainForm('<div id="root"></div>');
createRoot(document.querySelector('#root')).render(createElement(Zone));
