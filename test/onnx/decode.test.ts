// Whole files through the decoder: what the builder writes, and what exporters write.

import { gunzipSync } from "node:zlib";
import * as assert from "uvu/assert";
import { decodeModel } from "../../src/onnx/decode.js";
import { decodeTensor } from "../../src/onnx/tensor.js";
import type { AttributeSpec, NodeSpec } from "../../src/onnx/write.js";
import { smallNetwork, tinyModel } from "../models/tiny.js";
import { data, suite } from "../support/harness.js";

const test = suite("onnx");

test("gives back what the builder wrote", () => {
  const { opset, nodes, constants, inputs, outputs, metadata } = decodeModel(
    smallNetwork().bytes(),
  );
  assert.is(opset, 13);
  const ops = nodes.map(({ op }) => op);
  assert.equal(ops, ["Conv", "Relu", "Conv", "Add", "GlobalAveragePool", "Reshape", "Gemm"]);
  assert.equal(nodes[0], {
    name: "Conv_0",
    op: "Conv",
    inputs: ["x", "w1", "b1"],
    outputs: ["Conv_0"],
    attributes: { pads: [1, 1, 1, 1] },
  });
  assert.equal(nodes[6]?.attributes, { transB: 1, alpha: 1 });
  assert.equal(inputs, [{ name: "x", type: "float32", shape: [null, 3, 8, 8] }]);
  assert.equal(outputs, ["logits"]);
  assert.equal(metadata, { author: "a test" });
  assert.equal([...constants.keys()], ["w1", "b1", "w2", "shape", "w3", "b3"]);
  const shape = { type: "int64", shape: [2], data: Float64Array.of(-1, 4) };
  assert.equal(constants.get("shape"), shape);
});

test("reads raw, packed and unpacked weights alike", () => {
  const raw = decodeModel(smallNetwork("raw").bytes());
  assert.equal(decodeModel(smallNetwork("typed").bytes()), raw);
  assert.equal(decodeModel(smallNetwork("unpacked").bytes()), raw);
});

test("reads a part of a Buffer", () => {
  const bytes = smallNetwork().bytes();
  for (const offset of [0, 1, 2, 3]) {
    const pool = Buffer.alloc(bytes.length + 8);
    pool.set(bytes, offset);
    const part = pool.subarray(offset, offset + bytes.length);
    assert.equal(decodeModel(part), decodeModel(bytes));
  }
});

function attributesOf(attributes: Record<string, AttributeSpec>) {
  const node = { op: "Relu", inputs: ["x"], outputs: ["y"], attributes };
  return decodeModel(tinyModel({ nodes: [node] })).nodes[0]?.attributes;
}

test("reads every kind of attribute", () => {
  const plain = { alpha: 0.5, axis: -1, mode: "SAME_ÜPPER", pads: [1, -2], scales: [1, 2.5] };
  assert.equal(attributesOf(plain), plain);
  assert.equal(attributesOf({ names: ["a", "b"], empty: [] }), { names: ["a", "b"], empty: [] });
  const value = { type: "float16" as const, shape: [1, 2], values: [1, 2] };
  assert.equal(attributesOf({ value }), {
    value: { type: "float16", shape: [1, 2], data: Float32Array.of(1, 2) },
  });
  const own = attributesOf(Object.fromEntries([["__proto__", 3]]));
  assert.ok(own && Object.hasOwn(own, "__proto__"));
});

test("guesses the type of an attribute that does not say it", () => {
  const attributes = attributesOf({
    alpha: (w) => w.writeFloatField(2, 0.5),
    axis: (w) => w.writeVarintField(3, -1),
    mode: (w) => w.writeStringField(4, "same"),
    scales: (w) => w.writePackedFloat(7, [1, 2]),
    pads: (w) => w.writePackedVarint(8, [1, -2]),
    names: (w) => w.writeStringField(9, "a"),
  });
  assert.equal(attributes, {
    alpha: 0.5,
    axis: -1,
    mode: "same",
    scales: [1, 2],
    pads: [1, -2],
    names: ["a"],
  });
});

test("reads the body of a node, with names of its own and what it reads outside", () => {
  const then_branch = {
    nodes: [{ op: "Add", inputs: ["x", "one"], outputs: ["sum"] }],
    initializers: [{ name: "one", type: "float32" as const, shape: [], values: [1] }],
    inputs: [],
    outputs: [{ name: "sum" }],
  };
  const nodes = [
    { op: "If", name: "if", inputs: ["x"], outputs: ["y"], attributes: { then_branch } },
  ];
  const { inputs, attributes } = decodeModel(tinyModel({ nodes })).nodes[0] ?? {};
  assert.equal(inputs, ["x"]);
  const one = { type: "float32", shape: [], data: Float32Array.of(1) };
  const name = "if/then_branch/Add_0";
  const own = (tensor: string) => `if/then_branch/${tensor}`;
  assert.equal(attributes, {
    then_branch: {
      inputs: [],
      nodes: [
        { name, op: "Add", inputs: ["x", own("one")], outputs: [own("sum")], attributes: {} },
      ],
      constants: new Map([[own("one"), one]]),
      outputs: [own("sum")],
    },
  });
});

