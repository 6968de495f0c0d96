// What an option may be: a row of a table. A row says what fits, in code and in words, how a text is read as a value, and
// what is taken where nothing is said. The library's checks, the command line, the element's attributes and REFERENCE.md
// are all made from rows; only the words about an option stand beside its table, for those who print them.

import type { Extent } from "../tensor/types.js";

/** How a text becomes a value (text.ts): a number, a switch, a number or two … */
export type Form =
  | "number"
  | "bytes"
  | "flag"
  | "text"
  | "numbers"
  | "list"
  | "names"
  | "json"
  | "box"
  | "range"
  | "stop"
  | "overlay";

/** An option that has values of a type. */
export interface Option<Value = unknown> {
  /** What a value must be, as the end of a sentence. */
  readonly what: string;
  /** How a text is read; an option without it cannot be said in a text. */
  readonly form?: Form;
  /** What is taken where nothing is said, if that is always the same. */
  readonly default?: Value;
  fits(value: unknown): boolean;
}

/** The options of one verb by name. */
export type Table = Readonly<Record<string, Option>>;

/** A row for each option of a type. */
export type Rows<Options> = {
  readonly [Name in keyof Options]-?: Option<NonNullable<Options[Name]>>;
};

const bounds = (low: number, high: number) =>
  high < Number.POSITIVE_INFINITY ? `from ${low} to ${high}` : `of at least ${low}`;

/** Names as the end of a sentence: "a", "b" or "c". */
export const alternatives = (names: readonly string[]): string =>
  names
    .map((name) => `"${name}"`)
    .join(", ")
    .replace(/, (?=[^,]*$)/, " or ");

/** A number; NaN never fits, Infinity where there is no upper bound. */
export const number = (low: number, high: number, otherwise?: number): Option<number> => ({
  what: `a number ${bounds(low, high)}`,
  form: "number",
  default: otherwise,
  fits: (value) => typeof value === "number" && value >= low && value <= high,
});

/** A whole number. */
export const whole = (low: number, high: number, otherwise?: number): Option<number> => ({
  ...number(low, high, otherwise),
  what: `a whole number ${bounds(low, high)}`,
  fits: (value) => Number.isInteger(value) && number(low, high).fits(value),
});

/** Bytes of memory. */
export const bytes = { ...number(1, Number.POSITIVE_INFINITY), form: "bytes" } as const;

/** A switch. */
export const flag = (otherwise?: boolean): Option<boolean> => ({
  what: "true or false",
  form: "flag",
  default: otherwise,
  fits: (value) => typeof value === "boolean",
});

/** One of a few names. */
export const oneOf = <Name extends string>(
  names: readonly Name[],
  otherwise?: Name,
): Option<Name> => ({
  what: alternatives(names),
  form: "text",
  default: otherwise,
  fits: (value) => names.includes(value as Name),
});

/** A text. */
export const text: Option<string> = {
  what: "a text",
  form: "text",
  fits: (value) => typeof value === "string",
};

/** A list of at least one value that fits a row. */
export const isListOf = (value: unknown, { fits }: Pick<Option, "fits">): value is unknown[] =>
  Array.isArray(value) && value.length > 0 && value.every(fits);

/** A number for height and width, or one for each. */
export const size: Option<number | Extent> = {
  what: "a whole number from 1, or two: [height, width]",
  form: "numbers",
  fits: (value) => {
    const length = whole(1, 65536);
    return length.fits(value) || (isListOf(value, length) && value.length === 2);
  },
};

/** Whether something has a method: what is of another page's realm is no instance of ours. */
export const hasMethod = (value: unknown, name: string): boolean =>
  typeof (value as Record<string, unknown> | null | undefined)?.[name] === "function";

/** Stops something. */
export const signal: Option<AbortSignal> = {
  what: "an AbortSignal",
  fits: (value) => hasMethod(value, "throwIfAborted"),
};

/** An object with something in it that is checked where it is read. */
export const object: Option<object> = {
  what: "an object",
  fits: (value) => typeof value === "object" && !Array.isArray(value) && value !== null,
};
