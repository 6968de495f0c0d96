// Which files the command line reads and writes.

import { statSync } from "node:fs";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, dirname, extname, isAbsolute, join } from "node:path";
import { glob, isDynamicPattern } from "tinyglobby";
import { readCard, readCardLabels } from "../guess.js";
import { parseLabels } from "../labels.js";
import { readNpy } from "../npy.js";
import type { Tuning } from "../types.js";
import type { Outputs } from "./options.js";

/** The files that names and globs stand for, in order, each once; throws where one stands for none. */
export async function expandInputs(inputs: readonly string[]): Promise<string[]> {
  const files = new Set<string>();
  for (const input of inputs) {
    for (const file of await filesFor(input)) files.add(file);
  }
  return [...files];
}

async function filesFor(input: string): Promise<string[]> {
  const found = await stat(input).catch(() => undefined);
  if (found?.isFile()) return [input];
  if (found) throw new Error(`${input} is a folder; give its files: "${join(input, "*.jpg")}"`);
  // On Windows a backslash is between folders, in a glob it would be before a plain character.
  const pattern = process.platform === "win32" ? input.replaceAll("\\", "/") : input;
  const files = isDynamicPattern(pattern)
    ? await glob(pattern, { expandDirectories: false, absolute: isAbsolute(pattern) })
    : [];
  if (files.length === 0) throw new Error(`there is no file ${input}`);
  return files.sort();
}

/** Height and width of the first .npy file among the inputs; undefined where none can be read. */
export async function firstTensorSize(
  inputs: readonly string[],
): Promise<[height: number, width: number] | undefined> {
  for (const input of inputs) {
    if (!input.endsWith(".npy")) continue;
    try {
      const [height, width] = readNpy(await readFile(input)).shape.slice(-2);
      if (height && width) return [height, width];
    } catch {
      // What is wrong with a file is said when it is explained.
    }
  }
  return undefined;
}

/** What was measured of the adapter before; null where the file is not there yet. */
export async function readTuning(file: string): Promise<Tuning | null> {
  const text = await readFile(file, "utf8").catch((error) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return null;
  try {
    const tuning = JSON.parse(text);
    if (typeof tuning.layers === "object" && tuning.layers !== null) return tuning;
  } catch {}
  throw new Error(`${file} is no file that --tune wrote: give another, or remove it`);
}

/** Where the results of one input go. */
export type Places = { readonly [kind in keyof Outputs]: string | undefined };

const ENDINGS = { png: ".png", npy: ".npy", json: ".json" } as const;

/** Where the results of each input go; throws where two inputs would write one file. */
export function placeOutputs(inputs: readonly string[], outputs: Outputs): Places[] {
  const writers = new Map<string, string>();
  return inputs.map((input) => {
    const place = (kind: keyof Outputs) => {
      const pattern = outputs[kind];
      if (pattern === undefined) return undefined;
      const path = fill(pattern, input, ENDINGS[kind]);
      const other = writers.get(path);
      if (other !== undefined) {
        const wayOut = pattern.includes("{name}")
          ? "give them other names"
          : `put {name} in it, or give a folder: ${join(dirname(pattern), "maps/")}`;
        throw new Error(`${other} and ${input} would both be written to ${path}: ${wayOut}`);
      }
      writers.set(path, input);
      return path;
    };
    return { png: place("png"), npy: place("npy"), json: place("json") };
  });
}

function fill(pattern: string, input: string, ending: string): string {
  const name = basename(input, extname(input));
  if (pattern.includes("{name}")) return pattern.replaceAll("{name}", name);
  const isFolder =
    /[/\\]$/.test(pattern) || statSync(pattern, { throwIfNoEntry: false })?.isDirectory();
  return isFolder ? join(pattern, name + ending) : pattern;
}

/** Writes a result, with the folders that it needs. */
export async function writeResult(path: string, contents: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, contents);
}

/** Reads the names of classes (labels.ts). */
export async function readLabels(path: string): Promise<string[]> {
  const text = await readFile(path, "utf8").catch(() => {
    throw new Error(`the labels ${path} cannot be read`);
  });
  try {
    return parseLabels(text);
  } catch (cause) {
    throw new Error(`the labels ${path} cannot be used: ${(cause as Error).message}`, { cause });
  }
}

/** What the model cards beside a model say together: Hugging Face's, timm's, or one of the model's own name. */
export async function readCardsBeside(model: string): Promise<unknown> {
  const own = `${basename(model, extname(model))}.json`;
  const cards: object[] = [];
  for (const name of ["config.json", "preprocessor_config.json", own]) {
    const text = await readFile(join(dirname(model), name), "utf8").catch(() => "");
    try {
      const card = JSON.parse(text);
      // Other programs have their files of these names, too.
      if (readCard(card) || readCardLabels(card)) cards.push(card);
    } catch {}
  }
  return cards.length > 0 ? Object.assign({}, ...cards) : undefined;
}
