// A plan: every kernel launch of a map and the buffers they need, as plain data.

import type { Ports } from "../methods/procedure.js";
import type { TargetFunction } from "../methods/target.js";
import type { RelevanceNumbers, Tiling } from "../ops/types.js";
import type { BufferId, Step, View } from "../shaders/step.js";

import type { Box, Contents, Layout, Precision } from "../tensor/types.js";

/** What the plan is for. */
export interface PlanOptions {
  /** Key of methods.ts; without one the plan is for the forward pass alone. */
  readonly method?: string;
  /** For class activation maps: the layer, by default the last convolution over more than one pixel. */
  readonly layer?: string;
  /** The least and the greatest value of each channel of the image; for the z-box rule. */
  readonly box?: Box;
  /** The network is played with noise on its weights: all samples of a batch see the same. */
  readonly noisyWeights?: boolean;
  /** The numbers in the rules of relevance, where they are not zennit's. */
  readonly relevance?: Partial<RelevanceNumbers>;
  /** How much one invocation or workgroup makes; what suits a real GPU if not given. */
  readonly tiling?: Tiling;
  /**
   * Every place of a plane is computed in the same way, so that equal pixels make equal sums. Noise leaves no equals, but
   * in a flat background a rule such as "the first of the largest" is about nothing else. Where a baseline takes part it
   * is so in any case.
   */
  readonly exact?: boolean;
  /** How many baselines a path may start from; 1. */
  readonly baselines?: number;
  /** The backward pass is played once for each of several targets: it spares what the forward pass left. */
  readonly several?: boolean;
  /** How tensors and weights are stored; single if not given. */
  readonly precision?: Precision;
  /**
   * What of the output may have a gradient: "classes", its channels, of which one or two are explained, if not given;
   * "all", any element.
   */
  readonly explains?: "classes" | "all";
  /** For rules that compare with a baseline: what of the classes is explained, if not their logits. */
  readonly of?: TargetFunction;
}

/** A buffer that a plan needs. */
export interface PlanBuffer {
  readonly label: string;
  /** Bytes for each sample of a batch; the whole buffer's bytes where `fixed`. */
  readonly bytes: number;
  /** True for what all samples share: weights, tables, sums, settings. */
  readonly fixed: boolean;
  /** First contents of a fixed buffer, made when it is first needed. */
  readonly contents?: () => Contents;
  /** What they are rounded to; they are floats then. */
  readonly precision?: Precision;
}

/** The fastest tiling of each kind of layer, as `model.tune` measured it. Plain data that can be kept as JSON. */
export interface Tuning {
  /** The adapter that it was measured on. */
  readonly adapter: string;
  /** Tilings by kind of layer. */
  readonly layers: Readonly<Record<string, Tiling>>;
}

/** How much memory a plan takes, in bytes. */
export interface Memory {
  /** Weights, tables, sums, uniforms. */
  readonly fixed: number;
  /** Activations, gradients and masks of one sample. */
  readonly perSample: number;
  /** The same if every activation were kept for the backward pass and no buffer used twice. */
  readonly unshared: number;
}

/** A list of steps and the buffers they need: everything about a map but the device. */
export interface Plan {
  /** Once for an image: what must be known of it before the first sample. */
  readonly prologue: readonly Step[];
  /** After a forward pass of the image itself: the target is its class. */
  readonly classify: readonly Step[];
  /** For each batch of samples: noise and forward pass; seed, backward pass and statistics. */
  readonly forward: readonly Step[];
  readonly backward: readonly Step[];
  readonly precision: Precision;
  /** All buffers by id, and for each per-sample buffer the physical one it shares with others. */
  readonly buffers: readonly PlanBuffer[];
  readonly places: readonly number[];
  /** Bytes for each sample of every physical buffer. */
  readonly physical: readonly number[];
  readonly memory: Memory;
  /** Fixed buffers that are written and read from outside. */
  readonly ports: Ports;
  /** Fixed buffers in which a batch adds to what the batch before left; the moments are not among them. */
  readonly carried: readonly BufferId[];
  /** Where the gradients of the input are after the backward pass of a batch; of class activation maps, the maps. */
  readonly gradient: View | undefined;
  /** Where the logits of a batch are after its forward pass. */
  readonly logits: View;
  readonly input: Layout;
}
