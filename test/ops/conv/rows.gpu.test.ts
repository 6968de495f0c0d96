// Convolutions whose tiles go on from one sample to the next, inside a network: masks, a Concat, groups, gradients that are
// added and gated, by themselves and in Winograd's products. Its twin in float64 is the judge.

import * as assert from "uvu/assert";
import { makeGraph } from "../../../src/graph/graph.js";
import { decodeModel } from "../../../src/onnx/decode.js";
import type { Tiling } from "../../../src/ops/types.js";
import { makePlan } from "../../../src/plan/plan.js";
import { SOFTWARE_TILING } from "../../../src/plan/tilings.js";
import type { Step } from "../../../src/shaders/step.js";
import { Network } from "../../models/architectures/network.js";
import { backward, forward } from "../../reference/index.js";
import { normals } from "../../reference/philox.js";
import { close, randn, relativeL2, suite, testWithDevice } from "../../support/harness.js";
import { mapOf } from "../tilings.js";

const SIZE = 14;
const WIDE: Tiling = { ...SOFTWARE_TILING, together: true };

/** Planes of 7 × 7 pixels, whose products have four places in Winograd's algorithm, and of 2 × 2. */
function network(): Uint8Array {
  const g = new Network({ size: SIZE, channels: 3, seed: 4 });
  let x = g.relu(g.conv(g.image, 16, { kernel: 3, stride: 2 }));
  x = g.relu(g.conv(x, 32, { kernel: 3 }));
  x = g.relu(g.conv(x, 16, { kernel: 3, stride: 4 }));
  x = g.concat(g.relu(g.conv(x, 12, { kernel: 1 })), g.relu(g.conv(x, 20, { kernel: 1 })));
  x = g.relu(g.conv(x, 32, { kernel: 1, groups: 2 }));
  x = g.add(x, g.conv(g.relu(g.conv(x, 24, { kernel: 1 })), 32, { kernel: 1 }));
  return g.classifier(x);
}

const onnx = decodeModel(network());
const graph = makeGraph(onnx);

/** The mean gradient of the samples of `mapOf`, in float64. */
function expected(): Float64Array {
  const image = randn(3 * SIZE * SIZE, 3);
  const range = Math.max(...image) - Math.min(...image);
  const mean = new Float64Array(image.length);
  for (let i = 0; i < 7; i++) {
    const z = normals(image.length, 0, i);
    const x = Float64Array.from(image, (v, e) => v + 0.15 * range * (z[e] as number));
    const values = forward(onnx, x, [1, 3, SIZE, SIZE]);
    const classes = (values.get(onnx.outputs[0] as string) as { data: Float64Array }).data.length;
    const gradient = backward(onnx, values, new Float64Array(classes).with(2, 1));
    gradient.forEach((v, e) => {
      mean[e] = (mean[e] as number) + v / 7;
    });
  }
  return mean;
}

const rowsOf = (steps: readonly Step[]) =>
  steps.filter(({ constants }) => (constants?.SAMPLES ?? 1) > 1);
const test = suite("convolutions of several samples in a row");

test("are those of planes that leave much of a tile empty", () => {
  const { forward, backward } = makePlan(graph, { method: "gradient", tiling: WIDE });
  for (const steps of [forward, backward]) {
    const rows = rowsOf(steps);
    assert.is(rows.length, 6);
    assert.ok(rows.every(({ samples }) => samples === 4));
  }
  assert.ok(rowsOf(forward).some(({ constants }) => constants?.KEEP_MASK === 1));
  assert.ok(rowsOf(backward).some(({ constants }) => constants?.GATE === 1));
});

testWithDevice(test, "give the map of their twin", async (device) => {
  const off = relativeL2(await mapOf(device, graph, SIZE, WIDE), expected());
  assert.ok(off < 1e-5, `the map is ${off} off`);
});

testWithDevice(test, "give the same bits however the samples are split", async (device) => {
  const whole = await mapOf(device, graph, SIZE, WIDE);
  for (const batch of [1, 3, 4]) {
    close(await mapOf(device, graph, SIZE, WIDE, batch), whole, { rtol: 0, atol: 0 });
  }
});

test.run();
