// The gradient of a convolution with respect to an image, which is one quad: by conv-to-image.wgsl, or where there are strides, and
// four invocations that load together, by conv-to-image-strided.wgsl.

import type { View } from "../../shaders/step.js";
import { gradientTo, join, layer, source } from "../epilogue.js";
import type { Node, Planning, Sink, Tiling } from "../types.js";
import { type Convolution, type Geometry, operations, phaseOf, sizesOf } from "./geometry.js";
import { matrices } from "./weights.js";

/** How such a kernel is launched. */
interface Cut {
  readonly constants: Record<string, number>;
  readonly sizes: Record<string, number>;
  readonly invocations: number;
}

function narrow(geometry: Geometry, { pixels }: Tiling): Cut {
  const { stride, dilation } = geometry;
  const [rows, columns] = phaseOf(geometry);
  const tiles_x = Math.ceil(columns / pixels);
  return {
    constants: { QUADS: 1, FOURS: pixels / 4 },
    sizes: { tiles_x, dilation_y: dilation[0] },
    invocations: rows * tiles_x * stride[0] * stride[1],
  };
}

function stem({ kernel, stride, before, input }: Geometry): Cut {
  // Along an axis: the places of a phase, from that of the first padding on, and the taps that an invocation may take.
  const axis = (a: 0 | 1) => {
    const [k, s, pad] = [kernel[a], stride[a], before[a]];
    return {
      places: Math.ceil((input[a] + pad) / s) - Math.floor(pad / s),
      taps: k > s ? Math.min(4, k - s + 2) : 2,
      pairs: Math.ceil(s / 2),
    };
  };
  const [y, x] = [axis(0), axis(1)];
  const tiles_x = Math.ceil(x.places / 8);
  const tiles = 4 * Math.ceil((Math.ceil(y.places / 2) * tiles_x) / 4);
  return {
    constants: { TAPS_Y: y.taps, TAPS_X: x.taps },
    sizes: { tiles_x, tiles },
    invocations: y.pairs * x.pairs * tiles,
  };
}

/** Writes down dx = Wᵀ ∗ dy, where dx is one quad. */
export function toImage(
  node: Node,
  plan: Planning,
  conv: Convolution,
  shader: "conv-to-image" | "conv-to-image-strided",
  dy: View,
  sink: Sink,
): void {
  const { geometry } = conv;
  const { workgroup } = plan.tiling;
  const launch = shader === "conv-to-image-strided" ? stem : narrow;
  const { constants, sizes, invocations } = launch(geometry, plan.tiling);
  // These kernels have no dilation along a row, and that along a column only where `sizes` has it.
  const { dilation_y: _, dilation_x: __, ...common } = sizesOf(geometry);
  const out_quads = Math.ceil(geometry.outputs / 4);
  plan.step({
    label: `${node.name} back`,
    shader,
    entry: "backward",
    constants: { WORKGROUP: workgroup, ...constants },
    ...join(
      source("x", dy),
      gradientTo(sink, plan),
      matrices(conv, plan),
      layer({ ...common, ...sizes, out_quads }),
    ),
    workgroups: [Math.ceil(invocations / workgroup), 1, 1],
    samples: 1,
    flops: operations(geometry),
  });
}
