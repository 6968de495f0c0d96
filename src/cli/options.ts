// The words of the command line, read against the table of options and checked as the library checks them, so that what
// it would refuse is refused before a browser is opened.

import { parseArgs } from "node:util";
import { type Parity, type ParityName, parity } from "../explain/parity.js";
import { settle } from "../explain/settings.js";
import { checkPreprocess } from "../image/preprocess-check.js";
import { checkValue } from "../options/check.js";
import { choice, suggestion } from "../options/choice.js";
import type { PictureOptions } from "../options/drawing.js";
import type { PreprocessOption } from "../options/preprocess.js";
import type { SamplingOptions, Target } from "../options/sampling.js";
import { fromText } from "../options/text.js";
import { type CommandOption, OPTIONS, type OwnName, type Row } from "./table.js";

/** What of `loadModel` can be said. */
export interface Loading {
  readonly output?: string;
  readonly preprocess?: PreprocessOption;
  readonly size?: number | readonly [number, number];
  readonly axes?: "NCHW" | "NHWC";
  readonly keepSoftmax?: boolean;
  readonly precision?: "single" | "half";
}

/** What `smoothgrad explain` is asked to do. What is left to the library is not there. */
export interface ExplainRequest {
  /** Files and globs, as given. */
  readonly inputs: readonly string[];
  /** Without one, the network of digits that comes along. */
  readonly model: string | undefined;
  readonly labels: string | undefined;
  /** A file of what was measured of the adapter, to be read and written. */
  readonly tune: string | undefined;
  /** Another class, whose map is subtracted. */
  readonly contrast: Target | undefined;
  readonly parity: string | undefined;
  readonly loading: Loading;
  readonly sampling: SamplingOptions;
  readonly drawing: PictureOptions;
  /** Where results go; each may have {name} in it or be a folder. */
  readonly outputs: Outputs;
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

type Values = Readonly<Record<string, string | boolean | undefined>>;

const COMMANDS = ["explain", "methods"];

/** Reads the words after the program's name; throws one sentence where they are wrong. */
export function parseCommand(words: readonly string[]): Command {
  const { values, positionals } = parseWords(words);
  if (values.help) return { kind: "help" };
  if (values.version) return { kind: "version" };
  const [command, ...inputs] = positionals;
  if (command === undefined) throw new Error("no command given: see smoothgrad --help");
  if (command === "methods") return { kind: "methods" };
  if (command !== "explain") {
    const hint = suggestion(command, COMMANDS) || `; there are: ${COMMANDS.join(", ")}`;
    throw new Error(`"${command}" is not a command${hint}`);
  }
  if (inputs.length === 0) throw new Error("explain needs an image or a .npy file");
  return { kind: "explain", request: toRequest(inputs, values) };
}

function parseWords(words: readonly string[]): { values: Values; positionals: string[] } {
  const options = Object.fromEntries(
    Object.entries(OPTIONS).map(([name, option]) => [
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
    checkToken(token, OPTIONS[token.name]);
    if (seen.has(token.name)) throw new Error(`--${token.name} is given twice`);
    seen.add(token.name);
  }
  return { values: parsed.values, positionals: parsed.positionals };
}

interface Token {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function checkToken(token: Token, option: CommandOption | undefined): void {
  if (!option) {
    const near = suggestion(token.name, Object.keys(OPTIONS)).replace(/"/, '"--');
    throw new Error(`${token.rawName} is not an option${near || ": see smoothgrad --help"}`);
  }
  const isForgotten =
    token.value === undefined || (!token.inlineValue && token.value.startsWith("--"));
  if (option.value && isForgotten) {
    throw new Error(`--${token.name} needs a value: ${option.help}`);
  }
  if (!option.value && token.value !== undefined) {
    throw new Error(`--${token.name} takes no value`);
  }
}

function toRequest(inputs: readonly string[], values: Values): ExplainRequest {
  const text = (name: OwnName) => values[name] as string | undefined;
  const file = (name: OwnName) => {
    if (text(name) === "") throw new Error(`--${name} is the name of a file, not ""`);
    return text(name);
  };
  const outputs = { png: file("out"), npy: file("npy"), json: file("json") };
  const wantsNothing = Object.values(outputs).every((output) => output === undefined);
  const { map, picture } = imitated(text("parity"));
  const sampling = { ...map, ...given(values, "sampling") };
  settle(sampling);
  return {
    inputs,
    model: file("model"),
    labels: file("labels"),
    tune: file("tune"),
    contrast: text("contrast"),
    parity: text("parity"),
    loading: given(values, "loading"),
    sampling,
    drawing: { ...picture, ...given(values, "drawing") },
    outputs: wantsNothing ? { ...outputs, png: "{name}.map.png" } : outputs,
  };
}

/** What another program would be asked for. */
function imitated(name: string | undefined): Parity {
  if (name === undefined) return { map: {}, picture: {} };
  choice("program to imitate", Object.keys(parity), name);
  return parity[name as ParityName];
}

/** The options of one verb that were given, read and checked. */
function given(values: Values, of: Row["of"]): Record<string, unknown> {
  const all = Object.entries(values).flatMap(([word, text]) => {
    const { row } = OPTIONS[word] as CommandOption;
    return row?.of === of ? [[row.name, read(word, row, text as string | boolean)]] : [];
  });
  return Object.fromEntries(all);
}

function read(word: string, row: Row, text: string | boolean): unknown {
  const said = typeof text === "boolean" ? "" : text;
  // On the command line memory is counted in MB, unless it says otherwise.
  const isBare = row.form === "bytes" && /^[\d.]+$/.test(said);
  const value = fromText(row.form, isBare ? `${said}MB` : said);
  if (row.form === "json") checkPreprocessing(word, value);
  checkValue(`--${word}`, row, value);
  return value;
}

function checkPreprocessing(word: string, value: unknown): void {
  try {
    checkPreprocess(value as PreprocessOption);
  } catch (cause) {
    throw new Error(`--${word}: ${(cause as Error).message}`, { cause });
  }
}
