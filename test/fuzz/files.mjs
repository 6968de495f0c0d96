// `npm run fuzz -- [--count 2000] [--seed 0] [--every 10]`: COUNT mutated model files through decoder, graph and plan in
// headless Chrome; of those that are still small models, one in EVERY is played. Each must end in a map or in a sentence,
// decoded and planned within two seconds, without a GPU error. Files are numbered from SEED on; the same number is always
// the same file.

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { forNode, forPage, root } from "../../build.mjs";

const LIMIT = 2000;
const HANGS_AFTER = 600_000;

/** Runs the fuzzer with the words of the command line. */
export async function run(words) {
  const { count, seed: first, every } = numbersOf(words);
  const bundles = resolve(root, `dist/fuzz/${process.pid}`);
  await Promise.all([
    build({ ...forPage, entryPoints: ["test/fuzz/page.ts"], outfile: `${bundles}/page.js` }),
    build({ ...forNode, entryPoints: ["src/chrome/open.ts"], outfile: `${bundles}/chrome.js` }),
  ]);
  const { openPage } = await import(`${bundles}/chrome.js`);
  const { page, close } = await openPage(new Map([["/code/", { folder: bundles }]]), {
    log: console.log,
  });
  page.on("pageerror", (error) => console.log(error.stack ?? String(error)));
  const counts = { refused: 0, planned: 0, played: 0, FAIL: 0, slow: 0 };
  let models = 0;
  let longest = 0;
  try {
    for (let number = first; number < first + count; number++) {
      const isPlayed = models % every === 0;
      const { end, detail, time } = await within(
        number,
        page.evaluate(
          async (number, isPlayed) => {
            const { tryFile } = await import("/code/page.js");
            return tryFile(number, isPlayed);
          },
          number,
          isPlayed,
        ),
      );
      if (end === "planned" || end === "played") models++;
      counts[end]++;
      longest = Math.max(longest, time);
      if (end === "FAIL") console.log(`file ${number}  FAIL: ${detail}`);
      if (time > LIMIT) {
        counts.slow++;
        console.log(`file ${number}  took ${(time / 1000).toFixed(1)} s`);
      }
    }
  } finally {
    await close();
  }
  const { refused, planned, played, FAIL, slow } = counts;
  console.log(
    `${refused} refused, ${planned} planned, ${played} played, ${FAIL} failed, ${slow} slow; ` +
      `the longest took ${(longest / 1000).toFixed(2)} s`,
  );
  process.exitCode = FAIL + slow > 0 ? 1 : 0;
}

function within(number, promise) {
  let timer;
  const hang = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`file ${number} hangs`)), HANGS_AFTER);
  });
  return Promise.race([promise, hang]).finally(() => clearTimeout(timer));
}

function numbersOf(words) {
  const { values } = parseArgs({
    args: words,
    options: {
      count: { type: "string", default: "2000" },
      seed: { type: "string", default: "0" },
      every: { type: "string", default: "10" },
    },
  });
  return Object.fromEntries(
    Object.entries(values).map(([name, text]) => [name, wholeNumber(name, text)]),
  );
}

function wholeNumber(name, text) {
  if (!/^\d+$/.test(text)) throw new Error(`--${name} must be a whole number, got "${text}"`);
  return Number(text);
}
