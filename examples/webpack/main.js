import { protect } from 'darkslide/forms';

const form = document.querySelector('form');
protect(form);
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const answer = await fetch('/upload', { method: 'POST', body: new FormData(form) });
  const told = await answer.json();
  document.querySelector('output').value = answer.ok ? told.map(({ name }) => name).join(', ') : told.error.message;
});
