// Convolutions with a group for each channel, by depthwise.wgsl.

import type { Node, Planning, Sink, Step, View } from "../types.js";
import { biasPart, type Convolution, geometry, operations } from "./convolution.js";
import { activated, gradientTo, join, layer, type Part, source } from "./epilogue.js";

/** True if every channel of the input makes one channel of the output. */
export function isDepthwise({ groups, channels, outputs }: Convolution): boolean {
  return groups > 1 && groups === channels && groups === outputs;
}

/** Weights as depthwise.wgsl reads them: [C/4][k] of vec4. */
function packLanes(conv: Convolution): Float32Array {
  const taps = conv.window.kernel[0] * conv.window.kernel[1];
  const { data } = conv.weights;
  const packed = new Float32Array(Math.ceil(conv.channels / 4) * taps * 4);
  for (let c = 0; c < conv.channels; c++) {
    for (let k = 0; k < taps; k++) {
      packed[((c >> 2) * taps + k) * 4 + (c & 3)] = data[c * taps + k] as number;
    }
  }
  return packed;
}

function weightPart(conv: Convolution, plan: Planning): Part {
  const taps = conv.window.kernel[0] * conv.window.kernel[1];
  const bytes = Math.ceil(conv.channels / 4) * taps * 16;
  const w = plan.weights(`${conv.key} by lanes`, bytes, () => packLanes(conv), conv.change);
  return { uniforms: {}, bindings: { w } };
}

/** As depthwise.wgsl has it. */
const COLUMNS = 8;

/** What forward and backward launches have in common: of so many planes of a size. */
function launch(
  conv: Convolution,
  plan: Planning,
  part: Part,
  [rows, columns, planes]: readonly [number, number, number],
): Omit<Step, "label" | "entry"> {
  const { kernel, stride, dilation } = conv.window;
  // Backward, phases look like pictures with stride 1.
  const isBack = "dx" in part.bindings;
  const slides = dilation[1] === 1 && (isBack || stride[1] === 1);
  const { workgroup } = plan.tiling;
  const quads = Math.ceil(conv.channels / 4);
  const across = Math.ceil(columns / COLUMNS);
  const sizes = layer({
    ...geometry(conv),
    kernel_y: kernel[0],
    kernel_x: kernel[1],
    stride_y: stride[0],
    stride_x: stride[1],
    quads,
    tiles_x: across,
  });
  return {
    shader: "depthwise",
    constants: { WORKGROUP: workgroup, SLIDES: slides ? 1 : 0 },
    ...join(part, weightPart(conv, plan), sizes),
    workgroups: [Math.ceil((rows * across * planes * quads) / workgroup), 1, 1],
    samples: 1,
    flops: operations(conv),
  };
}

/** Writes down y = a(b + w ∗ x), or z = b + w ∗ x where z is given, channel by channel. */
export function depthwiseForward(
  node: Node,
  plan: Planning,
  conv: Convolution,
  x: View,
  z?: View,
): void {
  const [height, width] = conv.window.output;
  const out = activated(node, plan, width, z);
  const parts = join(source("x", x), biasPart(conv, plan), out);
  plan.step({
    ...launch(conv, plan, parts, [height, width, 1]),
    label: node.name,
    entry: "forward",
  });
}

/** Writes down dx = wᵀ ∗ dy, channel by channel. */
export function depthwiseBackward(
  node: Node,
  plan: Planning,
  conv: Convolution,
  dy: View,
  sink: Sink,
): void {
  const { input, stride } = conv.window;
  const rows = Math.ceil(input[0] / stride[0]);
  const columns = Math.ceil(input[1] / stride[1]);
  const parts = join(source("x", dy), gradientTo(sink, plan));
  plan.step({
    ...launch(conv, plan, parts, [rows, columns, stride[0] * stride[1]]),
    label: `${node.name} back`,
    entry: "backward",
  });
}
