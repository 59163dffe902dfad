// FilePond in a form that sends its files itself.

import * as FilePond from 'filepond';
import Darkslide from 'darkslide/filepond';

import { options, plainForm } from './host.js';

FilePond.registerPlugin(Darkslide);
globalThis.FilePond = FilePond;
const answered = plainForm('<input type="file" name="photo" multiple>');
const form = document.querySelector('form');
const pond = FilePond.create(document.querySelector('input'), { storeAsFile: true, darkslide: options });

export const quiet = async () => {
  const working = () => pond.status === FilePond.Status.BUSY || document.querySelector('.filepond--browser').files.length > 0 || document.querySelector('.filepond--item:not([data-filepond-item-state]), [data-filepond-item-state="busy"], [data-filepond-item-state^="busy "], [data-filepond-item-state="loading"], [data-filepond-item-state="processing"]') !== null;
  for (let frames = 0; frames < 15; frames = working() ? 0 : frames + 1) await new Promise((done) => requestAnimationFrame(done));
};

globalThis.host = {
  submit: () => form.querySelector('[name=way]').click(),
  cancel: () => pond.removeFiles(),
  settled: async () => {
    await quiet();
    await answered();
  },
  working: () => document.querySelector('[data-filepond-item-state="busy"]') !== null,
  refusals: () => [...document.querySelectorAll('[data-filepond-item-state="load-invalid"] .filepond--file-status-main')].map((status) => status.textContent),
};
