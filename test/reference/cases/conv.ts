// Cases of Conv.

import { type Case, floats } from "../case.js";

export const conv: readonly Case[] = [
  { op: "Conv", shape: [1, 3, 7, 5], inputs: ["x", floats([4, 3, 3, 3]), floats([4])] },
  {
    op: "Conv",
    shape: [1, 4, 7, 5],
    attributes: { group: 2, strides: [2, 1], dilations: [1, 2], pads: [1, 0, 2, 3] },
    inputs: ["x", floats([6, 2, 3, 2])],
  },
  {
    op: "Conv",
    shape: [1, 3, 6, 5],
    attributes: { group: 3, auto_pad: "SAME_LOWER", strides: [2, 2] },
    inputs: ["x", floats([3, 1, 2, 3]), floats([3])],
  },
  {
    op: "Conv",
    shape: [1, 6, 7, 19],
    attributes: { group: 6, pads: [1, 1, 1, 1] },
    inputs: ["x", floats([6, 1, 3, 3]), floats([6])],
  },
  {
    op: "Conv",
    shape: [1, 5, 9, 6],
    attributes: { group: 5, pads: [2, 0, 0, 4] },
    inputs: ["x", floats([5, 1, 3, 3])],
  },
  {
    op: "Conv",
    shape: [1, 4, 11, 21],
    attributes: { group: 4, pads: [0, 0, 1, 1], strides: [2, 2] },
    inputs: ["x", floats([4, 1, 3, 3]), floats([4])],
  },
  {
    op: "Conv",
    shape: [1, 3, 6, 18],
    attributes: { group: 3, pads: [1, 1, 1, 1], strides: [2, 2] },
    inputs: ["x", floats([3, 1, 3, 3])],
  },
  {
    op: "Conv",
    shape: [1, 1, 7, 7],
    attributes: { auto_pad: "SAME_UPPER", strides: [3, 2] },
    inputs: ["x", floats([2, 1, 4, 3])],
  },
  {
    op: "Conv",
    shape: [1, 2, 5, 6],
    attributes: { auto_pad: "VALID", strides: [2, 2] },
    inputs: ["x", floats([1, 2, 2, 3])],
  },
  { op: "Conv", shape: [1, 2, 9], attributes: { pads: [1, 1] }, inputs: ["x", floats([3, 2, 3])] },
  {
    op: "Conv",
    shape: [1, 9, 7, 5],
    attributes: { strides: [2, 2] },
    inputs: ["x", floats([6, 9, 1, 1]), floats([6])],
  },
  {
    op: "Conv",
    shape: [1, 21, 4, 6],
    attributes: { pads: [1, 0, 2, 1] },
    inputs: ["x", floats([5, 21, 1, 1])],
  },
  {
    op: "Conv",
    shape: [1, 4, 8, 6],
    attributes: { pads: [2, 1, 0, 3], strides: [3, 2], dilations: [2, 1], group: 2 },
    inputs: ["x", floats([4, 2, 3, 4])],
  },
  { op: "Conv", shape: [1, 1, 3, 4, 3], inputs: ["x", floats([2, 1, 2, 3, 1])] },
  {
    op: "Conv",
    shape: [1, 2, 4, 5, 3],
    attributes: { strides: [2, 1, 1], pads: [1, 0, 1, 0, 1, 0], group: 2 },
    inputs: ["x", floats([4, 1, 2, 3, 2]), floats([4])],
  },
  // Over several tiles in both directions and several blocks of quads; too large for central differences.
  {
    op: "Conv",
    shape: [1, 2, 9, 40],
    attributes: { pads: [1, 1, 1, 1] },
    inputs: ["x", floats([38, 2, 3, 3]), floats([38])],
    large: "every tiling",
  },
  // Channels enough for Winograd's convolution, whose tiles do not cover the plane evenly.
  {
    op: "Conv",
    shape: [1, 18, 11, 13],
    attributes: { pads: [1, 1, 1, 1] },
    inputs: ["x", floats([37, 18, 3, 3]), floats([37])],
    large: "every tiling",
    winograd: true,
  },
  // Channels enough for Winograd's convolution of 5 × 5, large enough to be worth the compiling.
  {
    op: "Conv",
    shape: [1, 42, 11, 13],
    attributes: { pads: [2, 2, 2, 2] },
    inputs: ["x", floats([45, 42, 5, 5]), floats([45])],
    large: "once",
    winograd: true,
  },
  // The first layer of a ResNet, whose gradient is that of the image.
  {
    op: "Conv",
    shape: [1, 3, 15, 37],
    attributes: { pads: [3, 3, 3, 3], strides: [2, 2] },
    inputs: ["x", floats([9, 3, 7, 7]), floats([9])],
    large: "once",
  },
  // The first layer of a SqueezeNet, over several tiles, the last ones not full.
  {
    op: "Conv",
    shape: [1, 3, 22, 45],
    attributes: { pads: [1, 0, 1, 1], strides: [2, 2] },
    inputs: ["x", floats([10, 3, 3, 3]), floats([10])],
    large: "once",
  },
  // Strides that are odd, and a row and two columns of the image that nobody sees.
  {
    op: "Conv",
    shape: [1, 3, 21, 40],
    attributes: { pads: [2, 1, 1, 0], strides: [3, 5] },
    inputs: ["x", floats([6, 3, 5, 3]), floats([6])],
    large: "once",
  },
  // A kernel of several parts along one axis, windows side by side along the other.
  {
    op: "Conv",
    shape: [1, 2, 27, 20],
    attributes: { pads: [5, 0, 4, 0], strides: [2, 4] },
    inputs: ["x", floats([5, 2, 11, 4]), floats([5])],
    large: "once",
  },
  // Four channels, the most of a quad.
  {
    op: "Conv",
    shape: [1, 4, 9, 19],
    attributes: { pads: [1, 1, 1, 1], strides: [2, 2] },
    inputs: ["x", floats([8, 4, 3, 3]), floats([8])],
    large: "once",
  },
  // Quads enough for four invocations to load together, and some of them without a quad of their own.
  {
    op: "Conv",
    shape: [1, 57, 5, 7],
    attributes: { strides: [2, 1], pads: [1, 0, 0, 1] },
    inputs: ["x", floats([61, 57, 2, 2]), floats([61])],
    large: "every tiling",
  },
  // One channel, whose taps become channels: more of them than fill the last quad, and a pixel is not seen by all.
  {
    op: "Conv",
    shape: [1, 1, 13, 17],
    attributes: { pads: [2, 1, 1, 2], strides: [2, 1], dilations: [1, 2] },
    inputs: ["x", floats([18, 1, 5, 3]), floats([18])],
    large: "once",
  },
];
