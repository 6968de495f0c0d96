// `npm run figure -- 8`: the paper's figures 8 and 9, training with noise next to SmoothGrad, from trained files.

import { access, mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { openPage } from "../../src/chrome/open.js";
import type { Route } from "../../src/chrome/serve.js";
import { choice } from "../../src/options/choice.js";
import { type DataName, findFiles } from "../../src/train/command/data.js";
import type { Cell, Figure, FigureTask, Mean } from "./page.js";

const HELP = `npm run figure -- 8 | 9 [options]

Draws, for some test images, the gradient and the SmoothGrad map of a network trained on clean images and of one
trained on noisy ones, and measures how sparse, how even and how steady the four are.

  --clean FILE, --noisy FILE   the networks: of 8 those that come along, of 9 what "npm run train" has
                               written to cifar-clean.onnx and cifar-noise.onnx
  --data DIR                   the test images: MNIST for 8, CIFAR-10 for 9
  --samples N, --noise LEVEL   of SmoothGrad (50, 0.2)
  --measured N                 test images that are measured (50)
  --out FILE                   the picture (figure8.png); the numbers go beside it, .json
`;

interface Known {
  readonly kind: DataName;
  readonly data: string;
  readonly clean: string;
  readonly noisy: string;
}

const FIGURES: Readonly<Record<string, Known>> = {
  "8": {
    ...{ kind: "mnist", data: "../shared/data/mnist" },
    ...{ clean: "demo/models/mnist-clean.onnx", noisy: "demo/models/mnist-noise.onnx" },
  },
  "9": {
    ...{ kind: "cifar10", data: "../shared/data/cifar10" },
    ...{ clean: "cifar-clean.onnx", noisy: "cifar-noise.onnx" },
  },
};

const word = { type: "string" } as const;

/** Runs the command; resolves with the exit code. */
export async function main(words: readonly string[]): Promise<number> {
  try {
    await draw(words);
    return 0;
  } catch (error) {
    console.error(`figure: ${(error as Error).message.trim()}`);
    return 1;
  }
}

async function draw(words: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      ...{ clean: word, noisy: word, data: word, samples: word, noise: word, measured: word },
      ...{ out: word, help: { type: "boolean" } },
    },
  });
  const [number] = positionals;
  if (values.help || number === undefined) {
    console.log(HELP);
    return;
  }
  choice("figure", Object.keys(FIGURES), number);
  const known = FIGURES[number] as Known;
  const { clean = known.clean, noisy = known.noisy, out = `figure${number}.png` } = values;
  for (const file of [clean, noisy]) {
    await access(file).catch(() => {
      throw new Error(`${file} cannot be read: see --help for where the networks come from`);
    });
  }
  const { test } = await findFiles(known.kind, values.data ?? known.data);
  const amount = (name: "measured" | "samples" | "noise", otherwise: number, least: number) => {
    const value = Number(values[name] ?? otherwise);
    if (value >= least && (name === "noise" || Number.isInteger(value))) return value;
    throw new Error(`--${name} is a number from ${least}, not "${values[name]}"`);
  };
  const measured = amount("measured", 50, 2);
  const task: FigureTask = {
    ...{ kind: known.kind, files: test, points: 12, reach: 0.01 },
    ...{ samples: amount("samples", 50, 1), noise: amount("noise", 0.2, 0) },
    ...{ measured, drawn: Math.min(10, measured), paths: Math.min(10, measured) },
  };
  const figure = await inChrome(task, clean, noisy);
  await mkdir(dirname(out), { recursive: true });
  await writeFile(out, Buffer.from(figure.png, "base64"));
  const json = JSON.stringify(
    { figure: number, clean, noisy, ...task, cells: figure.cells },
    null,
    2,
  );
  await writeFile(`${out.replace(/\.png$/, "")}.json`, `${json}\n`);
  console.log(table(figure.cells));
  console.log(`\nmeans of ${task.measured} images, roughness of ${task.paths}; ${out}`);
}

async function inChrome(task: FigureTask, clean: string, noisy: string): Promise<Figure> {
  const routes = new Map<string, Route>([
    ["/figures/", { folder: "dist/commands/figure" }],
    ["/models/clean", { file: clean }],
    ["/models/noisy", { file: noisy }],
    ...task.files.map((file): [string, Route] => [`/files/${file}`, { file }]),
  ]);
  const { page, close } = await openPage(routes, { log: console.error });
  try {
    await page.exposeFunction("tick", (part: number) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${Math.round(100 * part)} % `);
    });
    return (await page.evaluate(
      `import("/figures/page.js").then((page) => page.figure(${JSON.stringify(task)}, tick))`,
    )) as Figure;
  } finally {
    await close();
  }
}

function table(cells: readonly Cell[]): string {
  const text = ({ mean, error }: Mean) => `${mean.toFixed(3)} ± ${error.toFixed(3)}`.padStart(18);
  const head = ["Gini", "total variation", "roughness"].map((name) => name.padStart(18)).join("");
  const lines = cells.map(({ trained, map, gini, totalVariation, roughness }) => {
    const name = `trained ${trained}, ${map}`.padEnd(26);
    return name + [gini, totalVariation, roughness].map(text).join("");
  });
  return ["".padEnd(26) + head, ...lines].join("\n");
}
