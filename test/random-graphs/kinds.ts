// The kinds of nodes of random graphs. Each adds a node or a few to what has been drawn, or nothing where it does not fit
// behind the tensor; x is the tensor that it reads in the first place.

import { sizeOf } from "../reference/twin.js";
import type { Sketch } from "./sketch.js";

type Kind = (s: Sketch, x: string) => string | undefined;

// So that a graph takes milliseconds in float64.
const MOST_ELEMENTS = 3000;
const MOST_CHANNELS = 48;

const isPicture = (shape: readonly number[]) => shape.length === 4;

/** Relu more often than the others, which are rarer in networks, too. */
function activate(s: Sketch, x: string): string {
  switch (s.draw(12)) {
    case 6:
      return s.node("LeakyRelu", [x], { alpha: 0.2 });
    case 7:
      return s.node("Clip", [x, s.scalar(0), s.scalar(6)]);
    case 8:
      return s.node("Clip", [x, s.scalar(-0.4), s.scalar(0.7)]);
    case 9:
      return s.node("Sigmoid", [x]);
    case 10:
      return s.node(s.pick(["Tanh", "HardSwish", "Elu", "Softplus"]), [x]);
    case 11: {
      const [, channels = 1, ...rest] = s.shape(x);
      return s.node("PRelu", [x, s.weights([channels, ...rest.map(() => 1)], 0.2, 0.2)]);
    }
    default:
      return s.node("Relu", [x]);
  }
}

/** A convolution over one pixel at a time. */
function pointwise(s: Sketch, x: string, channels = s.channels()): string {
  const of = s.shape(x)[1] as number;
  const inputs = [x, s.layer([channels, of, 1, 1], of)];
  if (s.draw(2)) inputs.push(s.weights([channels], 0.3));
  return s.node("Conv", inputs);
}

const KERNELS = [
  [3, 3],
  [3, 3],
  [2, 2],
  [1, 3],
  [5, 5],
] as const;

/** Kernel, pads, strides and dilations of windows that fit into a picture; undefined if they do not. */
function windows(s: Sketch, x: string) {
  const [, , height = 0, width = 0] = s.shape(x);
  const kernel_shape = [...(KERNELS[s.draw(KERNELS.length)] as readonly [number, number])];
  const dilation = s.draw(6) === 5 ? 2 : 1;
  const extents = kernel_shape.map((k) => (k - 1) * dilation);
  const pad = s.draw(3);
  const [up = 0, left = 0] = extents.map((e) => (pad === 0 ? e >> 1 : 0));
  const pads = pad === 2 && extents.every((e) => e > 0) ? [1, 0, 0, 1] : [up, left, up, left];
  const stride = s.draw(3) === 2 ? 2 : 1;
  const room = [
    height + (pads[0] as number) + (pads[2] as number),
    width + (pads[1] as number) + (pads[3] as number),
  ];
  if (room.some((r, i) => r <= (extents[i] as number))) return undefined;
  return { kernel_shape, pads, strides: [stride, stride], dilations: [dilation, dilation] };
}

/** A convolution in some number of groups: 1, a divisor of the channels, or all of them. */
function convolve(s: Sketch, x: string, grouping: "none" | "some" | "all"): string | undefined {
  if (!isPicture(s.shape(x))) return undefined;
  const of = s.shape(x)[1] as number;
  const divisors = [1, 2, 3, 4, 5].filter((n) => of % n === 0);
  const group = grouping === "all" ? of : grouping === "some" ? (divisors.at(-1) as number) : 1;
  const attributes = windows(s, x);
  if (!attributes) return undefined;
  const channels = grouping === "none" ? s.channels() : group * (1 + s.draw(2));
  if (channels > MOST_CHANNELS) return undefined;
  const { kernel_shape } = attributes;
  const inner = of / group;
  const w = s.layer([channels, inner, ...kernel_shape], inner * sizeOf(kernel_shape));
  const inputs = s.draw(2) ? [x, w, s.weights([channels], 0.3)] : [x, w];
  return s.node("Conv", inputs, { ...attributes, group });
}

/** A layer of x that keeps its height and width, with or without an activation. */
function branch(s: Sketch, x: string, channels?: number): string {
  const y = pointwise(s, x, channels);
  return s.draw(2) ? activate(s, y) : y;
}

const concat: Kind = (s, x) => {
  const shape = s.shape(x);
  const axis = s.draw(4) === 3 ? 1 + s.draw(shape.length - 1) : 1;
  const others = s.those(
    (other) => other.length === shape.length && other.every((n, a) => a === axis || n === shape[a]),
  );
  const parts = [x];
  let length = shape[axis] as number;
  for (let left = 1 + s.draw(3); left > 0; left--) {
    const from = s.draw(6);
    let part = s.pick(others);
    if (from >= 4 && axis === 1 && isPicture(shape)) part = branch(s, x);
    else if (from === 3) {
      const constant = shape.map((n, a) => (a === axis ? 1 + s.draw(5) : n));
      part = s.weights(constant, 1);
    }
    length += s.shape(part)[axis] as number;
    if (length > MOST_CHANNELS) break;
    parts.splice(s.draw(2) ? 0 : parts.length, 0, part);
  }
  if ((length / (shape[axis] as number)) * sizeOf(shape) > MOST_ELEMENTS) return undefined;
  return s.node("Concat", parts, { axis: s.draw(4) === 3 ? axis - shape.length : axis });
};

