// `<darkslide-input>` in a plain form.

import 'darkslide/element';

import { options, plainForm } from './host.js';

const answered = plainForm('<darkslide-input name="photo" multiple quality="95"></darkslide-input>');
const form = document.querySelector('form');
const input = document.querySelector('darkslide-input');
input.options = { workers: options.workers };

globalThis.host = {
  submit: () => form.querySelector('[name=way]').click(),
  cancel: () => form.reset(),
  settled: async () => {
    await input.settled();
    await answered();
  },
  working: () => input.state.phase === 'busy',
  refusals: () => (input.validity.customError ? [input.validationMessage] : []),
};
