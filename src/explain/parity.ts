// What other programs mean by SmoothGrad: their noise, number of samples, estimator, reduction and cap, so that
// their maps can be compared with ours. Each line was read from the program's source.

import type { PictureOptions, Range } from "../options/drawing.js";
import type { SensitivityMap } from "./map.js";
import type { SensitivityOptions } from "./settings.js";

/** How the map is computed, and how it is painted. */
export interface Parity {
  readonly map: SensitivityOptions;
  readonly picture: PictureOptions;
}

/** Options that make maps as other programs do, by the program's name. Each line was read from its source. */
export const parity = {
  /** Smilkov et al. 2017. */
  paper: {
    map: { samples: 50, noise: 0.15, estimator: "mean" },
    picture: { reduce: "abs", percentile: 99, palette: "grayscale" },
  },
  /** PAIR saliency: GetSmoothedMask, with its default `magnitude`, and VisualizeImageGrayscale. */
  pair: {
    map: { samples: 25, noise: 0.15, estimator: "squared" },
    picture: { reduce: "abs", percentile: 99, palette: "grayscale" },
  },
  /** Captum: NoiseTunnel(Saliency) and visualize_image_attr; its cap is `captumScale`. */
  captum: {
    map: { samples: 5, noise: 1, noiseScale: "absolute", estimator: "absolute" },
    picture: { reduce: "abs-sum", palette: "grayscale" },
  },
  /** zennit: SmoothGrad, whose last sample has no noise, and a symmetric color map. */
  zennit: {
    map: { samples: 20, noise: 0.1, cleanLast: true, estimator: "mean" },
    picture: { reduce: "signed", percentile: 100, palette: "diverging" },
  },
  /** Xplique: SmoothGrad with its reducer, and plot_attributions. */
  xplique: {
    map: { samples: 50, noise: 0.2, noiseScale: "absolute", estimator: "mean" },
    picture: { reduce: "mean", percentile: [0.1, 99.9], palette: "viridis" },
  },
  /** NoiseGrad (Bykov et al. 2022) with its program's numbers; there each draw multiplies the one before. */
  noisegrad: {
    map: { samples: 10, noise: 0, weightNoise: 0.2, estimator: "mean" },
    picture: {},
  },
  /** The same authors' FusionGrad, there NoiseGradPlusPlus: 10 noisy inputs for each of 10 draws of the weights. */
  fusiongrad: {
    map: {
      ...{ samples: 100, noise: 0.4, noiseScale: "absolute" },
      ...{ weightNoise: 0.2, weightSamples: 10, estimator: "mean" },
    },
    picture: {},
  },
} as const satisfies Record<string, Parity>;

/** Name of a program to imitate. */
export type ParityName = keyof typeof parity;

/**
 * Captum's cap: the largest |score| that is left when the strongest ones, which together make up `outliers`
 * percent of the sum of all, are cut off.
 */
export async function captumScale(
  map: SensitivityMap,
  options: PictureOptions = parity.captum.picture,
  outliers = 2,
): Promise<Range> {
  const sorted = Float64Array.from(await map.scores(options), Math.abs).sort();
  const enough = (1 - outliers / 100) * sorted.reduce((a, b) => a + b, 0);
  let sum = 0;
  const high = sorted.find((score) => (sum += score) >= enough) ?? 0;
  return { low: 0, high };
}

/**
 * The range of PAIR's VisualizeImageDiverging: symmetric, but from the percentile of the signed map, so that it
 * is narrow where little is positive.
 */
export async function pairScale(map: SensitivityMap, percentile = 99): Promise<Range> {
  const { high } = await map.range({ reduce: "signed", palette: "grayscale", percentile });
  return { low: -Math.abs(high), high: Math.abs(high) };
}
