// The half of the command line that runs in Chrome: it fetches the files that the other half (explain.ts)
// serves, calls the library as any page would, and hands back the results as text.

import { isGuessed, preprocessInWords } from "../image/preprocess-check.js";
import {
  type ClassesOptions,
  captumScale,
  contrast,
  type ImageSource,
  loadModel,
  type Model,
  type PictureOptions,
  type PrecisionError,
  type Preprocess,
  type PreprocessSource,
  precisionError,
  requestDevice,
  type SensitivityMap,
  type SensitivityOptions,
  sensitivities,
  type Tuning,
} from "../index.js";
import { readNpy, writeNpy } from "../tensor/npy.js";
import { type InputKind, TAKEN } from "./formats.js";
import type { ExplainRequest } from "./options.js";
import { newsOf, suggestionOf } from "./suggest.js";

/** The model, where the other half serves it, and what is known about it. */
export interface ServedModel {
  readonly url: string;
  readonly labels: string[] | undefined;
  readonly loading: ExplainRequest["loading"];
  /** What the model cards beside it say. */
  readonly card: unknown;
  /** Height and width of the first tensor among the inputs: the size, where none is given and the file leaves it open. */
  readonly openSize?: readonly [number, number] | undefined;
  /** What was measured of the adapter before; null: nothing. Without it nothing is measured. */
  readonly tuning?: Tuning | null;
  /** It knows white strokes on black: a picture that is mostly bright is turned to its negative. */
  readonly isOfDigits: boolean;
}

/** One input, where the other half serves it, and which results are wanted. */
export interface Task {
  readonly url: string;
  readonly kind: InputKind;
  readonly request: ExplainRequest;
  readonly wantsPng: boolean;
  readonly wantsNpy: boolean;
}

const FACTS = [
  "target",
  "versus",
  "top",
  "method",
  "samples",
  "noise",
  "sigma",
  "seed",
  "estimator",
  "standardError",
  "completeness",
  "shape",
  "memory",
  "times",
  "adapter",
  "warnings",
] as const;

/** What a map says about itself; one sample has no standard error. */
export type Facts = Pick<SensitivityMap, Exclude<(typeof FACTS)[number], "standardError">> & {
  readonly standardError: number | null;
  /** The output of the model that is explained. */
  readonly output: string;
  /** The class whose map is subtracted. */
  readonly contrast: SensitivityMap["target"] | undefined;
  /** How far the map of a few samples is from that in single precision, if it is not single. */
  readonly precisionError: PrecisionError | undefined;
  /** Milliseconds from nothing to a model that is ready; with the times of the first map, from nothing to that. */
  readonly loading: number;
  /** Those of the warnings that are the model's, whatever the input. */
  readonly modelWarnings: readonly string[];
  /** The preprocessing in words; undefined where it was given. */
  readonly preprocessing: string | undefined;
  /** In numbers; undefined for a tensor. */
  readonly preprocess:
    | (Preprocess & { readonly from: PreprocessSource | "first photo" })
    | undefined;
  readonly labelsFrom: Model["labelsFrom"];
};

type Known = "preprocess" | "preprocessing" | "labelsFrom";
type Added = Known | "output" | "contrast" | "precisionError" | "loading" | "modelWarnings";

/** What one task came to; files are in base64. */
export interface Result {
  readonly facts: Facts;
  readonly png: string | undefined;
  readonly npy: string | undefined;
  /** What is to be told once, a sentence. */
  readonly news: string | undefined;
}

let model: Promise<Model> | undefined;
let isOfDigits = false;
let loading = 0;
/** What the first photo asked for, where the preprocessing was only guessed. */
let suggested: Awaited<ReturnType<typeof suggestionOf>>;
let isAsked = false;

/** Loads the model that all tasks are about; gives what is known of the adapter then, if that was asked for. */
export async function load(setting: ServedModel): Promise<Tuning | null> {
  const { url, loading: asked, labels, card, openSize, tuning } = setting;
  isOfDigits = setting.isOfDigits;
  const began = performance.now();
  const device = await requestDevice();
  model = loadModel(device, await fetch(url), {
    ...asked,
    ...(labels && { labels }),
    ...(card !== undefined && { card }),
    ...(openSize && { openSize }),
    ...(tuning && { tuning }),
  });
  const tuned = tuning === undefined ? null : await (await model).tune();
  await model;
  loading = performance.now() - began;
  return tuned;
}

