// Convolutions whose tiles go on from one sample to the next, inside a network: masks, a Concat, groups, gradients that are
// added and gated, by themselves and in Winograd's products. Tiles of eight pixels, of which less is empty, are the judge.

import * as assert from "uvu/assert";
import { makeGraph } from "../../src/graph.js";
import { decodeModel } from "../../src/onnx.js";
import { HARDWARE_TILING, makePlan, SOFTWARE_TILING } from "../../src/plan.js";
import type { Step, Tiling } from "../../src/types.js";
import { close, relativeL2, suite, testWithDevice } from "../harness.js";
import { Network } from "../models/architectures/network.js";
import { mapOf } from "./tilings.js";

const SIZE = 14;
const WIDE: Tiling = { ...SOFTWARE_TILING, together: true };

/** Planes of 7 × 7 pixels, which are three tiles and a pixel; those of Winograd's products have four. */
function network(): Uint8Array {
  const g = new Network({ size: SIZE, channels: 3, seed: 4 });
  let x = g.relu(g.conv(g.image, 16, { kernel: 3, stride: 2 }));
  x = g.concat(g.relu(g.conv(x, 12, { kernel: 1 })), g.relu(g.conv(x, 20, { kernel: 1 })));
  x = g.relu(g.conv(x, 32, { kernel: 1, groups: 2 }));
  x = g.relu(g.add(x, g.conv(x, 32, { kernel: 3 })));
  x = g.add(x, g.conv(g.relu(g.conv(x, 24, { kernel: 1 })), 32, { kernel: 1 }));
  return g.classifier(x);
}

const graph = makeGraph(decodeModel(network()));
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
  const narrow = makePlan(graph, { method: "gradient", tiling: HARDWARE_TILING });
  assert.is(rowsOf([...narrow.forward, ...narrow.backward]).length, 0);
});

testWithDevice(test, "give the same map as others", async (device) => {
  const off = relativeL2(
    await mapOf(device, graph, SIZE, WIDE),
    await mapOf(device, graph, SIZE, HARDWARE_TILING),
  );
  assert.ok(off < 1e-5, `the maps are ${off} apart`);
});

testWithDevice(test, "give the same bits however the samples are split", async (device) => {
  const whole = await mapOf(device, graph, SIZE, WIDE);
  for (const batch of [1, 3, 4]) {
    close(await mapOf(device, graph, SIZE, WIDE, batch), whole, { rtol: 0, atol: 0 });
  }
});

test.run();
