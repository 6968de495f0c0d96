// `npm run train -- OPTIONS`: bundles main.ts and what it runs in headless Chrome, and starts it.

import { build } from "esbuild";
import { forNode, forPage } from "../../../build.mjs";

const folder = "dist/commands/train";
await Promise.all([
  build({ ...forPage, entryPoints: ["src/train/command/page.ts"], outfile: `${folder}/page.js` }),
  build({ ...forNode, entryPoints: ["src/train/command/main.ts"], outfile: `${folder}/main.js` }),
]);
const { main } = await import("../../../dist/commands/train/main.js");
process.exitCode = await main(process.argv.slice(2));
// Dawn's threads outlive their device.
process.exit();
