// Operators that pick elements by indices: x is numbered, and what numpy would do with the numbers is done.

import {
  type Call,
  positionsOf,
  positiveAxis,
  sizeOf,
  stridesOf,
  type Twin,
  tensor,
} from "../twin.js";
import { given, number } from "./attributes.js";
import { moving } from "./move.js";

const flat = (position: readonly number[], strides: readonly number[]) =>
  position.reduce((sum, index, axis) => sum + index * strides[axis]!, 0);

/** x taken at indices along an axis; the axes of the indices take the place of that axis. */
export const Gather = moving(({ node, inputs: [x, indices] }) => {
  const axis = positiveAxis(number(node, "axis", 0), x.shape.length);
  const shape = [...x.shape.slice(0, axis), ...indices!.shape, ...x.shape.slice(axis + 1)];
  const rank = indices!.shape.length;
  const from = positionsOf(shape).map((position) => {
    const at = flat(position.slice(axis, axis + rank), stridesOf(indices!.shape));
    const index = positiveAxis(indices!.data[at]!, x.shape[axis]!);
    return flat(
      [...position.slice(0, axis), index, ...position.slice(axis + rank)],
      stridesOf(x.shape),
    );
  });
  return { shape, from };
});

/** Every element says from where along an axis it comes. */
export const GatherElements = moving(({ node, inputs: [x, indices] }) => {
  const axis = positiveAxis(number(node, "axis", 0), x.shape.length);
  const from = positionsOf(indices!.shape).map((position, e) =>
    flat(position.with(axis, positiveAxis(indices!.data[e]!, x.shape[axis]!)), stridesOf(x.shape)),
  );
  return { shape: indices!.shape, from };
});

/** The last axis of the indices is a position in x, or in x[b] of a batch axis b. */
export const GatherND = moving(({ node, inputs: [x, indices] }) => {
  const batch = number(node, "batch_dims", 0);
  const depth = indices!.shape.at(-1)!;
  const outer = indices!.shape.slice(0, -1);
  const shape = [...outer, ...x.shape.slice(batch + depth)];
  const from = positionsOf(shape).map((position) => {
    const row = flat(position.slice(0, outer.length), stridesOf(outer)) * depth;
    const found = Array.from({ length: depth }, (_, k) =>
      positiveAxis(indices!.data[row + k]!, x.shape[batch + k]!),
    );
    return flat(
      [...position.slice(0, batch), ...found, ...position.slice(outer.length)],
      stridesOf(x.shape),
    );
  });
  return { shape, from };
});

// For each part the elements of x that it has.
function partsOf({ node, inputs: [x, lengths] }: Call) {
  const axis = positiveAxis(number(node, "axis", 0), x.shape.length);
  const count = node.outputs.length;
  const each = Math.ceil(x.shape[axis]! / count);
  const equal = Array.from({ length: count }, (_, k) => Math.min(each, x.shape[axis]! - k * each));
  let start = 0;
  return (given(node, "split", lengths) ?? equal).map((length) => {
    const shape = x.shape.with(axis, length);
    const from = positionsOf(shape).map((position) =>
      flat(position.with(axis, position[axis]! + start), stridesOf(x.shape)),
    );
    start += length;
    return { shape, from };
  });
}

/** x cut along an axis. */
export const Split: Twin = {
  forward(call) {
    const { data } = call.inputs[0];
    return partsOf(call).map(({ shape, from }) =>
      tensor(
        shape,
        Float64Array.from(from, (i) => data[i]!),
      ),
    );
  },
  backward(call, dy) {
    const dx = new Float64Array(sizeOf(call.inputs[0].shape));
    partsOf(call).forEach(({ from }, k) => {
      from.forEach((i, j) => {
        dx[i] = dy[k]![j]!;
      });
    });
    return [dx];
  },
};
