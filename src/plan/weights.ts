// Trained parameters, and what rules make of them. Where the network is played with noise on its weights (NoiseGrad), kernels
// read a copy that a step of its own makes anew for each batch.

import type { Planning } from "../ops/types.js";
import type { BufferId, Step } from "../shaders/step.js";
import { VEC4_BYTES } from "../tensor/layout.js";
import type { Precision } from "../tensor/types.js";
import { type Buffers, remembered } from "./buffers.js";
import { perturbStep } from "./steps/perturb.js";

/** The weights of a plan. */
export interface Weights extends Pick<Planning, "weights"> {
  /** The steps that put noise on them, by what they make. */
  readonly perturbing: ReadonlyMap<string, Step>;
}

/** No weights yet. */
export function makeWeights(
  buffers: Buffers,
  run: BufferId,
  precision: Precision,
  isNoisy: boolean,
): Weights {
  const perturbing = new Map<string, Step>();
  return {
    perturbing,
    weights(key, vec4s, contents, change) {
      const name = change ? `${key}, ${change.name}` : key;
      // What is 1, whatever the weights are, has no noise.
      if (!isNoisy || change?.power === 0) return buffers.stored(name, vec4s, contents);
      const perturbed = buffers.fixed(
        `${name} with noise`,
        vec4s * VEC4_BYTES[precision],
        () => new Float32Array(1),
      );
      remembered(perturbing, name, () => {
        // What is changed was there before the change: it took part in the forward pass.
        const weights = buffers.stored(key, vec4s, contents);
        return perturbStep(key, vec4s, { run, weights, perturbed }, change);
      });
      return perturbed;
    },
  };
}
