// `npm run figure -- 8 | 9 [OPTIONS]`: bundles main.ts and what it runs in headless Chrome, and starts it.

import { build } from "esbuild";
import { forNode, forPage } from "../../build.mjs";

const folder = "dist/commands/figure";
await Promise.all([
  build({ ...forPage, entryPoints: ["test/figures/page.ts"], outfile: `${folder}/page.js` }),
  build({ ...forNode, entryPoints: ["test/figures/main.ts"], outfile: `${folder}/main.js` }),
]);
const { main } = await import("../../dist/commands/figure/main.js");
process.exitCode = await main(process.argv.slice(2));
