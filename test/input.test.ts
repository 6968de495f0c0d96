// Which axis of the input is what, from the operators that read it or from its lengths.

import * as assert from "uvu/assert";
import { type GraphOptions, makeGraph } from "../src/graph.js";
import { decodeModel } from "../src/onnx.js";
import { suite } from "./harness.js";
import { OnnxBuilder } from "./models/onnx-builder.js";

type Length = number | string;

function inputOf(
  shape: Length[],
  read: (g: OnnxBuilder, x: string) => string,
  options: GraphOptions = {},
) {
  const g = new OnnxBuilder({ opset: 13 });
  g.output(read(g, g.input("x", shape)));
  const graph = makeGraph(decodeModel(g.bytes()), options);
  return graph.layouts.get("x");
}

const relu = (g: OnnxBuilder, x: string) => g.node("Relu", [x]);
const turned = (g: OnnxBuilder, x: string) => g.node("Transpose", [x], { perm: [0, 3, 1, 2] });
const scaled = (g: OnnxBuilder, x: string) => turned(g, g.node("Mul", [x, g.constant("s", 2)]));
const pooled = (g: OnnxBuilder, x: string) => g.node("GlobalAveragePool", [x]);

const test = suite("input");

test("one axis as long as pictures have channels is the channel axis", () => {
  assert.equal(inputOf(["N", 3, 8, 8], relu), { shape: [1, 3, 8, 8], channel: 1 });
  assert.equal(inputOf(["N", 8, 8, 3], relu), { shape: [1, 8, 8, 3], channel: 3 });
  assert.equal(inputOf(["N", 28, 28, 1], relu), { shape: [1, 28, 28, 1], channel: 3 });
});

test("what the file leaves open is the height and the width", () => {
  const size = [5, 7] as const;
  assert.equal(inputOf(["N", 3, "h", "w"], relu, { size })?.shape, [1, 3, 5, 7]);
  assert.equal(inputOf(["N", "h", "w", 3], relu, { size })?.shape, [1, 5, 7, 3]);
  assert.equal(inputOf(["N", "h", "w", 3], relu)?.shape, [1, 224, 224, 3]);
  assert.throws(() => inputOf(["N", "c", "h", "w"], relu), /axis 1 of the input "x" has no fixed/);
});

test("the first operator that tells the order is believed before the lengths", () => {
  assert.is(inputOf(["N", 3, 5, 3], turned)?.channel, 3);
  assert.is(inputOf(["N", 3, 5, 3], scaled)?.channel, 3);
  assert.is(inputOf(["N", 6, 5, 4], turned)?.channel, 3);
  assert.is(inputOf(["N", 8, 8, 3], pooled)?.channel, 1);
});

test("where neither tells, the way out is named", () => {
  const undecided = () => inputOf(["N", 3, 8, 1], relu);
  assert.throws(undecided, /"x" of shape \[\?,3,8,1\] may be .*: say axes: "NCHW" or axes: "NHWC"/);
  assert.is(inputOf(["N", 3, 8, 1], relu, { axes: "NHWC" })?.channel, 3);
  assert.is(inputOf(["N", 3, 8, 1], relu, { axes: "NCHW" })?.channel, 1);
});

test.run();
