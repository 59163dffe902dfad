// A React form whose options change as they are told to.

import { createElement, useState } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { useDarkslide } from 'darkslide/react';

import { options } from './host.js';

const status = document.createElement('output');
let reports = [];

function Form() {
  const [faces, setFaces] = useState('blur');
  const { inputProps, state, settled, busy } = useDarkslide({ ...options, faces, status, onReport: (report) => (reports = [...reports, report]) });
  globalThis.host = {
    submit: () => document.querySelector('button').click(),
    change: (to) => flushSync(() => setFaces(to)),
    settled,
    working: () => busy,
    phase: () => state.phase,
    modes: () => reports.map(({ redactions }) => redactions.map(({ mode }) => mode).join()),
  };
  const save = async (data) => {
    await fetch('/upload', { method: 'POST', body: data });
  };
  return createElement('form', { action: save }, createElement('input', { ...inputProps, name: 'photo' }), createElement('button', null, 'Send'));
}

document.body.innerHTML = '<div id="root"></div>';
document.body.append(status);
createRoot(document.querySelector('#root')).render(createElement(Form));