test("turns Constant nodes into constants", () => {
  const value = { type: "int32" as const, shape: [1], values: [7] };
  const attributes: [string, Record<string, AttributeSpec>][] = [
    ["a", { value }],
    ["b", { value_float: 2 }],
    ["c", { value_floats: [1, 2] }],
    ["d", { value_int: 3 }],
    ["e", { value_ints: [3, 4] }],
    ["f", { value_ints: [] }],
  ];
  const nodes = attributes.map(([name, values]): NodeSpec => {
    return { op: "Constant", inputs: [], outputs: [name], attributes: values };
  });
  nodes.push({ op: "Sum", inputs: ["x", "a"], outputs: ["y"] });
  const decoded = decodeModel(tinyModel({ nodes }));
  assert.equal(
    decoded.nodes.map(({ name }) => name),
    ["Sum_6"],
  );
  const list = [...decoded.constants.values()].map((c) => [c.type, c.shape, [...c.data]]);
  assert.equal(list, [
    ["int32", [1], [7]],
    ["float32", [], [2]],
    ["float32", [2], [1, 2]],
    ["int64", [], [3]],
    ["int64", [2], [3, 4]],
    ["int64", [0], []],
  ]);
});

test("takes an initializer that is listed as an input for a constant", () => {
  const g = smallNetwork();
  for (const { name = "", type, shape } of [...g.model.initializers]) g.input(name, shape, type);
  assert.equal(decodeModel(g.bytes()), decodeModel(smallNetwork().bytes()));
});

test("reads unknown lengths of the input as null", () => {
  const inputs = [{ name: "x", shape: ["batch", "", -1, 0, 5] }];
  const [input] = decodeModel(tinyModel({ inputs })).inputs;
  assert.equal(input?.shape, [null, null, null, 0, 5]);
});

test("sorts nodes and keeps the order of sorted ones", () => {
  const g = smallNetwork();
  const sorted = decodeModel(g.bytes()).nodes;
  g.model.nodes.reverse();
  assert.equal(decodeModel(g.bytes()).nodes, sorted);
});

test("sorts a chain of 50000 nodes in reverse", () => {
  const nodes = Array.from({ length: 50_000 }, (_, i): NodeSpec => {
    return { op: "Relu", inputs: [i === 0 ? "x" : `${i}`], outputs: [`${i + 1}`] };
  });
  const outputs = [{ name: "50000" }];
  const decoded = decodeModel(tinyModel({ nodes: nodes.reverse(), outputs }));
  assert.equal(decoded.nodes[49_999]?.outputs, ["50000"]);
});

test("names nodes that have no name, and tells equal names apart", () => {
  const nodes = ["", "a", "a", ""].map((name, i): NodeSpec => {
    return { op: "Relu", name, inputs: [i === 0 ? "x" : `t${i}`], outputs: [`t${i + 1}`] };
  });
  const decoded = decodeModel(tinyModel({ nodes, outputs: [{ name: "t4" }] }));
  assert.equal(
    decoded.nodes.map(({ name }) => name),
    ["Relu_0", "a", "a_2", "Relu_3"],
  );
});

test("puts a custom domain before the operator", () => {
  const opOf = (domain: string) =>
    decodeModel(tinyModel({ nodes: [{ op: "Gelu", domain, inputs: ["x"], outputs: ["y"] }] }))
      .nodes[0]?.op;
  assert.equal(["", "ai.onnx", "ai.onnx.ml", "com.microsoft"].map(opOf), [
    "Gelu",
    "Gelu",
    "Gelu",
    "com.microsoft::Gelu",
  ]);
});

for (const [file, nodeCount, inputShape] of [
  ["googlenet", 161, [null, 3, 224, 224]],
  ["mobilenet_v2", 100, [null, 3, 224, 224]],
  ["squeezenet1.0", 65, [null, 3, 227, 227]],
  ["cifar_resnet20", 73, [null, 3, 32, 32]],
] as const) {
  test(`reads ${file}`, async () => {
    const decoded = decodeModel(await data(`models/${file}.onnx`));
    assert.is(decoded.nodes.length, nodeCount);
    assert.is(decoded.opset, 13);
    assert.equal(decoded.inputs, [{ name: "input", type: "float32", shape: inputShape }]);
    assert.equal(decoded.outputs, ["logits"]);
  });
}

/** The files of an uncompressed tar archive by path. */
function untar(tar: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const text = (from: number, length: number) =>
    new TextDecoder().decode(tar.subarray(from, from + length)).replace(/\0.*/s, "");
  for (let at = 0; at + 512 <= tar.length && text(at, 100) !== ""; ) {
    const size = Number.parseInt(text(at + 124, 12), 8);
    files.set(text(at, 100), tar.subarray(at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

test("reads the conformance cases of ONNX", async () => {
  const files = untar(gunzipSync(await data("onnx-tests/node.tgz")));
  let models = 0;
  const refused: string[] = [];
  for (const [path, bytes] of files) {
    if (path.endsWith(".pb")) decodeTensor(bytes);
    if (!path.endsWith(".onnx")) continue;
    try {
      models += decodeModel(bytes).nodes.length > 0 ? 1 : 0;
    } catch (error) {
      refused.push(`${path.split("/")[0]}: ${(error as Error).message.slice(0, 7)}`);
    }
  }
  assert.is(models, 128);
  assert.equal(refused, []);
});

test.run();
