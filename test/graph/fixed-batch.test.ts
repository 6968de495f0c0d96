// A fixed batch that becomes 1: which constants change, and what is refused in which words.

import * as assert from "uvu/assert";
import { makeGraph } from "../../src/graph/graph.js";
import { decodeModel } from "../../src/onnx/decode.js";
import { ofBatch } from "../models/batches.js";
import type { OnnxBuilder } from "../models/onnx-builder.js";
import { suite } from "../support/harness.js";

const BATCH = 8;
const SHAPE = [4, 3, 2];

type Read = (g: OnnxBuilder, x: string) => string;

const graphOf = (read: Read) => makeGraph(decodeModel(ofBatch(BATCH, SHAPE, read)));
const shapeAfter = (read: Read) => {
  const graph = graphOf(read);
  return graph.layouts.get(graph.output)?.shape;
};

/** A Reshape to these lengths. */
const to =
  (...lengths: number[]): Read =>
  (g, x) =>
    g.node("Reshape", [x, g.int64("target", lengths)]);

const test = suite("batch");

test("the target of a Reshape becomes that of one sample", () => {
  assert.equal(shapeAfter(to(BATCH, -1)), [1, 24]);
  assert.equal(shapeAfter(to(BATCH, 24)), [1, 24]);
  assert.equal(shapeAfter(to(-1, 24)), [1, 24]);
  assert.equal(shapeAfter(to(0, -1)), [1, 24]);
  assert.equal(shapeAfter(to(BATCH * 4, 6)), [4, 6]);
  assert.equal(shapeAfter(to(1, BATCH, 24)), [1, 1, 24]);
});

test("features that are as many as samples stay", () => {
  const square: Read = (g, x) => {
    const rows = g.node("Reshape", [x, g.int64("rows", [BATCH, 24])]);
    const narrow = g.node("Gemm", [rows, g.weight("w", [24, BATCH])]);
    return g.node("Reshape", [narrow, g.int64("same", [-1, BATCH])]);
  };
  assert.equal(shapeAfter(square), [1, BATCH]);
});

test("a target that is made of the input's shape is that of one sample already", () => {
  const read: Read = (g, x) => {
    const count = g.node("Gather", [g.node("Shape", [x]), g.int64("zero", [0])]);
    const target = g.node("Concat", [count, g.int64("rest", [-1])], { axis: 0 });
    return g.node("Reshape", [x, target]);
  };
  assert.equal(shapeAfter(read), [1, 24]);
});

test("samples are followed where they are moved", () => {
  const read: Read = (g, x) => {
    const last = g.node("Transpose", [x], { perm: [1, 2, 3, 0] });
    const cut = g.node("Reshape", [last, g.int64("cut", [12, 2, BATCH])]);
    const first = g.node("Transpose", [cut], { perm: [2, 1, 0] });
    return g.node("ReduceSum", [first, g.int64("axes", [1])], { keepdims: 0 });
  };
  assert.equal(shapeAfter(read), [1, 12]);
});

const mixing: Record<string, Read> = {
  "a mean over the samples": (g, x) => g.node("ReduceMean", [x], { axes: [0] }),
  "a mean over everything": (g, x) => g.node("ReduceMean", [x]),
  "all samples in one row": (g, x) =>
    g.node("Gemm", [to(1, -1)(g, x), g.weight("w", [BATCH * 24, 3])]),
  "samples cut in the wrong place": to(4, -1),
  "a part of the samples": (g, x) =>
    g.node("Slice", [x, g.int64("a", [0]), g.int64("b", [2]), g.int64("c", [0])]),
  "one sample": (g, x) => g.node("Gather", [x, g.int64("k", 0)], { axis: 0 }),
  "samples beside each other": (g, x) => g.node("Concat", [x, x], { axis: 0 }),
  "a Softmax over the samples": (g, x) => g.node("Relu", [g.node("Softmax", [x], { axis: 0 })]),
  "samples moved to the classes": (g, x) => g.node("Transpose", [x], { perm: [1, 0, 2, 3] }),
  "a convolution whose channels are the samples": (g, x) => {
    const moved = g.node("Transpose", [x], { perm: [1, 0, 2, 3] });
    return g.node("Conv", [moved, g.weight("w", [2, BATCH, 1, 1])]);
  },
  "a bias of its own for each sample": (g, x) =>
    g.node("Add", [
      x,
      g.constant(
        "b",
        Float32Array.from({ length: BATCH }, (_, k) => k),
        [BATCH, 1, 1, 1],
      ),
    ]),
  "a product of the samples": (g, x) => {
    const rows = g.node("Reshape", [x, g.int64("rows", [BATCH, 24])]);
    return g.node("MatMul", [rows, g.node("Transpose", [rows], { perm: [1, 0] })]);
  },
  "an operator that nobody has looked at": (g, x) => g.node("CumSum", [x, g.int64("axis", 1)]),
};

for (const [what, read] of Object.entries(mixing)) {
  test(`${what} is refused, with the way out`, () => {
    const way =
      /"x" has a fixed batch of 8, which cannot be made 1: .*dynamic_axes=\{"x".*dim_param/s;
    assert.throws(() => graphOf(read), way);
  });
}

test("the refusal names the node and repeats the input's shape", () => {
  const refused = () =>
    graphOf((g, x) => g.node("ReduceMean", [x], { axes: [0] }, { name: "mix" }));
  assert.throws(
    refused,
    /mix \(ReduceMean\): it mixes the samples; export .*torch\.zeros\(1, 4, 3, 2\)/,
  );
});

test.run();
