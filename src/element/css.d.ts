// A `.css` file is imported as its text: esbuild's text loader does it.

declare module "*.css" {
  const text: string;
  export default text;
}
