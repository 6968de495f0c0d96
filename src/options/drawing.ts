// The options of `map.draw`, `pixels`, `scores` and `range`: how a map is painted, once its samples are taken.

import { flag, number, type Option, oneOf, type Rows } from "./option.js";

/** The statistics of the samples, in the order of estimate.wgsl's constants. */
export const estimators = ["mean", "squared", "absolute", "variance"] as const;

/** Which statistic of the samples g is the attribution: mean g, mean g², mean |g|, or the unbiased variance. */
export type Estimator = (typeof estimators)[number];

const reductions = [
  ...(["abs", "signed", "positive", "negative", "max", "l2", "abs-sum", "mean"] as const),
] as const;

/**
 * How the attributions a of a pixel's channels become one score: Σ|a|; Σa; the positive or the negative part
 * of Σa; max |a|; √Σa²; |Σa|; Σa/C.
 */
export type Reduction = (typeof reductions)[number];

/** The palettes, in the order of the table that paint.wgsl reads. */
export const paletteNames = ["grayscale", "diverging", "viridis", "inferno"] as const;

/** Name of a palette. */
export type PaletteName = (typeof paletteNames)[number];

const overlays = ["none", "fade", "blend", "mask"] as const;

/**
 * How the map lies on the photo: not at all; opaque where it is strong; equally opaque everywhere; or as a
 * mask that leaves of the photo what is important.
 */
export type Overlay = (typeof overlays)[number];

/** How a picture fits a canvas: as a whole, or stretched over it. */
export type Fit = "contain" | "fill";

/** The scores that are painted as the first and the last color of a palette. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** What the score of a pixel is. */
export interface ScoreOptions {
  /** "mean" by default. */
  readonly estimator?: Estimator;
  /** "abs" by default. */
  readonly reduce?: Reduction;
  /** Attribution times input, before the reduction. */
  readonly multiplyInput?: boolean;
}

/** How the range is found. */
export interface RangeOptions {
  /**
   * Scores above this percentile are painted alike; 99 by default. The range begins at the least score, or at
   * the first of two percentiles; in a diverging palette it goes from −span to span, the percentile of |score|.
   */
  readonly percentile?: number | readonly [low: number, high: number];
  /** A fixed range instead, to make several pictures comparable. */
  readonly scale?: Range;
}

/** What a map looks like, once its scores and their range are known. */
export interface PaintOptions {
  /** "grayscale" by default, "diverging" for signed reductions. */
  readonly palette?: PaletteName;
  /** True means "fade". */
  readonly overlay?: boolean | Overlay;
  /** Of the map over the photo, 0 to 1. 0.5 for "blend", else 1. */
  readonly opacity?: number;
  /** Show what the network saw ("crop", default), or the whole photo with the map in its place. */
  readonly frame?: "crop" | "photo";
  /** On a canvas of another shape: whole and centered, with nothing beside it ("contain", default), or stretched. */
  readonly fit?: Fit;
  /** Pans and zooms: from places on the canvas to places in the frame, both from 0 to 1. */
  readonly view?: Float32Array;
  /** Interpolate between the scores where the canvas is larger than the map; false by default. */
  readonly smooth?: boolean;
}

/** Everything about how a map is shown. */
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
    what: "{ low, high }, two finite numbers, the lower one first",
    form: "range",
    fits: (value) => {
      const { low, high } = (value ?? {}) as Partial<Range>;
      return Number.isFinite(low) && Number.isFinite(high) && (low as number) <= (high as number);
    },
  },
  palette: oneOf(paletteNames),
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
