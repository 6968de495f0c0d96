// The words of the command line, read against the table of options. What a word means to the library (the name of
// a method, of a palette …) is the library's to judge; numbers are judged here.

import { parseArgs } from "node:util";
import leven from "leven";
import { type Parity, type ParityName, parity } from "../explain/parity.js";
import type { Extent } from "../explain/settings.js";
import { AXIS_ORDERS, type AxisOrder } from "../graph/input.js";
import type { PreprocessOption } from "../image/preprocess.js";
import { checkPreprocess } from "../image/preprocess-check.js";
import { choice } from "../options/choice.js";
import type { Box } from "../tensor/types.js";
import { type Name, OPTIONS, type Option } from "./table.js";

/** What `smoothgrad explain` is asked to do. */
export interface ExplainRequest {
  /** Files and globs, as given. */
  readonly inputs: readonly string[];
  /** Without one, the network of digits that comes along. */
  readonly model: string | undefined;
  /** Name of the output to explain. */
  readonly output: string | undefined;
  readonly labels: string | undefined;
  readonly preprocess: PreprocessOption;
  /** Of the input where the file leaves it open. */
  readonly size: Extent | undefined;
  readonly axes: AxisOrder | undefined;
  /** An index, a label, or "top1". */
  readonly target: number | string;
  /** Another class, whose map is subtracted. */
  readonly contrast: number | string | undefined;
  readonly method: string;
  readonly samples: number;
  readonly noise: number;
  readonly seed: number;
  readonly estimator: string;
  readonly parity: string | undefined;
  readonly passes: Passes;
  /** How tensors are stored. */
  readonly precision: string;
  /** Bytes. */
  readonly maxMemory: number | undefined;
  /** A file of what was measured of the adapter, to be read and written. */
  readonly tune: string | undefined;
  readonly draw: Drawing;
  /** Where results go; each may have {name} in it or be a folder. */
  readonly outputs: Outputs;
}

/** What else the library may be told of the passes; what is left to it is not there. */
export interface Passes {
  readonly of?: string;
  readonly versus?: number | string;
  readonly noiseScale?: string;
  readonly weightNoise?: number;
  readonly weightSamples?: number;
  readonly antithetic?: boolean;
  readonly singleDispatch?: boolean;
  readonly cleanLast?: boolean;
  readonly stop?: { readonly standardError: number };
  readonly baseline?: readonly string[];
  readonly steps?: number;
  readonly quadrature?: string;
  readonly maxSigma?: number;
  readonly window?: Extent;
  readonly stride?: Extent;
  readonly layer?: string;
  readonly box?: Box;
  readonly epsilon?: number;
  readonly gamma?: number;
  readonly alpha?: number;
}

/** How the map is painted. */
export interface Drawing {
  readonly percentile: number | readonly [number, number];
  readonly reduce: string | undefined;
  readonly multiplyInput: boolean;
  readonly palette: string | undefined;
  readonly overlay: string | undefined;
  readonly opacity: number | undefined;
  readonly frame: string | undefined;
}

/** Patterns of the files to write; undefined where one is not wanted. */
export interface Outputs {
  readonly png: string | undefined;
  readonly npy: string | undefined;
  readonly json: string | undefined;
}

export type Command =
  | { kind: "explain"; request: ExplainRequest }
  | { kind: "methods" }
  | { kind: "help" }
  | { kind: "version" };

type Values = Partial<Record<Name, string | boolean>>;

const TABLE: Readonly<Record<string, Option>> = OPTIONS;
const WHOLE = /^\d+$/;

/** Reads the words after the program's name; throws one sentence where they are wrong. */
export function parseCommand(words: readonly string[]): Command {
  const { values: given, positionals } = parseWords(words);
  const values = { ...imitated(given.parity), ...given };
  if (values.help) return { kind: "help" };
  if (values.version) return { kind: "version" };
  const [command, ...inputs] = positionals;
  if (command === undefined) throw new Error("what to do? See smoothgrad --help");
  if (command === "methods") return { kind: "methods" };
  if (command !== "explain") {
    throw new Error(`"${command}" is not a command; there are: explain, methods`);
  }
  if (inputs.length === 0) throw new Error("explain needs an image or a .npy file");
  return { kind: "explain", request: toRequest(inputs, values) };
}

