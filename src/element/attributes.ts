// Every attribute of <sensitivity-map> in one table: how its text is read, and what changes with it. An attribute's
// property, and the library's option, have the same name in camel case.

import type { PictureOptions, SensitivityOptions } from "../index.js";
import type { Wanted } from "./shared.js";

/** What must be done anew when an attribute changes: all, the passes through the network, or only the drawing. */
export type Stage = "photo" | "model" | "passes" | "look" | "words";

interface Attribute {
  readonly stage: Stage;
  /** The property's value, from the attribute's text. What cannot be read is left as it is, for the library to refuse. */
  readonly read: (text: string) => unknown;
}

const text = (value: string) => value;

/** A switch is on where its attribute is there. Frameworks write out what they are given: "true" and "false". */
const flag = (value: string) => value !== "false";

const flagOrText = (value: string): boolean | string =>
  /^(true|false)?$/.test(value) ? flag(value) : value;

function number(value: string): number {
  const parsed = value.trim() === "" ? Number.NaN : Number(value);
  return Number.isNaN(parsed) ? (value as unknown as number) : parsed;
}

function numbers(value: string): number | number[] {
  const list = value.split(",").map(number);
  return list.length === 1 ? list[0]! : list;
}

function names(value: string): string | string[] {
  const list = value.split(",").map((name) => name.trim());
  return list.length === 1 ? list[0]! : list;
}

function nameOrJson(value: string): string | object {
  try {
    return value.trimStart().startsWith("{") ? (JSON.parse(value) as object) : value;
  } catch {
    return value;
  }
}

export const attributes = {
  src: { stage: "photo", read: text },
  alt: { stage: "words", read: text },
  width: { stage: "words", read: number },
  height: { stage: "words", read: number },

  model: { stage: "model", read: text },
  labels: { stage: "model", read: text },
  card: { stage: "model", read: text },
  size: { stage: "model", read: numbers },
  axes: { stage: "model", read: text },
  output: { stage: "model", read: text },
  precision: { stage: "model", read: text },
  "keep-softmax": { stage: "model", read: flag },

  method: { stage: "passes", read: text },
  target: { stage: "passes", read: text },
  of: { stage: "passes", read: text },
  versus: { stage: "passes", read: text },
  samples: { stage: "passes", read: number },
  noise: { stage: "passes", read: number },
  "noise-scale": { stage: "passes", read: text },
  "weight-noise": { stage: "passes", read: number },
  "weight-samples": { stage: "passes", read: number },
  antithetic: { stage: "passes", read: flag },
  "clean-last": { stage: "passes", read: flag },
  stop: { stage: "passes", read: number },
  seed: { stage: "passes", read: number },
  preprocess: { stage: "passes", read: nameOrJson },
  baseline: { stage: "passes", read: names },
  steps: { stage: "passes", read: number },
  quadrature: { stage: "passes", read: text },
  "max-sigma": { stage: "passes", read: number },
  window: { stage: "passes", read: numbers },
  stride: { stage: "passes", read: numbers },
  layer: { stage: "passes", read: text },
  box: { stage: "passes", read: text },
  epsilon: { stage: "passes", read: number },
  gamma: { stage: "passes", read: number },
  alpha: { stage: "passes", read: number },
  beta: { stage: "passes", read: number },
  "max-memory": { stage: "passes", read: number },
  batch: { stage: "passes", read: number },

  estimator: { stage: "look", read: text },
  reduce: { stage: "look", read: text },
  percentile: { stage: "look", read: numbers },
  scale: { stage: "look", read: numbers },
  "multiply-input": { stage: "look", read: flag },
  palette: { stage: "look", read: text },
  overlay: { stage: "look", read: flagOrText },
  opacity: { stage: "look", read: number },
  frame: { stage: "look", read: text },
  smooth: { stage: "look", read: flag },
} as const satisfies Record<string, Attribute>;

/** Name of an attribute. */
export type AttributeName = keyof typeof attributes;