const add: Kind = (s, x) => {
  const shape = s.shape(x);
  const same = s.those((other) => other.join() === shape.join());
  const op = s.pick(["Add", "Add", "Add", "Sub", "Sum", "Max", "Min", "Mean"]);
  switch (s.draw(6)) {
    case 3: {
      const isSmaller = (other: readonly number[]) =>
        other.length === shape.length && other.every((n, a) => n === 1 || n === shape[a]);
      return s.node("Add", [x, s.pick(s.those(isSmaller))]);
    }
    case 4:
      return s.node(s.pick(["Add", "Sub"]), [x, constant(s, x)]);
    case 5:
      return s.node("Sum", [x, s.pick(same), s.pick(same)]);
    default: {
      // A residual connection where nothing else is as large.
      const isAlone = same.length === 1 && isPicture(shape);
      const other = isAlone ? branch(s, x, shape[1]) : s.pick(same);
      return s.node(op, s.draw(2) ? [other, x] : [x, other]);
    }
  }
};

/** A constant that is broadcast to a tensor: a number, one for each channel, or as many as there are elements. */
function constant(s: Sketch, x: string): string {
  const [, channels = 1, ...rest] = s.shape(x);
  const shapes = [[], [channels, ...rest.map(() => 1)], [1, channels, ...rest]];
  return s.weights(s.pick(shapes), 0.7, 0.5);
}

const multiply: Kind = (s, x) => {
  const [shape, size] = [s.shape(x), s.size(x)];
  const isWeight = (other: readonly number[]) =>
    other.length === shape.length && other.every((n, a) => n === 1 || n === shape[a]);
  switch (s.draw(5)) {
    case 3:
      // Squeeze and excitation, if the other one is a mean.
      return s.node("Mul", [x, s.node("Sigmoid", [s.pick(s.those(isWeight))])]);
    case 4: {
      const other = s.pick(s.those((other) => other.join() === shape.join()));
      return size * s.size(other) < 30 ? s.node("Mul", [x, other]) : undefined;
    }
    default:
      return s.node("Mul", [x, constant(s, x)]);
  }
};

const slice: Kind = (s, x) => {
  const shape = s.shape(x);
  const axis = s.draw(3) === 2 ? 1 + s.draw(shape.length - 1) : 1;
  const length = shape[axis] as number;
  if (length < 2) return undefined;
  const step = s.draw(6) === 5 ? 2 : 1;
  const start = s.draw(length - 1);
  const end = start + 1 + s.draw(length - start);
  const isBackward = s.draw(8) === 7;
  const ends = isBackward ? [start === 0 ? -length - 1 : start - 1] : [end];
  const starts = isBackward ? [end - 1] : [start];
  const lists = [starts, ends, [axis], [isBackward ? -step : step]];
  return s.node("Slice", [x, ...lists.map((list) => s.integers(...list))]);
};

const split: Kind = (s, x) => {
  const channels = s.shape(x)[1] as number;
  if (channels < 2) return undefined;
  const first = 1 + s.draw(channels - 1);
  const lengths = s.integers(first, channels - first);
  return s.pick(s.nodes("Split", [x, lengths], { axis: 1 }, 2));
};

const pool: Kind = (s, x) => {
  if (!isPicture(s.shape(x))) return undefined;
  const found = windows(s, x);
  if (!found) return undefined;
  const { dilations, ...attributes } = found;
  if (s.draw(2)) {
    const { kernel_shape, pads, strides } = attributes;
    if (dilations[0] === 2) return undefined;
    return s.node("AveragePool", [x], {
      kernel_shape,
      pads,
      strides,
      count_include_pad: s.draw(2),
    });
  }
  if (dilations[0] === 1) return s.node("MaxPool", [x], attributes);
  // Around a single pixel a window with gaps may see nothing but padding, which is refused.
  if (s.shape(x).slice(2).includes(1)) return undefined;
  return s.node("MaxPool", [x], found);
};

const mean: Kind = (s, x) => {
  if (isPicture(s.shape(x)) && s.draw(2) === 0) return s.node("GlobalAveragePool", [x]);
  const rank = s.shape(x).length;
  if (rank < 3) return undefined;
  const axes = s.pick([[rank - 1], [1], Array.from({ length: rank - 2 }, (_, a) => a + 2)]);
  return s.node(s.pick(["ReduceMean", "ReduceMax"]), [x], { axes, keepdims: 1 });
};

const normalize: Kind = (s, x) => {
  const channels = s.shape(x)[1] as number;
  const ones = s.weights([channels], 0.2, 1);
  const [shift, middle] = [s.weights([channels], 0.3), s.weights([channels], 0.3)];
  return s.node("BatchNormalization", [x, ones, shift, middle, s.weights([channels], 0.05, 0.8)]);
};

