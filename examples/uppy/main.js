import Uppy from '@uppy/core';
import Dashboard from '@uppy/dashboard';
import XHRUpload from '@uppy/xhr-upload';
import Darkslide from 'darkslide/uppy';

import '@uppy/core/css/style.min.css';
import '@uppy/dashboard/css/style.min.css';

const uppy = new Uppy()
  .use(Dashboard, { inline: true, target: '#dashboard' })
  .use(Darkslide, { faces: 'blur' })
  .use(XHRUpload, { endpoint: '/upload', fieldName: 'photo' });

uppy.on('upload-success', (_file, { body }) => {
  document.querySelector('output').value += body.map(({ name }) => name).join(', ');
});
