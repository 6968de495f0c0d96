// What the page and its worker say to each other. The page wishes (a model, an image, settings); the worker
// fulfills the newest wish and reports. Both speak of settings in the library's own words.

import type {
  ClassScore,
  Estimator,
  Guess,
  LabelsSource,
  PaletteName,
  PictureOptions,
  Reduction,
  ResolvedPreprocess,
  SensitivityOptions,
  Suggestion,
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
  /** Panels of a figure that show the same quantity are painted on one scale, to be compared by eye. */
  readonly sharedScale: boolean;
  /** From places on the canvas to places in the picture, a mat3 of WebGPU's form; undefined shows all of it. */
  readonly zoom: Float32Array | undefined;
}

/** A picture to explain. What changes little by little, a drawing or a camera's pictures, keeps its name. */
export interface Image {
  readonly name: string;
  readonly bitmap: ImageBitmap;
}

/** What the page wants to see. */
export interface Wish {
  readonly file?: File | undefined;
  readonly image?: Image | undefined;
  readonly pass?: Pass | undefined;
  /** The samples shall be seen to arrive, however fast they are. */
  readonly isGentle?: boolean | undefined;
}

/** One of the pictures of a figure. */
export interface Panel {
  readonly pass: Pass;
  readonly look: Partial<Look>;
  /** The map as it was after so many samples. */
  readonly at?: number;
  /** A model other than that of the page. */
  readonly model?: string;
  /** What is painted, in a word: panels of the same one have the same quantity. */
  readonly quantity?: string;
}

/** A figure of several maps. */
export interface Panels {
  readonly panels: readonly Panel[];
  /** What is explained in place of the wished image. */
  readonly image: ImageBitmap | undefined;
}

/** The gradient of one pixel on the way to a noisy copy. */
export interface Line {
  readonly x: number;
  readonly y: number;
  readonly pass: Pass;
}

/** What a figure needs from the GPU. */
export type Figure = Panels | Line;

/** From the page to the worker. What a wish leaves out stays as it was; no pass at all means: stop. */
export type Request =
  | { kind: "canvas"; canvas: OffscreenCanvas }
  | { kind: "size"; width: number; height: number }
  | { kind: "look"; look: Look }
  | { kind: "wish"; serial: number; wish: Wish }
  /** Undefined: none is to be seen. */
  | { kind: "figure"; serial: number; figure: Figure | undefined }
  /** Another model for figures. */
  | { kind: "model"; name: string; file: File }
  | { kind: "probe"; x: number; y: number }
  | { kind: "save"; what: SaveKind; width: number };

/** What can be saved of a map. */
export type SaveKind = "map" | "overlay" | "npy" | "json" | "pair";

/** What a model file holds. */
export interface ModelFacts {
  readonly name: string;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly classes: number;
  /** How photos become its input, as far as the file tells. */
  readonly guess: Guess;
  /** Names of its classes that come with it or were assumed. */
  readonly labels?: readonly string[] | undefined;
  readonly labelsFrom?: LabelsSource | undefined;
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
  /** What cannot be trusted in the map, in the library's sentences. */
  readonly warnings: readonly string[];
  /** How the image became the input, in numbers. */
  readonly preprocess: ResolvedPreprocess | undefined;
  /** There will be no more samples. */
  readonly isDone: boolean;
}

/** A map's values at a pixel. */
export interface Probe {
  readonly x: number;
  readonly y: number;
  /** What is painted there. */
  readonly score: number;
  /** Of each channel. */
  readonly gradient: readonly number[];
}

/** A panel under way. */
export interface UnderWay {
  readonly index: number;
  /** Its place, from 1, in the order in which the panels are computed. */
  readonly place: number;
}

/** What is saved of a map. */
export interface Saved {
  readonly what: SaveKind;
  /** Pixels of the map, and of what lies beside it. */
  readonly images: readonly ImageData[];
  readonly npy: Uint8Array<ArrayBuffer> | undefined;
  readonly progress: Progress;
}

/** From the worker to the page. */
export type Report =
  | { kind: "opened"; isSoftware: boolean }
  | { kind: "missing"; message: string }
  | { kind: "loading"; name: string }
  /** The worker now waits for a wish with a pass. */
  | { kind: "loaded"; model: ModelFacts }
  /** The serial number is that of the wish that the map fulfills. */
  | { kind: "progress"; serial: number; progress: Progress }
  /** How much of a figure is done, from 0 to 1, and what is under way. */
  | { kind: "figuring"; serial: number; part: number; panel: UnderWay | undefined }
  /** A panel of a figure; without an image it cannot be, and `text` says why. */
  | { kind: "panel"; serial: number; index: number; image: ImageData | undefined; text: string }
  | { kind: "line"; serial: number; t: Float32Array; curves: readonly Float32Array[] }
  | { kind: "figure done"; serial: number }
  /** What the network sees in the image by each preprocessing; asked where that is in doubt. */
  | { kind: "suggestions"; serial: number; suggestions: readonly Suggestion[] }
  | { kind: "probe"; probe: Probe }
  | { kind: "saved"; saved: Saved }
  /** A file is no model that can be used; the one before it stays. */
  | { kind: "refused"; name: string; message: string }
  /** A map that cannot be, for a reason that the reader can do something about. */
  | { kind: "impossible"; serial: number; message: string }
  /** The GPU refused something that it should never have been asked. */
  | { kind: "fault" }
  /** Anything else that went wrong. */
  | { kind: "failed"; message: string }
  /** The device is gone; the worker opens another one unless it has just done so. */
  | { kind: "lost"; message: string; again: boolean };

/** The look as the library's drawing options. */
export function pictureOptions(look: Look): PictureOptions {
  const { view, opacity, palette, zoom, sharedScale: _, ...how } = look;
  const overlay = { map: "none", photo: "fade", overlay: "fade" } as const;
  return {
    ...how,
    ...(palette && { palette }),
    ...(zoom && { view: zoom }),
    overlay: overlay[view],
    opacity: view === "photo" ? 0 : opacity,
  };
}
