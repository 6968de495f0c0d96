// The half of the command line that runs in Chrome: it fetches the files that the other half (explain.ts)
// serves, calls the library as any page would, and hands back the results as text.

import {
  captumScale,
  type ImageSource,
  loadModel,
  type Model,
  type PictureOptions,
  requestDevice,
  type SensitivityMap,
  type SensitivityOptions,
  sensitivities,
} from "../index.js";
import { readNpy, writeNpy } from "../npy.js";
import type { ExplainRequest } from "./options.js";

/** The model, where the other half serves it, and what is known about it. */
export interface Setting {
  readonly url: string;
  readonly labels: string[] | undefined;
  readonly preprocess: ExplainRequest["preprocess"];
}

/** One input, where the other half serves it, and which results are wanted. */
export interface Task {
  readonly url: string;
  readonly isTensor: boolean;
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
] as const;

/** What a map says about itself; one sample has no standard error. */
export type Facts = Pick<SensitivityMap, Exclude<(typeof FACTS)[number], "standardError">> & {
  readonly standardError: number | null;
};

/** What one task came to; files are in base64. */
export interface Result {
  readonly facts: Facts;
  readonly png: string | undefined;
  readonly npy: string | undefined;
}

let model: Promise<Model> | undefined;

/** Loads the model that all tasks are about. */
export async function load({ url, labels, preprocess }: Setting): Promise<void> {
  const device = await requestDevice();
  model = loadModel(device, await fetch(url), {
    ...(labels && { labels }),
    ...(preprocess && { preprocess }),
  });
  await model;
}

/** Computes one map; `tick` hears how many samples are done. */
export async function explain(task: Task, tick: (samples: number) => unknown): Promise<Result> {
  if (!model) throw new Error("no model is loaded");
  const { method, target, samples, noise, seed, estimator, passes, maxMemory, draw } = task.request;
  const image = await readImage(task);
  const options = {
    ...{ method, target, samples, noise, seed, estimator, ...passes },
    ...(maxMemory !== undefined && { maxMemory }),
  } as SensitivityOptions;
  let map: SensitivityMap | undefined;
  for await (const mean of sensitivities(await model, image, options)) {
    map = mean;
    await tick(mean.samples);
  }
  if (!map) throw new Error("there is no map of no samples");
  try {
    const [width, height] = canvasSize(map, image, draw.frame);
    const isCaptum = task.request.parity === "captum";
    const cap = isCaptum && { scale: await captumScale(map, draw as PictureOptions) };
    return {
      facts: factsOf(map),
      png: task.wantsPng ? await png(map, width, height, { ...draw, ...cap }) : undefined,
      npy: task.wantsNpy ? await base64(writeNpy(await map.data(), map.shape)) : undefined,
    };
  } finally {
    map.destroy();
  }
}

function factsOf(map: SensitivityMap): Facts {
  const facts = Object.fromEntries(FACTS.map((fact) => [fact, map[fact]]));
  const { standardError } = map;
  return {
    ...facts,
    standardError: Number.isFinite(standardError) ? standardError : null,
  } as Facts;
}

async function readImage({ url, isTensor }: Task): Promise<ImageSource> {
  const response = await fetch(url);
  if (!response.ok) throw new Error("the file cannot be read");
  if (isTensor) return readNpy(new Uint8Array(await response.arrayBuffer()));
  return createImageBitmap(await response.blob()).catch((cause) => {
    throw new Error("not a picture that Chrome can decode", { cause });
  });
}

function canvasSize(map: SensitivityMap, image: ImageSource, frame: string | undefined) {
  if (frame === "photo" && image instanceof ImageBitmap)
    return [image.width, image.height] as const;
  const [, height, width] = map.shape;
  return [width, height] as const;
}

// A canvas with a WebGPU context cannot be read back everywhere, so the pixels take the way through numbers.
async function png(
  map: SensitivityMap,
  width: number,
  height: number,
  draw: ExplainRequest["draw"],
): Promise<string> {
  const canvas = new OffscreenCanvas(width, height);
  const pixels = await map.pixels({ ...(draw as PictureOptions), width, height });
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
