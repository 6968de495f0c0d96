// What SmoothDiff counts over all samples, by mean-gates.wgsl: open gates and the winners of maxima.

import type { BufferId } from "../../shaders/step.js";
import { positions, quads, vec4s } from "../../tensor/layout.js";
import type { Layout } from "../../tensor/types.js";
import { gradientTo } from "../epilogue.js";
import type { Gate, Planning } from "../types.js";

/** Counts how often each element of an activation was in the linear part, as its mask says. */
export function tallyGates(name: string, plan: Planning, gate: Gate, layout: Layout): BufferId {
  return plan.tally(`open gates of ${name}`, vec4s(layout), (counts) => {
    const view = { buffer: counts, layout, offset: 0, stride: vec4s(layout) };
    const { uniforms, bindings } = gradientTo({ ...view, add: false, gate }, plan);
    return {
      label: `${name} tally`,
      shader: "mean-gates",
      entry: "count_gates",
      uniforms,
      bindings: { run: plan.run, counts, gate_mask: bindings.gate_mask as BufferId },
      workgroups: [Math.ceil(positions(layout) / 64), quads(layout), 1],
      samples: 0,
    };
  });
}

/** Counts how often each of the `taps` elements of a window won. */
export function tallyWinners(
  name: string,
  plan: Planning,
  winners: BufferId,
  y: Layout,
  taps: number,
): BufferId {
  return plan.tally(`winners of ${name}`, vec4s(y) * taps, (counts) => ({
    label: `${name} tally`,
    shader: "mean-gates",
    entry: "count_winners",
    uniforms: { layer: { positions: positions(y), taps, stride: vec4s(y) } },
    bindings: { run: plan.run, counts, winners },
    workgroups: [Math.ceil((positions(y) * taps) / 64), quads(y), 1],
    samples: 0,
  }));
}
