// An `.onnx` file is imported as its bytes: esbuild's binary loader does it.

declare module "*.onnx" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
