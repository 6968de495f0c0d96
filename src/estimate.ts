// From the moments of the samples' gradients to attributions, their standard error, and a score for each pixel
// (shaders/estimate.wgsl has the formulas). The kernel's settings are a uniform: every choice is one pipeline.

import estimateText from "../shaders/estimate.wgsl";
import { unpackChannels } from "./channels.js";
import { choice } from "./choice.js";
import { read } from "./gpu.js";
import type { InputTensor } from "./image.js";
import { dispatch, kernels, perDevice, run } from "./kernel.js";

/** Which statistic of the samples g is the attribution: mean g, mean g², mean |g|, or the unbiased variance. */
export type Estimator = (typeof estimators)[number];

const estimators = ["mean", "squared", "absolute", "variance"] as const;

/**
 * How the attributions a of a pixel's channels become one score: Σ|a|; Σa; the positive or the negative part
 * of Σa; max |a|; √Σa²; |Σa|; Σa/C.
 */
export type Reduction = (typeof reductions)[number];

// In the order of the shader's constants, like the estimators.
const reductions = [
  "abs",
  "signed",
  "positive",
  "negative",
  "max",
  "l2",
  "abs-sum",
  "mean",
] as const;

/** What the score of a pixel is. */
export interface ScoreOptions {
  /** "mean" by default. */
  readonly estimator?: Estimator;
  /** "abs" by default. */
  readonly reduce?: Reduction;
  /** Attribution times input, before the reduction. */
  readonly multiplyInput?: boolean;
}

/** The statistics of a map's samples, and the input they belong to. */
export interface Moments {
  /**
   * [5, C/4, H·W] vec4s: mean g, the central sums M2, M3, M4, and mean |g|. The first plane alone will do where
   * only the estimator "mean" is asked.
   */
  readonly moments: GPUBuffer;
  /** How many samples they are of. */
  readonly samples: number;
  readonly input: InputTensor;
}

/** Reads moments; `samples` says how many they are of at each call. */
export interface Estimate {
  /** One f32 for each pixel, as the last `encode` left it. */
  readonly scores: GPUBuffer;
  /** Encodes the scores. */
  encode(encoder: GPUCommandEncoder, samples: number, options: ScoreOptions): void;
  /** Reads back the attribution [C,H,W]. */
  attribution(samples: number, estimator: Estimator): Promise<Float32Array<ArrayBuffer>>;
  /** ‖standard error‖₂ / ‖attribution‖₂ over all elements; Infinity for one sample. */
  standardError(samples: number, estimator: Estimator): Promise<number>;
  destroy(): void;
}

const pipelines = perDevice((device) =>
  kernels(device, estimateText, ["estimate", "reduce", "sum_errors", "total_error"]),
);

/** Prepares the kernels for one buffer of moments. */
export async function createEstimate(
  device: GPUDevice,
  { moments, input }: Pick<Moments, "moments" | "input">,
): Promise<Estimate> {
  const kernel = await pipelines(device);
  const { channels } = input;
  const positions = input.height * input.width;
  const vec4s = Math.ceil(channels / 4) * positions;
  const groups = Math.min(Math.ceil(vec4s / 256), 256);
  const { STORAGE, UNIFORM, COPY_DST, COPY_SRC } = GPUBufferUsage;
  const buffer = (label: string, size: number, usage: number) =>
    device.createBuffer({ label, size, usage });
  const settings = buffer("estimate settings", 24, UNIFORM | COPY_DST);
  const scores = buffer("scores", 4 * positions, STORAGE | COPY_SRC);
  const parts = buffer("error of each workgroup", 8 * groups, STORAGE);
  const total = buffer("error", 8, STORAGE | COPY_SRC);
  const reads = { moments, settings };
  const pixels = Math.ceil(positions / 256);
  const reduce = dispatch(device, kernel.reduce, { ...reads, input: input.buffer, scores }, pixels);
  const errors = [
    dispatch(device, kernel.sum_errors, { ...reads, parts }, groups),
    dispatch(device, kernel.total_error, { parts, total }),
  ];

  function configure(samples: number, options: ScoreOptions) {
    const { estimator = "mean", reduce: reduction = "abs", multiplyInput = false } = options;
    const values = new DataView(new ArrayBuffer(24));
    values.setFloat32(0, samples, true);
    const rest = [
      channels,
      positions,
      choice("estimator", estimators, estimator),
      choice("reduction", reductions, reduction),
      multiplyInput ? 1 : 0,
    ];
    for (const [i, value] of rest.entries()) values.setUint32(4 + 4 * i, value, true);
    device.queue.writeBuffer(settings, 0, values);
  }

  function submit(dispatches: Parameters<typeof run>[1]) {
    const encoder = device.createCommandEncoder({ label: "estimate" });
    const pass = encoder.beginComputePass();
    run(pass, dispatches);
    pass.end();
    device.queue.submit([encoder.finish()]);
  }

  return {
    scores,
    encode(encoder, samples, options) {
      configure(samples, options);
      const pass = encoder.beginComputePass({ label: "scores" });
      run(pass, [reduce]);
      pass.end();
    },
    async attribution(samples, estimator) {
      configure(samples, { estimator });
      const attributions = buffer("attributions", 16 * vec4s, STORAGE | COPY_SRC);
      try {
        const resources = { ...reads, attributions };
        submit([dispatch(device, kernel.estimate, resources, Math.ceil(vec4s / 256))]);
        return unpackChannels(new Float32Array(await read(device, attributions)), channels);
      } finally {
        attributions.destroy();
      }
    },
    async standardError(samples, estimator) {
      if (samples < 2) return Infinity;
      configure(samples, { estimator });
      submit(errors);
      const [variance, square] = new Float32Array(await read(device, total)) as unknown as [
        number,
        number,
      ];
      return variance === 0 ? 0 : Math.sqrt(variance / square);
    },
    destroy() {
      for (const each of [settings, scores, parts, total]) each.destroy();
    },
  };
}
