// Blur IG (Xu, Venugopalan & Sundararajan 2020): the passes are the sample under less and less blur, at the nodes of an
// integral over its σ, and each gradient is multiplied by ∂x/∂σ there (blur.wgsl).

import type { BufferId, Step } from "../../shaders/step.js";
import { plane, positions, quads, vec4s } from "../../tensor/layout.js";
import type { Size } from "../../tensor/types.js";
import type { MapPlanning, Procedure } from "../procedure.js";
import { pathNodes } from "../quadrature.js";
import { average, OF_EACH_SAMPLE } from "./average.js";
import { pictureLayer, pictureOf } from "./picture.js";

/** A pass for each σ; its part of the map is its part of the integral. */
export const blur = {
  ...average,
  options: [...OF_EACH_SAMPLE, "steps", "quadrature", "maxSigma"],
  family: "paths",
  made: "path",
  hasPath: true,
  path({ method, quadrature, steps }) {
    if (quadrature === "random") {
      throw new Error(`${method} goes through every place of its path: no quadrature "random"`);
    }
    return { kind: "own", nodes: pathNodes(quadrature, steps) };
  },
  passes({ nodes, maxSigma }, input) {
    const sigma = maxSigma ?? strongest(input);
    // From the strongest blur to none: ∫ g · ∂x/∂σ dσ goes down.
    const table = nodes.map(([alpha, weight]) => [sigma * alpha, -sigma * weight]);
    return { points: nodes.length, table, start: [sigma, 0] };
  },
  write(plan) {
    const { layout } = pictureOf(plan);
    const sharp = plan.tensor("sharp image", layout);
    const slopes = plan.tensor("slopes of the path", layout);
    plan.noise(sharp);
    for (const step of blurSteps(plan, sharp.buffer, slopes.buffer)) plan.step(step);
    plan.forward();
    return plan.product("part of the map", slopes, plan.goBack());
  },
} as const satisfies Procedure;

/** Standard deviation of the strongest blur, in pixels: 50 at 224 × 224, as in the authors' program. */
function strongest({ height, width }: Size): number {
  return (Math.min(height, width) * 50) / 224;
}

/** Blurs the samples, each as much as the place of its pass says, and takes their change with σ. */
function blurSteps(plan: MapPlanning, sharp: BufferId, slopes: BufferId): Step[] {
  const { layout, buffer: shown } = pictureOf(plan);
  const { table, run } = plan.ports;
  const { height, width } = plane(layout);
  const kernels = plan.buffer("kernels of the blur", 8 * Math.max(height, width));
  const rows = plan.buffer("blurred rows", 2 * 16 * vec4s(layout));
  const common = { shader: "blur", uniforms: { layer: pictureLayer(layout) }, samples: 1 };
  const everywhere = [Math.ceil(positions(layout) / 64), quads(layout), 1] as const;
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
