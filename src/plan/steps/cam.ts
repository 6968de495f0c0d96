// The steps of class activation maps, by cam.wgsl.

import type { Cam } from "../../methods/methods.js";
import type { BufferId, Step, View } from "../../shaders/step.js";

import { channels, elements, plane, positions, quads } from "../../tensor/layout.js";
import type { Layout } from "../../tensor/types.js";

/** The steps from a layer's activations and their gradient to its map, of the layer's size. */
export function heatSteps(
  { weights }: Cam,
  a: View,
  g: View,
  means: BufferId,
  heat: BufferId,
): Step[] {
  const { height, width } = plane(a.layout);
  const layer = {
    channels: channels(a.layout),
    height,
    width,
    a_offset: a.offset,
    a_stride: a.stride,
    g_offset: g.offset,
    g_stride: g.stride,
    local: weights === "local" ? 1 : 0,
  };
  const common = { shader: "cam", uniforms: { layer }, samples: 1 };
  return [
    {
      ...common,
      label: "mean gradient of the layer",
      entry: "mean_gradient",
      bindings: { g: g.buffer, means },
      workgroups: [Math.ceil(quads(a.layout) / 64), 1, 1],
    },
    {
      ...common,
      label: "heat of the layer",
      entry: "weigh",
      bindings: { a: a.buffer, g: g.buffer, weights: means, heat },
      workgroups: [Math.ceil(positions(a.layout) / 64), 1, 1],
    },
  ];
}

/** The step that brings a layer's map to the size of the image, and leaves it there or multiplies by it. */
export function enlargeStep({ role }: Cam, from: Layout, heat: BufferId, image: View): Step {
  const { height, width } = plane(from);
  const [image_height = 1, image_width = 1] = image.layout.shape.filter(
    (_, axis) => axis > 0 && axis !== image.layout.channel,
  );
  if (elements([image_height, image_width]) !== positions(image.layout)) {
    throw new Error(`the input [${image.layout.shape}] is no picture`);
  }
  const layer = {
    height,
    width,
    image_height,
    image_width,
    image_offset: image.offset,
    image_stride: image.stride,
  };
  return {
    label: "map of the layer",
    shader: "cam",
    entry: role === "map" ? "enlarge" : "multiply",
    uniforms: { layer },
    bindings: { cold: heat, image: image.buffer },
    workgroups: [Math.ceil(positions(image.layout) / 64), quads(image.layout), 1],
    samples: 1,
  };
}
