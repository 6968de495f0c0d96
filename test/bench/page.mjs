// `npm run bench -- page [--times N]`: how long a reader of the demo waits, in milliseconds: for the first map, for a
// repaint, for another map to start. The page's processor runs a loop in between, and each median is also given as a
// ratio to the loop's: ratios can be compared between machines and from day to day.

import { rm } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { forNode, root } from "../../build.mjs";

/** Runs the benchmark with the words of the command line. */
export async function run(words) {
  const { values } = parseArgs({
    args: words,
    options: { times: { type: "string", default: "9" } },
  });
  process.chdir(root);
  const outfile = `${root}dist/bench-page-${process.pid}.js`;
  await build({ ...forNode, entryPoints: ["test/bench/page.ts"], outfile });
  try {
    const page = await import(pathToFileURL(outfile).href);
    const heads = ["least", "median", "worst", "of the loop"].map((head) => head.padStart(11));
    console.log(`${"".padEnd(44)} ${heads.join(" ")}`);
    await page.run(Number(values.times), ({ name, least, median, worst, ratio }) => {
      const numbers = [least, median, worst].map((time) => `${time.toFixed(1)} ms`.padStart(11));
      console.log(`${name.padEnd(44)} ${numbers.join(" ")} ${ratio.toFixed(2).padStart(11)}`);
    });
  } finally {
    for (const file of [outfile, `${outfile}.map`]) await rm(file, { force: true });
  }
}
