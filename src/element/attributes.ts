// Every attribute of <sensitivity-map> in one table: how its text is read, and what changes with it. Those of the library's
// options are made of their rows; an attribute's property, and the option, have the same name in camel case.

import type { PictureOptions, SensitivityOptions } from "../index.js";
import { suggestion } from "../options/choice.js";
import { drawing } from "../options/drawing.js";
import { loading } from "../options/loading.js";
import type { Form, Table } from "../options/option.js";
import { type SamplingOptions, sampling } from "../options/sampling.js";
import { type Camel, fromText, type Kebab, kebab, numberIn } from "../options/text.js";
import type { Wanted } from "./shared.js";

/** What must be done anew when an attribute changes: all, the passes through the network, or only the drawing. */
export type Stage = "photo" | "model" | "passes" | "look" | "words";

interface Attribute {
  readonly stage: Stage;
  readonly form: Form;
}

/** What only a tag says. */
interface Own {
  /** Address of the photo. */
  src: string;
  /** What the photo shows, for those who do not see it. */
  alt: string;
  /** Width in CSS pixels, reserved before there is a photo. */
  width: number;
  /** Height in CSS pixels, reserved before there is a photo. */
  height: number;
  /** Address of the ONNX file. */
  model: string;
  /** Names of the classes, separated by commas, or the address of a file of them. */
  labels: string;
  /** Address of the model card. */
  card: string;
}

/** What of `loadModel` can be said. */
interface OfModel {
  /** Height and width of the input, where the file leaves them open. */
  size: number | number[];
  /** Order of the input's axes, where the file leaves it open: "NCHW" or "NHWC". */
  axes: string;
  /** Name of the output to explain. */
  output: string;
  /** How tensors are stored: "single" or "half". */
  precision: string;
  /** Keeps a final Softmax or Sigmoid. */
  keepSoftmax: boolean;
}

/** What can be said in more than one way. */
type Also = {
  /** The relative standard error at which sampling stops. */
  stop: number;
  /** LOW:HIGH, each a number for every channel. */
  box: string;
  /** Lowest and highest score. */
  scale: number[];
  /** The opacity of a map that fades. */
  overlay: number;
};

type Sayable = Omit<SamplingOptions & PictureOptions, "signal" | "view" | "fit">;

/** A value as a text is read, which may be none of the library's. */
type Said<Value> = Value extends boolean
  ? boolean
  : Value extends number
    ? number
    : Value extends string
      ? string
      : Value extends readonly (infer Item)[]
        ? Said<Item>[]
        : Value;

/** The values by the names of their properties. */
type Values = Own &
  OfModel & {
    -readonly [Name in keyof Sayable]-?:
      | Said<NonNullable<Sayable[Name]>>
      | (Name extends keyof Also ? Also[Name] : never);
  };

/** Name of an attribute. */
export type AttributeName = Kebab<keyof Values>;

/** What an attribute's text is read as. */
export type Read<Name extends AttributeName> = Values[Camel<Name> & keyof Values];

/** The properties: null where there is no such attribute, but for switches, which are then false. */
export type Properties = {
  [Name in keyof Values]: Values[Name] extends boolean ? boolean : Values[Name] | null;
};

const of = (stage: Stage, table: Table): [string, Attribute][] =>
  Object.entries(table).flatMap(([name, { form }]) =>
    form ? [[kebab(name), { stage, form }]] : [],
  );

const own = (stage: Stage, form: Form, names: readonly string[]): [string, Attribute][] =>
  names.map((name) => [name, { stage, form }]);

/** The attributes by name. What several verbs have changes the least that it can. */
export const attributes = Object.fromEntries([
  ...own("photo", "text", ["src"]),
  ...own("words", "text", ["alt"]),
  ...own("words", "number", ["width", "height"]),
  ...own("model", "text", ["model", "labels", "card"]),
  ...of("model", loading),
  ...of("passes", sampling),
  ...of("look", drawing),
]) as Readonly<Record<AttributeName, Attribute>>;

/** The name of an attribute's property. */
export function propertyOf(attribute: string): keyof Properties {
  return attribute.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()) as never;
}

/** The value of an attribute, undefined where it is not there. */
export function valueIn(element: Element, name: AttributeName): unknown {
  const given = element.getAttribute(name);
  return given === null ? undefined : fromText(attributes[name].form, given);
}

/** A value as the text of an attribute; undefined where the attribute is to go. */
export function textOf(value: unknown): string | undefined {
  if (value === null || value === undefined || value === false) return undefined;
  if (value === true) return "";
  if (typeof value !== "object" || Array.isArray(value)) return String(value);
  const { low, high, standardError } = value as Record<string, unknown>;
  if (low !== undefined) return [low, high].join(Array.isArray(low) ? ":" : ",");
  return String(standardError ?? JSON.stringify(value));
}

type Given = Record<string, unknown>;

function given(element: Element, stage: Stage): Given {
  const options: Given = {};
  for (const [name, each] of Object.entries(attributes)) {
    const value = each.stage === stage ? valueIn(element, name as AttributeName) : undefined;
    if (value !== undefined) options[propertyOf(name)] = value;
  }
  return options;
}

/** Throws where a tag has an attribute that is nearly one of these: any other may be the page's own, as may a short one. */
export function checkNames(element: Element): void {
  for (const name of element.getAttributeNames()) {
    const isKnown = name in attributes || name in element || name.length < 5;
    const hint = isKnown ? "" : suggestion(name, Object.keys(attributes));
    if (hint) throw new Error(`sensitivity-map has no attribute "${name}"${hint}`);
  }
}

/** Which model a tag names, undefined where it names none. */
export function wantedModel(element: Element): Wanted | undefined {
  const { model, labels, card, ...options } = given(element, "model") as Record<string, string>;
  if (!model) return undefined;
  const urlOf = (path: string) => new URL(path, element.baseURI).href;
  // One name alone is no list of classes, so it is an address; those with a scheme may have commas.
  const isList = labels !== undefined && /,/.test(labels) && !/^(https?|data|blob):/.test(labels);
  return {
    url: urlOf(model),
    labels:
      labels === undefined
        ? undefined
        : isList
          ? (fromText("names", labels) as string[])
          : urlOf(labels),
    card: card && urlOf(card),
    options: options as Wanted["options"],
  };
}

/** What a tag asks of the passes. */
export function passOptions(element: Element): SensitivityOptions {
  const { estimator } = lookOptions(element);
  return { ...given(element, "passes"), estimator } as SensitivityOptions;
}

/** How a tag asks the map to be drawn: by default on the frame of the whole photo, as pages show photos. */
export function lookOptions(element: Element): PictureOptions {
  const { overlay, ...rest } = given(element, "look");
  return {
    frame: "photo",
    estimator: sampling.estimator.default,
    ...(overlay !== undefined && layers(overlay as boolean | string)),
    ...rest,
  } as PictureOptions;
}

// Whether there is one, its mode, or the opacity of "fade", the usual one.
function layers(overlay: boolean | string): Given {
  const opacity = typeof overlay === "string" ? numberIn(overlay) : overlay;
  return typeof opacity === "number" ? { overlay: "fade", opacity } : { overlay };
}
