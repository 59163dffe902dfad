import * as FilePond from 'filepond';
import Darkslide from 'darkslide/filepond';

import 'filepond/dist/filepond.min.css';

FilePond.registerPlugin(Darkslide);
FilePond.create(document.querySelector('input'), {
  credits: false,
  darkslide: { faces: 'blur' },
  // Each photo is sent as soon as it is scrubbed; what the server answers is its name there.
  server: { process: { url: '/upload', onload: named } },
});

function named(answer) {
  const [{ name }] = JSON.parse(answer);
  document.querySelector('output').value += `${name} `;
  return name;
}
