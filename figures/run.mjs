// `npm run figure -- 8 | 9 [OPTIONS]`: bundles figures/main.ts and what it runs in headless Chrome, and starts it.

import { build } from "esbuild";
import { forNode, forPage } from "../build.mjs";

const folder = "dist/figures";
await Promise.all([
  build({ ...forPage, entryPoints: ["figures/page.ts"], outfile: `${folder}/page.js` }),
  build({ ...forNode, entryPoints: ["figures/main.ts"], outfile: `${folder}/main.js` }),
]);
const { main } = await import("../dist/figures/main.js");
process.exitCode = await main(process.argv.slice(2));
