// `npm run fuzz -- graphs [--count 5000] [--seed 0] [--turn T] [--minutes M] [--shrink 150]`: random graphs by the kernels,
// in headless Chrome, forward and backward against the float64 twins: those of COUNT seeds from SEED on. A graph that
// fails is made smaller, in at most SHRINK tries, and written into dist/fuzz/ as .onnx. The same seed is always the same
// graph, played the same way. (Without the word "graphs", `npm run fuzz` mutates files.)
//
// Seeds take turns with tilings and precisions. A page takes the seeds of one turn, whose graphs share what is compiled;
// --turn runs that one alone. After M minutes the run stops and prints the seed to go on from.

import { writeFile } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { forNode, forPage, root } from "../../build.mjs";

const AT_ONCE = 10;

/** Runs the fuzzer with the words of the command line. */
export async function run(words) {
  const { count, seed, turn, minutes, shrink } = numbersOf(words);
  const bundles = resolve(root, `dist/fuzz/${process.pid}`);
  await Promise.all([
    build({
      ...forPage,
      entryPoints: ["test/random-graphs/page.ts"],
      outfile: `${bundles}/page.js`,
    }),
    build({ ...forNode, entryPoints: ["src/chrome/open.ts"], outfile: `${bundles}/chrome.js` }),
  ]);
  const { openPage } = await import(`${bundles}/chrome.js`);
  const began = performance.now();
  const passed = () => (performance.now() - began) / 60_000;
  let [done, failed] = [0, 0];
  let turns = 1;
  for (let t = turn ?? 0; t < (turn ?? turns - 1) + 1; t++) {
    const { page, close } = await openPage(new Map([["/code/", { folder: bundles }]]), {
      log: console.log,
    });
    page.on("pageerror", (error) => console.log(error.stack ?? String(error)));
    const call = (name, ...values) =>
      page.evaluate(
        async (name, values) => {
          const found = (await import("/code/page.js"))[name];
          return typeof found === "function" ? found(...values) : found;
        },
        name,
        values,
      );
    try {
      turns = await call("TURN");
      const seeds = Array.from({ length: count }, (_, i) => seed + i).filter(
        (each) => each % turns === t,
      );
      for (let from = 0; from < seeds.length; from += AT_ONCE) {
        if (minutes !== undefined && passed() > minutes) {
          console.log(`turn ${t}: go on from --seed ${seeds[from]}`);
          break;
        }
        const some = seeds.slice(from, from + AT_ONCE);
        for (const failure of await call("playGraphs", some)) {
          failed++;
          print(failure);
          if (shrink > 0) await write(await call("smallest", failure.seed, shrink));
        }
        done += some.length;
      }
      const seconds = 60 * passed();
      console.log(`turn ${t}: ${done} graphs so far, ${(seconds / done).toFixed(2)} s each`);
    } finally {
      await close();
    }
  }
  console.log(`\n${done - failed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

function print({ seed, message, setting, text }) {
  console.log(`\nseed ${seed}  FAIL: ${message}\n${JSON.stringify(setting)}\n${text}`);
  console.log(`again: npm run fuzz -- graphs --seed ${seed} --count 1`);
}

async function write({ file, ...failure }) {
  const path = resolve(root, `dist/fuzz/graph-${failure.seed}.onnx`);
  await writeFile(path, Buffer.from(file, "base64"));
  console.log(`\nthe smallest that fails, ${relative(root, path)}:`);
  print(failure);
}

const number = (text, name) => {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new Error(`--${name} must be a number, got "${text}"`);
  return Number(text);
};

function numbersOf(words) {
  const { values } = parseArgs({
    args: words,
    options: {
      count: { type: "string", default: "5000" },
      seed: { type: "string", default: "0" },
      turn: { type: "string" },
      minutes: { type: "string" },
      shrink: { type: "string", default: "150" },
    },
  });
  return Object.fromEntries(
    Object.entries(values).map(([name, text]) => [name, number(text, name)]),
  );
}
