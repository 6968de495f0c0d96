// What a network was trained to see, guessed from what comes with it: how sure that is depends on who says it.
//
// In order: a card beside the file (Hugging Face's preprocessor_config.json, timm's config.json, this project's own), what
// the file says of itself (ONNX's metadata_props for images), a first normalization in the graph, the order of the
// axes (TensorFlow's files have the channels last), the number of classes (TensorFlow's ImageNet has 1001), the number
// of channels. Plain data in, plain data out.

import type { OnnxModel } from "../onnx/types.js";
import type { Node } from "../ops/types.js";
import { type Preprocess, presets } from "../options/preprocess.js";
import type { PreprocessSource } from "./preprocess.js";

/** A preprocessing, and what it was guessed from. */
export interface Guess {
  /** The preprocessing in numbers. */
  readonly preprocess: Preprocess;
  /** What it was guessed from. */
  readonly from: Exclude<PreprocessSource, "given">;
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length > 0 && value.every(Number.isFinite);

/**
 * Reads the preprocessing from the parsed JSON of a model card (Hugging Face's, timm's or this project's own); undefined
 * where it has none.
 */
export function readCard(card: unknown): Preprocess | undefined {
  if (!isObject(card)) return undefined;
  if (isObject(card.preprocess)) return ownCard(card.preprocess);
  const timm = isObject(card.pretrained_cfg) ? card.pretrained_cfg : card;
  if (isNumbers(timm.mean) && isNumbers(timm.std)) return timmCard(timm);
  if ("image_mean" in card || "do_normalize" in card || "rescale_factor" in card) {
    return processorCard(card);
  }
  return undefined;
}

/**
 * Reads the names of the classes from the parsed JSON of a model card (Hugging Face's, timm's or this project's own);
 * undefined where it has none.
 */
export function readCardLabels(card: unknown): string[] | undefined {
  if (!isObject(card)) return undefined;
  const { id2label, label_names: timm, labels = timm } = card;
  const named = isObject(id2label) ? Object.assign([], id2label) : labels;
  if (!Array.isArray(named) || named.length === 0) return undefined;
  const names = Array.from(named, (name, i) => name ?? `class ${i}`);
  // Where nobody named the classes, transformers writes LABEL_0, LABEL_1, …
  const isNamed = names.every((name) => typeof name === "string" && !/^LABEL_\d+$/.test(name));
  return isNamed ? names : undefined;
}

function ownCard(card: Json): Preprocess {
  const numeric = ["scale", "shortSide", "mean", "std"].flatMap((name) => {
    const value = card[name];
    return Number.isFinite(value) || isNumbers(value) ? [[name, value]] : [];
  });
  return {
    ...Object.fromEntries(numeric),
    ...(card.channels === "bgr" && { channels: "bgr" as const }),
    ...(card.resize === "stretch" && { resize: "stretch" as const }),
  };
}

// Colors from 0 to 1; the short side is the input's over the part that the crop leaves.
function timmCard({ mean, std, input_size: input, crop_pct: part, crop_mode: mode }: Json) {
  const side = isNumbers(input) ? input.at(-1) : undefined;
  return {
    mean: mean as number[],
    std: std as number[],
    ...(mode === "squash" && { resize: "stretch" as const }),
    ...(side && typeof part === "number" && part > 0 && { shortSide: Math.floor(side / part) }),
  };
}

function processorCard(card: Json): Preprocess {
  const scales = card.do_rescale !== false;
  const factor = typeof card.rescale_factor === "number" ? card.rescale_factor : 1 / 255;
  const normalizes = card.do_normalize !== false;
  const size = isObject(card.size) ? card.size : { shortest_edge: card.size };
  const short = size.shortest_edge;
  const cuts = card.do_center_crop !== false && "crop_size" in card;
  return {
    scale: scales ? factor : 1,
    ...(normalizes && isNumbers(card.image_mean) && { mean: card.image_mean }),
    ...(normalizes && isNumbers(card.image_std) && { std: card.image_std }),
    ...(card.do_flip_channel_order === true && { channels: "bgr" as const }),
    // Height and width without a crop mean that the whole photo is pressed into them.
    ...(cuts && typeof short === "number" ? { shortSide: short } : {}),
    ...(!cuts && card.do_resize !== false && "height" in size && { resize: "stretch" as const }),
  };
}

// ONNX's MetadataProps for images.
const RANGES: Readonly<Record<string, Preprocess>> = {
  NominalRange_0_255: { scale: 1 },
  Normalized_0_1: {},
  Normalized_1_1: presets.tf,
};

function fromMetadata(metadata: Readonly<Record<string, string>>): Preprocess | undefined {
  for (const text of Object.values(metadata)) {
    const card = text.startsWith("{") ? readCard(parsed(text)) : undefined;
    if (card) return card;
  }
  const range = RANGES[metadata["Image.NominalPixelRange"] ?? ""];
  const isBgr = /^Bgr/i.test(metadata["Image.BitmapPixelFormat"] ?? "");
  if (!range && !isBgr) return undefined;
  return { ...range, ...(isBgr && { channels: "bgr" as const }) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Operators between the input and a normalization that leave values as they are. */
const PASSING = ["Cast", "Identity", "Transpose", "Reshape", "Squeeze", "Unsqueeze"];

const MOST = 16; // numbers of a normalization: more are weights

const isLarge = (limit: number) => (sizes: readonly number[]) => sizes.some((v) => v > limit);

/** What a first step that normalizes tells of its input, from the sizes of its constants: whether colors go to 255. */
const FROM_255: Readonly<Record<string, (sizes: readonly number[]) => boolean>> = {
  Sub: isLarge(2),
  Add: isLarge(2),
  Div: isLarge(2),
  Mul: (sizes) => sizes.some((v) => v < 0.1),
  BatchNormalization: isLarge(64),
};

// What a network that normalizes by itself subtracts and divides by tells which colors it expects: those from 0 to 255
// where the numbers are of that size, else from 0 to 1.
function fromGraph({ nodes, inputs, constants }: OnnxModel): Preprocess | undefined {
  let name = inputs[0]?.name ?? "";
  for (;;) {
    const users = nodes.filter((node) => node.inputs.includes(name));
    const [node] = users as [Node?];
    if (users.length !== 1 || !node) return undefined;
    if (PASSING.includes(node.op)) {
      [name = ""] = node.outputs;
      continue;
    }
    const limit = FROM_255[node.op];
    const given = node.inputs.flatMap((input) => constants.get(input) ?? []);
    if (limit === undefined || given.length === 0) return undefined;
    if (given.some(({ data }) => data.length > MOST)) return undefined;
    const sizes = given.flatMap(({ data }) => Array.from(data, (v) => Math.abs(Number(v))));
    return limit(sizes.filter((v) => v > 0)) ? { scale: 1 } : {};
  }
}

/** The first networks of Keras kept Caffe's colors. */
const CAFFE = /vgg-?1[69]|resnet-?(50|101|152)(?!.?v2)/i;

/** What is known of a network besides its file's contents. */
export interface GuessFacts {
  /** The file's name: Keras's first networks are known by theirs. */
  readonly name?: string | undefined;
  readonly channels: number;
  readonly classes?: number | undefined;
  /** A parsed model card, if there is one. */
  readonly card?: unknown;
}

/** Guesses how photos become the input of a network, and says from what. */
export function guessPreprocess(
  model: OnnxModel,
  { name = "", channels, classes, card }: GuessFacts,
): Guess {
  const told = readCard(card);
  if (told) return { preprocess: told, from: "card" };
  const said = fromMetadata(model.metadata);
  if (said) return { preprocess: said, from: "metadata" };
  const done = fromGraph(model);
  if (done) return { preprocess: done, from: "graph" };
  const shape = model.inputs[0]?.shape ?? [];
  if (shape.length === 4 && shape[3] === 3 && shape[1] !== 3) {
    return { preprocess: CAFFE.test(name) ? presets.caffe : presets.tf, from: "axes" };
  }
  if (channels === 3 && classes === 1001) return { preprocess: presets.tf, from: "classes" };
  return { preprocess: channels === 3 ? presets.imagenet : presets.unit, from: "channels" };
}
