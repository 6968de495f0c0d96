// The operators that are there from the beginning: which networks they are enough for, and that what counts as ordinary
// needs none of the compositions.

import * as assert from "uvu/assert";
import { compose } from "../../src/compose.js";
import { decodeModel } from "../../src/onnx.js";
import { isOrdinary } from "../../src/ops/index.js";
import { rareOps } from "../../src/ops/rare.js";
import type { Layout } from "../../src/types.js";
import { suite } from "../harness.js";
import { smallSize } from "../models/architectures/index.js";
import { modelOf } from "../reference/case.js";
import { cases } from "../reference/cases.js";

const test = suite("ordinary operators");

const NETWORKS = [
  ...([
    "MNIST convnet",
    "AlexNet",
    "VGG with BatchNormalization",
    "ResNet of basic blocks",
  ] as const),
  ...(["ResNet of bottlenecks", "SqueezeNet", "DenseNet"] as const),
];

test("are enough for the convolutional networks that most people bring", () => {
  for (const name of NETWORKS) {
    const network = smallSize[name];
    const { nodes, constants, outputs } = decodeModel(network.build());
    const last = nodes.find((node) => node.outputs.includes(outputs[0]!))!;
    // A final Softmax is taken off before.
    const played = nodes.filter((node) => node !== last || !node.op.endsWith("Softmax"));
    assert.ok(isOrdinary(played, constants), name);
  }
});

test("are not said to be enough where a node is composed of others, or constant", () => {
  let ordinary = 0;
  for (const [number, example] of cases.entries()) {
    const { nodes, constants, opset } = modelOf(example);
    if (!isOrdinary(nodes, constants)) continue;
    ordinary++;
    const [node] = nodes;
    assert.not.ok(node!.op in rareOps, `${node!.op} (${number})`);
    const layouts = new Map<string, Layout>([["x", { shape: example.shape, channel: 1 }]]);
    const made = compose(node!, opset, layouts, new Map(constants), () => undefined);
    assert.is(made, undefined, `${node!.op} (${number})`);
  }
  assert.ok(ordinary > 30, `${ordinary} cases are ordinary`);
});

test.run();