/** Products along the last axis. */
const dense: Kind = (s, x) => {
  const shape = s.shape(x);
  const of = shape.at(-1) as number;
  const features = s.channels();
  if ((sizeOf(shape) / of) * features > MOST_ELEMENTS) return undefined;
  if (shape.length === 2 && s.draw(2)) {
    const transB = s.draw(2);
    const w = s.layer(transB ? [features, of] : [of, features], of);
    return s.node("Gemm", [x, w, s.weights([features], 0.3)], { transB });
  }
  return s.node("MatMul", [x, s.layer([of, features], of)]);
};

const pad: Kind = (s, x) => {
  const shape = s.shape(x);
  if (sizeOf(shape) > MOST_ELEMENTS / 4) return undefined;
  const axis = s.draw(3) === 2 ? 1 : shape.length - 1;
  const [before, after] = [s.draw(3), s.draw(3)];
  const modes =
    Math.max(before, after) < (shape[axis] as number)
      ? ["constant", "reflect", "edge"]
      : ["constant", "edge"];
  const pads = [
    shape.map((_, a) => (a === axis ? before : 0)),
    shape.map((_, a) => (a === axis ? after : 0)),
  ];
  const mode = s.pick(modes);
  const inputs = [x, s.integers(...pads.flat())];
  if (mode === "constant" && s.draw(2)) inputs.push(s.scalar(0.3));
  return s.node("Pad", inputs, { mode });
};

const transpose: Kind = (s, x) => {
  const rank = s.shape(x).length;
  if (rank === 2) return undefined;
  const orders =
    rank === 3
      ? [[0, 2, 1]]
      : [
          [0, 2, 3, 1],
          [0, 3, 1, 2],
          [0, 1, 3, 2],
          [0, 2, 1, 3],
        ];
  return s.node("Transpose", [x], { perm: s.pick(orders) });
};

const reshape: Kind = (s, x) => {
  const shape = s.shape(x);
  const [, channels = 1, ...rest] = shape;
  const divisor = [2, 3, 5].find((n) => channels % n === 0) ?? 1;
  const inner = sizeOf(rest);
  switch (s.draw(6)) {
    case 0:
      return s.node("Flatten", [x]);
    case 1:
      // Pictures as rows of pixels, and vectors as single pixels.
      return shape.length === 4
        ? s.node("Reshape", [x, s.integers(0, channels, inner)])
        : s.node("Reshape", [x, s.integers(0, channels, ...(rest.length > 0 ? rest : [1]), 1)]);
    case 2:
      return s.node("Reshape", [x, s.integers(0, divisor, channels / divisor, -1)]);
    case 3:
      return s.node("Reshape", [x, s.integers(1, channels * (rest[0] ?? 1), -1)]);
    case 4:
      return shape.length < 4 ? s.node("Unsqueeze", [x, s.integers(-1)]) : undefined;
    default: {
      const single = shape.map((n, a) => (n === 1 && a > 1 ? a : 0)).filter((a) => a > 0);
      return single.length > 0 ? s.node("Squeeze", [x, s.integers(...single)]) : undefined;
    }
  }
};

const soften: Kind = (s, x) => {
  const shape = s.shape(x);
  const last = shape.at(-1) as number;
  // What is normalized over two elements is a jump between them.
  if (s.draw(2) && last > 3) {
    const affine = [s.weights([last], 0.2, 1), s.weights([last], 0.3)];
    return s.node("LayerNormalization", [x, ...affine], { axis: -1, epsilon: 0.1 });
  }
  return s.node("Softmax", [x], { axis: s.pick([-1, 1]) });
};

const enlarge: Kind = (s, x) => {
  if (!isPicture(s.shape(x)) || sizeOf(s.shape(x)) > MOST_ELEMENTS / 6) return undefined;
  if (s.draw(2)) {
    const channels = s.shape(x)[1] as number;
    return channels % 4 === 0 ? s.node("DepthToSpace", [x], { blocksize: 2 }) : undefined;
  }
  const scales = s.list(1, 1, 2, 2);
  const coordinate_transformation_mode = "asymmetric";
  return s.node("Resize", [x, "", scales], {
    mode: s.pick(["nearest", "linear"]),
    coordinate_transformation_mode,
  });
};

/** The kinds, each as often as it stands here. */
export const kinds: readonly Kind[] = [
  activate,
  activate,
  (s, x) => (isPicture(s.shape(x)) ? pointwise(s, x) : dense(s, x)),
  (s, x) => convolve(s, x, "none"),
  (s, x) => convolve(s, x, "none"),
  concat,
  concat,
  concat,
  add,
  add,
  slice,
  (s, x) => convolve(s, x, "some"),
  (s, x) => convolve(s, x, "all"),
  pool,
  pool,
  normalize,
  multiply,
  split,
  mean,
  pad,
  transpose,
  reshape,
  dense,
  soften,
  enlarge,
];
