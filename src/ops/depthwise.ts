// Convolutions with a group for each channel, by depthwise.wgsl.

import type { Node, Planning, Sink, View } from "../types.js";
import { biasPart, type Convolution, evenTile, geometry, operations } from "./convolution.js";
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

const DEPTHWISE_COLUMNS = 8;

function depthwiseGeometry(conv: Convolution, height: number, width: number) {
  const columns = evenTile(width, DEPTHWISE_COLUMNS);
  const across = Math.ceil(width / columns);
  const workgroups: [number, number, number] = [
    Math.ceil((height * across) / 64),
    Math.ceil(conv.channels / 4),
    1,
  ];
  const sizes = layer({
    ...geometry(conv),
    kernel_y: conv.window.kernel[0],
    kernel_x: conv.window.kernel[1],
    stride_y: conv.window.stride[0],
    stride_x: conv.window.stride[1],
    tiles_x: across,
  });
  return { columns, workgroups, sizes };
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
  const { columns, workgroups, sizes } = depthwiseGeometry(conv, height, width);
  const out = activated(node, plan, width, columns, z);
  const parts = join(source("x", x), weightPart(conv, plan), biasPart(conv, plan), sizes, out);
  plan.step({
    label: node.name,
    shader: "depthwise",
    entry: "forward",
    constants: { COLUMNS: columns },
    uniforms: parts.uniforms,
    bindings: parts.bindings,
    workgroups,
    samples: 1,
    flops: operations(conv),
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
  const [height, width] = conv.window.input;
  const { columns, workgroups, sizes } = depthwiseGeometry(conv, height, width);
  const parts = join(source("dy", dy), weightPart(conv, plan), sizes, gradientTo(sink, plan));
  plan.step({
    label: `${node.name} back`,
    shader: "depthwise",
    entry: "backward",
    constants: { COLUMNS: columns },
    uniforms: parts.uniforms,
    bindings: parts.bindings,
    workgroups,
    samples: 1,
    flops: operations(conv),
  });
}
