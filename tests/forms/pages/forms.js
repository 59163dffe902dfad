// A plain form, as a server renders it, with one line of ours.

import { protect } from 'darkslide/forms';

import { options, plainForm } from './host.js';

const answered = plainForm('<input type="file" name="photo" multiple disabled data-darkslide>');
const form = document.querySelector('form');
const input = document.querySelector('input[type=file]');
const protection = protect(form, options);

globalThis.host = {
  submit: () => form.querySelector('[name=way]').click(),
  cancel: () => form.reset(),
  settled: async () => {
    await protection.settled();
    await answered();
  },
  working: () => input.matches('[aria-busy=true]'),
  refusals: () => (input.validity.customError ? [input.validationMessage] : []),
};
