// Convolutions with a group for each channel, by depthwise.wgsl or, of 3 × 3 taps, depthwise3.wgsl.

import type { Step, View } from "../../shaders/step.js";
import { type Arguments, activated, gradientTo, join, layer, source } from "../epilogue.js";
import { residual } from "../residual.js";
import type { Node, Planning, Sink } from "../types.js";
import {
  type Convolution,
  type Geometry,
  operations,
  phaseOf,
  sizesOf,
  type Way,
} from "./geometry.js";
import { biasOf, lanes } from "./weights.js";

/** The two kernels. */
type Depthwise = "depthwise" | "depthwise3";

/** As depthwise-row.wgsl has it. */
const COLUMNS = 8;

/** An entry point, and of how many tiles: in a plane, and how many such planes a quad has. */
interface Tiles {
  readonly entry: string;
  readonly constants: Record<string, number>;
  readonly rows: number;
  readonly columns: number;
  readonly planes: number;
}

/** Of depthwise.wgsl, which goes through the taps, whatever they are. */
function tilesOfAny(geometry: Geometry, way: Way): Tiles {
  const { stride, dilation, output } = geometry;
  const isBack = way === "backward";
  // Backward, phases look like pictures with stride 1.
  const slides = dilation[1] === 1 && (isBack || stride[1] === 1);
  const [rows, columns] = isBack ? phaseOf(geometry) : output;
  return {
    entry: way,
    constants: { SLIDES: slides ? 1 : 0 },
    rows,
    columns: Math.ceil(columns / COLUMNS),
    planes: isBack ? stride[0] * stride[1] : 1,
  };
}

/** Of depthwise3.wgsl, whose strides are 1 or 2 along both axes. */
function tilesOfThree({ stride, before, input, output }: Geometry, way: Way): Tiles {
  const common = { constants: {}, planes: 1 };
  const [height, width] = way === "forward" ? output : input;
  if (stride[0] === 1) {
    const [rows, columns] = [Math.ceil(height / 2), Math.ceil(width / COLUMNS)];
    return { ...common, entry: way, rows, columns };
  }
  const entry = `${way}_every_second`;
  if (way === "forward") {
    return { ...common, entry, rows: height, columns: Math.ceil(width / COLUMNS) };
  }
  return {
    ...common,
    entry,
    rows: Math.ceil((height + before[0]) / 2),
    columns: Math.ceil((width + before[1]) / COLUMNS),
  };
}

/** What forward and backward launches have in common. */
function launch(
  conv: Convolution,
  plan: Planning,
  args: Arguments,
  shader: Depthwise,
  way: Way,
): Omit<Step, "label"> {
  const { geometry } = conv;
  const { workgroup } = plan.tiling;
  const tiles = shader === "depthwise3" ? tilesOfThree : tilesOfAny;
  const { entry, constants, rows, columns, planes } = tiles(geometry, way);
  const quads = Math.ceil(geometry.channels / 4);
  const sizes = layer({ ...sizesOf(geometry), quads, tiles_y: rows, tiles_x: columns });
  return {
    shader,
    entry,
    constants: { WORKGROUP: workgroup, ...constants },
    ...join(args, lanes(conv, plan), sizes),
    workgroups: [Math.ceil((rows * columns * planes * quads) / workgroup), 1, 1],
    samples: 1,
    flops: operations(geometry),
  };
}

/** Writes down y = a(b + w ∗ x), or z = b + w ∗ x where z is given, channel by channel. */
export function depthwiseForward(
  node: Node,
  plan: Planning,
  conv: Convolution,
  shader: Depthwise,
  x: View,
  z?: View,
): void {
  const out = join(activated(node, plan, conv.geometry.output[1], z), residual(node, plan, z));
  const args = join(source("x", x), biasOf(conv, plan), out);
  plan.step({ ...launch(conv, plan, args, shader, "forward"), label: node.name });
}

/** Writes down dx = wᵀ ∗ dy, channel by channel. */
export function depthwiseBackward(
  node: Node,
  plan: Planning,
  conv: Convolution,
  shader: Depthwise,
  dy: View,
  sink: Sink,
): void {
  const args = join(source("x", dy), gradientTo(sink, plan));
  plan.step({ ...launch(conv, plan, args, shader, "backward"), label: `${node.name} back` });
}
