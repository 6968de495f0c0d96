// What is computed when a model is loaded: every rule on numbers worked out by hand, and the shape arithmetic
// that PyTorch writes around a Reshape.

import * as assert from "uvu/assert";
import { makeGraph } from "../../src/graph/graph.js";
import { decodeModel } from "../../src/onnx/decode.js";
import type { Attribute } from "../../src/onnx/types.js";
import { fold } from "../../src/ops/fold/fold.js";
import type { Constant, ElementType } from "../../src/tensor/types.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { suite } from "../support/harness.js";

const test = suite("fold");

const tensor = (shape: number[], ...values: number[]): Constant => ({
  type: "float32",
  shape,
  data: Float32Array.from(values),
});
const vector = (...values: number[]) => tensor([values.length], ...values);
const ints = (...values: number[]): Constant => ({
  type: "int64",
  shape: [values.length],
  data: Float64Array.from(values),
});
const int = (value: number): Constant => ({ ...ints(value), shape: [] });

const worked: [
  op: string,
  inputs: Constant[],
  attributes: Record<string, Attribute>,
  type: ElementType,
  shape: number[],
  values: number[],
][] = [
  ["Add", [tensor([2, 1], 1, 2), vector(10, 20)], {}, "float32", [2, 2], [11, 21, 12, 22]],
  ["Div", [ints(7, -7), ints(2)], {}, "int64", [2], [3, -3]],
  ["Div", [vector(7), vector(2)], {}, "float32", [1], [3.5]],
  ["Mod", [ints(-7, 7), ints(3, -3)], {}, "int64", [2], [2, -2]],
  ["Mod", [vector(-7, 7), vector(3, -3)], { fmod: 1 }, "float32", [2], [-1, 1]],
  ["Pow", [ints(3), ints(2)], {}, "int64", [1], [9]],
  ["Max", [vector(1, 5), vector(3), vector(2)], {}, "float32", [2], [3, 5]],
  ["Mean", [vector(1, 5), vector(3)], {}, "float32", [2], [2, 4]],
  ["Round", [vector(0.5, 1.5, -2.5, 2.6)], {}, "float32", [4], [0, 2, -2, 3]],
  ["Clip", [vector(-9, 2), vector(-1)], {}, "float32", [2], [-1, 2]],
  ["Equal", [ints(1, -1), ints(-1)], {}, "bool", [2], [0, 1]],
  ["LessOrEqual", [ints(1, 3), ints(1, 2)], {}, "bool", [2], [1, 0]],
  ["Not", [ints(0, 1)], {}, "bool", [2], [1, 0]],
  ["Where", [ints(1, 0), ints(5, 6), ints(7)], {}, "int64", [2], [5, 7]],
  ["Cast", [vector(-2.7, 2.7)], { to: 7 }, "int64", [2], [-2, 2]],
  ["Cast", [vector(0, 0.5)], { to: 9 }, "bool", [2], [0, 1]],
  ["Size", [tensor([2, 1], 1, 2)], {}, "int64", [], [2]],
  ["QuantizeLinear", [vector(1, 1.5, -9), vector(0.5)], {}, "uint8", [3], [2, 3, 0]],
  [
    "DequantizeLinear",
    [{ ...tensor([2, 2], 1, 2, 3, 4), type: "int8" }, vector(0.5, 2), vector(1, 0)],
    { axis: 0 },
    "float32",
    [2, 2],
    [0, 0.5, 6, 8],
  ],
  [
    "DequantizeLinear",
    [{ ...tensor([1, 4], 1, 2, 3, 4), type: "int8" }, tensor([1, 2], 1, 10)],
    { block_size: 2 },
    "float32",
    [1, 4],
    [1, 2, 30, 40],
  ],
  ["ReduceProd", [ints(2, 3, 4)], { keepdims: 0 }, "int64", [], [24]],
  ["ReduceMean", [tensor([2, 2], 1, 2, 3, 6)], { axes: [-1] }, "float32", [2, 1], [1.5, 4.5]],
  ["ReduceMax", [tensor([2, 2], 1, 2, 3, 6), ints(0)], {}, "float32", [1, 2], [3, 6]],
  ["ReduceSum", [vector(1, 2), ints()], { noop_with_empty_axes: 1 }, "float32", [2], [1, 2]],
  ["ArgMax", [tensor([2, 2], 5, 2, 3, 6)], { axis: 1, keepdims: 0 }, "int64", [2], [0, 1]],
  ["Range", [int(3), int(-3), int(-2)], {}, "int64", [3], [3, 1, -1]],
  ["NonZero", [tensor([2, 2], 0, 1, 1, 0)], {}, "int64", [2, 2], [0, 1, 1, 0]],
  ["OneHot", [ints(1, -1), int(3), vector(0, 9)], {}, "float32", [2, 3], [0, 9, 0, 0, 0, 9]],
  ["Trilu", [tensor([2, 2], 1, 2, 3, 4)], { upper: 0 }, "float32", [2, 2], [1, 0, 3, 4]],
  ["EyeLike", [tensor([2, 3], 0, 0, 0, 0, 0, 0)], { k: 1 }, "float32", [2, 3], [0, 1, 0, 0, 0, 1]],
  ["CumSum", [vector(1, 2, 3), int(0)], { exclusive: 1 }, "float32", [3], [0, 1, 3]],
  ["CumSum", [vector(1, 2, 3), int(0)], { reverse: 1 }, "float32", [3], [6, 5, 3]],
  ["MatMul", [tensor([2, 2], 1, 2, 3, 4), vector(5, 6)], {}, "float32", [2], [17, 39]],
  ["Gather", [ints(4, 5, 6), ints(-1, 0)], {}, "int64", [2], [6, 4]],
  ["Gather", [ints(4, 5, 6), int(1)], {}, "int64", [], [5]],
  ["Concat", [ints(4), ints(5, 6)], { axis: 0 }, "int64", [3], [4, 5, 6]],
  [
    "Expand",
    [tensor([2, 1], 1, 2), ints(3, 1, 2)],
    {},
    "float32",
    [3, 2, 2],
    [1, 1, 2, 2, 1, 1, 2, 2, 1, 1, 2, 2],
  ],
  ["Tile", [vector(1, 2), ints(2)], {}, "float32", [4], [1, 2, 1, 2]],
  ["Slice", [ints(1, 2, 3), ints(5), ints(9)], {}, "int64", [0], []],
  ["Pad", [ints(1), ints(1, 1), int(7)], {}, "int64", [3], [7, 1, 7]],
  ["ConstantOfShape", [ints(2, 1)], { value: ints(3) }, "int64", [2, 1], [3, 3]],
];

