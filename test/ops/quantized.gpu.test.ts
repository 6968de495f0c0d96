// Quantized networks in the forms in which they are exported, against onnxruntime for logits and against the twins for
// the gradient, which goes straight through every rounding.

import * as assert from "uvu/assert";
import { sensitivity } from "../../src/explain/sensitivity.js";
import { makeGraph } from "../../src/graph/graph.js";
import { Model } from "../../src/model/model.js";
import { decodeModel } from "../../src/onnx/decode.js";
import { makePlan } from "../../src/plan/plan.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { backward, forward } from "../reference/index.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";
import { runOnnxRuntime } from "../support/onnxruntime.js";

const SHAPE = [1, 3, 9, 7];
const CHANNELS = 6;
const CLASSES = 5;

const integers = (count: number, seed: number, low: number, high: number): Float32Array =>
  randn(count, seed).map((z) => Math.max(low, Math.min(high, Math.round(40 * z))));

/** The constants of a small network: int8 weights with a scale for each filter, int32 biases. */
class Quantized extends OnnxBuilder {
  scale(name: string, value: number | readonly number[]): string {
    return this.constant(name, typeof value === "number" ? value : Float32Array.from(value));
  }

  zero(name: string, value: number, type: "uint8" | "int8" = "uint8"): string {
    return this.constant(name, value, [], type);
  }

  filters(name: string, shape: number[], seed: number): [w: string, scale: string, zero: string] {
    const count = shape.reduce((a, b) => a * b, 1);
    const outputs = shape[0] as number;
    const w = this.constant(name, integers(count, seed, -127, 127), shape, "int8");
    const scales = Array.from({ length: outputs }, (_, o) => 0.0041 + 0.00113 * (o % 3));
    const scale = this.scale(`${name} scale`, scales);
    const zero = this.constant(`${name} zero`, new Float32Array(outputs), [outputs], "int8");
    return [w, scale, zero];
  }

  bias(name: string, count: number, seed: number): string {
    return this.constant(name, integers(count, seed, -500, 500), [count], "int32");
  }
}

const pads = { pads: [1, 1, 1, 1] };

/** Rounded and back around every operator, as onnxruntime's and PyTorch's tools write it. */
function qdq(type: "uint8" | "int8"): OnnxBuilder {
  const g = new Quantized({ opset: 13 });
  const around = (x: string, k: number) => {
    const inputs = [
      g.scale(`s${k}`, 0.02 + 0.01 * k),
      g.zero(`z${k}`, type === "uint8" ? 110 : -5, type),
    ];
    return g.node("DequantizeLinear", [g.node("QuantizeLinear", [x, ...inputs]), ...inputs]);
  };
  let x = around(g.input("x", ["N", ...SHAPE.slice(1)]), 0);
  const w = g.node("DequantizeLinear", g.filters("w0", [CHANNELS, 3, 3, 3], 3), { axis: 0 });
  x = around(g.node("Relu", [g.node("Conv", [x, w], pads)]), 1);
  // PyTorch leaves the weights real and rounds them too.
  const real = g.weight("w1", [CHANNELS, CHANNELS, 3, 3]);
  const [, scale, zero] = g.filters("w1 like", [CHANNELS, 1, 1, 1], 4);
  const fake = g.node("QuantizeLinear", [real, scale, zero], { axis: 0 });
  const w1 = g.node("DequantizeLinear", [fake, scale, zero], { axis: 0 });
  const y = around(g.node("Conv", [x, w1, g.weight("b1", [CHANNELS])], pads), 2);
  x = around(g.node("Add", [x, y]), 3);
  x = around(g.node("GlobalAveragePool", [x]), 0.5);
  x = g.node("Flatten", [x]);
  const dense = g.node("DequantizeLinear", g.filters("w2", [CLASSES, CHANNELS], 5), { axis: 0 });
  g.output(g.node("Gemm", [x, dense], { transB: 1 }), ["N", CLASSES]);
  return g;
}

/** Operators on integers, as onnxruntime's tools write them: those of ONNX alone, or its own as well. */
function operators(own: boolean): OnnxBuilder {
  const g = new Quantized({ opset: 13, domains: own ? { "com.microsoft": 1 } : {} });
  const grid = (k: number, scale: number, zero: number): [string, string] => [
    g.scale(`s${k}`, scale),
    g.zero(`z${k}`, zero),
  ];
  const mine = { domain: "com.microsoft" };
  const g0 = grid(0, 0.0317, 120);
  const g1 = grid(1, 0.0513, 0);
  const g2 = grid(2, 0.0611, 90);
  const g3 = grid(3, 0.0433, 60);
  let x = g.node("QuantizeLinear", [g.input("x", ["N", ...SHAPE.slice(1)]), ...g0]);
  const w0 = g.filters("w0", [CHANNELS, 3, 3, 3], 3);
  const b0 = g.bias("b0", CHANNELS, 6);
  x = g.node("QLinearConv", [x, ...g0, ...w0, ...g1, b0], { ...pads, strides: [2, 1] });
  x = g.node("MaxPool", [x], { kernel_shape: [2, 2] });
  const w1 = g.filters("w1", [CHANNELS, 1, 3, 3], 4);
  const y = g.node("QLinearConv", [x, ...g1, ...w1, ...g2], { ...pads, group: CHANNELS });
  if (!own) {
    const flat = g.node("Reshape", [y, g.int64("rows", [0, -1])]);
    const [w2] = g.filters("w2", [CHANNELS * 24, CLASSES], 5);
    const one: [string, string] = [g.scale("ws", 0.00571), g.zero("wz", 3, "int8")];
    const product = g.node("QLinearMatMul", [flat, ...g2, w2, ...one, ...g3]);
    g.output(g.node("DequantizeLinear", [product, ...g3]), ["N", CLASSES]);
    return g;
  }
  const sum = g.node("QLinearAdd", [x, ...g1, y, ...g2, ...g3], {}, mine);
  const mean = g.node("QLinearGlobalAveragePool", [sum, ...g3, ...g2], { channels_last: 0 }, mine);
  const flat = g.node("Reshape", [mean, g.int64("rows", [0, -1])]);
  const [w2] = g.filters("w2", [CLASSES, CHANNELS], 5);
  const one: [string, string] = [g.scale("ws", 0.00571), g.zero("wz", 3, "int8")];
  const b2 = g.bias("b2", CLASSES, 7);
  const product = g.node("QGemm", [flat, ...g2, w2, ...one, b2, ...g3], { transB: 1 }, mine);
  g.output(g.node("DequantizeLinear", [product, ...g3]), ["N", CLASSES]);
  return g;
}

