// Convolutions in tiles that a workgroup shares, inside a network: strides, groups, masks, a Concat, samples that share
// a row of tiles. The convolution of invocations by themselves, which is held against its twin elsewhere, is the judge.

import * as assert from "uvu/assert";
import { makeGraph } from "../../../src/graph/graph.js";
import { decodeModel } from "../../../src/onnx/decode.js";
import { sharedTile } from "../../../src/ops/conv/shared.js";
import { makePlan } from "../../../src/plan/plan.js";
import { HARDWARE_TILING, SHARING_TILING } from "../../../src/plan/tilings.js";
import { Network } from "../../models/architectures/network.js";
import { close, relativeL2, suite, testWithDevice } from "../../support/harness.js";
import { mapOf } from "../tilings.js";

/** Planes of 15 × 15 and 8 × 8: neither a sample nor a phase ends with a tile. */
function network(): Uint8Array {
  const g = new Network({ size: 15, channels: 3, seed: 4 });
  let x = g.relu(g.conv(g.image, 64, { kernel: 3 }));
  x = g.concat(g.relu(g.conv(x, 32)), g.relu(g.conv(x, 48, { kernel: 3 })));
  x = g.relu6(g.conv(x, 128, { kernel: 3, stride: 2 }));
  x = g.relu(g.conv(x, 128, { kernel: 3, groups: 2 }));
  return g.classifier(g.add(x, g.conv(x, 128)));
}

const graph = makeGraph(decodeModel(network()));
const test = suite("convolutions in shared tiles");

test("are chosen for all layers but that of the image", () => {
  const { forward, backward } = makePlan(graph, { method: "gradient", tiling: SHARING_TILING });
  const count = (shader: string) =>
    [...forward, ...backward].filter((step) => step.shader === shader).length;
  assert.is(count("conv-shared"), 10);
  assert.is(count("conv"), 1);
  assert.is(count("conv-to-image"), 1);
});

testWithDevice(
  test,
  "give the same map as others",
  async (device) => {
    const off = relativeL2(
      await mapOf(device, graph, 15, SHARING_TILING),
      await mapOf(device, graph, 15, HARDWARE_TILING),
    );
    assert.ok(off > 0 && off < 1e-5, `the maps are ${off} apart`);
  },
  { long: true },
);

testWithDevice(
  test,
  "give the same bits however the samples are split",
  async (device) => {
    const whole = await mapOf(device, graph, 15, SHARING_TILING);
    close(await mapOf(device, graph, 15, SHARING_TILING, 3), whole, { rtol: 0, atol: 0 });
  },
  { long: true },
);

test("are large where there are enough, small where that keeps more of an adapter busy, and not mostly empty", () => {
  const { shared } = SHARING_TILING;
  const tile = (quads: number, places: number, terms = 64) =>
    sharedTile({ quads, groups: 1, places, terms }, shared);
  assert.equal(tile(64, 784), shared?.[0]);
  assert.equal(tile(32, 49), shared?.[1]);
  assert.equal(tile(8, 3136), shared?.[2]);
  assert.is(tile(1, 3136), undefined);
  assert.is(tile(64, 3136, 1), undefined);
  assert.is(sharedTile({ quads: 64, groups: 1, places: 784, terms: 64 }), undefined);
});

test.run();
