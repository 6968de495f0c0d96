// The gradient of an image by conv-to-image-strided.wgsl inside a network: it is added to, gated, and read from a slot of a Concat. Invocations
// by themselves, which are held against their twin elsewhere, are the judge.

import * as assert from "uvu/assert";
import { makeGraph } from "../../../src/graph/graph.js";
import { decodeModel } from "../../../src/onnx/decode.js";
import type { Tiling } from "../../../src/ops/types.js";
import { makePlan } from "../../../src/plan/plan.js";
import { SOFTWARE_TILING } from "../../../src/plan/tilings.js";
import { Network } from "../../models/architectures/network.js";
import { close, relativeL2, suite, testWithDevice } from "../../support/harness.js";
import { mapOf } from "../tilings.js";

const SIZE = 27;
const TOGETHER: Tiling = { ...SOFTWARE_TILING, winograd: false, together: true };
const ALONE: Tiling = { ...TOGETHER, together: false };

/** Three layers with strides see an image, and two of them a ReLU of it. */
function network(): Uint8Array {
  const g = new Network({ size: SIZE, channels: 3, seed: 4 });
  const positive = g.relu(g.image);
  const x = g.concat(
    g.relu(g.conv(positive, 12, { kernel: 3, stride: 2 })),
    g.relu(g.conv(positive, 9, { kernel: 5, stride: 2 })),
    g.relu(g.conv(g.image, 8, { kernel: 7, stride: 2 })),
  );
  return g.classifier(g.relu(g.conv(x, 16, { kernel: 3 })));
}

const graph = makeGraph(decodeModel(network()));
const test = suite("the gradient of an image seen with strides");

test("has a kernel of its own where four invocations load together, and there alone", () => {
  const count = (tiling: Tiling) =>
    makePlan(graph, { method: "gradient", tiling }).backward.filter(
      ({ shader }) => shader === "conv-to-image-strided",
    ).length;
  assert.is(count(TOGETHER), 3);
  assert.is(count(ALONE), 0);
});

test("is added to and gated there", () => {
  const { backward } = makePlan(graph, { method: "gradient", tiling: TOGETHER });
  const constants = backward
    .filter(({ shader }) => shader === "conv-to-image-strided")
    .map((s) => s.constants ?? {});
  assert.ok(constants.some(({ ADD }) => ADD === 1));
  assert.ok(constants.some(({ GATE }) => GATE === 1));
});

testWithDevice(test, "is the same as by others", async (device) => {
  const off = relativeL2(
    await mapOf(device, graph, SIZE, TOGETHER),
    await mapOf(device, graph, SIZE, ALONE),
  );
  assert.ok(off > 0 && off < 1e-5, `the maps are ${off} apart`);
});

testWithDevice(test, "has the same bits however the samples are split", async (device) => {
  const whole = await mapOf(device, graph, SIZE, TOGETHER);
  close(await mapOf(device, graph, SIZE, TOGETHER, 3), whole, { rtol: 0, atol: 0 });
});

test.run();
