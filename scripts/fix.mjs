// `npm run fix`: formats, and applies what clippy can mend by itself.

import { run, script } from './run.mjs';
import { rust } from './setup.mjs';

await script(import.meta.url, async () => {
  await rust();
  await run('cargo', ['clippy', '--fix', '--allow-dirty', '--allow-staged', '--all-features', '--all-targets']);
  await run('cargo', ['fmt']);
  await run('cargo', ['fmt', '--manifest-path', 'tools/bindgen/Cargo.toml']);
});
