// Which axis of the input is what, from the operators that read it or from its lengths.

import * as assert from "uvu/assert";
import { type GraphOptions, makeGraph } from "../../src/graph/graph.js";
import { decodeModel } from "../../src/onnx/decode.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { suite } from "../support/harness.js";

type Length = number | string;

function graphOf(
  shape: Length[],
  read: (g: OnnxBuilder, x: string) => string,
  options: GraphOptions = {},
) {
  const g = new OnnxBuilder({ opset: 13 });
  g.output(read(g, g.input("x", shape)));
  return makeGraph(decodeModel(g.bytes()), options);
}

function inputOf(...asked: Parameters<typeof graphOf>) {
  const graph = graphOf(...asked);
  return graph.layouts.get(graph.input);
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
  assert.equal(inputOf(["N", 3, "h", "w"], relu, { size: 6 })?.shape, [1, 3, 6, 6]);
  assert.throws(
    () => inputOf(["N", "c", "h", "w"], relu),
    /axis 1 of the input "x" of shape \[\?,\?,\?,\?\] has no fixed length, and is neither height nor width: .* axes/,
  );
});

test("a size that the file has is no contradiction, another one is", () => {
  const size = [5, 7] as const;
  assert.equal(inputOf(["N", 3, 5, "w"], relu, { size })?.shape, [1, 3, 5, 7]);
  assert.equal(inputOf(["N", 3, 5, 7], relu, { size })?.shape, [1, 3, 5, 7]);
  assert.throws(
    () => inputOf(["N", 3, 8, "w"], relu, { size }),
    /"x" of shape \[\?,3,8,\?\] is 8 × 7 pixels, not 5 × 7: leave size out, or export the model with open/,
  );
  assert.throws(() => inputOf(["N", 6], relu, { size }), /"x" of shape \[\?,6\] has no height and/);
  for (const none of [0, 2.5, [1, 2, 3], "8"]) {
    const asked = { size: none as number };
    assert.throws(() => inputOf(["N", 3, "h", "w"], relu, asked), /size is a whole number of/);
  }
});

test("a tensor's size is taken where neither the file nor anybody says one", () => {
  const openSize = [4, 6] as const;
  assert.equal(inputOf(["N", 3, "h", "w"], relu, { openSize })?.shape, [1, 3, 4, 6]);
  assert.equal(inputOf(["N", 3, 8, 8], relu, { openSize })?.shape, [1, 3, 8, 8]);
  assert.equal(inputOf(["N", 3, "h", "w"], relu, { openSize, size: 9 })?.shape, [1, 3, 9, 9]);
  assert.is(graphOf(["N", 3, "h", "w"], relu).isOpen, true);
  assert.is(graphOf(["N", 3, 8, "w"], relu).isOpen, true);
  assert.is(graphOf(["N", 3, 8, 8], relu).isOpen, false);
});

test("three axes are a picture that lacks the channels or the batch", () => {
  const gray = { shape: [1, 1, 28, 20], channel: 1 };
  assert.equal(inputOf(["N", 28, 20], relu), gray);
  assert.equal(graphOf(["N", 28, 20], relu).layouts.get("x")?.shape, [1, 28, 20]);
  assert.equal(inputOf(["N", "h", "w"], relu, { size: [28, 20] }), gray);
  assert.equal(inputOf([3, 8, 9], relu), { shape: [1, 3, 8, 9], channel: 1 });
  assert.equal(inputOf([8, 9, 3], relu), { shape: [1, 8, 9, 3], channel: 3 });
});

test("three axes that a convolution reads are a sequence and its channels", () => {
  const convolved = (g: OnnxBuilder, x: string) => g.node("Conv", [x, g.weight("w", [4, 6, 3])]);
  const turned = (g: OnnxBuilder, x: string) =>
    convolved(g, g.node("Transpose", [x], { perm: [0, 2, 1] }));
  assert.equal(inputOf(["N", 6, 20], convolved), { shape: [1, 6, 20], channel: 1 });
  assert.equal(inputOf(["N", 20, 6], turned)?.shape, [1, 20, 6]);
});

test("a list of as many numbers as a square has pixels is that picture, with a warning", () => {
  const graph = graphOf(["N", 64], relu);
  assert.equal(graph.layouts.get(graph.input), { shape: [1, 1, 8, 8], channel: 1 });
  assert.is(graph.warnings?.length, 1);
  assert.match(
    graph.warnings?.[0] ?? "",
    /"x" is a list of 64 numbers, taken as a gray picture of 8 × 8 pixels/,
  );
  assert.equal(inputOf(["N", 192], relu), { shape: [1, 3, 8, 8], channel: 1 });
  assert.equal(inputOf(["N", 192], relu, { axes: "NHWC" }), { shape: [1, 8, 8, 3], channel: 3 });
  for (const count of [4, 12, 65]) {
    const list = graphOf(["N", count], relu);
    assert.equal(list.layouts.get(list.input), { shape: [1, count], channel: 1 });
    assert.equal(list.warnings, []);
  }
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
