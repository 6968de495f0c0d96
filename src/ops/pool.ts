// MaxPool, AveragePool and GlobalAveragePool, by pool.wgsl.

import { channels, plane, positions, quads } from "../layout.js";
import type { Layout, Node, Op, Planning } from "../types.js";
import { nodeError, numberOf, numbersOf } from "./attributes.js";
import { gradientTo, join, result, source } from "./epilogue.js";
import { type Window, windowOf, windowShape } from "./window.js";

function poolWindow(node: Node, x: Layout): Window {
  return windowOf(node, x.shape, numbersOf(node, "kernel_shape", []));
}

function inferPool(node: Node, x: Layout | undefined): Layout[] {
  if (!x) throw nodeError(node, "its input is constant: it should have been folded");
  const window = poolWindow(node, x);
  if (window.kernel[0] * window.kernel[1] > 255) {
    throw nodeError(
      node,
      `its window of ${window.kernel} has more than 255 elements: not supported`,
    );
  }
  if (node.outputs.length > 1 && node.outputs[1]) {
    throw nodeError(node, "its second output, the indices, is not supported");
  }
  return [{ shape: windowShape(x.shape, channels(x), window), channel: 1 }];
}

function geometry(node: Node, window: Window): Record<string, number> {
  return {
    KERNEL_Y: window.kernel[0],
    KERNEL_X: window.kernel[1],
    STRIDE_Y: window.stride[0],
    STRIDE_X: window.stride[1],
    DILATION_Y: window.dilation[0],
    DILATION_X: window.dilation[1],
    PAD_TOP: window.before[0],
    PAD_LEFT: window.before[1],
    PAD_BOTTOM: window.after[0],
    PAD_RIGHT: window.after[1],
    COUNT_PADDING: numberOf(node, "count_include_pad", 0) ? 1 : 0,
    IN_HEIGHT: window.input[0],
    IN_WIDTH: window.input[1],
    OUT_HEIGHT: window.output[0],
    OUT_WIDTH: window.output[1],
  };
}

function winners(node: Node, plan: Planning): number {
  const y = plan.graph.layouts.get(node.outputs[0] as string) as Layout;
  return plan.saved(node, "winners", quads(y) * positions(y) * 4);
}

function pool(kind: "max" | "average"): Op {
  const max = kind === "max";
  return {
    channel: () => 1,
    infer: (node, [x]) => inferPool(node, x),
    forward(node, plan) {
      const x = plan.value(node.inputs[0] as string);
      const y = plan.value(node.outputs[0] as string);
      const parts = join(source("x", x), result(y));
      if (max) parts.bindings.winner = winners(node, plan);
      const overrides = { ...parts.overrides, ...geometry(node, poolWindow(node, x.layout)) };
      plan.step({
        label: node.name,
        shader: "pool",
        entry: `${kind}_forward`,
        overrides: max
          ? { ...overrides, QUADS: quads(y.layout), KEEP_WINNER: plan.backward ? 1 : 0 }
          : overrides,
        bindings: parts.bindings,
        workgroups: [Math.ceil(positions(y.layout) / 64), quads(y.layout), 1],
        samples: 1,
      });
    },
    rules: {
      gradient(node, plan) {
        const sink = plan.sink(node, 0);
        if (!sink) return;
        const dy = plan.gradient(node.outputs[0] as string);
        const parts = join(source("dy", dy), gradientTo(sink, plan));
        if (max) parts.bindings.winners = winners(node, plan);
        const overrides = { ...parts.overrides, ...geometry(node, poolWindow(node, sink.layout)) };
        plan.step({
          label: `${node.name} back`,
          shader: "pool",
          entry: `${kind}_backward`,
          overrides: max ? { ...overrides, QUADS: quads(sink.layout) } : overrides,
          bindings: parts.bindings,
          workgroups: [Math.ceil(positions(sink.layout) / 64), quads(sink.layout), 1],
          samples: 1,
        });
      },
    },
  };
}

export const MaxPool: Op = pool("max");
export const AveragePool: Op = pool("average");

export const GlobalAveragePool: Op = {
  channel: () => 1,
  infer(node, [x]) {
    if (!x) throw nodeError(node, "its input is constant: it should have been folded");
    return [{ shape: x.shape.map((n, axis) => (axis < 2 ? n : 1)), channel: 1 }];
  },
  forward(node, plan) {
    const x = plan.value(node.inputs[0] as string);
    const y = plan.value(node.outputs[0] as string);
    const { height, width } = plane(x.layout);
    const parts = join(source("x", x), result(y));
    plan.step({
      label: node.name,
      shader: "pool",
      entry: "global_average_forward",
      overrides: { ...parts.overrides, IN_HEIGHT: height, IN_WIDTH: width, QUADS: quads(x.layout) },
      bindings: parts.bindings,
      workgroups: [Math.ceil(quads(x.layout) / 64), 1, 1],
      samples: 1,
    });
  },
  rules: {
    gradient(node, plan) {
      const sink = plan.sink(node, 0);
      if (!sink) return;
      const { height, width } = plane(sink.layout);
      const dy = plan.gradient(node.outputs[0] as string);
      const parts = join(source("dy", dy), gradientTo(sink, plan));
      plan.step({
        label: `${node.name} back`,
        shader: "pool",
        entry: "global_average_backward",
        overrides: { ...parts.overrides, IN_HEIGHT: height, IN_WIDTH: width },
        bindings: parts.bindings,
        workgroups: [Math.ceil((height * width) / 64), quads(sink.layout), 1],
        samples: 1,
      });
    },
  },
};
