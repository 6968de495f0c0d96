// Which files the command line reads and writes.

import { statSync } from "node:fs";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, dirname, extname, isAbsolute, join } from "node:path";
import { glob, isDynamicPattern } from "tinyglobby";
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

/** Reads the names of classes: a JSON list, a JSON object by index, or text with one name a line. */
export async function readLabels(path: string): Promise<string[]> {
  const text = await readFile(path, "utf8").catch(() => {
    throw new Error(`the labels ${path} cannot be read`);
  });
  if (!/^\s*[[{]/.test(text)) return text.trimEnd().split(/\r?\n/);
  return labelsOfJson(path, text);
}

// Keras' object has pairs: {"0": ["n01440764", "tench"], …}.
function labelsOfJson(path: string, text: string): string[] {
  let labels: unknown;
  try {
    labels = JSON.parse(text);
  } catch (error) {
    throw new Error(`the labels ${path} are not JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const byIndex = Object.entries(labels as object);
  const names: string[] = [];
  for (const [index, entry] of byIndex) {
    const name: unknown = Array.isArray(entry) ? entry.at(-1) : entry;
    if (!/^\d+$/.test(index) || typeof name !== "string") {
      throw new Error(
        `the labels ${path} are not a list of names, nor an object of names by index`,
      );
    }
    names[Number(index)] = name;
  }
  return Array.from(names, (name, index) => name ?? `class ${index}`);
}
