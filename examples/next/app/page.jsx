'use client';

import { useState } from 'react';
import { useDarkslide } from 'darkslide/react';

export default function Page() {
  const { inputProps, state, busy, settled } = useDarkslide({ faces: 'blur' });
  const [answer, setAnswer] = useState('');

  async function send(event) {
    event.preventDefault();
    const form = event.currentTarget;
    await settled();
    const response = await fetch('/api/upload', { method: 'POST', body: new FormData(form) });
    const told = await response.json();
    setAnswer(response.ok ? told.map(({ name }) => name).join(', ') : told.error.message);
  }

  return (
    <form onSubmit={send}>
      <label>Photos <input {...inputProps} name="photo" accept="image/*" multiple required /></label>
      <button>{busy ? 'Scrubbing…' : 'Send'}</button>
      {state.phase === 'refused' && <p role="alert">{state.message}</p>}
      <output>{answer}</output>
    </form>
  );
}
