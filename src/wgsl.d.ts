// A `.wgsl` file is imported as its text, with what it imports before it: build.mjs does it.

declare module "*.wgsl" {
  const text: string;
  export default text;
}
