// Nothing is ignored in silence: an unknown option, one of another verb, and a value that does not fit are refused, each
// in one sentence.

import { suggestion } from "./choice.js";
import { drawing } from "./drawing.js";
import { loading } from "./loading.js";
import type { Option, Table } from "./option.js";
import { sampling } from "./sampling.js";

/** Where an option that a verb does not have may belong. */
const verbs: Readonly<Record<string, Table>> = {
  sensitivity: sampling,
  draw: drawing,
  loadModel: loading,
};

/** A value in a sentence: as one would write it down, or what it is an instance of. */
export function said(value: unknown): string {
  if (typeof value === "string") return `"${value}"`;
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `[${value.map(said).join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  const kind = value.constructor?.name ?? "Object";
  if (kind !== "Object") return `${/^[AEIO]/.test(kind) ? "an" : "a"} ${kind}`;
  const inside = Object.entries(value).map(([name, each]) => `${name}: ${said(each)}`);
  return inside.length > 0 ? `{ ${inside.join(", ")} }` : "{}";
}

/** Throws where a value is not what an option must be. */
export function checkValue(name: string, option: Option, value: unknown): void {
  if (option.fits(value)) return;
  throw new Error(`${name} must be ${option.what}, got ${said(value)}`);
}

/**
 * Throws where a verb is given an option that it does not have, or a value that does not fit; `prefix` is what stands before
 * the names of options that are not the verb's own.
 */
export function checkGiven(verb: string, table: Table, options: unknown, prefix = ""): void {
  if (typeof options !== "object" || options === null) {
    throw new Error(`the options of ${verb} are an object, got ${said(options)}`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(table, name)) throw new Error(unknown(verb, table, name));
    checkValue(prefix + name, table[name] as Option, value);
  }
}

function unknown(verb: string, table: Table, name: string): string {
  const names = Object.keys(table);
  const owner = Object.keys(verbs).find((other) => Object.hasOwn(verbs[other] as Table, name));
  const where = owner
    ? `: ${name} is an option of ${owner}`
    : suggestion(name, names) || `; it has: ${names.join(", ")}`;
  return `${verb} has no option "${name}"${where}`;
}

/** Options with those that are not given as a table has them. */
export function withDefaults(table: Table, options: object): Record<string, unknown> {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const defaults = Object.entries(table).map(([name, { default: value }]) => [name, value]);
  return Object.fromEntries([...defaults, ...given]);
}
