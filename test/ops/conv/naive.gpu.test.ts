// Every kernel of a convolution against the naive one (conv-naive.wgsl), which is the formula and nothing else.

import * as assert from "uvu/assert";
import naiveText from "../../../shaders/network/conv-naive.wgsl";
import { dispatch, kernels, perDevice, run } from "../../../src/gpu/kernel.js";
import { read } from "../../../src/gpu/play.js";
import type { Choice } from "../../../src/ops/conv/choose.js";
import type { Convolution, Way } from "../../../src/ops/conv/geometry.js";
import type { SharedTile, Tiling } from "../../../src/ops/types.js";
import { HARDWARE_TILING, SHARING_TILING, SOFTWARE_TILING } from "../../../src/plan/tilings.js";
import { relativeL2, skip, suite, testWithDevice } from "../../support/harness.js";
import { convolutionOf, playerOf, type Sizes, shapeOf, stepsOf } from "./layer.js";

const naive = perDevice((device) => kernels(device, naiveText, ["forward", "backward"]));

/** What the formula makes of x, or of dy: [N, C, H, W]. */
async function byFormula(
  device: GPUDevice,
  conv: Convolution,
  way: Way,
  source: Float32Array,
  samples: number,
): Promise<Float32Array> {
  const { geometry, weights, bias } = conv;
  const { kernel, stride, dilation, before, input, output } = geometry;
  const { channels, outputs, groups } = geometry;
  const pairs = [kernel, stride, dilation, before, input, output].flat();
  const size = samples * shapeOf(conv, way === "forward" ? "y" : "x").reduce((a, b) => a * b);
  const { STORAGE, UNIFORM, COPY_DST, COPY_SRC } = GPUBufferUsage;
  const bufferOf = (data: Float32Array | Int32Array, usage = STORAGE) => {
    const buffer = device.createBuffer({
      size: data.byteLength,
      usage: usage | COPY_DST | COPY_SRC,
    });
    device.queue.writeBuffer(buffer, 0, data as Float32Array<ArrayBuffer>);
    return buffer;
  };
  const buffers = {
    layer: bufferOf(Int32Array.of(...pairs, channels, outputs, groups, 0), UNIFORM),
    w: bufferOf(Float32Array.from(weights.data)),
    source: bufferOf(source),
    result: bufferOf(new Float32Array(size)),
    ...(way === "forward" && { b: bufferOf(Float32Array.from(bias?.data ?? [])) }),
  };
  const formula = await naive(device);
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  run(pass, [dispatch(device, formula[way], buffers, Math.ceil(size / 64))]);
  pass.end();
  device.queue.submit([encoder.finish()]);
  const made = new Float32Array(await read(device, buffers.result));
  for (const buffer of Object.values(buffers)) buffer.destroy();
  return made;
}

interface Case {
  readonly choice: Choice;
  readonly ways: readonly Way[];
  readonly tiling: Tiling;
  /** Of the result's size, at most. */
  readonly error: number;
  readonly layers: readonly Sizes[];
  /** True where the compiling takes long. */
  readonly long?: boolean;
}

const BOTH: readonly Way[] = ["forward", "backward"];
const TOGETHER: Tiling = { ...SOFTWARE_TILING, together: true };
const [LARGE, , SMALL] = SHARING_TILING.shared as readonly SharedTile[];

/** Sizes that no tile fits: planes end within a tile, channels within a quad, samples within a row. */
const ORDINARY: readonly Sizes[] = [
  { channels: 5, outputs: 18, kernel: 3, size: 13 },
  { channels: 12, outputs: 10, kernel: 3, size: 11, stride: 2, pad: 0 },
  { channels: 16, outputs: 24, kernel: 3, size: 9, dilation: 2, groups: 2 },
  { channels: 9, outputs: 33, kernel: 1, size: 3 },
];

const IMAGES: readonly Sizes[] = [
  { channels: 3, outputs: 10, kernel: 7, size: 19, stride: 2 },
  { channels: 3, outputs: 8, kernel: 11, size: 23, stride: 4, pad: 2 },
];

const PLANES: readonly Sizes[] = [
  { channels: 10, outputs: 10, groups: 10, kernel: 3, size: 17 },
  { channels: 8, outputs: 8, groups: 8, kernel: 3, size: 14, stride: 2 },
];

