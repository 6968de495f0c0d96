// How a text says an option: an attribute of the element, or a word of the command line. What cannot be read stays the
// text that it is, for the check to refuse.

import type { Form } from "./option.js";

/** A number; what is none stays as it is. */
export function numberIn(text: string): number | string {
  const number = text.trim() === "" ? Number.NaN : Number(text);
  return Number.isNaN(number) ? text : number;
}

const list = (text: string) => text.split(",").map((each) => each.trim());

/** One of a list, or all of it where there are several. */
const oneOrAll = <Value>(values: readonly Value[]) => (values.length === 1 ? values[0] : values);

const UNITS = { KB: 1e3, MB: 1e6, GB: 1e9 } as const;

/** A switch: frameworks write out what they are given, "true" and "false". */
const flagIn = (text: string) => (/^(true|false)?$/.test(text) ? text !== "false" : text);

/** The readers by form. */
const readers: Readonly<Record<Form, (text: string) => unknown>> = {
  number: numberIn,
  bytes(text) {
    const [, number = text, unit] = /^\s*([\d.]+)\s*([KMG]B)\s*$/i.exec(text) ?? [];
    const value = numberIn(number);
    const times = UNITS[unit?.toUpperCase() as keyof typeof UNITS] ?? 1;
    return typeof value === "number" ? value * times : text;
  },
  flag: flagIn,
  text: (text) => text,
  numbers: (text) => oneOrAll(list(text).map(numberIn)),
  list: (text) => list(text).map(numberIn),
  names: (text) => oneOrAll(list(text)),
  json(text) {
    if (!text.trimStart().startsWith("{")) return text;
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  },
  box(text) {
    const [low, high, ...rest] = text.split(":").map((part) => list(part).map(numberIn));
    return low && high && rest.length === 0 ? { low, high } : text;
  },
  range(text) {
    const [low, high, ...rest] = list(text).map(numberIn);
    return high !== undefined && rest.length === 0 ? { low, high } : text;
  },
  stop: (text) => ({ standardError: numberIn(text) }),
  overlay: flagIn,
};

/** What a text is read as. */
export const fromText = (form: Form, text: string): unknown => readers[form](text);

/** The name of an option in a text: "noise-scale" for noiseScale. */
export const kebab = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** A name in camel case. */
export type Camel<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<Camel<Rest>>}`
  : Name;

/** A name as a text has it: "noise-scale" for noiseScale. */
export type Kebab<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `-${Lowercase<First>}`}${Kebab<Rest>}`
  : Name;
