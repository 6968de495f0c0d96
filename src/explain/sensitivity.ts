// The verbs: a map, or a series of maps that get better. run.ts has what they do.

import type { ImageSource } from "../image/image.js";
import type { Model } from "../model/model.js";
import { checkModel } from "../options/arguments.js";
import type { SensitivityMap } from "./map.js";
import { run } from "./run.js";
import { type SensitivityOptions, settle } from "./settings.js";

/** Options with a list of classes in `target`: maps come as a list. */
export type ClassesOptions<Options = SensitivityOptions> = Options extends unknown
  ? Omit<Options, "target"> & {
      /** The classes to explain, each by its index, its label, or "top1". */
      readonly target: readonly (number | string)[];
    }
  : never;

/** Steps of a series where nothing else is asked; a sampling that may stop early checks its error as often. */
const STEPS = 10;

/**
 * The sensitivity map of an image: the gradient of a class's logit with respect to the input, averaged over noisy copies
 * (Smilkov et al. 2017), or what another method makes of it. Where `target` is a list of classes, their maps in that
 * order, from the same noisy copies: one forward pass serves them all. Rejects with one sentence where an option, the
 * image or the device does not allow it.
 *
 *     const map = await sensitivity(model, image, { samples: 50, noise: 0.15 });
 *     map.draw(canvas);
 */
export function sensitivity(
  model: Model,
  image: ImageSource,
  options?: SensitivityOptions,
): Promise<SensitivityMap>;
export function sensitivity(
  model: Model,
  image: ImageSource,
  options: ClassesOptions,
): Promise<SensitivityMap[]>;
export async function sensitivity(
  model: Model,
  image: ImageSource,
  options: SensitivityOptions | ClassesOptions = {},
): Promise<SensitivityMap | SensitivityMap[]> {
  checkModel("sensitivity", model);
  const settings = settle(options);
  const maps = await last(run(model, image, settings, settings.tolerance > 0 ? STEPS : 1));
  return Array.isArray(options.target) ? maps : (maps[0] as SensitivityMap);
}

/**
 * The same as a series: every step is the map of the samples so far, always the same object, or the list of them. There
 * are about ten steps unless `batch`, `stepTime` or `stepsAt` say otherwise. Leaving the loop early keeps the map as it is
 * then, and so does an abort.
 *
 *     for await (const map of sensitivities(model, image)) map.draw(canvas);
 */
export function sensitivities(
  model: Model,
  image: ImageSource,
  options?: SensitivityOptions,
): AsyncGenerator<SensitivityMap, void, undefined>;
export function sensitivities(
  model: Model,
  image: ImageSource,
  options: ClassesOptions,
): AsyncGenerator<SensitivityMap[], void, undefined>;
export function sensitivities(
  model: Model,
  image: ImageSource,
  options: SensitivityOptions | ClassesOptions = {},
): AsyncGenerator<SensitivityMap | SensitivityMap[], void, undefined> {
  checkModel("sensitivities", model);
  const series = run(model, image, settle(options), STEPS);
  return Array.isArray(options.target) ? series : firstOf(series);
}

async function* firstOf(series: AsyncIterable<SensitivityMap[]>) {
  for await (const [map] of series) yield map as SensitivityMap;
}

async function last(series: AsyncIterable<SensitivityMap[]>): Promise<SensitivityMap[]> {
  let maps: SensitivityMap[] = [];
  try {
    for await (const step of series) maps = step;
  } catch (error) {
    for (const map of maps) map.destroy();
    throw error;
  }
  return maps;
}