/** Computes one map; `tick` hears how many samples are done. */
export async function explain(task: Task, tick: (samples: number) => unknown): Promise<Result> {
  if (!model) throw new Error("no model is loaded");
  const { sampling, drawing, loading: asked, contrast: other, parity } = task.request;
  const image = await readImage(task);
  const mayAsk = !isAsked && task.kind !== "tensor" && isGuessed((await model).preprocess);
  if (mayAsk) suggested = await suggestionOf(await model, image);
  isAsked ||= task.kind !== "tensor";
  const options = {
    // Nobody scrolls this page.
    submitTime: Number.POSITIVE_INFINITY,
    ...sampling,
    ...(suggested && task.kind !== "tensor" && { preprocess: suggested.taken.preprocess }),
    ...(isOfDigits && isBright(image) && { preprocess: NEGATIVE }),
  } as SensitivityOptions;
  const { target = "top1" } = options;
  const classes = other === undefined ? [target] : [target, other];
  let maps: SensitivityMap[] = [];
  for await (maps of sensitivities(await model, image, {
    ...{ ...options, target: classes },
  } as ClassesOptions)) {
    await tick(maps[0]?.samples ?? 0);
  }
  const [map, against] = maps;
  if (!map) throw new Error("there is no map of no samples");
  try {
    const [width, height] = canvasSize(map, image, drawing.frame);
    const isCaptum = parity === "captum" && !against;
    const cap = isCaptum && { scale: await captumScale(map, drawing) };
    const view = { ...drawing, ...cap, width, height };
    return {
      facts: {
        ...factsOf(map),
        warnings: [...new Set(maps.flatMap(({ warnings }) => warnings))],
        modelWarnings: (await model).warnings,
        ...colorsOf(map, await model),
        output: (await model).output,
        contrast: against?.target,
        precisionError:
          asked.precision === "half"
            ? await precisionError(await model, image, options)
            : undefined,
        loading,
      },
      news: mayAsk && suggested ? newsOf(suggested) : undefined,
      ...(against ? await filesOfTwo(map, against, task, view) : await filesOf(map, task, view)),
    };
  } finally {
    for (const each of maps) each.destroy();
  }
}

/** How the map's photo became the input, and where the names are from. */
function colorsOf({ preprocess }: SensitivityMap, model: Model): Pick<Facts, Known> {
  const { input, classes, labelsFrom } = model;
  const words = () => {
    if (!preprocess || isOfDigits) return undefined;
    if (suggested) return `${suggested.taken.name}, by the first photo`;
    const isGiven = preprocess.from === "given";
    return isGiven ? undefined : preprocessInWords(preprocess, { ...input, classes });
  };
  const from = suggested && preprocess && { from: "first photo" as const };
  return {
    preprocess: preprocess && { ...preprocess, ...from },
    preprocessing: words(),
    labelsFrom,
  };
}

type Files = Omit<Result, "facts" | "news">;
type View = PictureOptions & { readonly width: number; readonly height: number };

async function filesOf(map: SensitivityMap, task: Task, view: View): Promise<Files> {
  return {
    png: task.wantsPng ? await png(map, view) : undefined,
    npy: task.wantsNpy ? await base64(writeNpy(await map.data(), map.shape)) : undefined,
  };
}

async function filesOfTwo(
  map: SensitivityMap,
  against: SensitivityMap,
  task: Task,
  { palette = "diverging", width, height, ...rest }: View,
): Promise<Files> {
  const both = await contrast(map, against);
  const look = { ...rest, palette };
  try {
    return {
      png: task.wantsPng ? await png(both, { ...look, width, height }) : undefined,
      npy: task.wantsNpy
        ? await base64(writeNpy(await both.scores(look), map.shape.slice(1)))
        : undefined,
    };
  } finally {
    both.destroy();
  }
}

function factsOf(map: SensitivityMap): Omit<Facts, Added> {
  const facts = Object.fromEntries(FACTS.map((fact) => [fact, map[fact]]));
  const { standardError } = map;
  return {
    ...facts,
    standardError: Number.isFinite(standardError) ? standardError : null,
  } as Omit<Facts, Added>;
}

async function readImage({ url, kind }: Task): Promise<ImageSource> {
  const response = await fetch(url);
  if (!response.ok) throw new Error("the file cannot be read");
  if (kind === "tensor") return readNpy(new Uint8Array(await response.arrayBuffer()));
  return createImageBitmap(await response.blob()).catch((cause) => {
    const fault = kind
      ? `the ${kind} is damaged: Chrome cannot decode it`
      : `not a picture that Chrome can decode; ${TAKEN}`;
    throw new Error(fault, { cause });
  });
}

/** Black strokes on white as the network of digits knows them: 1 − color / 255. */
const NEGATIVE: Preprocess = { shortSide: 28, scale: -1 / 255, mean: -1 };

/** True if the mean color of a picture is above the middle. */
function isBright(image: ImageSource): boolean {
  if (!(image instanceof ImageBitmap)) return false;
  const side = 28;
  const context = new OffscreenCanvas(side, side).getContext("2d");
  context?.drawImage(image, 0, 0, side, side);
  const { data = new Uint8ClampedArray() } = context?.getImageData(0, 0, side, side) ?? {};
  const sum = data.reduce((total, value, i) => (i % 4 === 3 ? total : total + value), 0);
  return sum / (3 * side * side) > 127.5;
}

function canvasSize(map: SensitivityMap, image: ImageSource, frame: string | undefined) {
  if (frame === "photo" && image instanceof ImageBitmap)
    return [image.width, image.height] as const;
  const [, height, width] = map.shape;
  return [width, height] as const;
}

// A canvas with a WebGPU context cannot be read back everywhere, so the pixels take the way through numbers.
async function png(map: Pick<SensitivityMap, "pixels">, view: View): Promise<string> {
  const canvas = new OffscreenCanvas(view.width, view.height);
  const pixels = await map.pixels(view);
  canvas.getContext("2d")?.putImageData(pixels, 0, 0);
  return base64(await canvas.convertToBlob({ type: "image/png" }));
}

function base64(contents: Blob | Uint8Array<ArrayBuffer>): Promise<string> {
  const reader = new FileReader();
  return new Promise((resolve, reject) => {
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(new Blob([contents]));
  });
}
