import { defineConfig } from 'vite';

export default defineConfig({
  // The development server must leave the worker and the wasm where they are.
  optimizeDeps: { exclude: ['darkslide'] },
  // Uploads go to ../node-server, which `npm start` there starts.
  server: { proxy: { '/upload': 'http://127.0.0.1:3000' } },
});
