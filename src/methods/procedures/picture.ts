// For procedures that care about rows and columns: the network's input [N,C,H,W].

import type { View } from "../../shaders/step.js";
import { channels, plane, positions, vec4s } from "../../tensor/layout.js";
import type { Layout } from "../../tensor/types.js";
import type { MapPlanning } from "../procedure.js";

/** The network's input. Throws if it is not a picture. */
export function pictureOf({ method, graph, value }: MapPlanning): View {
  const picture = value(graph.input);
  const { shape } = picture.layout;
  if (shape.length === 4) return picture;
  throw new Error(`${method} is for pictures of four axes, the input is [${shape}]`);
}

/** The fields of sample.wgsl's Layer. */
export const pictureLayer = (input: Layout) => ({
  channels: channels(input),
  positions: positions(input),
  stride: vec4s(input),
  width: plane(input).width,
});
