// The paper's figures as data: which maps each is made of, by the page's own settings. All panels have the same noise
// (common random numbers), so what differs between them is what the figure is about.

import { optionsOf, type SensitivityOptions } from "../../src/index.js";
import type { Figure, Look, Panel, Pass } from "../messages.js";
import type { Words } from "../words/en.js";

/** A figure's name. */
export type FigureName = keyof Words["figures"];

/** A panel with its title. */
export interface Titled extends Panel {
  readonly title: string;
}

/** What a figure is made of. */
export interface Composition {
  readonly panels: readonly Titled[];
  /** What the panels explain in place of the page's image. */
  readonly image?: ImageBitmap | undefined;
  /** Whether panels of the same quantity are on one scale, unless the reader wishes otherwise. */
  readonly isShared: boolean;
  /** How many panels stand in a row. */
  readonly columns: number;
}

/** What a figure depends on. */
export interface Basis {
  readonly pass: Pass;
  readonly look: Look;
  /** Whether the classifier reads digits, as those do that come with the page. */
  readonly isOfDigits: boolean;
  /** A digit for those to read, and whether it is the page's image. */
  readonly digit: ImageBitmap;
  readonly isDrawn: boolean;
  /** The most probable classes, the first one first. */
  readonly top: readonly number[];
  readonly nameOf: (index: number) => string;
  readonly words: Words;
}

const LEVELS = [0, 0.05, 0.1, 0.2, 0.3, 0.5];
const COUNTS = [1, 2, 5, 10, 20, 50, 100, 200];
const METHODS = [
  "gradient",
  "integrated-gradients",
  "guided-backprop",
  "grad-cam",
  "lrp-epsilon-plus",
];
const STEPS = 10; // of a path, where several methods share the time

const none = { panels: [], isShared: false, columns: 1 };

/** Another setting of the same maps; what a method does not read is left out. */
function change({ options }: Pass, changes: SensitivityOptions): Pass {
  const all = { ...options, stop: undefined, versus: undefined, ...changes };
  return { options: all as SensitivityOptions, contrast: undefined };
}

/** Without noise all samples are alike: two are enough, and even their variance is known. */
function alike({ options }: Pass): SensitivityOptions {
  const { method = "gradient", samples = 2, quadrature, weightNoise = 0 } = options;
  const isRandom = method === "expected-gradients" || quadrature === "random";
  return isRandom || weightNoise > 0 ? {} : { samples: Math.min(samples, 2) };
}

/** The options of a pass that go with every method. */
function common({ options }: Pass): SensitivityOptions {
  const { target, samples, noise, noiseScale, seed, preprocess, antithetic } = options;
  return { target, samples, noise, noiseScale, seed, preprocess, antithetic } as SensitivityOptions;
}

const plain = { samples: 1, noise: 0, noiseScale: "range", antithetic: false } as const;

/** The composition of a figure. */
export function compose(name: FigureName, basis: Basis): Composition {
  const { pass, top, words } = basis;
  const { panel } = words;
  const level = { noiseScale: "range" } as const;
  switch (name) {
    case "noise":
      return {
        panels: LEVELS.map((noise) => ({
          title: panel.noise(`${100 * noise}\u00a0%`),
          pass: change(pass, { ...level, noise, ...(noise === 0 && alike(pass)) }),
          look: {},
          quantity: "map",
        })),
        // On photos noise takes so much of the gradient that nothing of it would be left to see.
        isShared: false,
        columns: 6,
      };
    case "samples": {
      const samples = COUNTS.at(-1)!;
      const { antithetic: _odd, weightSamples: _each, ...options } = pass.options;
      const all = change({ options, contrast: undefined }, { samples });
      return {
        panels: COUNTS.map((at) => ({
          title: panel.samples(at),
          pass: all,
          look: {},
          at,
          quantity: "map",
        })),
        // Most of a photo's gradient is noise, so that a common scale would leave the mean of many samples dark.
        isShared: basis.isOfDigits,
        columns: 8,
      };
    }
    case "methods":
      return {
        panels: [plain, {}].flatMap((how) => methodsRow(basis, how)),
        isShared: false,
        columns: METHODS.length,
      };
    case "classes":
      return { panels: classes(basis), isShared: true, columns: 3 };
    case "training":
      return { panels: training(basis), image: basis.digit, isShared: true, columns: 4 };
    case "cap":
      return {
        panels: [100, 99.5, 99, 95].map((percentile) => ({
          title: percentile === 100 ? panel.uncapped : panel.capped(String(percentile)),
          pass,
          look: { percentile },
        })),
        isShared: false,
        columns: 4,
      };
    case "sign":
      return {
        panels: (["abs", "signed", "positive"] as const).map((reduce) => ({
          title: { abs: panel.absolute, signed: panel.signed, positive: panel.positive }[reduce],
          pass,
          look: { reduce, palette: undefined },
        })),
        isShared: false,
        columns: 3,
      };
    case "input":
      return {
        panels: [false, true].map((multiplyInput) => ({
          title: multiplyInput ? panel.timesInput : panel.plainInput,
          pass,
          look: { multiplyInput },
        })),
        isShared: false,
        columns: 2,
      };
    default:
      return none;
  }

  function methodsRow({ pass }: Basis, how: SensitivityOptions): Titled[] {
    return METHODS.map((method) => {
      const steps = optionsOf(method).includes("steps") ? { steps: STEPS } : {};
      const options = { ...common(pass), method, ...steps, ...how } as SensitivityOptions;
      const title = `${words.methods[method]}, ${how === plain ? panel.plain : panel.smoothed}`;
      return { title, pass: { options, contrast: undefined }, look: {}, quantity: method };
    });
  }

  function classes({ nameOf }: Basis): Titled[] {
    const [first = 0, second = 1] = top;
    const one = (target: number) => ({
      title: nameOf(target),
      pass: change(pass, { target }),
      look: {},
      quantity: "map",
    });
    const both = {
      title: `${nameOf(first)} − ${nameOf(second)}`,
      pass: { ...change(pass, { target: first }), contrast: second },
      look: { palette: undefined },
    };
    return [one(first), both, one(second)];
  }

  function training({ pass, isOfDigits }: Basis): Titled[] {
    const { target, preprocess, ...others } = common(pass);
    const options = isOfDigits ? { ...others, target, preprocess } : others;
    return (["clean", "noise"] as const).flatMap((model) =>
      [plain, {}].map((how) => ({
        title: `${model === "clean" ? panel.clean : panel.noisy}, ${how === plain ? panel.gradient : "SmoothGrad"}`,
        pass: { options: { ...options, ...how } as SensitivityOptions, contrast: undefined },
        look: {},
        model,
        quantity: "map",
      })),
    );
  }
}

/** What is said below a figure. */
export function captionOf(name: FigureName, basis: Basis | undefined, words: Words): string {
  const { caption } = words.figures[name];
  const isOther = name === "training" && basis?.isDrawn === false;
  return isOther ? `${caption} ${words.panel.digit}` : caption;
}

/** What the worker must do for a figure; undefined for one that needs no GPU. */
export function figureOf(
  name: FigureName,
  basis: Basis,
  pixel: { readonly x: number; readonly y: number },
): Figure | undefined {
  if (name === "pixel") return { ...pixel, pass: basis.pass };
  const { panels, image } = compose(name, basis);
  if (panels.length === 0) return undefined;
  return { panels: panels.map(({ title: _, ...panel }) => panel), image };
}
