// Which files the command line reads and writes.

import { statSync } from "node:fs";
import { mkdir, open, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, dirname, extname, isAbsolute, join, resolve } from "node:path";
import { glob, isDynamicPattern } from "tinyglobby";
import { readCard, readCardLabels } from "../image/guess.js";
import { parseLabels } from "../model/labels.js";
import { foreignKind } from "../onnx/signature.js";
import type { Tuning } from "../plan/types.js";
import { readNpy } from "../tensor/npy.js";
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
  if (found?.isDirectory()) {
    throw new Error(`${input} is a folder; give its files: "${join(input, "*.jpg")}"`);
  }
  if (found) throw new Error(`${input} is a pipe or a device; save the picture to a file first`);
  // On Windows a backslash is between folders, in a glob it would be before a plain character.
  const pattern = process.platform === "win32" ? input.replaceAll("\\", "/") : input;
  const files = isDynamicPattern(pattern)
    ? await glob(pattern, { expandDirectories: false, absolute: isAbsolute(pattern) })
    : [];
  if (files.length === 0) throw new Error(`there is no file ${input}`);
  return files.sort();
}

/** Height and width of the first of some .npy files; undefined where none can be read. */
export async function firstTensorSize(
  tensors: readonly string[],
): Promise<[height: number, width: number] | undefined> {
  for (const input of tensors) {
    try {
      const { shape } = readNpy(await readFile(input));
      const isChannelsLast = shape.length > 2 && [1, 3].includes(shape.at(-1) as number);
      const [height, width] = isChannelsLast ? shape.slice(-3, -1) : shape.slice(-2);
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
export type OutputFiles = { readonly [kind in keyof Outputs]: string | undefined };

const ENDINGS = { png: ".png", npy: ".npy", json: ".json" } as const;

/**
 * Where the results of each input go. {name} is an input's name without its ending; where two inputs differ by nothing
 * else, it is the name with it. Throws where two results would go to one file, or a result to an input's.
 */
export function placeOutputs(inputs: readonly string[], outputs: Outputs): OutputFiles[] {
  const stems = inputs.map(stem);
  const names = inputs.map((input, i) => {
    const isTwin = (other: string, k: number) => k !== i && other === stems[i];
    return stems.some(isTwin) ? basename(input) : (stems[i] as string);
  });
  const sources = new Set(inputs.map((input) => resolve(input)));
  const writers = new Map<string, { input: string; kind: string }>();
  return inputs.map((input, i) => {
    const place = (kind: keyof Outputs) => {
      const pattern = outputs[kind];
      if (pattern === undefined) return undefined;
      const path = fill(pattern, names[i] as string, ENDINGS[kind]);
      const other = writers.get(resolve(path));
      if (other?.input === input) {
        const options = `${OPTION[other.kind as keyof Outputs]} and ${OPTION[kind]}`;
        throw new Error(`${options} of ${input} would both be written to ${path}: name two files`);
      }
      if (other !== undefined) {
        const isNamed = path !== pattern;
        const wayOut = isNamed
          ? "their names are the same, so explain them in two runs, with two folders for their results"
          : `put {name} in it, or give a folder: ${join(dirname(pattern), "maps/")}`;
        throw new Error(`${other.input} and ${input} would both be written to ${path}: ${wayOut}`);
      }
      if (sources.has(resolve(path))) {
        throw new Error(`the result would be written over the input ${path}: give it another name`);
      }
      writers.set(resolve(path), { input, kind });
      return path;
    };
    return { png: place("png"), npy: place("npy"), json: place("json") };
  });
}

const OPTION = { png: "--out", npy: "--npy", json: "--json" } as const;

const stem = (input: string) => basename(input, extname(input));

function fill(pattern: string, name: string, ending: string): string {
  if (pattern.includes("{name}")) return pattern.replaceAll("{name}", name);
  const isFolder =
    /[/\\]$/.test(pattern) || statSync(pattern, { throwIfNoEntry: false })?.isDirectory();
  return isFolder ? join(pattern, name + ending) : pattern;
}

/** Writes a result, with the folders that it needs. */
export async function writeResult(path: string, contents: string | Uint8Array): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, contents);
  } catch (cause) {
    throw new Error(`${path} cannot be written: ${reasonOf(cause)}`, { cause });
  }
}

/** Throws one sentence where a file is no model that could be loaded, by its first bytes. */
export async function checkModel(file: string): Promise<void> {
  const found = await stat(file).catch((cause) => {
    throw new Error(`the model ${file} cannot be read: ${reasonOf(cause)}`, { cause });
  });
  if (found.isDirectory()) throw new Error(`the model ${file} is a folder${await modelsIn(file)}`);
  if (basename(file) === "saved_model.pb")
    throw new Error(`${file}: ${ofTensorFlow(dirname(file))}`);
  const kind = foreignKind(await start(file));
  if (kind) throw new Error(`${file}: not an ONNX model: ${kind}`);
}

async function start(file: string): Promise<Uint8Array> {
  const handle = await open(file).catch((cause) => {
    throw new Error(`the model ${file} cannot be read: ${reasonOf(cause)}`, { cause });
  });
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4096), 0, 4096, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function modelsIn(folder: string): Promise<string> {
  const names = await readdir(folder);
  if (names.includes("saved_model.pb")) return `: ${ofTensorFlow(folder)}`;
  const models = names.filter((name) => /\.onnx$/i.test(name)).sort();
  if (models.length === 0) return ", and no .onnx file is in it";
  const more = models.length > 3 ? ` and ${models.length - 3} more` : "";
  const files = models.slice(0, 3).map((name) => join(folder, name));
  return `; give a file of it: ${files.join(", ")}${more}`;
}

const ofTensorFlow = (folder: string) =>
  `a TensorFlow SavedModel; convert it: python -m tf2onnx.convert --saved-model ${folder} --output model.onnx`;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "its permissions forbid it",
  EPERM: "its permissions forbid it",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of its path is a file",
  EEXIST: "a part of its path is a file",
  ENOSPC: "the disk is full",
  EROFS: "the disk is read-only",
};

/** Why the system refused, in words. */
export function reasonOf(error: unknown): string {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}

/** Reads the names of classes (labels.ts). */
export async function readLabels(path: string): Promise<string[]> {
  const text = await readFile(path, "utf8").catch((cause) => {
    throw new Error(`the labels ${path} cannot be read: ${reasonOf(cause)}`, { cause });
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
