// Abs, Exp, Gelu, Sigmoid and the other functions of one element that keep their derivative for the backward pass, by unary.wgsl. To add one, add its
// line here and its case there.

import { channels, positions, quads } from "../tensor/layout.js";
import { inputOf, nodeError, numberOf, outputOf, stringOf } from "./attributes.js";
import { gradientTo, join, layer, result, source } from "./epilogue.js";
import { pass } from "./relu.js";
import { rescale } from "./rules/rescale.js";
import type { Node, Op, Planning } from "./types.js";

type Parameter = readonly [attribute: string, otherwise: number];

/** The attributes of each function, alpha and beta in the shader, in the order of the shader's numbers. */
const FUNCTIONS: Readonly<Record<string, readonly Parameter[]>> = {
  Abs: [],
  Acos: [],
  Acosh: [],
  Asin: [],
  Asinh: [],
  Atan: [],
  Atanh: [],
  Ceil: [],
  Celu: [["alpha", 1]],
  Cos: [],
  Cosh: [],
  Elu: [["alpha", 1]],
  Erf: [],
  Exp: [],
  Floor: [],
  Gelu: [],
  "Gelu by tanh": [],
  HardSigmoid: [
    ["alpha", 0.2],
    ["beta", 0.5],
  ],
  HardSwish: [],
  Log: [],
  Mish: [],
  Reciprocal: [],
  Round: [],
  Selu: [
    ["alpha", 1.6732631921768188],
    ["gamma", 1.0507010221481323],
  ],
  Shrink: [
    ["lambd", 0.5],
    ["bias", 0],
  ],
  Sigmoid: [],
  Sign: [],
  Sin: [],
  Sinh: [],
  Softplus: [],
  Softsign: [],
  Sqrt: [],
  Swish: [["alpha", 1]],
  Tan: [],
  Tanh: [],
  ThresholdedRelu: [["alpha", 1]],
};

const names = Object.keys(FUNCTIONS);

function functionOf(node: Node): string {
  if (node.op !== "Gelu") return node.op;
  const how = stringOf(node, "approximate", "none");
  if (how === "none") return "Gelu";
  if (how === "tanh") return "Gelu by tanh";
  throw nodeError(node, `its approximation is "${how}"; known are none, tanh`);
}

function slopeBuffer(node: Node, plan: Planning): number {
  const { layout } = plan.value(outputOf(node));
  return plan.savedTensor(node, "slope", layout).buffer;
}

const Smooth: Op = {
  infer(node, [x]) {
    if (!x) throw nodeError(node, "its input is constant: it should have been folded");
    functionOf(node);
    return [x];
  },
  forward(node, plan) {
    const x = plan.value(inputOf(node));
    const name = functionOf(node);
    const [alpha, beta] = (FUNCTIONS[name] ?? []).map(([attribute, otherwise]) =>
      numberOf(node, attribute, otherwise),
    );
    const fields = {
      channels: channels(x.layout),
      positions: positions(x.layout),
      keep_slope: plan.backward ? 1 : 0,
      alpha: alpha ?? 0,
      beta: beta ?? 0,
    };
    const y = plan.value(outputOf(node));
    const { uniforms, bindings } = join(source("x", x), result(y), layer(fields));
    plan.step({
      label: node.name,
      shader: "unary",
      entry: "forward",
      constants: { FUNCTION: names.indexOf(name) },
      uniforms,
      bindings: { ...bindings, slope: slopeBuffer(node, plan) },
      workgroups: [Math.ceil(fields.positions / 64), quads(x.layout), 1],
      samples: 1,
    });
  },
  rules: {
    gradient(node, plan) {
      const sink = plan.sink(node, 0);
      if (!sink) return;
      const fields = { channels: channels(sink.layout), positions: positions(sink.layout) };
      const dy = plan.gradient(outputOf(node));
      const { uniforms, bindings } = join(source("dy", dy), gradientTo(sink, plan), layer(fields));
      plan.step({
        label: `${node.name} back`,
        shader: "unary",
        entry: "backward",
        constants: { FUNCTION: 0 },
        uniforms,
        bindings: { ...bindings, slopes: slopeBuffer(node, plan) },
        workgroups: [Math.ceil(fields.positions / 64), quads(sink.layout), 1],
        samples: 1,
      });
    },
    identity,
    pass,
    rescale: (node, plan) => rescale(node, plan, slopeBuffer(node, plan)),
  },
};

/** Relevance is the gradient times the input: unchanged, it is a gradient of y / x (AttnLRP's identity rule). */
function identity(node: Node, plan: Planning): void {
  const sink = plan.sink(node, 0);
  if (!sink) return;
  const x = plan.value(inputOf(node));
  const y = plan.value(outputOf(node));
  const dy = plan.gradient(outputOf(node));
  const fields = {
    channels: channels(sink.layout),
    positions: positions(sink.layout),
    dy_offset: dy.offset,
    dy_stride: dy.stride,
    after_offset: y.offset,
    after_stride: y.stride,
  };
  const { uniforms, bindings } = join(source("x", x), gradientTo(sink, plan), layer(fields));
  plan.step({
    label: `${node.name} back`,
    shader: "unary",
    entry: "backward_identity",
    constants: { FUNCTION: 0 },
    uniforms,
    bindings: { ...bindings, dy: dy.buffer, after: y.buffer },
    workgroups: [Math.ceil(fields.positions / 64), quads(sink.layout), 1],
    samples: 1,
  });
}

/** The operators that unary.wgsl computes, by their names. */
export const unary: Readonly<Record<string, Op>> = Object.fromEntries(
  names.filter((name) => !name.includes(" ")).map((name) => [name, Smooth]),
);
