// Operators that leave every element where it is in row-major order: Reshape and its kin, and what does nothing.
// In memory, too, nothing moves, if the channels can stay on an axis of the same length in the same place.

import { elements, samePlaces } from "../../tensor/layout.js";
import type { Layout, Shape } from "../../tensor/types.js";
import { axisOf, integers, nodeError, numberOf } from "../attributes.js";
import type { Node, Op } from "../types.js";
import { type Constants, move } from "./move.js";

/** Where the channels of a tensor of this shape most likely are. */
export function usualChannel(shape: Shape): number {
  return shape.length === 4 ? 1 : Math.max(0, shape.length - 1);
}

/**
 * The axis that the channels are on after a reshape: where everything then stays in place, if there is one, else
 * the innermost of those that the channels were cut into, else the usual one.
 */
function channelAfter(input: Layout, shape: Shape): number {
  const axes = shape.map((_, axis) => axis);
  const free = axes.find((channel) => samePlaces(input, { shape, channel }));
  if (free !== undefined) return free;
  const { channel } = input;
  const inner = elements(input.shape.slice(channel + 1));
  const outer = inner * (input.shape[channel] ?? 1);
  const parts = axes.filter((axis) => {
    const below = elements(shape.slice(axis + 1));
    return below >= inner && below * (shape[axis] as number) <= outer && shape[axis] !== 1;
  });
  return parts.at(-1) ?? usualChannel(shape);
}

function reshaped(node: Node, input: Layout, shape: Shape): Layout {
  if (elements(shape) !== elements(input.shape) || !shape.every(Number.isInteger)) {
    throw nodeError(node, `[${input.shape}] cannot be reshaped to [${shape}]`);
  }
  return { shape, channel: channelAfter(input, shape) };
}

/** All elements in their order. */
const inOrder = (): undefined => undefined;

function reshapeTarget(node: Node, x: Layout, constants: Constants): number[] {
  const asked = integers(node, "shape", 1, constants);
  if (!asked) throw nodeError(node, "it says no shape");
  const zeroStays = !numberOf(node, "allowzero", 0);
  const shape = asked.map((n, axis) => (n === 0 && zeroStays ? (x.shape[axis] ?? 0) : n));
  const open = shape.indexOf(-1);
  if (open >= 0) {
    const rest = shape.reduce((product, n, axis) => (axis === open ? product : product * n), 1);
    shape[open] = elements(x.shape) / rest;
  }
  return shape;
}

export const Reshape: Op = move(
  (node, x, constants) => [reshaped(node, x, reshapeTarget(node, x, constants))],
  inOrder,
);

export const Flatten: Op = move((node, x) => {
  const rank = x.shape.length;
  const axis = numberOf(node, "axis", 1);
  const at = axis < 0 ? axis + rank : axis;
  return [reshaped(node, x, [elements(x.shape.slice(0, at)), elements(x.shape.slice(at))])];
}, inOrder);

export const Squeeze: Op = move((node, x, constants) => {
  const axes = integers(node, "axes", 1, constants)?.map((a) => axisOf(node, a, x.shape.length));
  const shape = x.shape.filter((n, axis) => (axes ? !axes.includes(axis) : n !== 1));
  return [reshaped(node, x, shape)];
}, inOrder);

export const Unsqueeze: Op = move((node, x, constants) => {
  const asked = integers(node, "axes", 1, constants) ?? [];
  const rank = x.shape.length + asked.length;
  const axes = asked.map((a) => axisOf(node, a, rank));
  const rest = [...x.shape];
  const shape = Array.from({ length: rank }, (_, axis) =>
    axes.includes(axis) ? 1 : (rest.shift() as number),
  );
  return [reshaped(node, x, shape)];
}, inOrder);

/** Identity, and Dropout, which does nothing once the network is trained. */
export const Identity: Op = move((_node, x) => [x], inOrder);

/** Made by the graph, not by ONNX: the same tensor with its channels on another axis. */
export const Relayout: Op = move(
  (node, x) => [{ shape: x.shape, channel: numberOf(node, "channel", 0) }],
  inOrder,
);
