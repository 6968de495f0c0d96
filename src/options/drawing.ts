// The options of `map.draw`, `pixels`, `scores` and `range`: how a map is painted, once its samples are taken.

import { flag, number, type Option, oneOf, type Rows } from "./option.js";

/** The statistics of the samples, in the order of estimate.wgsl's constants. */
export const estimators = ["mean", "squared", "absolute", "variance"] as const;

/** Which statistic of the samples g is the attribution: mean g, mean g², mean |g|, or the unbiased variance of g. */
export type Estimator = (typeof estimators)[number];

const reductions = [
  ...(["abs", "signed", "positive", "negative", "max", "l2", "abs-sum", "mean"] as const),
] as const;

/**
 * How the attributions a of a pixel's C channels become one score. "abs": Σ|a|. "signed": Σa. "positive" and "negative":
 * that part of Σa. "max": max |a|. "l2": √Σa². "abs-sum": |Σa|. "mean": Σa / C.
 */
export type Reduction = (typeof reductions)[number];

/** The palettes, in the order of the table that paint.wgsl reads. */
export const paletteNames = ["grayscale", "diverging", "viridis", "inferno"] as const;

/** Name of a palette. */
export type PaletteName = (typeof paletteNames)[number];

const overlays = ["none", "fade", "blend", "mask"] as const;

/**
 * How the map covers the photo. "none": the map alone. "fade": opaque where it is strong. "blend": equally opaque
 * everywhere. "mask": the photo shows where the map is strong.
 */
export type Overlay = (typeof overlays)[number];

/** How a picture fits a canvas of another shape: whole and centered, or stretched. */
export type Fit = "contain" | "fill";

/** The scores that get the first and the last color of a palette. */
export interface Range {
  /** Scores up to this one get the first color. */
  readonly low: number;
  /** Scores from this one on get the last color. */
  readonly high: number;
}

/** What the score of a pixel is. */
export interface ScoreOptions {
  /** Which statistic of the samples to paint; by default the one that the map was computed with. */
  readonly estimator?: Estimator;
  /** How the channels of a pixel become one score; "abs" by default. */
  readonly reduce?: Reduction;
  /** Multiplies attributions by the input before the reduction; false by default. */
  readonly multiplyInput?: boolean;
}

/** How the range is found. */
export interface RangeOptions {
  /**
   * Scores above this percentile get the last color; 99 by default. The range starts at the lowest score, or at the first
   * of two percentiles. For a diverging palette it goes from −p to p, with p that percentile of |score|.
   */
  readonly percentile?: number | readonly [low: number, high: number];
  /** A fixed range in place of percentiles, to make several pictures comparable. */
  readonly scale?: Range;
}

/** What a map looks like, once its scores and their range are known. */
export interface PaintOptions {
  /** The colors of the scores; "grayscale" by default, "diverging" for signed reductions. */
  readonly palette?: PaletteName;
  /** Bends the scores before they become colors: below 1 shows what is weak, above 1 only what is strong; 1 by default. */
  readonly paletteGamma?: number;
  /** Paints the map over the photo; true means "fade", false by default. */
  readonly overlay?: boolean | Overlay;
  /** Opacity of the map over the photo, from 0 to 1; by default 0.5 for "blend", else 1. */
  readonly opacity?: number;
  /** Shows what the network saw ("crop", default), or the whole photo with the map in its place ("photo"). */
  readonly frame?: "crop" | "photo";
  /** On a canvas of another shape: whole and centered ("contain", default), or stretched ("fill"). */
  readonly fit?: Fit;
  /** Pans and zooms: a 3 × 3 matrix (`Mat3`) from places on the canvas to places in the frame, both from 0 to 1. */
  readonly view?: Float32Array;
  /** Interpolates between scores where the canvas is larger than the map; false by default. */
  readonly smooth?: boolean;
}

/** How a map is painted. */
export interface PictureOptions extends ScoreOptions, RangeOptions, PaintOptions {}

const percent = number(0, 100);

/** The options by name. */
export const drawing: Rows<PictureOptions> = {
  estimator: oneOf(estimators),
  reduce: oneOf(reductions, "abs"),
  multiplyInput: flag(false),
  percentile: {
    what: "a number from 0 to 100, or two, the lower one first",
    form: "numbers",
    default: 99,
    fits: (value) => {
      if (!Array.isArray(value)) return percent.fits(value);
      return value.length === 2 && value.every(percent.fits) && value[0] < value[1];
    },
  },
  scale: {
    what: '{ low, high }, two numbers, the lower one first (in a text "0,0.02")',
    form: "range",
    fits: (value) => {
      const { low, high } = (value ?? {}) as Partial<Range>;
      return Number.isFinite(low) && Number.isFinite(high) && (low as number) <= (high as number);
    },
  },
  palette: oneOf(paletteNames),
  paletteGamma: number(0.01, 100, 1),
  overlay: {
    ...(oneOf(overlays) as Option<boolean | Overlay>),
    what: '"none", "fade", "blend", "mask", or true or false',
    form: "overlay",
    fits: (value) => typeof value === "boolean" || overlays.includes(value as Overlay),
  },
  opacity: number(0, 1),
  frame: oneOf(["crop", "photo"], "crop"),
  fit: { ...oneOf<Fit>(["contain", "fill"], "contain"), form: undefined },
  view: {
    what: "a 3×3 matrix in WebGPU's form, 12 numbers",
    fits: (value) => (value as Float32Array | null)?.length === 12,
  },
  smooth: flag(false),
};

/** What each option is, for those who print it; and its default, where that is not one value. */
export const drawingWords: Readonly<Record<keyof PictureOptions, string | readonly string[]>> = {
  estimator: [
    "mean g of the samples; `squared` mean g², `absolute` mean |g|, `variance` the unbiased variance",
    "as computed",
  ],
  reduce:
    "channels to one score: Σ|a|, Σa, its positive or negative part, max |a|, √Σa², |Σa|, Σa/C",
  multiplyInput: "paints the attribution times the input",
  percentile:
    "scores above it are painted alike, exactly as numpy counts; two (1,99) also cut below",
  scale: "a fixed range in place of percentiles, to compare maps",
  palette: ["colors from the least to the greatest score", "what suits the scores"],
  paletteGamma: "bends the scores before they become colors: below 1 shows what is weak",
  overlay: ["lays the map on the photo: `fade` (true), `blend` or `mask`", "none"],
  opacity: ["of the map on the photo", "1, for `blend` 0.5"],
  frame: "`crop` is what the network saw, `photo` all of it",
  fit: "`contain` keeps the map's shape on a canvas of another, `fill` stretches it",
  view: [
    "pans and zooms: from places on the canvas to places in the frame, both from 0 to 1",
    "all",
  ],
  smooth: "interpolates between the scores where the canvas is larger than the map",
};
