// From the moments of the samples' gradients to attributions, their standard error, and a score for each pixel
// (shaders/picture/estimate.wgsl has the formulas). Every choice is a few weights in a uniform, so all share a pipeline.

import estimateText from "../../shaders/picture/estimate.wgsl";
import { dispatch, kernels, perDevice, run } from "../gpu/kernel.js";
import { read } from "../gpu/play.js";
import type { InputTensor } from "../image/image.js";
import { type Estimator, estimators, type Reduction } from "../options/drawing.js";
import { unpackChannels } from "../tensor/channels.js";
import type { Look } from "./look.js";

// Weights of mean g, M2, (mean g)² and mean |g|.
function estimatorWeights(estimator: Estimator, n: number): number[] {
  switch (estimator) {
    case "mean":
      return [1, 0, 0, 0];
    case "squared":
      return [0, 1 / n, 1, 0];
    case "absolute":
      return [0, 0, 0, 1];
    case "variance":
      return [0, 1 / Math.max(n - 1, 1), 0, 0];
  }
}

// Weights of Σa, Σ|a|, √Σa² and max |a|, and how their sum s is rectified: max(s, r·s).
function reductionWeights(reduction: Reduction, channels: number): number[] {
  switch (reduction) {
    case "abs":
      return [0, 1, 0, 0, 1];
    case "signed":
      return [1, 0, 0, 0, 1];
    case "positive":
      return [1, 0, 0, 0, 0];
    case "negative":
      return [-1, 0, 0, 0, 0];
    case "max":
      return [0, 0, 0, 1, 1];
    case "l2":
      return [0, 0, 1, 0, 1];
    case "abs-sum":
      return [1, 0, 0, 0, -1];
    case "mean":
      return [1 / channels, 0, 0, 0, 1];
  }
}

type ScoreLook = Pick<Look, "estimator" | "reduce" | "multiplyInput">;

/** Where only the estimator matters. */
const ANY_SCORE = { reduce: "abs", multiplyInput: false } as const;

/** The statistics of a map's samples, and the input they belong to. */
export interface Moments {
  /**
   * [7, C/4, H·W] vec4s: mean g, the central sums M2, M3, M4, mean |g|, M2 of the groups' means, and the scale of an
   * element: M2, M3 and M4 are of g / scale.
   */
  readonly moments: GPUBuffer;
  /** How many samples they are of. */
  readonly samples: number;
  /** Samples in a row that are not independent of each other. */
  readonly group?: number;
  readonly input: InputTensor;
}

/** Reads moments; `samples` says how many they are of at each call. */
export interface Estimate {
  /** One f32 for each pixel, as the last `encode` left it. */
  readonly scores: GPUBuffer;
  /** Encodes the scores. */
  encode(encoder: GPUCommandEncoder, samples: number, look: Look): void;
  /** Reads back the attribution [C,H,W]. */
  attribution(samples: number, estimator: Estimator): Promise<Float32Array<ArrayBuffer>>;
  /** Reads back how large the attribution is, and how sure. */
  size(samples: number, estimator: Estimator): Promise<AttributionSize>;
  destroy(): void;
}

/** How large an attribution is over all elements, and how sure. */
export interface AttributionSize {
  /** ‖standard error‖₂ / ‖attribution‖₂; Infinity for one sample, and where it cannot be known. */
  readonly standardError: number;
  /** ‖attribution‖₂, also where float32 could not hold it. */
  readonly norm: number;
  /** The greatest power of two that no sample's largest element is below; 0 where all elements of all samples are 0. */
  readonly largest: number;
}

/** From Σ error² and Σ a², and the scale that their roots are to be multiplied by, to the attribution's degree. */
function sizeOf(sums: Float32Array, estimator: Estimator): AttributionSize {
  const [error, square, scale] = sums as unknown as [number, number, number];
  const degree = estimator === "squared" || estimator === "variance" ? 2 : 1;
  const ratio = error === 0 ? 0 : Math.sqrt(error / square);
  return {
    standardError: Number.isFinite(square) && !Number.isNaN(ratio) ? ratio : Infinity,
    norm: Math.sqrt(square) * scale ** degree,
    largest: scale > LEAST_SCALE ? scale : 0,
  };
}

/** As in scale.wgsl: the scale of what is 0. */
const LEAST_SCALE = 2 ** -126;

/** The kernels, compiled once for a device. */
export const estimateKernels = perDevice((device) =>
  kernels(device, estimateText, ["estimate", "reduce", "sum_errors", "total_error"]),
);

/** Prepares the kernels for one buffer of moments. */
export async function createEstimate(
  device: GPUDevice,
  { moments, input, group = 1 }: Pick<Moments, "moments" | "input" | "group">,
): Promise<Estimate> {
  const kernel = await estimateKernels(device);
  const { channels } = input;
  const positions = input.height * input.width;
  const vec4s = Math.ceil(channels / 4) * positions;
  const groups = (invocations: number) => Math.min(Math.ceil(invocations / 64), 65535);
  const shares = Math.min(vec4s, 4096);
  const { STORAGE, UNIFORM, COPY_DST, COPY_SRC } = GPUBufferUsage;
  const buffer = (label: string, size: number, usage: number) =>
    device.createBuffer({ label, size, usage });
  const settings = buffer("estimate settings", 64, UNIFORM | COPY_DST);
  const scores = buffer("scores", 4 * positions, STORAGE | COPY_SRC);
  const parts = buffer("shares of the error", 16 * 64 * groups(shares), STORAGE);
  const total = buffer("error", 16, STORAGE | COPY_SRC);
  const reads = { moments, settings };
  const reduce = dispatch(
    device,
    kernel.reduce,
    { ...reads, input: input.buffer, scores },
    groups(positions),
  );
  const errors = [
    dispatch(device, kernel.sum_errors, { ...reads, parts }, groups(shares)),
    dispatch(device, kernel.total_error, { settings, parts, total }),
  ];

  // In the order of the shader's struct.
  const values = new ArrayBuffer(64);
  const floats = new Float32Array(values);
  const integers = new Uint32Array(values, 40);

  function configure(samples: number, look: ScoreLook) {
    const { estimator = estimators[0], reduce, multiplyInput } = look;
    const errorOf = estimators.indexOf(estimator);
    floats.set(estimatorWeights(estimator, samples));
    floats.set(reductionWeights(reduce, channels), 4);
    floats[9] = samples;
    integers.set([errorOf, multiplyInput ? 1 : 0, channels, positions]);
    floats[14] = group;
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
    encode(encoder, samples, look) {
      configure(samples, look);
      const pass = encoder.beginComputePass({ label: "scores" });
      run(pass, [reduce]);
      pass.end();
    },
    async attribution(samples, estimator) {
      configure(samples, { ...ANY_SCORE, estimator });
      const attributions = buffer("attributions", 16 * vec4s, STORAGE | COPY_SRC);
      try {
        const resources = { ...reads, attributions };
        submit([dispatch(device, kernel.estimate, resources, groups(vec4s))]);
        return unpackChannels(new Float32Array(await read(device, attributions)), channels);
      } finally {
        attributions.destroy();
      }
    },
    async size(samples, estimator) {
      configure(samples, { ...ANY_SCORE, estimator });
      submit(errors);
      const sums = new Float32Array(await read(device, total));
      const size = sizeOf(sums, estimator);
      return samples < 2 * group ? { ...size, standardError: Infinity } : size;
    },
    destroy() {
      for (const each of [settings, scores, parts, total]) each.destroy();
    },
  };
}
