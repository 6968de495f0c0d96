// Softmax and LogSoftmax within the network, by softmax.wgsl, along the channel axis: the graph is made to
// have the channels where the softmax is. (A final one is taken off, see graph/head.ts.)

import { channels, positions } from "../tensor/layout.js";
import type { Shape } from "../tensor/types.js";
import { axisOf, inputOf, nodeError, numberOf, outputOf } from "./attributes.js";
import { gradientTo, join, layer, result, source } from "./epilogue.js";
import { rescaleInPlace } from "./rules/rescale.js";
import type { Node, Op, Planning, Sink } from "./types.js";

/**
 * The axis of a softmax. Before opset 13 (which graph.ts notes as an attribute) it ran over all axes from
 * `axis` on together; that is one axis if the others are of length 1.
 */
export function softmaxAxis(node: Node, shape: Shape): number {
  const together = numberOf(node, "opset", 13) < 13;
  const axis = axisOf(node, numberOf(node, "axis", together ? 1 : -1), shape.length);
  if (!together) return axis;
  const long = shape.map((_, i) => i).filter((i) => i >= axis && (shape[i] as number) > 1);
  if (long.length > 1) {
    throw nodeError(node, `it runs over several axes of [${shape}] together: not supported`);
  }
  return long[0] ?? axis;
}

function softmax(logarithm: boolean): Op {
  const LOGARITHM = logarithm ? 1 : 0;
  return {
    channel: (node, _k, [x]) => x && softmaxAxis(node, x.shape),
    infer(node, [x]) {
      if (!x) throw nodeError(node, "its input is constant: it should have been folded");
      return [x];
    },
    forward(node, plan) {
      const x = plan.value(inputOf(node));
      const args = join(source("x", x), result(plan.value(outputOf(node))));
      plan.step({
        label: node.name,
        shader: "softmax",
        entry: "forward",
        uniforms: join(
          args,
          layer({
            channels: channels(x.layout),
            positions: positions(x.layout),
            logarithm: LOGARITHM,
          }),
        ).uniforms,
        bindings: args.bindings,
        workgroups: [Math.ceil(positions(x.layout) / 64), 1, 1],
        samples: 1,
      });
    },
    rules: {
      gradient(node, plan) {
        const sink = plan.sink(node, 0);
        if (sink) back(node, plan, sink);
      },
      // As SHAP does it, and Captum but for its taking the mean off afterwards, after which Σ is no longer Δ.
      ...(!logarithm && {
        rescale: (node: Node, plan: Planning) =>
          rescaleInPlace(node, plan, 0, (sink) => back(node, plan, sink)),
      }),
    },
  };

  function back(node: Node, plan: Planning, sink: Sink): void {
    const y = plan.value(outputOf(node));
    const dy = plan.gradient(outputOf(node));
    const args = join(source("x", y), gradientTo(sink, plan));
    plan.step({
      label: `${node.name} back`,
      shader: "softmax",
      entry: "backward",
      uniforms: join(
        args,
        layer({
          dy_offset: dy.offset,
          dy_stride: dy.stride,
          channels: channels(sink.layout),
          positions: positions(sink.layout),
          logarithm: LOGARITHM,
        }),
      ).uniforms,
      bindings: { ...args.bindings, dy: dy.buffer },
      workgroups: [Math.ceil(positions(sink.layout) / 64), 1, 1],
      samples: 1,
    });
  }
}

export const Softmax: Op = softmax(false);
export const LogSoftmax: Op = softmax(true);
