// The tables of operators. Those that are there from the beginning: which networks they are enough for, and that what counts
// as ordinary needs none of the compositions and none of the rewrites.

import { readFile } from "node:fs/promises";
import { glob } from "tinyglobby";
import * as assert from "uvu/assert";
import { isPlain } from "../../src/graph/graph.js";
import { newFlow, rewrites } from "../../src/graph/rewrites.js";
import { supported } from "../../src/graph/uncommon-files.js";
import { decodeModel } from "../../src/onnx/decode.js";
import { isOrdinary } from "../../src/ops/table.js";
import { uncommonOps } from "../../src/ops/table-uncommon.js";
import type { Node } from "../../src/ops/types.js";
import type { Layout } from "../../src/tensor/types.js";
import { smallSize } from "../models/architectures/index.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { modelOf } from "../reference/case.js";
import { cases } from "../reference/cases.js";
import { suite } from "../support/harness.js";

const test = suite("operators");

const NETWORKS = [
  ...([
    "MNIST convnet",
    "AlexNet",
    "VGG with BatchNormalization",
    "ResNet of basic blocks",
  ] as const),
  ...(["ResNet of bottlenecks", "SqueezeNet", "DenseNet"] as const),
];

test("that are there from the beginning are enough for the convolutional networks that most people bring", () => {
  for (const name of NETWORKS) {
    const network = smallSize[name];
    const { nodes, constants, outputs } = decodeModel(network.build());
    const last = nodes.find((node) => node.outputs.includes(outputs[0]!))!;
    // A final Softmax is taken off before.
    const played = nodes.filter((node) => node !== last || !node.op.endsWith("Softmax"));
    assert.ok(isOrdinary(played, constants), name);
  }
});

// A network must become the same graph before and after another one has brought the rare part.
test("of ordinary networks pass through all rewrites as they are", () => {
  for (const name of NETWORKS) {
    const model = decodeModel(smallSize[name].build());
    const [output] = model.outputs;
    assert.equal(rewrites.chooseOutput(model, undefined), { name: output, warnings: [] }, name);
    assert.is(rewrites.unrollModel(model, model.nodes, newFlow()), model, name);
    const played = model.nodes.filter(({ op }) => !op.endsWith("Softmax"));
    assert.equal(rewrites.recognize(played, model.constants), played, name);
    rewrites.refuse(played, model.constants, []);
  }
});

test("are not said to be enough where the file asks for a rewrite", () => {
  const plain = (batch: number | string, outputs: readonly string[], asked?: string) => {
    const g = new OnnxBuilder();
    const conv = g.node("Conv", [g.input("image", [batch, 3, 4, 4]), g.weight("w", [8, 3, 3, 3])]);
    const features = g.node("Flatten", [g.node("GlobalAveragePool", [conv])]);
    for (const output of outputs) {
      const inputs = [features, g.weight(`${output} w`, [8, 5])];
      g.output(g.node("Gemm", inputs, {}, { output }), [batch, 5]);
    }
    return isPlain(decodeModel(g.bytes()), asked === undefined ? {} : { output: asked });
  };
  assert.ok(plain("N", ["scores"]));
  assert.ok(plain(1, ["scores"], "scores"));
  assert.not.ok(plain(4, ["scores"]), "a fixed batch");
  assert.not.ok(plain("N", ["scores", "others"]), "a choice of outputs");
  assert.not.ok(plain("N", ["scores"], "score"), "an output that is to be refused");
});

test("are not said to be enough where a node is composed of others, or constant", () => {
  let ordinary = 0;
  for (const [number, example] of cases) {
    const { nodes, constants, opset } = modelOf(example);
    if (!isOrdinary(nodes, constants)) continue;
    ordinary++;
    const [node] = nodes;
    assert.not.ok(node!.op in uncommonOps, `${node!.op} (${number})`);
    const layouts = new Map<string, Layout>([["x", { shape: example.shape, channel: 1 }]]);
    const graph = {
      ...{ opset, layouts, constants: new Map(constants), nodes: [], batch: undefined },
      ...{ composed: new WeakSet<Node>(), flow: newFlow() },
    };
    assert.is(rewrites.rewriteNode(node!, graph), node, `${node!.op} (${number})`);
  }
  assert.ok(ordinary > 30, `${ordinary} cases are ordinary`);
});

test("are found by their names: each stands in a file of its family, not in the tables alone", async () => {
  const files = await glob(["src/ops/**/*.ts", "!**/table*.ts", "!src/ops/types.ts"]);
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
  const words = new Set(texts.flatMap((text) => text.match(/\w+/g) ?? []));
  const lost = supported().filter((op) => !words.has(op.replace("com.microsoft::", "")));
  assert.equal(lost, []);
});

test.run();
