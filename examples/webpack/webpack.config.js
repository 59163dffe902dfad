// Worker and wasm need no configuration: webpack finds them by `new URL(…, import.meta.url)`.
export default {
  entry: './main.js',
  output: { filename: 'main.js', publicPath: 'auto' },
  performance: { hints: false },
};