function parseWords(words: readonly string[]): { values: Values; positionals: string[] } {
  const options = Object.fromEntries(
    Object.entries(TABLE).map(([name, option]) => [
      name,
      { type: option.value ? ("string" as const) : ("boolean" as const) },
    ]),
  );
  const parsed = parseArgs({
    args: [...words],
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const seen = new Set<string>();
  for (const token of parsed.tokens) {
    if (token.kind !== "option") continue;
    const option = TABLE[token.name];
    if (!option) throw new Error(`${token.rawName} is not an option${suggestion(token.name)}`);
    const isForgotten =
      token.value === undefined || (!token.inlineValue && token.value.startsWith("--"));
    if (option.value && isForgotten) {
      throw new Error(`--${token.name} needs a value: ${option.help}`);
    }
    if (!option.value && token.value !== undefined) {
      throw new Error(`--${token.name} takes no value`);
    }
    if (seen.has(token.name)) throw new Error(`--${token.name} is given twice`);
    seen.add(token.name);
  }
  return { values: parsed.values as Values, positionals: parsed.positionals };
}

// What another program would be asked for, as words of ours.
function imitated(name: string | boolean | undefined): Values {
  if (typeof name !== "string") return {};
  choice("program to imitate", Object.keys(parity), name);
  const { map, picture }: Parity = parity[name as ParityName];
  const { samples, noise, noiseScale, estimator, weightNoise, weightSamples } = map;
  const { reduce, percentile, palette } = picture;
  const words = {
    samples,
    noise,
    "noise-scale": noiseScale,
    "weight-noise": weightNoise,
    "weight-samples": weightSamples,
    estimator,
    reduce,
    percentile,
    palette,
  };
  return Object.fromEntries(
    Object.entries(words)
      .filter(([, word]) => word !== undefined)
      .map(([option, word]) => [option, String(word)]),
  );
}

function suggestion(name: string): string {
  const nearest = Object.keys(TABLE)
    .map((other) => ({ other, distance: leven(name, other, { maxDistance: 3 }) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return nearest && nearest.distance < 3
    ? `; did you mean --${nearest.other}?`
    : ": see smoothgrad --help";
}

// Ways to read an option's value: as it is, or as what it must be.
function reader(values: Values) {
  const text = (name: Name) => (values[name] as string | undefined) ?? TABLE[name]?.default;
  const file = (name: Name) => {
    const value = text(name);
    if (value === "") throw new Error(`--${name} is the name of a file, not ""`);
    return value;
  };
  const needed = (name: Name) => {
    const value = text(name);
    if (value === undefined) throw new Error(`--${name} is missing: ${OPTIONS[name].help}`);
    return value;
  };
  const number = (name: Name, least: number, most = Infinity) =>
    toNumber(name, needed(name), least, most);
  const whole = (name: Name, least: number) => {
    const value = needed(name);
    if (!WHOLE.test(value) || Number(value) < least || Number(value) >= 2 ** 32) {
      throw new Error(`--${name} is a whole number from ${least}, not "${value}"`);
    }
    return Number(value);
  };
  return { text, file, needed, number, whole };
}

function toRequest(inputs: readonly string[], values: Values): ExplainRequest {
  const { text, file, needed, number, whole } = reader(values);
  const isAdaptive = values.noise === undefined && values["noise-scale"] === "adaptive";
  const outputs = { png: file("out"), npy: file("npy"), json: file("json") };
  const wantsNothing = Object.values(outputs).every((output) => output === undefined);
  return {
    inputs,
    model: text("model"),
    output: text("output"),
    labels: text("labels"),
    preprocess: toPreprocess(needed("preprocess")),
    size: text("size") === undefined ? undefined : toExtent("size", needed("size")),
    axes: toAxes(text("axes")),
    target: toClass(needed("target")),
    contrast: text("contrast") === undefined ? undefined : toClass(needed("contrast")),
    method: needed("method"),
    samples: whole("samples", 1),
    noise: isAdaptive ? 0.95 : number("noise", 0),
    seed: whole("seed", 0),
    estimator: needed("estimator"),
    parity: text("parity"),
    passes: toPasses(values),
    precision: needed("precision"),
    maxMemory: text("max-memory") === undefined ? undefined : whole("max-memory", 1) * 1e6,
    tune: text("tune"),
    draw: {
      percentile: toPercentile(needed("percentile")),
      reduce: text("reduce"),
      multiplyInput: values["multiply-input"] === true,
      palette: text("palette"),
      overlay: text("overlay"),
      opacity: text("opacity") === undefined ? undefined : number("opacity", 0, 1),
      frame: text("frame"),
    },
    outputs: wantsNothing ? { ...outputs, png: "{name}.map.png" } : outputs,
  };
}

function toPasses(values: Values): Passes {
  const { text, number, whole } = reader(values);
  const isGiven = (name: Name) => values[name] !== undefined;
  return {
    ...(isGiven("of") && { of: text("of") as string }),
    ...(isGiven("versus") && { versus: toClass(text("versus") as string) }),
    ...(isGiven("noise-scale") && { noiseScale: text("noise-scale") as string }),
    ...(values.parity === "zennit" && { cleanLast: true }),
    ...(isGiven("weight-noise") && { weightNoise: number("weight-noise", 0) }),
    ...(isGiven("weight-samples") && { weightSamples: whole("weight-samples", 1) }),
    ...(isGiven("antithetic") && { antithetic: true }),
    ...(isGiven("single-dispatch") && { singleDispatch: true }),
    ...(isGiven("stop") && { stop: { standardError: number("stop", 0) } }),
    ...(isGiven("baseline") && { baseline: (text("baseline") as string).split(",") }),
    ...(isGiven("steps") && { steps: whole("steps", 1) }),
    ...(isGiven("quadrature") && { quadrature: text("quadrature") as string }),
    ...(isGiven("box") && { box: toBox(text("box") as string) }),
    ...(isGiven("max-sigma") && { maxSigma: number("max-sigma", 0.1, 1000) }),
    ...(isGiven("window") && { window: toExtent("window", text("window") as string) }),
    ...(isGiven("stride") && { stride: toExtent("stride", text("stride") as string) }),
    ...(isGiven("epsilon") && { epsilon: number("epsilon", 0) }),
    ...(isGiven("gamma") && { gamma: number("gamma", 0) }),
    ...(isGiven("alpha") && { alpha: number("alpha", 1) }),
    ...(isGiven("layer") && { layer: text("layer") as string }),
  };
}

function toClass(value: string): number | string {
  return WHOLE.test(value) ? Number(value) : value;
}

function toNumber(name: Name, value: string, least: number, most: number): number {
  const number = value.trim() === "" ? Number.NaN : Number(value);
  if (number >= least && number <= most && Number.isFinite(number)) return number;
  const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new Error(`--${name} is a number ${range}, not "${value}"`);
}

function toBox(value: string): Box {
  const [low, high, ...rest] = value
    .split(":")
    .map((part) => part.split(",").map((v) => toNumber("box", v, -1e30, 1e30)));
  if (!low || !high || rest.length > 0) {
    throw new Error(
      `--box is LOW:HIGH, each a number for every channel (0,0,0:1,1,1), not "${value}"`,
    );
  }
  return { low, high };
}

// One number is height and width.
function toExtent(name: Name, value: string): Extent {
  const lengths = value.split(",");
  const [height, width = height] = lengths.map(Number);
  const isLength = (n: number | undefined): n is number => Number.isInteger(n) && (n as number) > 0;
  if (isLength(height) && isLength(width) && lengths.length < 3) return [height, width];
  throw new Error(`--${name} is one whole number or two from 1, not "${value}"`);
}

function toPercentile(value: string): number | readonly [number, number] {
  const [low, high, ...rest] = value.split(",").map((p) => toNumber("percentile", p, 0, 100));
  if (low === undefined || rest.length > 0) {
    throw new Error(`--percentile is one number or two, not "${value}"`);
  }
  return high === undefined ? low : [low, high];
}

function toAxes(value: string | undefined): AxisOrder | undefined {
  if (value !== undefined) choice("order of axes", AXIS_ORDERS, value);
  return value as AxisOrder | undefined;
}

function toPreprocess(value: string): PreprocessOption {
  const preprocess = value.trimStart().startsWith("{") ? toJson(value) : value;
  try {
    checkPreprocess(preprocess as PreprocessOption);
  } catch (cause) {
    throw new Error(`--preprocess: ${(cause as Error).message}`, { cause });
  }
  return preprocess as PreprocessOption;
}

function toJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch (cause) {
    throw new Error(`--preprocess is not JSON: ${(cause as Error).message}`, { cause });
  }
}
