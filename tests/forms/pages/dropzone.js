// Dropzone, sending when it is told to.

import Dropzone from 'dropzone';
import { transformFile } from 'darkslide/dropzone';

import { options } from './host.js';

const uploadMultiple = location.hash === '#multiple';
document.body.innerHTML = '<div id="zone" style="width: 300px; height: 100px"></div>';
const zone = new Dropzone('#zone', { url: '/upload', autoProcessQueue: false, uploadMultiple, parallelUploads: 20, maxFiles: null, transformFile: transformFile(options) });
let refusals = [];
zone.on('error', (file, message) => refusals.push(message));

globalThis.zone = zone;
globalThis.host = {
  submit: () => zone.processQueue(),
  cancel: () => zone.removeAllFiles(true),
  settled: async () => {
    while (zone.getUploadingFiles().length > 0) await new Promise((done) => setTimeout(done, 20));
  },
  working: () => zone.getUploadingFiles().length > 0,
  refusals: () => refusals.splice(0),
};
