// Layer-wise relevance propagation (Bach et al. 2015): the logit itself is sent back, not its gradient, and each layer divides
// what it gets among its inputs by how much they contributed.

import type { Step, View } from "../../shaders/step.js";
import { vec4s } from "../../tensor/layout.js";
import { average } from "./average.js";

/** The mean relevance of the samples. */
export const relevance: typeof average = {
  ...average,
  divides: true,
  readsLogits: true,
  write(plan) {
    plan.noise();
    plan.forward();
    return plan.goBack({ seed: seedStep });
  },
};

/** Multiplies the gradient of the target by the logits, which is the relevance to begin with. */
function seedStep(logits: View, seeds: View): Step {
  return {
    label: "relevance",
    shader: "lrp",
    entry: "seed",
    uniforms: {
      layer: {
        vec4s: vec4s(seeds.layout),
        x_offset: logits.offset,
        x_stride: logits.stride,
        z_offset: seeds.offset,
        z_stride: seeds.stride,
      },
    },
    bindings: { x: logits.buffer, seeds: seeds.buffer },
    workgroups: [Math.ceil(vec4s(seeds.layout) / 64), 1, 1],
    samples: 1,
  };
}
