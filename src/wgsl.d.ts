// A `.wgsl` file is imported as its text: esbuild's text loader does it.

declare module "*.wgsl" {
  const text: string;
  export default text;
}
