// A classifier whose last layer is a convolution: the gradient of a logit is 0 in the planes of all classes but one, which
// the way back does not even look at. The same network with a pool that the plan takes for any other is the judge.

import * as assert from "uvu/assert";
import { sensitivity } from "../../src/explain/sensitivity.js";
import { makeGraph } from "../../src/graph/graph.js";
import { Model } from "../../src/model/model.js";
import { decodeModel } from "../../src/onnx/decode.js";
import { makePlan } from "../../src/plan/plan.js";
import { HARDWARE_TILING, SOFTWARE_TILING } from "../../src/plan/tilings.js";
import { Network } from "../models/architectures/network.js";
import { randn, relativeL2, suite, testWithDevice } from "../support/harness.js";

function classifier(pool: "GlobalAveragePool" | "AveragePool") {
  const g = new Network({ size: 9, channels: 3, seed: 4 });
  const x = g.relu(g.conv(g.relu(g.conv(g.image, 18, { kernel: 3 })), 22));
  const mean = g.node(pool, [x], pool === "AveragePool" ? { kernel_shape: [9, 9] } : {});
  g.output(g.node("Flatten", [mean]));
  return makeGraph(decodeModel(g.bytes()));
}

const test = suite("classes of a last convolution");

test("are known as far as nothing but a global pool stands behind them", () => {
  const byClass = (pool: "GlobalAveragePool" | "AveragePool") =>
    makePlan(classifier(pool), { method: "gradient", tiling: SOFTWARE_TILING }).backward.map(
      ({ uniforms }) => uniforms.layer?.by_class ?? 0,
    );
  assert.is(byClass("GlobalAveragePool").filter((flag) => flag === 1).length, 1);
  assert.not.ok(byClass("AveragePool").includes(1));
});

const OPTIONS = [
  { target: 6 },
  { target: 6, versus: 13 },
  { target: 13, versus: 6 },
  { target: 5, versus: 6 },
  { target: 21, of: "probability" },
] as const;

for (const tiling of [HARDWARE_TILING, SOFTWARE_TILING]) {
  for (const options of OPTIONS) {
    const title = `${JSON.stringify(options)} with ${tiling.pixels} pixels at a time`;
    testWithDevice(test, `have the same map without the others: ${title}`, async (device) => {
      const image = { data: randn(3 * 81, 5), shape: [1, 3, 9, 9] };
      const maps = [];
      for (const pool of ["GlobalAveragePool", "AveragePool"] as const) {
        const model = Model.of(device, classifier(pool), { tiling });
        const map = await sensitivity(model, image, { ...options, samples: 2 });
        maps.push(await map.data());
        map.destroy();
        model.destroy();
      }
      const [own, judge] = maps as [Float32Array, Float32Array];
      const off = relativeL2(own, judge);
      assert.ok(off < 1e-5, `the maps are ${off} apart`);
    });
  }
}

test.run();