for (const [number, [op, inputs, attributes, type, shape, values]] of worked.entries()) {
  test(`${op} (${number})`, () => {
    const names = inputs.map((_, k) => `c${k}`);
    const constants = new Map(inputs.map((input, k) => [`c${k}`, input]));
    const node = { name: "node", op, inputs: names, outputs: ["y"], attributes };
    const [y] = fold(node, constants);
    assert.is(y?.type, type);
    assert.equal([...y!.shape], shape);
    assert.equal(
      Array.from(y!.data, (v) => v + 0),
      values,
    );
  });
}

test("a constant of absurd size is refused", () => {
  const constants = new Map([["c0", ints(1e5, 1e5)]]);
  const node = {
    name: "big",
    op: "ConstantOfShape",
    inputs: ["c0"],
    outputs: ["y"],
    attributes: {},
  };
  assert.throws(() => fold(node, constants), /^big \(ConstantOfShape\): it asks for a constant of/);
});

test("the shape arithmetic around a Reshape leaves a Reshape", () => {
  const g = new OnnxBuilder({ opset: 13 });
  const x = g.input("x", ["N", 24]);
  const batch = g.node("Gather", [g.node("Shape", [x]), g.int64("zero", 0)], { axis: 0 });
  const half = g.node("Div", [g.int64("six", 6), g.int64("two", 2)]);
  const parts = [batch, half, g.int64("rest", -1)].map((length, k) =>
    g.node("Unsqueeze", [length, g.int64(`axis${k}`, [0])]),
  );
  const y = g.node("Reshape", [x, g.node("Concat", parts, { axis: 0 })]);
  g.output(g.node("Relu", [y], {}, { output: "y" }), ["N", 3, 8]);
  const graph = makeGraph(decodeModel(g.bytes()));
  assert.equal(
    graph.nodes.map((node) => node.op),
    ["Reshape", "Relu"],
  );
  assert.equal(graph.layouts.get(graph.nodes[0]!.outputs[0]!)?.shape, [1, 3, 8]);
});

test.run();
