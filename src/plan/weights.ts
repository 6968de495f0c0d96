// Trained parameters, and what rules make of them. With noise on the weights (NoiseGrad), kernels read a noisy copy, which a
// step makes anew for each batch.

import type { Planning } from "../ops/types.js";
import type { BufferId, Step } from "../shaders/step.js";
import { VEC4_BYTES } from "../tensor/layout.js";
import type { Precision } from "../tensor/types.js";
import type { Buffers } from "./buffers.js";
import { remembered } from "./remembered.js";
import { perturbStep } from "./steps/perturb.js";

/** The weights of a plan. */
export interface Weights extends Pick<Planning, "weights"> {
  /** The steps that put noise on them, by the name of the result. */
  readonly perturbing: ReadonlyMap<string, Step>;
}

/** Starts without weights. */
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
      // A power of 0 is 1 whatever the weights are.
      if (!isNoisy || change?.power === 0) return buffers.stored(name, vec4s, contents);
      const perturbed = buffers.fixed(
        `${name} with noise`,
        vec4s * VEC4_BYTES[precision],
        () => new Float32Array(1),
      );
      remembered(perturbing, name, () => {
        // The unchanged weights are there already, for the forward pass.
        const weights = buffers.stored(key, vec4s, contents);
        return perturbStep(key, vec4s, { run, weights, perturbed }, change);
      });
      return perturbed;
    },
  };
}
