// Which kernel a depthwise convolution has. That each of them is right is shown with the other operators.

import * as assert from "uvu/assert";
import { makeGraph } from "../../../src/graph/graph.js";
import { decodeModel } from "../../../src/onnx/decode.js";
import { makePlan } from "../../../src/plan/plan.js";
import { Network } from "../../models/architectures/network.js";
import { suite } from "../../support/harness.js";

const test = suite("depthwise convolutions");

test("of 3 × 3 neighbors have a kernel of their own, others share one", () => {
  const g = new Network({ size: 20, channels: 8, seed: 4 });
  let x = g.image;
  for (const options of [{}, { stride: 2 }, { kernel: 5 }, { stride: 3 }]) {
    x = g.relu(g.conv(x, 8, { kernel: 3, groups: 8, ...options }));
  }
  const { forward, backward } = makePlan(makeGraph(decodeModel(g.classifier(x))), {
    method: "gradient",
  });
  const kernels = [...forward, ...backward]
    .filter(({ shader }) => shader.startsWith("depthwise"))
    .map(({ shader, entry }) => `${shader} ${entry}`);
  assert.equal(kernels, [
    "depthwise3 forward",
    "depthwise3 forward_every_second",
    "depthwise forward",
    "depthwise forward",
    "depthwise backward",
    "depthwise backward",
    "depthwise3 backward_every_second",
    "depthwise3 backward",
  ]);
});

test.run();
