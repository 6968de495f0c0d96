// The words after `npm run train --`.

import { parseArgs } from "node:util";
import { choice } from "../../options/choice.js";
import { type NetworkName, networks } from "../networks.js";

/** What the command line asks for. */
export interface TrainRequest {
  readonly network: NetworkName;
  readonly data: string;
  readonly noise: number;
  readonly epochs: number;
  readonly rate: number;
  readonly batch: number;
  readonly seed: number;
  readonly saveEvery: number;
  readonly out: string;
  readonly download: boolean;
  readonly runtime: "chrome" | "dawn";
}

export const HELP = `npm run train -- --network NAME --data DIR [options]

  --network NAME    ${Object.keys(networks).join(", ")}
  --data DIR        folder of MNIST's idx files or of CIFAR-10's binary batches, packed by gzip or not
  --noise SIGMA     standard deviation of the noise on the inputs, as a part of their range (0)
  --epochs N        times that every image is seen (4)
  --rate R          size of the first step of Adam; it falls in a straight line to 0 (0.002)
  --batch N         images of a step (100)
  --seed N          of the first weights, the order, noise and dropout (0)
  --out FILE        the network, an ONNX file (NAME.onnx); FILE.checkpoint is there until it is done
  --save-every N    steps between two checkpoints (100)
  --download        fetches the files from where they are published into DIR first
  --runtime NAME    chrome, or dawn: in Node, by the package "webgpu" (chrome)
`;

const word = { type: "string" } as const;
const flag = { type: "boolean" } as const;
const OPTIONS = {
  ...{ network: word, data: word, noise: word, epochs: word, rate: word, batch: word, seed: word },
  ...{ out: word, runtime: word, "save-every": word, download: flag, help: flag },
};

/** The least number that may be given, and whether it is a whole one. */
const LEAST = {
  noise: { least: 0, whole: false },
  rate: { least: 0, whole: false },
  seed: { least: 0, whole: true },
  epochs: { least: 1, whole: true },
  batch: { least: 1, whole: true },
  "save-every": { least: 1, whole: true },
} as const;

/** Reads the words; undefined where help is asked for. Throws one sentence where they are wrong. */
export function parseTrain(words: readonly string[]): TrainRequest | undefined {
  const { values } = parseArgs({ args: [...words], options: OPTIONS });
  if (values.help) return undefined;
  const { network, data, runtime = "chrome", download = false } = values;
  if (network === undefined) throw new Error("which network? Give --network; --help lists them");
  if (data === undefined) throw new Error("where is the data set? Give its folder by --data");
  choice("network", Object.keys(networks), network);
  choice("runtime", ["chrome", "dawn"], runtime);
  const number = (name: keyof typeof LEAST, otherwise: number) => {
    const given = values[name];
    const value = given === undefined ? otherwise : Number(given);
    const { least, whole } = LEAST[name];
    if (given?.trim() === "" || !(value >= least) || (whole && !Number.isInteger(value))) {
      throw new Error(
        `--${name} is ${whole ? "a whole number" : "a number"} from ${least}, not "${given}"`,
      );
    }
    return value;
  };
  return {
    ...{ network: network as NetworkName, data, download, runtime: runtime as "chrome" | "dawn" },
    ...{ noise: number("noise", 0), epochs: number("epochs", 4), rate: number("rate", 0.002) },
    ...{ batch: number("batch", 100), seed: number("seed", 0) },
    saveEvery: number("save-every", 100),
    out: values.out ?? `${network}.onnx`,
  };
}
