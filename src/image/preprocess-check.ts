// Whether a preprocessing is one, and what it is in words. It comes with the model: what is loaded first has no use for it.

import leven from "leven";
import { choice } from "../options/choice.js";
import {
  type Preprocess,
  type PreprocessOption,
  type Preset,
  perChannel,
  presets,
  type ResolvedPreprocess,
  resolvePreprocess,
} from "./preprocess.js";

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

/** The keys of a preprocessing. `from` is where a model has its own from; it may be handed back. */
const KEYS: readonly (keyof ResolvedPreprocess)[] = [
  ...(["resize", "shortSide", "crop", "channels", "scale", "mean", "std"] as const),
  "from",
];

const SIZE = ": the size of the input is an option of the model";

/** Throws one sentence where a preprocessing is none: an unknown name or key, or a number that makes no image. */
export function checkPreprocess(preprocess: PreprocessOption | undefined): void {
  if (preprocess === undefined || preprocess === "auto") return;
  if (typeof preprocess === "string") {
    const names = Object.keys(presets);
    const hint = names.includes(preprocess) ? "" : suggestion(preprocess, ["auto", ...names]);
    if (hint) throw new Error(`"${preprocess}" is not a preprocessing${hint}`);
    resolvePreprocess(preprocess, 3);
    return;
  }
  if (typeof preprocess !== "object" || preprocess === null || Array.isArray(preprocess)) {
    throw new Error(`preprocess is a name or an object, got ${JSON.stringify(preprocess)}`);
  }
  for (const key of Object.keys(preprocess)) {
    if ((KEYS as readonly string[]).includes(key)) continue;
    const hint =
      key === "size" ? SIZE : suggestion(key, KEYS) || `; it has: ${KEYS.slice(0, -1).join(", ")}`;
    throw new Error(`preprocess has no "${key}"${hint}`);
  }
  const { resize = "short-side", channels = "rgb", crop = "center", shortSide = 1 } = preprocess;
  choice("way to resize", ["short-side", "stretch"], resize);
  choice("order of channels", ["rgb", "bgr"], channels);
  const sentence = (name: string, what: string, value: unknown) =>
    new Error(`${name} of preprocess must be ${what}, got ${said(value)}`);
  const isNumber = (v: unknown): v is number => Number.isFinite(v);
  if (!isNumber(shortSide) || shortSide < 1) {
    throw sentence("shortSide", "a number of pixels from 1", shortSide);
  }
  const { scale = 1, mean = 0, std = 1 } = preprocess;
  if (!isNumber(scale) || scale === 0) throw sentence("scale", "a number other than 0", scale);
  if (![mean].flat().every(isNumber)) throw sentence("mean", "a number or one per channel", mean);
  if (![std].flat().every((v) => isNumber(v) && v !== 0)) {
    throw sentence("std", "a number other than 0 or one per channel", std);
  }
  if (crop === "center") return;
  const { left, top, width, height } = crop ?? {};
  if ([left, top, width, height].every(isNumber) && width > 0 && height > 0) return;
  throw sentence("crop", '"center" or {left, top, width, height} in pixels', crop);
}

const said = (value: unknown) => (typeof value === "object" ? JSON.stringify(value) : value);

/** Throws where a preprocessing has other than one number or one for each of so many channels. */
export function checkChannels({ mean = 0, std = 1 }: Preprocess, channels: number): void {
  perChannel("mean", mean, channels);
  perChannel("std", std, channels);
}

/** "; did you mean …?" with the nearest name, or nothing where none is near. */
export function suggestion(name: string, names: readonly string[]): string {
  const nearest = names
    .map((other) => ({ other, distance: leven(name.toLowerCase(), other.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return nearest && nearest.distance < 3 && nearest.distance < name.length
    ? `; did you mean "${nearest.other}"?`
    : "";
}
