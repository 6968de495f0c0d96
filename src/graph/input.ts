// Which axis of the network's input is what. ONNX's own operators take images as [N,C,H,W], and PyTorch exports them
// so; TensorFlow's come as [N,H,W,C], with a Transpose somewhere before the first convolution. Memory is the same
// for both, channels packed in fours, so that nothing but the channel axis of one layout depends on the answer.

import type { OnnxModel } from "../onnx/types.js";
import { numbersOf, outputOf } from "../ops/attributes.js";
import type { Node } from "../ops/types.js";
import type { axisOrders } from "../options/loading.js";
import type { Layout, Shape } from "../tensor/types.js";

/** The order of an image's axes. */
export type AxisOrder = (typeof axisOrders)[number];

/** What the file may leave open. */
export interface InputOptions {
  /** Side of the input in pixels, or [height, width], where the file leaves them open; 224 × 224 by default. */
  readonly size?: number | readonly [height: number, width: number];
  /**
   * The order of the input's axes. By default it is that of the first operator that tells (a convolution, a pool, or the
   * Transpose between the two orders), or else the one in which the image has 1 or 3 channels.
   */
  readonly axes?: AxisOrder;
  /** @internal What open axes are where `size` is not given, in place of 224 × 224: the size of a tensor. */
  readonly openSize?: readonly [height: number, width: number];
}

type Input = OnnxModel["inputs"][number];

/** How one picture enters the network. */
export interface Entry {
  /** The picture: an axis of 1 or 3 channels, height and width; or what else the file's input is. */
  readonly picture: Layout;
  /** The file's shape for one sample: the network reshapes the picture to it. */
  readonly shape: Shape;
  /** Samples that the file wants at a time; 1 where the batch axis is open. */
  readonly batch: number;
  /** True where the file leaves the height or the width open. */
  readonly isOpen: boolean;
  /** What was assumed, in sentences. */
  readonly warnings: readonly string[];
}

/** How the network's input is read. Throws one sentence where neither the file nor the options settle it. */
export function readInput(input: Input, nodes: readonly Node[], options: InputOptions): Entry {
  const { name, shape } = input;
  const use = orderOfUse(name, nodes);
  // Three axes that no operator reads as a sequence's are a picture without one of the four.
  const missing = shape.length === 3 && use === undefined ? missingAxis(shape) : undefined;
  const batch = missing === "batch" ? 1 : Math.max(1, shape[0] ?? 1);
  if (shape.length === 4 || missing) {
    const whole =
      missing === "batch" ? [1, ...shape] : missing ? [shape[0]!, 1, ...shape.slice(1)] : shape;
    const full = { ...input, shape: whole };
    const order = missing === "channel" ? "NCHW" : (options.axes ?? use ?? orderOfShape(full));
    const { lengths, isOpen } = sized(full, order === "NHWC" ? [1, 2] : [2, 3], options);
    const picture = { shape: lengths, channel: order === "NHWC" ? 3 : 1 };
    const left = missing === "batch" ? 0 : missing ? 1 : -1;
    return { picture, shape: lengths.filter((_, k) => k !== left), batch, isOpen, warnings: [] };
  }
  const { lengths } = sized(input, undefined, options);
  const square = shape.length === 2 && squareOf(lengths[1] as number, options.axes);
  if (square) {
    const { picture, called } = square;
    const warning =
      `The input "${name}" is a list of ${lengths[1]} numbers, taken as ${called}, row by row. ` +
      "If it is no picture, the map's shape means nothing.";
    return { picture, shape: lengths, batch, isOpen: false, warnings: [warning] };
  }
  const channel = Math.min(1, Math.max(0, shape.length - 1));
  return {
    picture: { shape: lengths, channel },
    shape: lengths,
    batch,
    isOpen: false,
    warnings: [],
  };
}

/** A picture of three axes lacks that of the batch if one at the end is as long as pictures have colors. */
function missingAxis([first, , last]: Input["shape"]): "batch" | "channel" {
  return first === 3 || (last === 3 && first !== null && first !== 1) ? "batch" : "channel";
}

/** [height, width] of an option that is one number or two. */
function extentOf(size: NonNullable<InputOptions["size"]>): readonly [number, number] {
  const [height, width = height, ...rest] = [size].flat() as number[];
  const isLength = (n: unknown): n is number => Number.isInteger(n) && (n as number) > 0;
  if (isLength(height) && isLength(width) && rest.length === 0) return [height, width];
  throw new Error(
    `size is a whole number of pixels, or [height, width], not ${JSON.stringify(size)}`,
  );
}

