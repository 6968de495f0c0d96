// Rounding to the steps of a quantized type, by quantize.wgsl:
//   y = factor · clamp(round(x / step), low, high) + shift.
// QuantizeLinear has factor 1, and a DequantizeLinear right after it is the same node with another factor and shift.
// The gradient goes straight through the rounding, and not at all where the range was left (Bengio et al. 2013),
// as in PyTorch's fake quantization. Made by composed/quantized.ts; no file has this operator.

import { positions, quads } from "../tensor/layout.js";
import { inputOf, nodeError, numberOf, outputOf } from "./attributes.js";
import { activated, gradientTo, join, layer, source } from "./epilogue.js";
import { pass } from "./relu.js";
import { rescale } from "./rules/rescale.js";
import type { Node, Op, Planning } from "./types.js";

// What left the range is gated already, as the output of every activation is.
function backward(node: Node, plan: Planning): void {
  const sink = plan.sink(node, 0);
  if (!sink) return;
  const count = positions(sink.layout);
  const dy = plan.gradient(outputOf(node));
  const [step, factor] = [numberOf(node, "step", 1), numberOf(node, "factor", 1)];
  const args = join(source("dy", dy), gradientTo(sink, plan));
  plan.step({
    label: `${node.name} back`,
    shader: "quantize",
    entry: "backward",
    uniforms: join(args, layer({ positions: count, step, factor })).uniforms,
    bindings: args.bindings,
    workgroups: [Math.ceil(count / 64), quads(sink.layout), 1],
    samples: 1,
  });
}

export const Quantize: Op = {
  infer(node, [x]) {
    if (!x) throw nodeError(node, "its input is constant: it should have been folded");
    return [x];
  },
  forward(node, plan) {
    const x = plan.value(inputOf(node));
    const count = positions(x.layout);
    const [step, low, high, factor, shift] = [
      numberOf(node, "step", 1),
      numberOf(node, "low", 0),
      numberOf(node, "high", 0),
      numberOf(node, "factor", 1),
      numberOf(node, "shift", 0),
    ];
    const args = join(source("x", x), activated(node, plan, count));
    plan.step({
      label: node.name,
      shader: "quantize",
      entry: "forward",
      uniforms: join(args, layer({ positions: count, step, low, high, factor, shift })).uniforms,
      bindings: args.bindings,
      workgroups: [Math.ceil(count / 8 / 64), quads(x.layout), 1],
      samples: 1,
    });
  },
  rules: {
    gradient: backward,
    mean: backward,
    pass,
    rescale: (node, plan) => rescale(node, plan),
  },
};
