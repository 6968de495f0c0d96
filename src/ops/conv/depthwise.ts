// Convolutions with a group for each channel, by depthwise.wgsl or, of 3 × 3 taps, depthwise3.wgsl.

import type { Step, View } from "../../shaders/step.js";
import { activated, gradientTo, join, layer, type Part, source } from "../epilogue.js";
import { residual } from "../residual.js";
import type { Node, Planning, Sink } from "../types.js";

import { biasPart, type Convolution, geometry, operations } from "./direct.js";

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
  const vec4s = Math.ceil(conv.channels / 4) * taps;
  const w = plan.weights(`${conv.key} by lanes`, vec4s, () => packLanes(conv), conv.change);
  return { uniforms: {}, bindings: { w } };
}

/** As planes.wgsl has it. */
const COLUMNS = 8;

/** Which kernel makes y or dx, and of how many tiles: in a plane, and how many such planes a quad has. */
interface Kernel {
  readonly shader: string;
  readonly entry: string;
  readonly constants: Record<string, number>;
  readonly tiles: readonly [rows: number, columns: number];
  readonly planes: number;
}

/** By taps that are gone through, whatever they are. */
function anyKernel({ window }: Convolution, way: "forward" | "backward"): Kernel {
  const { stride, dilation, input, output } = window;
  const isBack = way === "backward";
  // Backward, phases look like pictures with stride 1.
  const slides = dilation[1] === 1 && (isBack || stride[1] === 1);
  const [rows, columns] = isBack ? phases(input, stride) : output;
  return {
    shader: "depthwise",
    entry: way,
    constants: { SLIDES: slides ? 1 : 0 },
    tiles: [rows, Math.ceil(columns / COLUMNS)],
    planes: isBack ? stride[0] * stride[1] : 1,
  };
}

const phases = (input: readonly number[], stride: readonly number[]): [number, number] => [
  Math.ceil((input[0] as number) / (stride[0] as number)),
  Math.ceil((input[1] as number) / (stride[1] as number)),
];

/** By depthwise3.wgsl, where it can. */
function kernelOfThree({ window }: Convolution, way: "forward" | "backward"): Kernel | undefined {
  const { kernel, stride, dilation, before, input, output } = window;
  const are = (pair: readonly number[], n: number) => pair.every((each) => each === n);
  if (!are(kernel, 3) || !are(dilation, 1)) return undefined;
  const common = { shader: "depthwise3", constants: {}, planes: 1 };
  const [height, width] = way === "forward" ? output : input;
  if (are(stride, 1)) {
    const tiles = [Math.ceil(height / 2), Math.ceil(width / COLUMNS)] as const;
    return { ...common, entry: way, tiles };
  }
  if (!are(stride, 2)) return undefined;
  const entry = `${way}_every_second`;
  if (way === "forward") {
    return { ...common, entry, tiles: [height, Math.ceil(width / COLUMNS)] };
  }
  const tiles = [
    Math.ceil((height + before[0]) / 2),
    Math.ceil((width + before[1]) / COLUMNS),
  ] as const;
  return { ...common, entry, tiles };
}

/** What forward and backward launches have in common. */
function launch(
  conv: Convolution,
  plan: Planning,
  part: Part,
  way: "forward" | "backward",
): Omit<Step, "label"> {
  const { kernel, stride } = conv.window;
  const { workgroup } = plan.tiling;
  const { shader, entry, constants, tiles, planes } =
    kernelOfThree(conv, way) ?? anyKernel(conv, way);
  const quads = Math.ceil(conv.channels / 4);
  const [tiles_y, tiles_x] = tiles;
  const sizes = layer({
    ...geometry(conv),
    kernel_y: kernel[0],
    kernel_x: kernel[1],
    stride_y: stride[0],
    stride_x: stride[1],
    quads,
    tiles_y,
    tiles_x,
  });
  return {
    shader,
    entry,
    constants: { WORKGROUP: workgroup, ...constants },
    ...join(part, weightPart(conv, plan), sizes),
    workgroups: [Math.ceil((tiles_y * tiles_x * planes * quads) / workgroup), 1, 1],
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
  const out = join(activated(node, plan, conv.window.output[1], z), residual(node, plan, z));
  const parts = join(source("x", x), biasPart(conv, plan), out);
  plan.step({ ...launch(conv, plan, parts, "forward"), label: node.name });
}

/** Writes down dx = wᵀ ∗ dy, channel by channel. */
export function depthwiseBackward(
  node: Node,
  plan: Planning,
  conv: Convolution,
  dy: View,
  sink: Sink,
): void {
  const parts = join(source("x", dy), gradientTo(sink, plan));
  plan.step({ ...launch(conv, plan, parts, "backward"), label: `${node.name} back` });
}
