// What kernels are told from batch to batch: the structs of run.wgsl and of a target, packed by the names of their fields.

import { packStruct } from "../shaders/text.js";

/** What a batch must know, as run.wgsl has it; what is not given is 0, and one pass is one sample. */
export interface Batch {
  /** Passes of this batch, and the index of its first among all. */
  readonly samples: number;
  readonly first: number;
  readonly seed: number;
  readonly stream: number;
  readonly noise: number;
  readonly scale?: number;
  readonly antithetic?: boolean;
  /** Passes of each sample. */
  readonly points?: number;
  readonly path?: number;
  /** How many baselines there are; 0: uniform noise. */
  readonly baselines?: number;
  /** The sample before this one has no noise; 0: all have. */
  readonly clean?: number;
  /** Standard deviation of the factors of the weights, and how many samples in a row see the same weights. */
  readonly weightNoise?: number;
  readonly inputs?: number;
  /** Samples in a row that are not independent of each other: pairs, or those of the same weights. */
  readonly group?: number;
  /** Where a plan's forward steps are all of it: the forward pass is all that is wanted. */
  readonly forwardOnly?: boolean;
}

/** What the noise of an element is a multiple of: `run.scale` in noise.wgsl. */
export const SCALE = { range: 0, rgb: 1, adaptive: 2, absolute: 3 } as const;

/** Where the passes of a sample lie: `run.path` in sample.wgsl. */
export const PATH = { none: 0, nodes: 1, random: 2, own: 3 } as const;

/** What of a class is explained: `of` of a target in target.wgsl. */
export const SCALAR = { logit: 0, probability: 1, "log-probability": 2 } as const;

/** The bytes of run.wgsl's struct. */
export function packBatch(batch: Batch): ArrayBuffer {
  const { antithetic, weightNoise, forwardOnly, ...others } = batch;
  return packStruct("noise", "run", {
    ...{ points: 1, baselines: 1, inputs: 1, group: 1, ...others },
    antithetic: Number(antithetic ?? false),
    weight_noise: weightNoise ?? 0,
    forward_only: Number(forwardOnly ?? false),
  });
}

/** Which classes are explained, and what of them, as target-words.wgsl has it. */
export interface Target {
  readonly index: number;
  /** The class that it is held against, if there is one. */
  readonly versus: number | undefined;
  readonly scalar: number;
  /** Whether the logits of these classes are all that is wanted. */
  readonly alone: boolean;
}

/** Beyond all classes. */
const NO_CLASS = 0xffffffff;

/** The words of a target, in the order of target-words.wgsl. */
export function packTarget({ index, versus = NO_CLASS, scalar, alone }: Target): Uint32Array {
  return Uint32Array.of(index, versus, scalar, Number(alone));
}

/** Where the word ALONE is, in bytes. */
export const ALONE_OFFSET = 12;