const cases: Readonly<Record<string, Case>> = {
  "conv, small blocks": {
    ...{ choice: { shader: "conv" }, ways: BOTH, tiling: HARDWARE_TILING },
    ...{ error: 1e-6, layers: ORDINARY },
  },
  "conv, large blocks": {
    ...{ choice: { shader: "conv" }, ways: BOTH, tiling: SOFTWARE_TILING },
    ...{ error: 1e-6, layers: ORDINARY },
  },
  "conv, by four invocations together": {
    ...{ choice: { shader: "conv" }, ways: BOTH, tiling: TOGETHER },
    ...{ error: 1e-6, layers: ORDINARY.slice(0, 2) },
  },
  "conv-shared, a large tile": {
    ...{ choice: { shader: "conv-shared", tile: LARGE as SharedTile }, ways: BOTH },
    ...{ tiling: SHARING_TILING, error: 1e-6, long: true, layers: ORDINARY.slice(0, 2) },
  },
  "conv-shared, a small tile": {
    ...{ choice: { shader: "conv-shared", tile: SMALL as SharedTile }, ways: BOTH },
    ...{ tiling: SHARING_TILING, error: 1e-6, long: true, layers: ORDINARY.slice(2) },
  },
  winograd: {
    ...{ choice: { shader: "winograd" }, ways: BOTH, tiling: SOFTWARE_TILING, error: 5e-6 },
    layers: [
      { channels: 5, outputs: 18, kernel: 3, size: 13 },
      { channels: 32, outputs: 8, kernel: 3, size: 8 },
    ],
  },
  winograd5: {
    ...{ choice: { shader: "winograd5" }, ways: BOTH, tiling: SOFTWARE_TILING, error: 2e-5 },
    layers: [
      { channels: 5, outputs: 18, kernel: 5, size: 13 },
      { channels: 24, outputs: 8, kernel: 5, size: 8 },
    ],
  },
  im2col: {
    ...{ choice: { shader: "im2col" }, ways: BOTH, tiling: HARDWARE_TILING, error: 1e-6 },
    layers: [
      { channels: 1, outputs: 6, kernel: 5, size: 12 },
      { channels: 1, outputs: 9, kernel: 3, size: 11, stride: 2, dilation: 2 },
    ],
  },
  depthwise: {
    ...{ choice: { shader: "depthwise" }, ways: BOTH, tiling: HARDWARE_TILING, error: 1e-6 },
    layers: [
      ...PLANES,
      { channels: 6, outputs: 6, groups: 6, kernel: 5, size: 13, stride: 3, dilation: 2 },
    ],
  },
  depthwise3: {
    ...{ choice: { shader: "depthwise3" }, ways: BOTH, tiling: HARDWARE_TILING, error: 1e-6 },
    layers: PLANES,
  },
  "conv-to-image": {
    ...{ choice: { shader: "conv-to-image" }, ways: ["backward"], tiling: SOFTWARE_TILING },
    ...{ error: 1e-6, layers: [{ channels: 3, outputs: 10, kernel: 3, size: 21 }, ...IMAGES] },
  },
  "conv-to-image-strided": {
    ...{ choice: { shader: "conv-to-image-strided" }, ways: ["backward"], tiling: TOGETHER },
    ...{ error: 1e-6, layers: IMAGES },
  },
};

/** A sample alone, and as many as make a row of several and leave some of another. */
const BATCHES = [1, 5];

const test = suite("kernels of convolutions");

for (const [name, { choice, ways, tiling, error, layers, long = false }] of Object.entries(cases)) {
  testWithDevice(
    test,
    `${name}: as the formula has it`,
    async (device) => {
      if (tiling.together && !device.features.has("subgroups")) skip("there are no subgroups");
      for (const sizes of layers) {
        const conv = convolutionOf(sizes);
        for (const way of ways) {
          const recorded = stepsOf(conv, choice, way, tiling);
          assert.ok(recorded.steps.some(({ shader }) => shader.startsWith(choice.shader)));
          for (const samples of BATCHES) {
            const player = await playerOf(device, recorded, samples);
            await player.play();
            const made = await player.result();
            const expected = await byFormula(device, conv, way, player.source, samples);
            const off = relativeL2(made, expected);
            assert.ok(off < error, `${JSON.stringify(sizes)} ${way}, ${samples} samples: ${off}`);
            player.destroy();
          }
        }
      }
    },
    { long },
  );
}

test.run();
