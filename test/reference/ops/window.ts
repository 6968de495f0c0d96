// Where the windows of a convolution or a pool lie, for any number of spatial axes. A window and its kernel are
// nothing but a list of triples (o, k, i): output element o sees input element i through kernel tap k. What
// would lie in the padding is not in the list. Forward and backward loop over the same list.

import type { Node } from "../../../src/ops/types.js";
import type { Shape } from "../../../src/tensor/types.js";
import { number, numbers, text } from "./attributes.js";

/** Flat positions of an output element, a tap of the kernel and the input element under it. */
export interface Triple {
  readonly o: number;
  readonly k: number;
  readonly i: number;
}

/** All windows of a node. */
export interface Windows {
  /** Spatial lengths of the output. */
  readonly shape: number[];
  /** The taps of one window stand in row-major order. */
  readonly triples: readonly Triple[];
  /** For each output element, how many taps lie on the input or its padding; ceil_mode may hang over both. */
  readonly covered: readonly number[];
}

/** The windows of a node with the attributes of Conv or of a pool, over an input of `spatial` lengths. */
export function windowsOf(node: Node, spatial: Shape, kernel: Shape): Windows {
  const axes = spatial.map((length, axis) => windowsOfAxis(node, axis, length, kernel));
  return axes.reduce(
    (all, { shape, triples, covered }, axis) => ({
      shape: [...all.shape, ...shape],
      triples: all.triples.flatMap((t) =>
        triples.map(({ o, k, i }) => ({
          o: t.o * shape[0]! + o,
          k: t.k * kernel[axis]! + k,
          i: t.i * spatial[axis]! + i,
        })),
      ),
      covered: all.covered.flatMap((a) => covered.map((b) => a * b)),
    }),
    { shape: [], triples: [{ o: 0, k: 0, i: 0 }], covered: [1] } as Windows,
  );
}

function windowsOfAxis(node: Node, axis: number, length: number, kernel: Shape): Windows {
  const taps = kernel[axis]!;
  const stride = numbers(node, "strides")?.[axis] ?? 1;
  const dilation = numbers(node, "dilations")?.[axis] ?? 1;
  const span = (taps - 1) * dilation + 1;
  const { begin, end } = paddingOf(node, axis, length, stride, span, kernel.length);
  const steps = (length + begin + end - span) / stride;
  let outputs = Math.floor(steps) + 1;
  if (number(node, "ceil_mode", 0) === 1) {
    outputs = Math.ceil(steps) + 1;
    // A window that would begin in the end padding is dropped.
    if ((outputs - 1) * stride >= length + begin) outputs--;
  }
  const triples: Triple[] = [];
  const covered: number[] = [];
  for (let o = 0; o < outputs; o++) {
    covered[o] = 0;
    for (let k = 0; k < taps; k++) {
      const i = o * stride - begin + k * dilation;
      if (i >= 0 && i < length) triples.push({ o, k, i });
      if (i < length + end) covered[o]!++;
    }
  }
  return { shape: [outputs], triples, covered };
}

function paddingOf(
  node: Node,
  axis: number,
  length: number,
  stride: number,
  span: number,
  rank: number,
) {
  const auto = text(node, "auto_pad", "NOTSET");
  if (auto === "NOTSET") {
    const pads = numbers(node, "pads");
    return { begin: pads?.[axis] ?? 0, end: pads?.[rank + axis] ?? 0 };
  }
  if (auto === "VALID") return { begin: 0, end: 0 };
  const total = Math.max(0, (Math.ceil(length / stride) - 1) * stride + span - length);
  const half = Math.floor(total / 2);
  return auto === "SAME_UPPER"
    ? { begin: half, end: total - half }
    : { begin: total - half, end: half };
}
