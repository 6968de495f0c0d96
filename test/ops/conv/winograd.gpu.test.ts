// Winograd's convolution inside a network: with activations of each kind behind it, masks, a Concat, several samples.
// The direct convolution, which is held against its twin elsewhere, is the judge.

import * as assert from "uvu/assert";
import { sensitivity } from "../../../src/explain/sensitivity.js";
import type { SensitivityOptions } from "../../../src/explain/settings.js";
import { makeGraph } from "../../../src/graph/graph.js";
import { Model } from "../../../src/model/model.js";
import { decodeModel } from "../../../src/onnx/decode.js";
import { makePlan } from "../../../src/plan/plan.js";
import { SOFTWARE_TILING } from "../../../src/plan/tilings.js";
import { Network } from "../../models/architectures/network.js";
import { randn, relativeL2, suite, testWithDevice } from "../../support/harness.js";

function network(): Uint8Array {
  // With these weights no Relu has a value so near to zero that rounding would decide it.
  const g = new Network({ size: 14, channels: 3, seed: 2 });
  let x = g.relu(g.conv(g.image, 20, { kernel: 3 }));
  x = g.concat(g.relu(g.conv(x, 16)), g.relu(g.conv(x, 24, { kernel: 3 })));
  x = g.as(g.node("LeakyRelu", [g.conv(x, 28, { kernel: 3 })], { alpha: 0.2 }), 28);
  x = g.relu6(g.conv(x, 40, { kernel: 3 }));
  x = g.relu(g.conv(x, 36, { kernel: 5 }));
  return g.classifier(g.add(x, g.conv(x, 36, { kernel: 3 })));
}

const graph = makeGraph(decodeModel(network()));
const direct = { ...SOFTWARE_TILING, winograd: false };
const test = suite("Winograd's convolution");

test("is chosen for every convolution of 3 × 3 and 5 × 5 that is worth it, forward and backward", () => {
  const shaders = (tiling = SOFTWARE_TILING) => {
    const { forward, backward } = makePlan(graph, { method: "gradient", tiling });
    return [...forward, ...backward].filter(({ shader }) => shader.startsWith("winograd"));
  };
  const ends = shaders().map(({ entry }) => entry);
  assert.is(ends.filter((entry) => entry === "gather_forward").length, 5);
  assert.is(ends.filter((entry) => entry === "gather_backward").length, 5);
  assert.is(shaders(direct).length, 0);
});

test("is not chosen for a small convolution of 5 × 5, which is not worth the compiling", () => {
  const g = new Network({ size: 14, channels: 16 });
  const small = makeGraph(decodeModel(g.classifier(g.relu(g.conv(g.image, 32, { kernel: 5 })))));
  const { forward } = makePlan(small, { method: "gradient", tiling: SOFTWARE_TILING });
  assert.not.ok(forward.some(({ shader }) => shader.startsWith("winograd")));
});

test("is not chosen where equal pixels must make equal sums: without noise, against a baseline", () => {
  const options = { tiling: SOFTWARE_TILING };
  for (const plan of [
    makePlan(graph, { ...options, method: "gradient", exact: true }),
    makePlan(graph, { ...options, method: "deeplift" }),
    makePlan(graph, options),
  ]) {
    const steps = [...plan.prologue, ...plan.forward, ...plan.backward];
    assert.not.ok(steps.some(({ shader }) => shader.startsWith("winograd")));
  }
});

testWithDevice(test, "leaves maps without noise as they are, bit for bit", async (device) => {
  const data = new Float32Array(3 * 14 * 14).fill(0.5);
  data.set(randn(40, 3), 60);
  const maps: Float32Array[] = [];
  for (const tiling of [SOFTWARE_TILING, direct]) {
    const model = Model.of(device, graph, { tiling });
    const image = { data, shape: [1, 3, 14, 14] };
    const map = await sensitivity(model, image, { samples: 1, noise: 0, target: 2 });
    maps.push(await map.data());
    map.destroy();
    model.destroy();
  }
  assert.equal(maps[0], maps[1]);
});

for (const method of ["gradient", "guided-backprop", "deconvnet", "smoothdiff"]) {
  testWithDevice(
    test,
    `gives the same map by ${method} as the direct one`,
    async (device) => {
      const image = { data: randn(3 * 14 * 14, 3), shape: [1, 3, 14, 14] };
      const mapOf = async (tiling: typeof SOFTWARE_TILING) => {
        const model = Model.of(device, graph, { tiling });
        const map = await sensitivity(model, image, {
          ...{ method, samples: 3, target: 2 },
        } as SensitivityOptions);
        const data = await map.data("mean");
        map.destroy();
        model.destroy();
        return data;
      };
      const off = relativeL2(await mapOf(SOFTWARE_TILING), await mapOf(direct));
      assert.ok(off > 0 && off < 1e-4, `the maps are ${off} apart`);
    },
    { long: method !== "gradient" },
  );
}

test.run();