/** The lengths for one sample; those at `plane`, which are height and width, may be open in the file. */
function sized({ name, shape }: Input, plane: [number, number] | undefined, options: InputOptions) {
  const isKnown = (n: number | null | undefined): n is number => typeof n === "number" && n > 0;
  const given = options.size === undefined ? undefined : extentOf(options.size);
  const [height, width] = given ?? options.openSize ?? [224, 224];
  const isOpen = plane?.some((axis) => !isKnown(shape[axis])) ?? false;
  const lengths = shape.map((n, axis) => {
    if (axis === 0) return 1;
    if (isKnown(n)) return n;
    if (axis === plane?.[0]) return height;
    if (axis === plane?.[1]) return width;
    throw new Error(
      `axis ${axis} of the input "${name}" of shape [${said(shape)}] has no fixed length, and is neither height ` +
        `nor width: export the model with a fixed one${plane ? ', or say which axes are which with axes: "NCHW" or axes: "NHWC"' : ""}`,
    );
  });
  if (given && !plane) {
    throw new Error(
      `the input "${name}" of shape [${said(shape)}] has no height and width: leave size out`,
    );
  }
  const found = plane?.map((axis) => lengths[axis]) ?? [];
  if (given && found.join() !== given.join()) {
    throw new Error(
      `the input "${name}" of shape [${said(shape)}] is ${found.join(" × ")} pixels, not ${given.join(" × ")}: ` +
        "leave size out, or export the model with open height and width",
    );
  }
  return { lengths, isOpen };
}

const said = (shape: Input["shape"]): string => shape.map((n) => n ?? "?").join();

// Fewer numbers than these are features of something else.
const LEAST_SIDE = 4;
const LEAST_COLOR_SIDE = 8;

/** The picture that so many numbers can be: k × k gray ones, or three times as many. */
function squareOf(count: number, axes: AxisOrder | undefined) {
  const gray = Math.sqrt(count);
  if (Number.isInteger(gray) && gray >= LEAST_SIDE) {
    const picture: Layout = { shape: [1, 1, gray, gray], channel: 1 };
    return { picture, called: `a gray picture of ${gray} × ${gray} pixels` };
  }
  const side = Math.sqrt(count / 3);
  if (!Number.isInteger(side) || side < LEAST_COLOR_SIDE) return undefined;
  const last = axes === "NHWC";
  const picture: Layout = last
    ? { shape: [1, side, side, 3], channel: 3 }
    : { shape: [1, 3, side, side], channel: 1 };
  const [first, other] = last ? ["last", "NCHW"] : ["first", "NHWC"];
  const order = `with the channels ${first} (axes: "${other}" takes it the other way)`;
  return { picture, called: `a picture of ${side} × ${side} pixels and 3 colors, ${order}` };
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

/** The order that the first operator means that cannot mean any other; a sequence [N,C,L] or [N,L,C] has one, too. */
function orderOfUse(name: string, nodes: readonly Node[]): AxisOrder | undefined {
  const images = new Set([name]);
  for (const node of nodes) {
    if (!images.has(node.inputs[0] ?? "") && !images.has(node.inputs[1] ?? "")) continue;
    if (CHANNELS_FIRST.includes(node.op)) return "NCHW";
    if (node.op === "Transpose") {
      const perm = numbersOf(node, "perm", []).join();
      if (perm === "0,3,1,2") return "NHWC";
      if (perm === "0,2,3,1") return "NCHW";
      if (perm === "0,2,1") images.add(outputOf(node));
    }
    if (AXES_STAY.includes(node.op)) for (const output of node.outputs) images.add(output);
  }
  return undefined;
}

/** The order in which the image has as many channels as pictures have. */
function orderOfShape({ name, shape }: Input): AxisOrder {
  const [first, last] = [shape[1], shape[3]].map((n) => n === 1 || n === 3);
  if (first && last && shape[1] !== shape[3]) {
    throw new Error(
      `the channels of the input "${name}" of shape [${said(shape)}] may be its first or its last axis: ` +
        `say axes: "NCHW" or axes: "NHWC"`,
    );
  }
  return last && !first ? "NHWC" : "NCHW";
}
