// Relu, Clip and LeakyRelu, by relu.wgsl: they are piecewise linear and usually fused into the node before.
// Whichever kernel last adds to the gradient of their output also multiplies it by their gate (gradient.wgsl), so the
// backward step of an activation on its own only copies.

import { positions, quads } from "../tensor/layout.js";
import type { Constant } from "../tensor/types.js";
import { constantInput, inputOf, nodeError, numberOf, outputOf } from "./attributes.js";
import { activated, gradientTo, join, layer, source } from "./epilogue.js";
import { rescale } from "./rules/rescale.js";
import type { Activation, Node, Op, Planning, Sink } from "./types.js";

/** The activation that a node is, if it is a piecewise linear one. */
export function activationOf(
  node: Node,
  constants: ReadonlyMap<string, Constant>,
): Activation | undefined {
  const base = { op: node.op, node: node.name, low: 0, high: Number.POSITIVE_INFINITY, slope: 0 };
  if (node.op === "Relu") return base;
  if (node.op === "LeakyRelu") return { ...base, slope: numberOf(node, "alpha", 0.01) };
  if (node.op === "Quantize") {
    // A Quantize lets gradients through only between these two bounds of its output.
    const bound = (which: "low" | "high") =>
      numberOf(node, "factor", 1) * numberOf(node, which, 0) + numberOf(node, "shift", 0);
    return { ...base, low: bound("low"), high: bound("high") };
  }
  if (node.op !== "Clip") return undefined;
  const low = constantInput(node, 1, constants, "its lower bound");
  const high = constantInput(node, 2, constants, "its upper bound");
  return {
    ...base,
    low: low?.data[0] ?? numberOf(node, "min", Number.NEGATIVE_INFINITY),
    high: high?.data[0] ?? numberOf(node, "max", Number.POSITIVE_INFINITY),
  };
}

/** dx = dy: what the activation does was done where dy was written. */
export function pass(node: Node, plan: Planning): void {
  const sink = plan.sink(node, 0);
  if (sink) passTo(node, plan, sink);
}

/** The same with respect to any input. */
export function passTo(node: Node, plan: Planning, sink: Sink): void {
  const count = positions(sink.layout);
  const dy = plan.gradient(outputOf(node));
  const args = join(source("dy", dy), gradientTo(sink, plan));
  plan.step({
    label: `${node.name} back`,
    shader: "relu",
    entry: "backward",
    uniforms: join(args, layer({ positions: count })).uniforms,
    bindings: args.bindings,
    workgroups: [Math.ceil(count / 64), quads(sink.layout), 1],
    samples: 1,
  });
}

/** Relu, Clip, LeakyRelu standing alone: the graph has given the node itself as its activation. */
export const Piecewise: Op = {
  infer(node, [x]) {
    if (!x) throw nodeError(node, "its input is constant: it should have been folded");
    return [x];
  },
  forward(node, plan) {
    const x = plan.value(inputOf(node));
    const count = positions(x.layout);
    const args = join(source("x", x), activated(node, plan, count));
    plan.step({
      label: node.name,
      shader: "relu",
      entry: "forward",
      uniforms: join(args, layer({ positions: count })).uniforms,
      bindings: args.bindings,
      workgroups: [Math.ceil(count / 8 / 64), quads(x.layout), 1],
      samples: 1,
    });
  },
  // The kernel that wrote the gradient of its output last has gated it already, by whichever of these rules.
  rules: {
    gradient: pass,
    guided: pass,
    deconvnet: pass,
    mean: pass,
    pass,
    rescale: (node, plan) => rescale(node, plan),
  },
};

/** Multiplies a gradient by its activation's gate in place, where no copy is needed, as in a slot of a Concat. */
export function gateInPlace(label: string, plan: Planning, sink: Sink): void {
  const { uniforms, bindings } = gradientTo(sink, plan);
  const count = positions(sink.layout);
  plan.step({
    label,
    shader: "relu",
    entry: "gate_in_place",
    uniforms: join({ uniforms, bindings }, layer({ positions: count })).uniforms,
    bindings,
    workgroups: [Math.ceil(count / 64), quads(sink.layout), 1],
    samples: 1,
  });
}
