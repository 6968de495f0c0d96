// Which kernel a convolution has: one of each kind, and its neighbors that have another. That each kernel is right is shown
// with the other operators.

import * as assert from "uvu/assert";
import { type Circumstances, choose } from "../../../src/ops/conv/choose.js";
import type { Geometry } from "../../../src/ops/conv/geometry.js";
import type { Change } from "../../../src/ops/types.js";
import { pointwise } from "../../../src/ops/window.js";
import { HARDWARE_TILING, SHARING_TILING, SOFTWARE_TILING } from "../../../src/plan/tilings.js";
import { suite } from "../../support/harness.js";

const test = suite("the choice of a convolution's kernel");

type Pair = [number, number];

/** From so many channels to so many, over a plane of 32 × 32 pixels that stays as large as the stride lets it. */
function geometry(
  channels: number,
  outputs: number,
  kernel: number,
  { stride = 1, groups = 1, dilation = 1 } = {},
): Geometry {
  const both = (n: number): Pair => [n, n];
  const pad = both(((kernel - 1) / 2) * dilation);
  return {
    ...pointwise([32, 32]),
    ...{ kernel: both(kernel), stride: both(stride), dilation: both(dilation) },
    ...{ before: pad, after: pad, output: both(Math.ceil(32 / stride)) },
    ...{ groups, channels, outputs },
  };
}

const usual: Circumstances = {
  ...{ way: "forward", tiling: SOFTWARE_TILING },
  ...{ changingWeights: false, isBare: false, slope: 0 },
};
const back: Circumstances = { ...usual, way: "backward" };
const together: Circumstances = { ...back, tiling: { ...SOFTWARE_TILING, together: true } };
const sharing: Circumstances = { ...usual, tiling: SHARING_TILING };

function of(sizes: Geometry, circumstances: Circumstances, more: object = {}): string {
  const weights = { type: "float32", shape: [], data: new Float32Array() } as const;
  const conv = { geometry: sizes, weights, bias: undefined, key: "w", ...more };
  return choose(conv, circumstances).shader;
}

test("is a depthwise one where each channel has a group, that of nine taps where they are neighbors", () => {
  for (const circumstances of [usual, back]) {
    const grouped = (kernel: number, options = {}) =>
      of(geometry(8, 8, kernel, { groups: 8, ...options }), circumstances);
    assert.is(grouped(3), "depthwise3");
    assert.is(grouped(3, { stride: 2 }), "depthwise3");
    assert.is(grouped(3, { stride: 3 }), "depthwise");
    assert.is(grouped(3, { dilation: 2 }), "depthwise");
    assert.is(grouped(5), "depthwise");
    assert.is(of(geometry(8, 16, 3, { groups: 8 }), circumstances), "conv");
  }
});

test("makes channels of the taps of a gray image", () => {
  assert.is(of(geometry(1, 16, 3), usual), "im2col");
  assert.is(of(geometry(1, 16, 3, { stride: 2 }), back), "im2col");
  assert.is(of(geometry(2, 16, 3), usual), "conv");
  assert.is(of(geometry(1, 16, 1), usual), "conv");
});

test("is Winograd's where there are channels enough and the plan need not be exact", () => {
  for (const circumstances of [usual, back]) {
    assert.is(of(geometry(64, 64, 3), circumstances), "winograd");
    assert.is(of(geometry(64, 64, 5), circumstances), "winograd5");
    assert.is(of(geometry(8, 8, 3), circumstances), "conv");
    assert.is(of(geometry(64, 64, 7), circumstances), "conv");
    assert.is(of(geometry(64, 64, 3, { stride: 2 }), circumstances), "conv");
    assert.is(of(geometry(64, 64, 3, { groups: 2 }), circumstances), "conv");
    const exact = { ...circumstances, tiling: { ...SOFTWARE_TILING, winograd: false } };
    assert.is(of(geometry(64, 64, 3), exact), "conv");
    assert.is(of(geometry(64, 64, 3), { ...circumstances, slope: -1 }), "conv");
  }
});

test("makes nothing of weights that change, and nothing more beside the node's own result", () => {
  const change: Change = { name: "positive", above: 1, below: 0, power: 1 };
  for (const sizes of [geometry(1, 16, 3), geometry(64, 64, 3)]) {
    assert.is.not(of(sizes, usual), "conv");
    assert.is(of(sizes, usual, { change }), "conv");
    assert.is(of(sizes, { ...usual, changingWeights: true }), "conv");
    assert.is(of(sizes, { ...usual, isBare: true }), "conv");
  }
});

test("has kernels of their own for the gradient of an image", () => {
  assert.is(of(geometry(3, 16, 3), back), "conv-to-image");
  assert.is(of(geometry(4, 16, 7, { stride: 2 }), back), "conv-to-image");
  assert.is(of(geometry(3, 16, 7, { stride: 2 }), together), "conv-to-image-strided");
  assert.is(of(geometry(3, 16, 3), together), "conv-to-image");
  assert.is(of(geometry(3, 16, 3, { stride: 2 }), back), "conv");
  assert.is(of(geometry(3, 16, 3, { dilation: 2 }), back), "conv");
  assert.is(of(geometry(3, 16, 3), usual), "conv");
});

test("shares tiles in a workgroup where they are full, and not where one class is wanted", () => {
  assert.is(of(geometry(64, 64, 1), sharing), "conv-shared");
  assert.is(of(geometry(64, 64, 1), sharing, { classes: 7 }), "conv");
  assert.is(of(geometry(64, 4, 1), sharing), "conv");
  assert.is(of(geometry(64, 64, 1), { ...sharing, tiling: HARDWARE_TILING }), "conv");
});

test.run();
