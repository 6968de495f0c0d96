// Every option of the command line in one table: its own, and those of the library that a text can say, each made of its
// row. The words are read against it, and it is the help text.

import { methodWords } from "../methods/words.js";
import { drawing, drawingWords } from "../options/drawing.js";
import { loading, loadingWords } from "../options/loading.js";
import type { Form, Option, Table } from "../options/option.js";
import { sampling, samplingWords } from "../options/sampling.js";
import { kebab } from "../options/text.js";

type Group = "model" | "map" | "picture" | "results" | "other";

/** An option of the library, as a text says it. */
export interface Row extends Option {
  readonly form: Form;
  /** Its name in the library, and whose option it is. */
  readonly name: string;
  readonly of: "loading" | "sampling" | "drawing";
}

/** An option, or a switch where `value` is missing. */
export interface CommandOption {
  /** What stands for the value in the help; none for a switch. */
  readonly value?: string;
  readonly help: string;
  readonly default?: string;
  readonly group: Group;
  /** Where the library has it. */
  readonly row?: Row;
}

const OWN = {
  model: {
    value: "FILE",
    help: "the classifier, an ONNX file; without one, the network of digits that comes along",
    group: "model",
  },
  labels: {
    value: "FILE",
    help: "names of the classes: a JSON list, or text with one a line",
    group: "model",
  },
  tune: {
    value: "FILE",
    help: "measure what tiles suit the adapter, and keep it in the file for the next time",
    group: "model",
  },
  contrast: {
    value: "CLASS",
    help: "subtract the map of another class: blue, gray and red",
    group: "map",
  },
  parity: {
    value: "NAME",
    help: "other defaults: of paper, pair, captum, zennit, xplique, noisegrad or fusiongrad",
    group: "map",
  },
  out: { value: "FILE", help: "the map as a PNG", group: "results" },
  npy: {
    value: "FILE",
    help: "the attribution, float32 [C,H,W]; of two classes the picture's [H,W]",
    group: "results",
  },
  json: {
    value: "FILE",
    help: "a report: top 5, options, σ, times, memory, standard error",
    group: "results",
  },
  help: { help: "print this", group: "other" },
  version: { help: "print the version", group: "other" },
} as const satisfies Record<string, CommandOption>;

/** What stands for a value in the help. */
const VALUES: Readonly<Record<Form, string | undefined>> = {
  number: "N",
  bytes: "MB",
  flag: undefined,
  text: "NAME",
  numbers: "N[,N]",
  list: "N,…",
  names: "NAME,…",
  json: "NAME|JSON",
  box: "LOW:HIGH",
  range: "LOW,HIGH",
  stop: "N",
  overlay: "NAME",
};

/** The options of a table that a text can say, but for some that another table has. */
function ofLibrary(
  of: Row["of"],
  group: Group,
  table: Table,
  words: Readonly<Record<string, string | readonly string[]>>,
  without: readonly string[] = [],
): [string, CommandOption][] {
  return Object.entries(table).flatMap(([name, option]) => {
    const { form, what, default: value } = option;
    if (!form || without.includes(name)) return [];
    const [prose = "", otherwise] = [words[name] ?? []].flat();
    const names = form === "text" && what.startsWith('"') ? `: ${what}` : "";
    const standard = otherwise ?? (form === "flag" || value === undefined ? "" : String(value));
    const made: CommandOption = {
      ...(VALUES[form] && { value: VALUES[form] }),
      help: `${prose}${names}`.replace(/["`]/g, ""),
      ...(standard && { default: standard.replace(/`/g, "") }),
      group,
      row: { ...option, form, name, of },
    };
    return [[kebab(name), made]];
  });
}

/** What the command says in other ways: names of classes are in a file, cards beside the model. */
const SAID_ELSEWHERE = ["labels", "name", "maxMemory"];

/** The options by name. */
export const OPTIONS: Readonly<Record<string, CommandOption>> = {
  ...OWN,
  ...Object.fromEntries([
    ...ofLibrary("loading", "model", loading, loadingWords, SAID_ELSEWHERE),
    ...ofLibrary("sampling", "map", sampling, samplingWords, ["preprocess"]),
    ...ofLibrary("drawing", "picture", drawing, drawingWords, ["estimator"]),
  ]),
};

/** An option that only the command line has. */
export type OwnName = keyof typeof OWN;

/** The text of `smoothgrad --help`. */
export const helpText = `smoothgrad explain <image | tensor.npy> … [--model model.onnx] [options]
smoothgrad methods

Computes SmoothGrad sensitivity maps of an ONNX image classifier in headless Chrome. An image is any file
that Chrome can decode; a .npy file is a preprocessed tensor [1,C,H,W], used as it is, or [H,W] for a gray
picture. Several images and globs may be given. The second command lists the methods.

The model
${describe("model")}
The map
${describe("map")}
The picture
${describe("picture")}
The results: where none is asked for, the map is written to {name}.map.png in this folder. A result is a file,
a folder (ends in "/"), or a name with {name} in it: the image's name without its ending, or with it where
cat.jpg and cat.png are both given.
${describe("results")}
${describe("other")}`;

/** The methods, one below the other: what they are, what they cost, where they are from. */
export function methodTable(): string {
  return Object.entries(methodWords)
    .map(([name, { summary, cost, paper }]) => `${name}\n  ${summary}\n  ${cost}; ${paper}\n`)
    .join("\n");
}

const WIDTH = 108;
const INDENT = 26;

function describe(group: Group): string {
  return Object.entries(OPTIONS)
    .filter(([, option]) => option.group === group)
    .map(([name, { value, help, default: otherwise }]) => {
      const word = `  --${name}${value ? ` ${value}` : ""} `;
      const text = `${help}${otherwise ? ` (${otherwise})` : ""}`;
      return `${word.padEnd(INDENT)}${wrapped(text)}\n`;
    })
    .join("");
}

/** A text in lines that end before the right edge, below each other. */
function wrapped(text: string): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) as string;
    if (INDENT + line.length + word.length < WIDTH) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => line.trim()).join(`\n${" ".repeat(INDENT)}`);
}
