import { protect } from './darkslide/adapters/forms.js';

const form = document.querySelector('form');
const output = document.querySelector('output');
/** SHA-256 of every photo that may be sent. */
const scrubbed = new Set();

protect(form, { onReport: (report) => scrubbed.add(report.output.sha256) });
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const answer = await fetch('/upload', { method: 'POST', body: new FormData(form) });
  const told = await answer.json();
  if (!answer.ok) output.value = told.error.message;
  else if (!told.every(({ sha256 }) => scrubbed.has(sha256))) output.value = 'What arrived is not what was sent.';
  else output.value = told.map(({ name }) => name).join(', ');
});
