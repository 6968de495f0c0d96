// Moves that convolutions are made of: Spread puts zeros between and around the pixels, for ConvTranspose; Unfold
// lines up the windows of all spatial axes but the last as channels, for convolutions of three axes. Both are
// made by composed/conv.ts, not by ONNX.

import { numbersOf } from "../attributes.js";
import { axisByAxis, mapped } from "../broadcast.js";
import type { Op } from "../types.js";
import { move } from "./move.js";

/** y[…, before + i · stride] = x[…, i] along every spatial axis; a negative margin cuts off. */
export const Spread: Op = move(
  (node, { shape }) => {
    const [strides, before, after] = ["strides", "before", "after"].map((name) =>
      numbersOf(node, name, []),
    );
    const spatial = shape
      .slice(2)
      .map((n, k) => (n - 1) * strides![k]! + 1 + before![k]! + after![k]!);
    return [{ shape: [...shape.slice(0, 2), ...spatial], channel: 1 }];
  },
  (node, x, y) => {
    const strides = numbersOf(node, "strides", []);
    const before = numbersOf(node, "before", []);
    return axisByAxis(y.shape, x.shape, (axis, i) => {
      if (axis < 2) return i;
      const place = (i - (before[axis - 2] as number)) / (strides[axis - 2] as number);
      return Number.isInteger(place) && place < (x.shape[axis] as number) ? place : -1;
    });
  },
);

/** y[n, (c, k, l), (d, h), w] = x[n, c, d · S + k · D − P, h · S + l · D − P, w]. */
export const Unfold: Op = move(
  (node, { shape }) => {
    const [n = 1, c = 1, , , w = 1] = shape;
    const [k = 1, l = 1] = numbersOf(node, "kernel", []);
    const [d = 1, h = 1] = numbersOf(node, "output", []);
    return [{ shape: [n, c * k * l, d * h, w], channel: 1 }];
  },
  (node, x, y) => {
    const [kernel, output, stride, dilation, before] = [
      "kernel",
      "output",
      "strides",
      "dilations",
      "before",
    ].map((name) => numbersOf(node, name, []));
    return mapped(y.shape, x.shape, ([n = 0, channel = 0, row = 0, w = 0]) => {
      const tap = channel % (kernel![0]! * kernel![1]!);
      const taps = [Math.floor(tap / kernel![1]!), tap % kernel![1]!];
      const pixel = [Math.floor(row / output![1]!), row % output![1]!];
      const [d, h] = pixel.map((p, a) => p * stride![a]! + taps[a]! * dilation![a]! - before![a]!);
      if (!(d! >= 0 && d! < x.shape[2]! && h! >= 0 && h! < x.shape[3]!)) return null;
      return [n, Math.floor(channel / (kernel![0]! * kernel![1]!)), d!, h!, w];
    });
  },
);
