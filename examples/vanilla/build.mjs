// There is nothing to bundle: the page, and the package's files beside it.
import { cpSync } from 'node:fs';

for (const name of ['index.html', 'main.js']) cpSync(name, `dist/${name}`);
cpSync('node_modules/darkslide/dist', 'dist/darkslide', { recursive: true });
