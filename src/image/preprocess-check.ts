// Whether a preprocessing is one, and what it is in words. It comes with the model: what is loaded first has no use for it.

import { checkGiven, said } from "../options/check.js";
import { choice } from "../options/choice.js";
import { text } from "../options/option.js";
import {
  type Preprocess,
  type PreprocessOption,
  type Preset,
  preprocessing,
  presets,
} from "../options/preprocess.js";
import { perChannel, type ResolvedPreprocess } from "./preprocess.js";

/** True for a preprocessing that nobody stated. */
export const isGuessed = ({ from }: ResolvedPreprocess): boolean =>
  from === "classes" || from === "axes" || from === "channels";

/** The name of the preset with these colors, wherever the photo is cut; undefined where none has them. */
export function presetName(preprocess: Preprocess): Preset | undefined {
  const key = colorKey(preprocess, 3);
  return (Object.keys(presets) as Preset[]).find((name) => colorKey(presets[name], 3) === key);
}

/** What a preprocessing does to colors, as a text that is the same for the same. */
export function colorKey(preprocess: Preprocess, channels: number): string {
  const { scale = 1 / 255, mean = 0, std = 1, channels: order = "rgb" } = preprocess;
  const perColor = (value: number | readonly number[]) =>
    typeof value === "number" ? new Array<number>(channels).fill(value) : value;
  // Files write 1/255 with fewer digits.
  const numbers = [[scale], perColor(mean), perColor(std)].map((values) =>
    values.map((v) => v.toPrecision(5)).join(),
  );
  return [...numbers, channels === 1 || order].join("; ");
}

/** A preprocessing in a few words: the preset's name, if it has one, and where it comes from. */
export function preprocessInWords(
  preprocess: ResolvedPreprocess,
  { channels, classes }: { readonly channels: number; readonly classes: number },
): string {
  const source = {
    given: "as given",
    card: "from the model card",
    metadata: "from the file's metadata",
    graph: "read off the network's first step",
    classes: `guessed from the ${classes} classes`,
    axes: "guessed from the order of the axes",
    channels: `guessed from the ${channels} ${channels === 1 ? "channel" : "channels"}`,
  }[preprocess.from];
  const name = presetName(preprocess);
  return name ? `${name}, ${source}` : source;
}

/** `from` is where a model has its own from; it may be handed back. */
const keys = { ...preprocessing, from: text };

/** Throws one sentence where a preprocessing is none: an unknown name or key, or a number that makes no image. */
export function checkPreprocess(preprocess: PreprocessOption | undefined): void {
  if (preprocess === undefined || preprocess === "auto") return;
  if (typeof preprocess === "string") {
    const names = ["auto", ...Object.keys(presets)];
    if (preprocess.trimStart().startsWith("{")) {
      throw new Error(`${preprocess} is not valid JSON`);
    }
    choice("preprocessing", names, preprocess);
    return;
  }
  if (typeof preprocess !== "object" || preprocess === null || Array.isArray(preprocess)) {
    throw new Error(`preprocess is a name or an object, got ${said(preprocess)}`);
  }
  checkGiven("preprocess", keys, preprocess, "preprocess.");
}

/** Throws where a preprocessing has other than one number or one for each of so many channels. */
export function checkChannels({ mean = 0, std = 1 }: Preprocess, channels: number): void {
  perChannel("mean", mean, channels);
  perChannel("std", std, channels);
}
