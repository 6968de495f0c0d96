// How a photo becomes the input of a network, as options: a name, or numbers. image/preprocess.ts does it.

import { number, type Option, oneOf, type Rows } from "./option.js";

/** How a photo becomes the input of a network. What is left out is as in the preset "unit". */
export interface Preprocess {
  /** "short-side" (default) keeps the photo's proportions; "stretch" fills the tensor with the whole photo. */
  readonly resize?: "short-side" | "stretch";
  /**
   * Length of the photo's short side before the crop, in pixels; by default 256/224 of the tensor's, as is usual for
   * ImageNet, but a photo that already has the tensor's size is taken as it is.
   */
  readonly shortSide?: number;
  /** "center" (default), or a rectangle in pixels of the photo, which then fills the tensor. */
  readonly crop?: "center" | Rectangle;
  /** Order of the tensor's channels; "rgb" by default. A network with one channel sees the luminance. */
  readonly channels?: "rgb" | "bgr";
  /** Factor in (color · scale − mean) / std, which makes tensor values of colors from 0 to 255; 1/255 by default. */
  readonly scale?: number;
  /** Mean of each channel, in the tensor's order, or one number for all; 0 by default. */
  readonly mean?: number | readonly number[];
  /** Standard deviation of each channel, in the tensor's order, or one number for all; 1 by default. */
  readonly std?: number | readonly number[];
}

/** A part of a photo, in its pixels. */
export interface Rectangle {
  /** Pixels left of it. */
  readonly left: number;
  /** Pixels above it. */
  readonly top: number;
  /** Its width. */
  readonly width: number;
  /** Its height. */
  readonly height: number;
}

/** The usual preprocessings, by name. */
export const presets = {
  /** torchvision and most PyTorch models. */
  imagenet: { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  /** TensorFlow's Inception and MobileNet: −1 to 1. */
  tf: { scale: 1 / 127.5, mean: 1 },
  /** Caffe and the first Keras models: BGR, 0 to 255, minus the mean color. */
  caffe: { scale: 1, mean: [103.939, 116.779, 123.68], channels: "bgr" },
  /** 0 to 1. */
  unit: {},
} as const satisfies Record<string, Preprocess>;

/** Name of a preset. */
export type Preset = keyof typeof presets;

/** How photos become the input: "auto" (what comes with the model or, failing that, a guess), a preset, or numbers. */
export type PreprocessOption = "auto" | Preset | Preprocess;

const isNumber = (value: unknown): value is number => Number.isFinite(value);

const isNumberOtherThan0 = (value: unknown) => isNumber(value) && value !== 0;

const perChannel = (what: string, fits: Option["fits"]): Option<number | readonly number[]> => ({
  what: `${what} or one per channel`,
  fits: (value) => [value].flat().length > 0 && [value].flat().every(fits),
});

/** The keys of a preprocessing. */
export const preprocessing: Rows<Preprocess> = {
  resize: oneOf(["short-side", "stretch"], "short-side"),
  shortSide: { ...number(1, Number.POSITIVE_INFINITY), what: "a number of pixels from 1" },
  crop: {
    what: '"center" or {left, top, width, height} in pixels',
    default: "center",
    fits: (value) => {
      if (value === "center") return true;
      const { left, top, width, height } = (value ?? {}) as Partial<Rectangle>;
      return (
        [left, top, width, height].every(isNumber) &&
        (width as number) > 0 &&
        (height as number) > 0
      );
    },
  },
  channels: oneOf(["rgb", "bgr"], "rgb"),
  scale: { what: "a number other than 0", fits: isNumberOtherThan0 },
  mean: perChannel("a number", isNumber),
  std: perChannel("a number other than 0", isNumberOtherThan0),
};

/** What each key is, for those who print it. */
export const preprocessingWords: Readonly<Record<keyof Preprocess, string>> = {
  resize: "`short-side` keeps the photo's proportions, `stretch` fills the input with all of it",
  shortSide: "pixels of the short side before the crop; 256/224 of the input's if not given",
  crop: "the middle, or a rectangle in pixels of the photo, which then fills the input",
  channels: "order of the input's channels; a network with one channel sees the luminance",
  scale: "value = (color · scale − mean) / std, with colors from 0 to 255; 1/255 if not given",
  mean: "in the order of the channels; 0 if not given",
  std: "in the order of the channels; 1 if not given",
};
