// Slice: a range of every axis.

import type { Layout } from "../../tensor/types.js";
import { axisOf, integers, nodeError } from "../attributes.js";
import { axisByAxis } from "../broadcast.js";
import type { Node, Op } from "../types.js";
import { type Constants, move } from "./move.js";

/** First index, step and length along every axis. */
function sliceRanges(node: Node, x: Layout, constants: Constants) {
  const rank = x.shape.length;
  const starts = integers(node, "starts", 1, constants) ?? [];
  const ends = integers(node, "ends", 2, constants) ?? [];
  const axes = (integers(node, "axes", 3, constants) ?? starts.map((_, k) => k)).map((a) =>
    axisOf(node, a, rank),
  );
  const steps = integers(node, "steps", 4, constants) ?? starts.map(() => 1);
  const ranges = x.shape.map((n) => ({ start: 0, step: 1, length: n }));
  axes.forEach((axis, k) => {
    const n = x.shape[axis] as number;
    const step = steps[k] as number;
    if (step === 0) throw nodeError(node, "a step of 0 goes nowhere");
    const fromEnd = (v: number) => (v < 0 ? v + n : v);
    const [low, high] = step > 0 ? [0, n] : [-1, n - 1];
    const clamp = (v: number, least: number) => Math.max(least, Math.min(high, fromEnd(v)));
    const start = clamp(starts[k] as number, 0);
    const end = clamp(ends[k] as number, low);
    ranges[axis] = { start, step, length: Math.max(0, Math.ceil((end - start) / step)) };
  });
  return ranges;
}

export const Slice: Op = move(
  (node, x, constants) => {
    const shape = sliceRanges(node, x, constants).map((range) => range.length);
    return [{ shape, channel: x.channel }];
  },
  (node, x, y, constants) => {
    const ranges = sliceRanges(node, x, constants);
    return axisByAxis(y.shape, x.shape, (axis, i) => {
      const { start, step } = ranges[axis] as (typeof ranges)[number];
      return start + i * step;
    });
  },
);
