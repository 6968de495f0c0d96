// Class activation maps, from the activations A_k of a layer and the gradient g_k of the target with respect to them:
//
//   Grad-CAM (Selvaraju et al. 2017)   L = relu(Σ_k mean(g_k) · A_k)
//   HiResCAM (Draelos & Carin 2020)    L = relu(Σ_k g_k · A_k)
//   LayerCAM (Jiang et al. 2021)       L = relu(Σ_k relu(g_k) · A_k)
//
// and L is enlarged to the size of the image (cam.wgsl). It is the map itself, or multiplies what a backward pass leaves there.

import type { BufferId, View } from "../../shaders/step.js";
import { channels, elements, plane, positions, quads } from "../../tensor/layout.js";
import type { Layout } from "../../tensor/types.js";
import { camWarning, layerOf, layersOf } from "../plane-layers.js";
import type { MapPlanning, Procedure } from "../procedure.js";
import { GRADIENT } from "../rules.js";
import { average, OF_EACH_SAMPLE } from "./average.js";

/** What weighs the channels of the layer, as cam.wgsl has it: the mean of each one's gradient, or its gradient place by place. */
const WEIGHTS = { means: 0, gradients: 1, "positive gradients": 2 } as const;

type Weights = keyof typeof WEIGHTS;

/** The class activation map of each sample. */
export function camBy(weights: Weights) {
  return {
    ...cam,
    write(plan) {
      plan.noise();
      plan.forward();
      const heat = heatOf(plan, weights);
      return enlarged(plan, "enlarge", heat, plan.map());
    },
  } as const satisfies Procedure;
}

/** The same, times what a backward pass by the method's own rules leaves at the input. */
export function timesCamBy(weights: Weights) {
  return {
    ...cam,
    write(plan) {
      plan.noise();
      plan.forward();
      const heat = heatOf(plan, weights);
      return enlarged(plan, "multiply", heat, plan.goBack());
    },
  } as const satisfies Procedure;
}

const cam = {
  ...average,
  options: [...OF_EACH_SAMPLE, "layer"],
  family: "layers",
  made: "activation",
  readsLogits: true,
  fits: (graph) => layersOf(graph).length > 0,
  warning: camWarning,
  prepare(graph, options) {
    const { tensor, ...layer } = layerOf(graph, options.layer);
    return { ...layer, kept: tensor };
  },
} as const satisfies Procedure;

/** The map of the layer, in the layer's size. */
function heatOf(plan: MapPlanning, weights: Weights): BufferId {
  const g = plan.goBack({ rules: GRADIENT, end: plan.kept });
  const a = plan.value(plan.kept);
  const { height, width } = plane(a.layout);
  const means = plan.buffer("mean gradient", quads(a.layout) * 16);
  const heat = plan.buffer("heat", positions(a.layout) * 4);
  const layer = {
    ...{ channels: channels(a.layout), height, width },
    ...{ a_offset: a.offset, a_stride: a.stride, g_offset: g.offset, g_stride: g.stride },
    by: WEIGHTS[weights],
  };
  const common = { shader: "cam", uniforms: { layer }, samples: 1 };
  plan.step({
    ...common,
    label: "mean gradient of the layer",
    entry: "mean_gradient",
    bindings: { g: g.buffer, means },
    workgroups: [Math.ceil(quads(a.layout) / 64), 1, 1],
  });
  plan.step({
    ...common,
    label: "heat of the layer",
    entry: "weigh",
    bindings: { a: a.buffer, g: g.buffer, weights: means, heat },
    workgroups: [Math.ceil(positions(a.layout) / 64), 1, 1],
  });
  return heat;
}

/** Enlarges a layer's map to the size of the image, and stores it there or multiplies what is there by it. */
function enlarged(
  plan: MapPlanning,
  entry: "enlarge" | "multiply",
  heat: BufferId,
  image: View,
): View {
  const { height, width } = plane(plan.value(plan.kept).layout);
  const [image_height, image_width] = sizeOf(image.layout);
  plan.step({
    label: "map of the layer",
    shader: "cam",
    entry,
    uniforms: {
      layer: {
        ...{ height, width, image_height, image_width },
        ...{ image_offset: image.offset, image_stride: image.stride },
      },
    },
    bindings: { cold: heat, image: image.buffer },
    workgroups: [Math.ceil(positions(image.layout) / 64), quads(image.layout), 1],
    samples: 1,
  });
  return image;
}

/** Height and width of the input, wherever its channel axis is. Throws if it is not a picture. */
function sizeOf(layout: Layout): readonly [height: number, width: number] {
  const [height = 1, width = 1] = layout.shape.filter(
    (_, axis) => axis > 0 && axis !== layout.channel,
  );
  if (elements([height, width]) === positions(layout)) return [height, width];
  throw new Error(`the input [${layout.shape}] is no picture`);
}
