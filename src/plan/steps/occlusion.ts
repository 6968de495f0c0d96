// The steps of occlusion around the network, by occlusion.wgsl; which windows are hidden is in passes.ts.

import type { BufferId, Step } from "../../shaders/step.js";
import { positions, quads } from "../../tensor/layout.js";
import type { Layout } from "../../tensor/types.js";
import type { Ports } from "../types.js";
import { pictureLayer } from "./around.js";

/** Hides in the input of every pass its window; the first pass of a sample has none. */
export function hideStep(ports: Ports, input: Layout, shown: BufferId): Step {
  const { table, baselines, run } = ports;
  return {
    label: "hide windows",
    shader: "occlusion",
    entry: "hide",
    uniforms: { layer: pictureLayer(input) },
    bindings: { table, baselines, run, shown },
    workgroups: [Math.ceil(positions(input) / 64), quads(input), 1],
    samples: 1,
  };
}

/** From the scores of the passes to their parts of the map. */
export function shareSteps(
  { table, run, moments }: Ports,
  input: Layout,
  scores: BufferId,
  shares: BufferId,
): Step[] {
  return [
    {
      label: "share falls",
      shader: "occlusion",
      entry: "share",
      uniforms: { layer: pictureLayer(input) },
      bindings: { table, run, moments, scores, shares },
      workgroups: [Math.ceil(positions(input) / 64), quads(input), 1],
      samples: 1,
    },
    {
      label: "keep the score of the whole",
      shader: "occlusion",
      entry: "keep",
      uniforms: { layer: pictureLayer(input) },
      bindings: { run, moments, scores },
      workgroups: [1, 1, 1],
      samples: 0,
    },
  ];
}
