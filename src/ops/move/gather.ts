// Operators that pick elements by indices known when the model is loaded: Gather, GatherElements, GatherND and
// Split.

import { elements, multiples, sums } from "../../tensor/layout.js";
import type { Constant, Layout } from "../../tensor/types.js";
import { axisOf, constantInput, integers, nodeError, numberOf } from "../attributes.js";
import { axisByAxis, mapped } from "../broadcast.js";
import type { Node, Op } from "../types.js";
import { type Constants, move } from "./move.js";
import { usualChannel } from "./reshape.js";

function indicesOf(node: Node, constants: Constants): Constant {
  const indices = constantInput(node, 1, constants, "its indices");
  if (!indices) throw nodeError(node, "it has no indices");
  return indices;
}

/** An index counted from either end of an axis, as one counted from the front. */
function indexOf(node: Node, index: number, length: number): number {
  const i = index < 0 ? index + length : index;
  if (i >= 0 && i < length) return i;
  throw nodeError(node, `index ${index} is outside an axis of ${length}`);
}

/** y[a…, i…, b…] = x[a…, indices[i…], b…]. */
export const Gather: Op = move(
  (node, { shape, channel }, constants) => {
    const { shape: picked } = indicesOf(node, constants);
    const axis = axisOf(node, numberOf(node, "axis", 0), shape.length);
    const result = [...shape.slice(0, axis), ...picked, ...shape.slice(axis + 1)];
    if (channel < axis) return [{ shape: result, channel }];
    const lost = channel === axis && picked.length === 0;
    const turned = lost ? usualChannel(result) : channel + picked.length - 1;
    return [{ shape: result, channel: turned }];
  },
  (node, x, _y, constants) => {
    const { shape: picked, data } = indicesOf(node, constants);
    const axis = axisOf(node, numberOf(node, "axis", 0), x.shape.length);
    const length = x.shape[axis] ?? 1;
    const inner = elements(x.shape.slice(axis + 1));
    const outer = elements(x.shape.slice(0, axis));
    const chosen = Int32Array.from(data, (i) => indexOf(node, i, length) * inner);
    const terms = [multiples(outer, length * inner), chosen, multiples(inner, 1)];
    return sums([outer, elements(picked), inner], (part) => terms[part] as ArrayLike<number>);
  },
);

/** y[i…] = x[i…] with the index along one axis taken from indices[i…]. */
export const GatherElements: Op = move(
  (node, { channel }, constants) => [{ shape: indicesOf(node, constants).shape, channel }],
  (node, x, y, constants) => {
    const { data } = indicesOf(node, constants);
    const axis = axisOf(node, numberOf(node, "axis", 0), x.shape.length);
    let e = 0;
    return mapped(y.shape, x.shape, (i) => {
      const from = [...i];
      from[axis] = indexOf(node, data[e++] as number, x.shape[axis] as number);
      return from;
    });
  },
);

/** y[b…, i…, a…] = x[b…, indices[b…, i…, :], a…] with `batch_dims` axes b. */
export const GatherND: Op = move(
  (node, { shape, channel }, constants) => {
    const { shape: picked } = indicesOf(node, constants);
    const batch = numberOf(node, "batch_dims", 0);
    const rest = shape.slice(batch + (picked.at(-1) ?? 0));
    const result = [...picked.slice(0, -1), ...rest];
    const kept = channel - shape.length + result.length;
    return [
      {
        shape: result,
        channel: channel >= shape.length - rest.length ? kept : usualChannel(result),
      },
    ];
  },
  (node, x, y, constants) => {
    const { shape: picked, data } = indicesOf(node, constants);
    const batch = numberOf(node, "batch_dims", 0);
    const depth = picked.at(-1) ?? 0;
    return mapped(y.shape, x.shape, (i) => {
      const place = i
        .slice(0, picked.length - 1)
        .reduce((flat, v, axis) => flat * (picked[axis] as number) + v, 0);
      const found = Array.from({ length: depth }, (_, k) =>
        indexOf(node, data[place * depth + k] as number, x.shape[batch + k] as number),
      );
      return [...i.slice(0, batch), ...found, ...i.slice(picked.length - 1)];
    });
  },
);

/** Lengths of the parts: as said, or equal but for a shorter last one. */
function splitLengths(node: Node, length: number, constants: Constants): number[] {
  const said = integers(node, "split", 1, constants);
  const count = node.outputs.length;
  const each = Math.ceil(length / count);
  const parts = said ?? Array.from({ length: count }, (_, k) => Math.min(each, length - k * each));
  if (parts.reduce((a, b) => a + b, 0) !== length || parts.length !== count) {
    throw nodeError(node, `an axis of ${length} cannot be split into [${parts}]`);
  }
  return parts;
}

export const Split: Op = move(
  (node, { shape, channel }, constants): Layout[] => {
    const axis = axisOf(node, numberOf(node, "axis", 0), shape.length);
    return splitLengths(node, shape[axis] ?? 1, constants).map((n) => ({
      shape: shape.with(axis, n),
      channel,
    }));
  },
  (node, x, y, constants, k) => {
    const axis = axisOf(node, numberOf(node, "axis", 0), x.shape.length);
    const before = splitLengths(node, x.shape[axis] ?? 1, constants).slice(0, k);
    const start = before.reduce((a, b) => a + b, 0);
    return axisByAxis(y.shape, x.shape, (a, i) => (a === axis ? i + start : i));
  },
);
