// In workerd a wasm is imported like a script, and arrives compiled.
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
