// The preprocessings in use, and what a network makes of a photo by each: the right one is often the one by which a
// class stands out. Each costs a forward pass.

import type { ImageSource } from "../image/image.js";
import { resolvePreprocess } from "../image/preprocess.js";
import { colorKey, presetName } from "../image/preprocess-check.js";
import { checkImage } from "../options/arguments.js";
import { checkGiven } from "../options/check.js";
import { signal } from "../options/option.js";
import { type Preprocess, type Preset, presets } from "../options/preprocess.js";
import type { ClassScore, Model } from "./model.js";

/** A preprocessing, and how the network classifies a photo with it. */
export interface Suggestion {
  /** Its name in a word or two: "caffe", "imagenet, BGR", "negative". */
  readonly name: string;
  /** The value for the option `preprocess`. */
  readonly preprocess: Preset | Preprocess;
  /** The most probable class. */
  readonly top: ClassScore;
  /** True for the preprocessing that the model was loaded with. */
  readonly isCurrent: boolean;
  /** True for the one, if any, with which a class stands out where with the current one none does. */
  readonly isMuchSurer: boolean;
}

/** Options of `suggestPreprocess`. */
export interface SuggestOptions {
  /** Aborts between two passes. */
  readonly signal?: AbortSignal;
}

interface Candidate {
  readonly name: string;
  readonly preprocess: Preset | Preprocess;
  /** The candidate with its channels in the usual order. */
  readonly twin?: string | undefined;
}

/** The preprocessing with the order of its channels reversed, and their means and deviations with them. */
function reversed(preset: Preset): Preprocess {
  const { mean, std, channels = "rgb", ...others }: Preprocess = presets[preset];
  const turned = (values: number | readonly number[]) =>
    typeof values === "number" ? values : values.toReversed();
  return {
    ...others,
    ...(mean !== undefined && { mean: turned(mean) }),
    ...(std !== undefined && { std: turned(std) }),
    channels: channels === "bgr" ? "rgb" : "bgr",
  };
}

const ofColor: readonly Candidate[] = (Object.keys(presets) as Preset[]).flatMap((name) => {
  const twin = reversed(name);
  return [
    { name, preprocess: name },
    { name: `${name}, ${twin.channels?.toUpperCase()}`, preprocess: twin, twin: name },
  ];
});

const ofGray: readonly Candidate[] = [
  { name: "unit", preprocess: "unit" },
  { name: "negative", preprocess: { scale: -1 / 255, mean: -1 } },
  { name: "−1 to 1", preprocess: "tf" },
];

/** What the network makes of a photo by each candidate, the surest first. */
export async function suggestionsFor(
  model: Model,
  image: ImageSource,
  options: SuggestOptions,
): Promise<Suggestion[]> {
  checkImage(image);
  checkGiven("suggestPreprocess", { signal }, options);
  if ("shape" in image) {
    throw new Error("a tensor is preprocessed already: suggestPreprocess needs a photo");
  }
  const { channels } = model.input;
  const { from: _, resize, shortSide, crop, ...colors } = model.preprocess;
  const cut = { ...(resize && { resize }), ...(shortSide && { shortSide }), ...(crop && { crop }) };
  const isCut = Object.keys(cut).length > 0;
  const preset = presetName(colors);
  const current: Candidate = { name: preset ?? "as loaded", preprocess: preset ?? colors };
  const asked = new Map<string, Asked>();
  for (const { name, preprocess, twin } of [current, ...(channels === 3 ? ofColor : ofGray)]) {
    const numbers = resolvePreprocess(preprocess, channels);
    const key = colorKey(numbers, channels);
    if (asked.has(key)) continue;
    options.signal?.throwIfAborted();
    const whole = isCut ? { ...numbers, ...cut } : preprocess;
    const { top, logits } = await model.classify(image, { preprocess: whole, top: 1 });
    asked.set(key, {
      ...{ name, preprocess: whole, top: top[0] as ClassScore, twin },
      ...{ isCurrent: asked.size === 0, sureness: surenessOf(logits) },
    });
  }
  const all = [...asked.values()].sort((a, b) => b.sureness - a.sureness);
  const taken = muchSurer(all);
  return all.map(({ sureness: _, twin: __, ...each }) => ({
    ...each,
    isMuchSurer: each.name === taken?.name,
  }));
}

interface Asked extends Omit<Suggestion, "isMuchSurer"> {
  readonly sureness: number;
  readonly twin: string | undefined;
}

const USUAL_SPREAD = 2.5; // standard deviation of the logits of an ImageNet network for a clear photo

/**
 * How much the first class stands out, from 0 to 1: its probability, but for logits that lie further apart than usual,
 * which are brought nearer. A network of ReLUs that is fed colors a hundred times too large has logits a hundred times
 * too large and is certain of whatever it says.
 */
export function surenessOf(logits: Float32Array): number {
  if (logits.length === 1) return 1;
  const mean = logits.reduce((a, b) => a + b, 0) / logits.length;
  const variance = logits.reduce((sum, v) => sum + (v - mean) ** 2, 0) / logits.length;
  const cooling = Math.max(1, Math.sqrt(variance) / USUAL_SPREAD);
  const highest = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return 1 / logits.reduce((sum, v) => sum + Math.exp((v - highest) / cooling), 0);
}

const MOST_UNSURE = 0.1; // more than this of the current one, and there is nothing to mend
const LEAST_SURE = 0.25;
const ODDS = 100; // many candidates are tried, so that one of them is a little surer by luck

/** True where no class stands out, so that another preprocessing may be the right one. */
export const mayBeWrong = (logits: Float32Array): boolean => surenessOf(logits) <= MOST_UNSURE;

/**
 * The candidate, of a list with the surest first, that is to take the place of the current one, if any: that one finds
 * nothing, and the odds of this one are a hundred times as high. Colors in the unusual order must be so much surer than
 * in the usual one: photos of gray things look the same by both.
 */
function muchSurer(all: readonly Asked[]): Asked | undefined {
  const current = all.find(({ isCurrent }) => isCurrent);
  const [best] = all;
  if (!best || !current || current.sureness > MOST_UNSURE || best.sureness < LEAST_SURE) return;
  const odds = ({ sureness }: Asked) => sureness / (1 - sureness);
  if (!(odds(best) >= ODDS * odds(current))) return;
  const usual = all.find(({ name }) => name === best.twin);
  const taken = usual && odds(best) < ODDS * odds(usual) ? usual : best;
  return taken.isCurrent ? undefined : taken;
}
