// Which axis of the network's input is what. ONNX's own operators take images as [N,C,H,W], and PyTorch exports them
// so; TensorFlow's come as [N,H,W,C], with a Transpose somewhere before the first convolution. Memory is the same
// for both, channels packed in fours, so that nothing but the channel axis of one layout depends on the answer.

import { numbersOf } from "./ops/attributes.js";
import type { Layout, Node, OnnxModel } from "./types.js";

/** The order of an image's axes. */
export type AxisOrder = "NCHW" | "NHWC";

/** What the file may leave open. */
export interface InputOptions {
  /** Height and width of the input where the file leaves them open; 224 × 224 if not given. */
  readonly size?: readonly [number, number];
  /**
   * The order of the input's axes. If not given, it is that of the first operator that tells (a convolution, a
   * pool, or the Transpose between the two orders), else that in which the image has 1 or 3 channels.
   */
  readonly axes?: AxisOrder;
}

type Input = OnnxModel["inputs"][number];

/** The layout of the network's input for one sample. Throws one sentence where the file does not settle it. */
export function inputLayout(input: Input, nodes: readonly Node[], options: InputOptions): Layout {
  const { name, shape } = input;
  const [batch] = shape;
  if (batch != null && batch !== 1) {
    throw new Error(
      `the input "${name}" has a fixed batch of ${batch}: export the model with batch 1 or a dynamic batch axis`,
    );
  }
  const isPicture = shape.length === 4;
  const order = isPicture
    ? (options.axes ?? orderOfUse(name, nodes) ?? orderOfShape(input))
    : "NCHW";
  const channel = order === "NHWC" ? 3 : Math.min(1, Math.max(0, shape.length - 1));
  const [height, width] = options.size ?? [224, 224];
  const open = order === "NHWC" ? [1, height, width] : [1, undefined, height, width];
  const lengths = shape.map((n, axis) => {
    if (axis === 0) return 1;
    const length = n !== null && n > 0 ? n : isPicture && open[axis];
    if (length) return length;
    throw new Error(
      `axis ${axis} of the input "${name}" has no fixed length: export the model with one`,
    );
  });
  return { shape: lengths, channel };
}

/** Operators whose channels are on axis 1, by ONNX's definition. */
const CHANNELS_FIRST: readonly string[] = [
  "AveragePool",
  "BatchNormalization",
  "Conv",
  "ConvTranspose",
  "DepthToSpace",
  "GlobalAveragePool",
  "GlobalMaxPool",
  "InstanceNormalization",
  "LRN",
  "MaxPool",
  "SpaceToDepth",
];

/** Operators that leave the axes of their input what they are. */
const AXES_STAY: readonly string[] = [
  "Add",
  "Cast",
  "Clip",
  "Div",
  "Identity",
  "Mul",
  "Pad",
  "Sub",
];

/** The order that the first operator means that cannot mean any other. */
function orderOfUse(name: string, nodes: readonly Node[]): AxisOrder | undefined {
  const images = new Set([name]);
  for (const node of nodes) {
    if (!images.has(node.inputs[0] ?? "") && !images.has(node.inputs[1] ?? "")) continue;
    if (CHANNELS_FIRST.includes(node.op)) return "NCHW";
    if (node.op === "Transpose") {
      const perm = numbersOf(node, "perm", []).join();
      if (perm === "0,3,1,2") return "NHWC";
      if (perm === "0,2,3,1") return "NCHW";
    }
    if (AXES_STAY.includes(node.op)) for (const output of node.outputs) images.add(output);
  }
  return undefined;
}

/** The order in which the image has as many channels as pictures have. */
function orderOfShape({ name, shape }: Input): AxisOrder {
  const [first, last] = [shape[1], shape[3]].map((n) => n === 1 || n === 3);
  if (first && last && shape[1] !== shape[3]) {
    const said = shape.map((n) => n ?? "?").join();
    throw new Error(
      `the channels of the input "${name}" of shape [${said}] may be its first or its last axis: ` +
        `say axes: "NCHW" or axes: "NHWC"`,
    );
  }
  return last && !first ? "NHWC" : "NCHW";
}