/** A name in camel case. */
export type Camel<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<Camel<Rest>>}`
  : Name;

/** What an attribute's text is read as. */
export type Read<Name extends AttributeName> = ReturnType<(typeof attributes)[Name]["read"]>;

/** The properties: null where there is no such attribute, but for switches, which are then false. */
export type Properties = {
  [Name in AttributeName as Camel<Name>]: Read<Name> extends boolean ? boolean : Read<Name> | null;
};

/** The name of an attribute's property. */
export function propertyOf(attribute: string): keyof Properties {
  return attribute.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()) as never;
}

/** The value of an attribute, undefined where it is not there. */
export function valueIn(element: Element, name: AttributeName): unknown {
  const given = element.getAttribute(name);
  return given === null ? undefined : (attributes[name].read as Attribute["read"])(given);
}

/** A value as the text of an attribute; undefined where the attribute is to go. */
export function textOf(value: unknown): string | undefined {
  if (value === null || value === undefined || value === false) return undefined;
  if (value === true) return "";
  return typeof value === "object" && !Array.isArray(value) ? JSON.stringify(value) : String(value);
}

type Given = Record<string, unknown>;

function given(element: Element, stages: readonly Stage[]): Given {
  const options: Given = {};
  for (const [name, { stage }] of Object.entries(attributes)) {
    if (!stages.includes(stage)) continue;
    const value = valueIn(element, name as AttributeName);
    if (value !== undefined) options[propertyOf(name)] = value;
  }
  return options;
}

/** Which model a tag names, undefined where it names none. */
export function wantedModel(element: Element): Wanted | undefined {
  const { model, labels, card, size, ...rest } = given(element, ["model"]) as Record<
    string,
    string
  >;
  if (!model) return undefined;
  const urlOf = (path: string) => new URL(path, element.baseURI).href;
  // One name alone is no list of classes, so it is an address; those with a scheme may have commas.
  const isList = labels !== undefined && /,/.test(labels) && !/^(https?|data|blob):/.test(labels);
  return {
    url: urlOf(model),
    labels: labels === undefined ? undefined : isList ? (names(labels) as string[]) : urlOf(labels),
    card: card && urlOf(card),
    options: {
      ...rest,
      ...(size !== undefined && { size: typeof size === "number" ? [size, size] : size }),
    } as Wanted["options"],
  };
}

/** What a tag asks of the passes. Throws one sentence where an attribute cannot be read. */
export function passOptions(element: Element): SensitivityOptions {
  const { stop, box, ...rest } = given(element, ["passes"]);
  return {
    ...rest,
    ...(stop !== undefined && { stop: { standardError: stop } }),
    ...(box !== undefined && { box: bounds(box as string) }),
    estimator: valueIn(element, "estimator") ?? "mean",
  } as SensitivityOptions;
}

/** How a tag asks the map to be drawn: by default on the frame of the whole photo, as pages show photos. */
export function lookOptions(element: Element): PictureOptions {
  const { scale, overlay, ...rest } = given(element, ["look"]);
  return {
    frame: "photo",
    estimator: "mean",
    ...(overlay !== undefined && layers(overlay as boolean | string)),
    ...(scale !== undefined && { scale: range(scale) }),
    ...rest,
  } as PictureOptions;
}

// Whether there is one, its mode, or the opacity of "fade", the usual one.
function layers(overlay: boolean | string): Given {
  if (typeof overlay === "boolean") return { overlay };
  const opacity = number(overlay);
  return typeof opacity === "number" ? { overlay: "fade", opacity } : { overlay };
}

function range(scale: unknown): Given {
  const [low, high] = Array.isArray(scale) ? (scale as unknown[]) : [];
  if (typeof low === "number" && typeof high === "number") return { low, high };
  throw new Error(`scale is two numbers (0,0.02), got ${scale}`);
}

function bounds(box: string): Given {
  const [low, high, ...rest] = box.split(":").map((part) => part.split(",").map(number));
  const isNumeric = [...(low ?? []), ...(high ?? [])].every((v) => typeof v === "number");
  if (low && high && rest.length === 0 && isNumeric) return { low, high };
  throw new Error(`box is LOW:HIGH, each a number for every channel (0,0,0:1,1,1), got ${box}`);
}
