// Merged moves on the GPU, forward and backward, against the twins of the nodes that they stand for.

import { sensitivity } from "../../src/explain/sensitivity.js";
import { makeGraph } from "../../src/graph/graph.js";
import { Model } from "../../src/model/model.js";
import { decodeModel } from "../../src/onnx/decode.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { shiftedWindows } from "../models/windows.js";
import { backward, forward } from "../reference/index.js";
import { sizeOf } from "../reference/twin.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";

/** A shuffle of 6 channels between two convolutions, and halves of it to either side of an Add. */
function shuffled(): OnnxBuilder {
  const g = new OnnxBuilder({ opset: 13 });
  const x = g.input("x", ["N", 3, 4, 5]);
  const a = g.node("Conv", [x, g.weight("wa", [6, 3, 1, 1])]);
  const groups = g.node("Reshape", [a, g.int64("groups", [-1, 2, 3, 4, 5])]);
  const turned = g.node("Transpose", [groups], { perm: [0, 2, 1, 3, 4] });
  const mixed = g.node("Reshape", [turned, g.int64("channels", [-1, 6, 4, 5])]);
  const [left = "", right = ""] = g.nodes("Split", [mixed], { axis: 1 }, 2);
  const sum = g.node("Add", [left, g.node("Sigmoid", [right])]);
  g.output(g.node("Gemm", [g.node("Flatten", [sum]), g.weight("classes", [60, 3])]));
  return g;
}

/** Rows that are padded, repeated and cut on the way, so that some elements go to several places or to none. */
function repeated(): OnnxBuilder {
  const g = new OnnxBuilder({ opset: 13 });
  const x = g.node("Sigmoid", [g.input("x", ["N", 3, 5])]);
  const padded = g.node("Pad", [x, g.int64("pads", [0, 1, 0, 0, 0, 2])]);
  const tiled = g.node("Tile", [padded, g.int64("times", [1, 1, 2])]);
  const turned = g.node("Transpose", [tiled], { perm: [0, 2, 1] });
  const ends = [g.int64("from", [1]), g.int64("to", [11]), g.int64("axis", [1])];
  const cut = g.node("Slice", [turned, ...ends]);
  g.output(g.node("Gemm", [g.node("Flatten", [cut]), g.weight("classes", [40, 3])]));
  return g;
}

const test = suite("rearrange on the GPU");

for (const [name, build, shape] of [
  ["shifted windows", () => shiftedWindows(2), [1, 5, 6, 6]],
  ["shuffled channels", shuffled, [1, 3, 4, 5]],
  ["repeated rows", repeated, [1, 3, 5]],
] as const) {
  testWithDevice(test, `${name}: logits and gradient agree with the twins`, async (device) => {
    const onnx = decodeModel(build().bytes());
    const data = randn(sizeOf(shape), 3);
    const values = forward(onnx, Float64Array.from(data), shape);
    const model = Model.of(device, makeGraph(onnx), {});
    try {
      const { logits } = await model.classify({ data, shape });
      close(logits, values.get(onnx.outputs[0] as string)?.data ?? [], { rtol: 1e-5, atol: 1e-5 });
      const map = await sensitivity(model, { data, shape }, { samples: 1, noise: 0, target: 1 });
      const expected = backward(onnx, values, Float64Array.of(0, 1, 0));
      close(await map.data(), expected, { rtol: 2e-5, atol: 1e-6 });
      map.destroy();
    } finally {
      model.destroy();
    }
  });
}

test.run();
