// A plan for training, as plain data.

import type { Tiling } from "../ops/types.js";
import type { PlanBuffer } from "../plan/types.js";
import type { BufferId, Step, View } from "../shaders/step.js";

/** How weights follow their gradients: Adam (Kingma and Ba 2015), or gradient descent with momentum. */
export type Optimizer = "adam" | "momentum";

/** What a plan for training is told. */
export interface TrainingPlanOptions {
  /** Samples of a step. */
  readonly batch: number;
  readonly optimizer: Optimizer;
  readonly tiling: Tiling;
  /** Tensor → the part of its elements that are set to 0 while training. */
  readonly dropout?: Readonly<Record<string, number>>;
  /** How bytes become inputs: x = pixel · scale + shift. */
  readonly scale: number;
  readonly shift: number;
  /** By how many pixels images may be moved while training. */
  readonly margin: number;
  /** Whether half of them are mirrored. */
  readonly mirror: boolean;
}

/** A learned parameter as it lies on the GPU. */
export interface Parameter {
  readonly buffer: BufferId;
  /** What the optimizer remembers of it: m and v of Adam, m of momentum. */
  readonly memories: readonly BufferId[];
  /** For every float of the buffer, the weight that it is in the order of all weights; −1 for padding. */
  readonly places: Int32Array;
  /** The parts of its gradient. */
  readonly parts: BufferId;
  readonly partCount: number;
}

/** Fixed buffers that are written and read from outside. */
export interface TrainingPorts {
  /** run.wgsl and training.wgsl. */
  readonly run: BufferId;
  readonly training: BufferId;
  /** Bytes of the images of a batch, four to a word, and their classes. */
  readonly pixels: BufferId;
  readonly labels: BufferId;
  /** Loss, right ones and samples, summed up over steps. */
  readonly totals: BufferId;
}

/** A list of steps and the buffers they need: everything about training but the device and the data. */
export interface TrainingPlan {
  /** From the bytes of a batch to its loss; for evaluation without dropout. */
  readonly forward: readonly Step[];
  readonly evaluation: readonly Step[];
  /** From the loss to the gradients of all parameters, and what the optimizer makes of them. */
  readonly backward: readonly Step[];
  readonly update: readonly Step[];
  readonly parameters: readonly Parameter[];
  readonly buffers: readonly PlanBuffer[];
  /** For each per-sample buffer the physical one it shares with others, and the bytes for a sample of each. */
  readonly places: readonly number[];
  readonly physical: readonly number[];
  readonly ports: TrainingPorts;
  readonly logits: View;
  readonly batch: number;
}
