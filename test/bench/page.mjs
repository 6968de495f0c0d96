// `npm run bench:page [-- --times N]`: how long a reader of the demo waits, in milliseconds: for the first map, for other
// paint, for another map to begin. The medians stand beside those of a loop that the page's processor runs in between:
// the ratios can be compared between machines and from day to day.

import { rm } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { forNode, root } from "../../build.mjs";

const { values } = parseArgs({ options: { times: { type: "string", default: "9" } } });
process.chdir(root);
const outfile = `${root}dist/bench-page-${process.pid}.js`;
await build({ ...forNode, entryPoints: ["test/bench/page.ts"], outfile });
try {
  const { run } = await import(pathToFileURL(outfile).href);
  const heads = ["least", "median", "worst", "of the loop"].map((head) => head.padStart(11));
  console.log(`${"".padEnd(44)} ${heads.join(" ")}`);
  await run(Number(values.times), ({ name, least, median, worst, ratio }) => {
    const numbers = [least, median, worst].map((time) => `${time.toFixed(1)} ms`.padStart(11));
    console.log(`${name.padEnd(44)} ${numbers.join(" ")} ${ratio.toFixed(2).padStart(11)}`);
  });
} finally {
  for (const file of [outfile, `${outfile}.map`]) await rm(file, { force: true });
}
