// Class activation maps against their twins, at layers of every kind, and the layers there are.

import { sensitivity } from "../../src/explain/sensitivity.js";
import type { SensitivityOptions } from "../../src/explain/settings.js";
import { makeGraph } from "../../src/graph/graph.js";
import { camWarning, layerOf } from "../../src/methods/plane-layers.js";
import { loadModel } from "../../src/model/load.js";
import { decodeModel } from "../../src/onnx/decode.js";
import { convnet, ofBatch, transformer } from "../models/batches.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { cam, enlarged } from "../reference/cam.js";
import { backward, forward } from "../reference/index.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";

const SHAPE = [1, 3, 9, 8];
const CLASSES = 4;
const pads = [1, 1, 1, 1];

/** Convolutions with and without activation, a skip connection, and the slots of a Concat. */
function network(): Uint8Array {
  const g = new OnnxBuilder({ opset: 13 });
  const x = g.input("x", ["N", ...SHAPE.slice(1)]);
  const conv = (input: string, name: string, dims: number[], attributes = {}) =>
    g.node(
      "Conv",
      [input, g.weight(`${name} w`, dims), g.weight(`${name} b`, [dims[0]!])],
      { pads, ...attributes },
      { name, output: `${name} y` },
    );
  const relu = (input: string, name: string) =>
    g.node("Relu", [input], {}, { name, output: `${name} y` });
  const a = relu(conv(x, "one", [8, 3, 3, 3], { strides: [2, 2] }), "one open");
  const b = conv(a, "two", [8, 8, 3, 3]);
  const c = relu(g.node("Add", [a, b], {}, { name: "sum", output: "sum y" }), "sum open");
  const d = relu(conv(c, "three", [4, 8, 3, 3]), "three open");
  const e = relu(conv(c, "four", [6, 8, 3, 3]), "four open");
  const joined = g.node("Concat", [d, e], { axis: 1 }, { name: "both", output: "both y" });
  const pooled = g.node("Flatten", [g.node("GlobalAveragePool", [joined])]);
  const dense = [pooled, g.weight("w", [CLASSES, 10]), g.weight("b", [CLASSES])];
  g.output(g.node("Gemm", dense, { transB: 1 }), ["N", CLASSES]);
  return g.bytes();
}

const test = suite("class activation maps");
const data = randn(216, 3);
const image = { data, shape: SHAPE };
const onnx = decodeModel(network());
const values = forward(onnx, Float64Array.from(data), SHAPE);

for (const [layer, tensor] of [
  [undefined, "four open y"],
  ["four", "four y"],
  ["four open", "four open y"],
  ["three open y", "three open y"],
  ["sum", "sum y"],
  ["two", "two y"],
  ["one", "one y"],
] as const) {
  testWithDevice(test, `the maps of ${layer ?? "the default layer"}`, async (device) => {
    const model = await loadModel(device, network());
    try {
      for (const method of ["grad-cam", "hirescam", "layercam", "guided-grad-cam"]) {
        for (const target of [0, 2]) {
          const seed = new Float64Array(CLASSES).with(target, 1);
          const heat = cam(onnx, values, tensor, seed, method);
          const plane = enlarged(heat, 9, 8);
          const guided = backward(onnx, values, seed, { Relu: "guided" });
          const expected = Float64Array.from(
            data,
            (_, i) => plane[i % 72]! * (method === "guided-grad-cam" ? guided[i]! : 1),
          );
          const options = {
            method,
            target,
            samples: 1,
            noise: 0,
            ...(layer && { layer }),
          } as const;
          const map = await sensitivity(model, image, options as SensitivityOptions);
          const largest = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
          close(await map.data(), expected, { rtol: 1e-4, atol: 1e-5 * largest + 1e-9 });
          map.destroy();
        }
      }
    } finally {
      model.destroy();
    }
  });
}

test("a layer that is not there is answered with those that are", () => {
  const graph = makeGraph(onnx);
  let message = "";
  try {
    layerOf(graph, "fuor");
  } catch (error) {
    message = (error as Error).message;
  }
  const names = "one, one open, two, three, three open, four, four open";
  if (message !== `"fuor" is not a layer with a plane; there are: ${names}`)
    throw new Error(`it is refused with "${message}"`);
});

test("a layer before all attention is warned of, one behind it or without any is not", () => {
  const warningOf = (bytes: Uint8Array, layer?: string) =>
    camWarning(makeGraph(decodeModel(bytes)), layer);
  const tokens = ofBatch(1, [3, 6, 6], transformer("samples first"));
  const expected =
    'The map is made at "Conv_0", the patches of a transformer before any attention (there is no other). ' +
    "Later layers have tokens in place of a plane: attn-lrp goes through them.";
  const found = warningOf(tokens);
  if (found !== expected) throw new Error(`it is warned of with "${found}"`);
  if (warningOf(ofBatch(1, [3, 6, 6], convnet)) !== undefined) throw new Error("there is none");
});

test.run();