/** Ranges found on the way, as onnxruntime's dynamic quantization writes it. */
function dynamic(): OnnxBuilder {
  const g = new Quantized({ opset: 13 });
  const layer = (x: string, op: string, w: string, scale: number, k: number, attributes = {}) => {
    const [q, s, z] = g.nodes("DynamicQuantizeLinear", [x], {}, 3) as [string, string, string];
    const y = g.node(op, [q, w, z, g.zero(`wz${k}`, 2, "int8")], attributes);
    const both = g.node("Mul", [s, g.scale(`ws${k}`, scale)]);
    return g.node("Mul", [g.node("Cast", [y], { to: 1 }), both]);
  };
  const [w0] = g.filters("w0", [CHANNELS, 3, 3, 3], 3);
  const [w1] = g.filters("w1", [CHANNELS, CLASSES], 5);
  let x = layer(g.input("x", ["N", ...SHAPE.slice(1)]), "ConvInteger", w0, 0.005, 0, pads);
  x = g.node("Relu", [g.node("Add", [x, g.weight("b0", [CHANNELS, 1, 1])])]);
  x = g.node("Flatten", [g.node("GlobalAveragePool", [x])]);
  g.output(layer(x, "MatMulInteger", w1, 0.01, 1), ["N", CLASSES]);
  return g;
}

const test = suite("quantization");

const networks = {
  "in real operators, uint8": qdq("uint8"),
  "in real operators, int8": qdq("int8"),
  "in operators on integers": operators(false),
  "in onnxruntime's operators": operators(true),
  "with dynamic ranges": dynamic(),
};

for (const [name, network] of Object.entries(networks)) {
  testWithDevice(test, `a network ${name}`, async (device) => {
    const bytes = network.bytes();
    const decoded = decodeModel(bytes);
    const model = Model.of(device, makeGraph(decoded), {});
    const data = randn(3 * 9 * 7, 8);
    try {
      const { logits } = await model.classify({ data, shape: SHAPE });
      const expected = await runOnnxRuntime(bytes, data, SHAPE);
      assert.ok(new Set(expected).size > 2, `the logits ${expected} tell nothing`);
      close(logits, expected, { rtol: 1e-4, atol: 1e-5 });
      if (network.model.domains["com.microsoft"]) return;
      const values = forward(decoded, Float64Array.from(data), SHAPE);
      const seed = Float64Array.of(0, 0, 1, 0, 0);
      const map = await sensitivity(
        model,
        { data, shape: SHAPE },
        { samples: 1, noise: 0, target: 2 },
      );
      const dx = backward(decoded, values, seed);
      assert.ok(dx.some((v) => v !== 0));
      const largest = dx.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      close(await map.data(), dx, { rtol: 1e-4, atol: 1e-5 * largest });
      map.destroy();
    } finally {
      model.destroy();
    }
  });
}

test("rounds to a type and back in one step", () => {
  const { forward } = makePlan(makeGraph(decodeModel(qdq("uint8").bytes())));
  assert.is(
    forward.filter(({ shader, entry }) => shader === "quantize" && entry === "forward").length,
    5,
  );
  assert.not(forward.some(({ shader }) => shader === "arithmetic" && /Quantize/.test(shader)));
});

test("lets the gradient through to the ends of the range, and not beyond", () => {
  const g = new Quantized({ opset: 13 });
  const grid: [string, string] = [g.scale("s", 0.5), g.zero("z", 254)];
  const x = g.input("x", [1, 6]);
  g.output(g.node("DequantizeLinear", [g.node("QuantizeLinear", [x, ...grid]), ...grid]));
  const model = decodeModel(g.bytes());
  // 254 + x / 0.5, halves to even: 253, 254, 255, 255, 256 and −1.
  const image = Float64Array.of(-0.4, 0.25, 0.5, 0.74, 0.76, -127.5);
  const values = forward(model, image, [1, 6]);
  close(values.get(model.outputs[0]!)!.data, [-0.5, 0, 0.5, 0.5, 0.5, -127], { rtol: 0, atol: 0 });
  close(backward(model, values, new Float64Array(6).fill(1)), [1, 1, 1, 1, 0, 0], {
    rtol: 0,
    atol: 0,
  });
});

test.run();
