// Operators that a file defines itself.

import * as assert from "uvu/assert";
import { decodeModel } from "../../src/onnx/decode.js";
import type { AttributeWriter, FunctionSpec, NodeSpec } from "../../src/onnx/write.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { tinyModel } from "../models/tiny.js";
import { suite } from "../support/harness.js";

const test = suite("onnx/functions");

const domain = "own";

/** An attribute of a body that takes its value from the call. */
function reference(name: string, type: number): AttributeWriter {
  return (w) => {
    w.writeStringField(21, name);
    w.writeVarintField(20, type);
  };
}

const [FLOAT, INT] = [1, 2];

function builder(): OnnxBuilder {
  const g = new OnnxBuilder();
  g.function({
    name: "Leaky",
    domain,
    inputs: ["x", "shift"],
    outputs: ["y"],
    attributes: ["axis"],
    defaults: { slope: (w) => w.writeFloatField(2, 0.25) },
    nodes: [
      { op: "Constant", inputs: [], outputs: ["c"], attributes: { value_float: 1 } },
      { op: "Clip", name: "clip", inputs: ["x", "shift", "c"], outputs: ["t"] },
      {
        op: "LeakyRelu",
        inputs: ["t"],
        outputs: ["y"],
        attributes: { alpha: reference("slope", FLOAT), axis: reference("axis", INT) },
      },
    ],
  });
  return g;
}

test("expands a call: names, missing inputs, attributes and their defaults", () => {
  const g = builder();
  const x = g.input("x", ["N", 3]);
  const a = g.node("Leaky", [x], { slope: 0.5 }, { domain, name: "first", output: "a" });
  g.output(g.node("Leaky", [a, x], { axis: 1 }, { domain, output: "y" }));
  const { nodes, constants } = decodeModel(g.bytes());
  assert.equal([...constants.keys()], ["first/c", "Leaky_1/c"]);
  assert.equal(nodes, [
    {
      name: "first/clip",
      op: "Clip",
      inputs: ["x", "", "first/c"],
      outputs: ["first/t"],
      attributes: {},
    },
    {
      name: "first/LeakyRelu_2",
      op: "LeakyRelu",
      inputs: ["first/t"],
      outputs: ["a"],
      attributes: { alpha: 0.5 },
    },
    {
      name: "Leaky_1/clip",
      op: "Clip",
      inputs: ["a", "x", "Leaky_1/c"],
      outputs: ["Leaky_1/t"],
      attributes: {},
    },
    {
      name: "Leaky_1/LeakyRelu_2",
      op: "LeakyRelu",
      inputs: ["Leaky_1/t"],
      outputs: ["y"],
      attributes: { alpha: 0.25, axis: 1 },
    },
  ]);
});

test("expands functions within functions", () => {
  const g = builder();
  g.function({
    name: "Twice",
    domain,
    inputs: ["in"],
    outputs: ["out", "unused"],
    attributes: ["alpha"],
    nodes: ["in", "mid"].map((input, i): NodeSpec => {
      const attributes = { slope: reference("alpha", FLOAT) };
      const outputs = [["mid", "out"][i] as string];
      return { op: "Leaky", domain, name: `n${i}`, inputs: [input], outputs, attributes };
    }),
  });
  const options = { domain, name: "top", output: "y" };
  g.output(g.node("Twice", [g.input("x", [1])], { alpha: 2 }, options));
  const leaky = decodeModel(g.bytes()).nodes.filter(({ op }) => op === "LeakyRelu");
  assert.equal(
    leaky.map(({ inputs, outputs, attributes }) => [inputs, outputs, attributes]),
    [
      [["top/n0/t"], ["top/mid"], { alpha: 2 }],
      [["top/n1/t"], ["y"], { alpha: 2 }],
    ],
  );
});

function body(name: string, nodes: NodeSpec[]): FunctionSpec {
  return { name, domain, inputs: ["x"], outputs: ["y"], nodes };
}

const call = (op: string, input = "x", output = "y"): NodeSpec => {
  return { op, domain, inputs: [input], outputs: [output] };
};

test("refuses what calls itself, and what expands without end", () => {
  const loop = tinyModel({
    nodes: [call("A")],
    functions: [body("A", [call("B")]), body("B", [call("A")])],
  });
  assert.throws(() => decodeModel(loop), "A_0/B_0/A_0 (A): the function calls itself");

  const chain = Array.from({ length: 100 }, (_, i) => body(`F${i}`, [call(`F${i + 1}`)]));
  const deep = tinyModel({ nodes: [call("F0")], functions: chain });
  assert.throws(() => decodeModel(deep), "functions are nested 64 deep");

  const doubling = Array.from({ length: 50 }, (_, i) =>
    body(`F${i}`, [call(`F${i + 1}`, "x", "t"), call(`F${i + 1}`, "t", "y")]),
  );
  const bomb = tinyModel({ nodes: [call("F0")], functions: [...doubling, body("F50", [])] });
  assert.throws(() => decodeModel(bomb), "the functions of the file expand to too many nodes");
});

test("refuses calls that do not fit", () => {
  const functions = [body("A", [call("Relu")])];
  const many = { ...call("A"), inputs: ["x", "x"] };
  const sentence = "A_0 (A): the call has more inputs or outputs than the function";
  assert.throws(() => decodeModel(tinyModel({ nodes: [many], functions })), sentence);

  const nodes = [{ ...call("Relu"), domain: "", attributes: { alpha: reference("a", FLOAT) } }];
  const stray = 'Relu_0 (Relu): attribute "alpha" is a function\'s, outside of one';
  assert.throws(() => decodeModel(tinyModel({ nodes })), stray);
});

test.run();
