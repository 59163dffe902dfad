// A React form: the hook on one input, as its documentation shows it.

import { createElement, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { useDarkslide } from 'darkslide/react';

import { options } from './host.js';

function Form() {
  const { inputProps, state, settled, busy } = useDarkslide(options);
  globalThis.host = {
    submit: () => document.querySelector('button').click(),
    cancel: () => document.querySelector('form').reset(),
    settled,
    working: () => busy,
    refusals: () => (state.phase === 'refused' ? [state.message] : []),
  };
  const save = async (data) => {
    await fetch('/upload', { method: 'POST', body: data });
  };
  return createElement('form', { action: save }, createElement('input', { ...inputProps, name: 'photo', multiple: true }), createElement('button', null, 'Send'));
}

document.body.innerHTML = '<div id="root"></div>';
createRoot(document.querySelector('#root')).render(createElement(StrictMode, null, createElement(Form)));
