// A `.txt` file is imported as its text: esbuild's text loader does it.

declare module "*.txt" {
  const text: string;
  export default text;
}
