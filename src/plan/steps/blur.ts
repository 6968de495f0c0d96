// The steps that put the path of Blur IG in place of the noisy samples, by blur.wgsl.

import type { BufferId, Step } from "../../shaders/step.js";
import { plane, positions, quads, vec4s } from "../../tensor/layout.js";
import type { Layout } from "../../tensor/types.js";
import type { Ports } from "../types.js";
import { pictureLayer } from "./around.js";

/** The buffers that take part: for each of n passes the noisy sample, its blurred self, and the change with σ. */
export interface BlurBuffers {
  readonly sharp: BufferId;
  readonly shown: BufferId;
  readonly slopes: BufferId;
}

/** Blurs the samples, each as much as the place of its pass says; `make` gives a buffer of bytes for each sample. */
export function blurSteps(
  { table, run }: Ports,
  input: Layout,
  { sharp, shown, slopes }: BlurBuffers,
  make: (label: string, bytes: number) => BufferId,
): Step[] {
  const { height, width } = plane(input);
  const kernels = make("kernels of the blur", 8 * Math.max(height, width));
  const rows = make("blurred rows", 2 * 16 * vec4s(input));
  const common = { shader: "blur", uniforms: { layer: pictureLayer(input) }, samples: 1 };
  const everywhere = [Math.ceil(positions(input) / 64), quads(input), 1] as const;
  return [
    {
      ...common,
      label: "blur",
      entry: "weigh",
      bindings: { table, run, kernel: kernels },
      workgroups: [1, 1, 1],
    },
    {
      ...common,
      label: "blur along rows",
      entry: "blur_rows",
      bindings: { table, run, sharp, kernels, rows },
      workgroups: everywhere,
    },
    {
      ...common,
      label: "blur along columns",
      entry: "blur_columns",
      bindings: { table, run, kernels, half_blurred: rows, shown, slopes },
      workgroups: everywhere,
    },
  ];
}
