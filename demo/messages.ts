// What the page and its worker say to each other. The page wishes (a model, a photo, settings); the worker
// fulfills the newest wish and reports. Both speak of settings in the library's own words.

import type {
  ClassScore,
  Estimator,
  PaletteName,
  PictureOptions,
  Reduction,
  SensitivityOptions,
} from "../src/index.js";

/** Settings that need new passes through the network. */
export interface Pass {
  readonly options: SensitivityOptions;
  /** A class whose map is subtracted. */
  readonly contrast: number | undefined;
}

/** Settings that only repaint what is there. */
export interface Look {
  readonly view: "photo" | "map" | "overlay";
  readonly estimator: Estimator;
  readonly reduce: Reduction;
  readonly multiplyInput: boolean;
  /** Undefined for the palette that suits the reduction. */
  readonly palette: PaletteName | undefined;
  readonly percentile: number;
  /** Of the map on the photo, 0 to 1. */
  readonly opacity: number;
}

/** From the page to the worker. What a wish leaves out stays as it was; no pass at all means: stop. */
export type Request =
  | { kind: "canvas"; canvas: OffscreenCanvas }
  | { kind: "size"; width: number; height: number }
  | { kind: "look"; look: Look }
  | { kind: "wish"; serial: number; wish: Wish };

/** What the page wants to see. */
export interface Wish {
  readonly file?: File | undefined;
  readonly photo?: ImageBitmap | undefined;
  readonly pass?: Pass | undefined;
}

/** What a model file holds. */
export interface ModelFacts {
  readonly name: string;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly classes: number;
  /** Of which class activation maps can be made. */
  readonly layers: readonly string[];
}

/** How far a map is. */
export interface Progress {
  readonly samples: number;
  readonly wanted: number;
  /** Relative to the map; Infinity for one sample. */
  readonly standardError: number;
  /** Whose standard error it is. */
  readonly estimator: Estimator;
  readonly options: SensitivityOptions;
  readonly noise: number;
  readonly sigma: number;
  readonly top: readonly ClassScore[];
  readonly target: ClassScore;
  /** The class that is subtracted, or whose map is. */
  readonly other: ClassScore | undefined;
  /** There will be no more samples. */
  readonly isDone: boolean;
}

/** From the worker to the page. */
export type Report =
  | { kind: "opened"; isSoftware: boolean }
  | { kind: "loading"; name: string }
  /** The worker now waits for a wish with a pass. */
  | { kind: "loaded"; model: ModelFacts }
  /** The serial number is that of the wish that the map fulfills. */
  | { kind: "progress"; serial: number; progress: Progress }
  /** A file is no model that can be used; the one before it stays. */
  | { kind: "refused"; name: string; message: string }
  /** A map that cannot be, for a reason that the reader can do something about. */
  | { kind: "impossible"; serial: number; message: string }
  /** Anything else that went wrong. */
  | { kind: "failed"; message: string }
  /** The device is gone; the worker opens another one unless it has just done so. */
  | { kind: "lost"; message: string; again: boolean };

/** The look as the library's drawing options. */
export function pictureOptions({ view, opacity, palette, ...look }: Look): PictureOptions {
  const overlay = { map: "none", photo: "fade", overlay: "fade" } as const;
  return {
    ...look,
    ...(palette && { palette }),
    overlay: overlay[view],
    opacity: view === "photo" ? 0 : opacity,
  };
}
