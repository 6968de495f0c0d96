// MaxPool, AveragePool and GlobalAveragePool, by pool.wgsl.

import type { View } from "../shaders/step.js";
import { channels, plane, positions, quads } from "../tensor/layout.js";
import type { Layout } from "../tensor/types.js";
import { inputOf, nodeError, numberOf, numbersOf, outputOf } from "./attributes.js";
import { gradientTo, join, layer, result, source } from "./epilogue.js";
import { normRule } from "./rules/lrp.js";
import { tallyWinners } from "./rules/mean-gates.js";
import { rescaleMaximum } from "./rules/rescale.js";
import type { Node, Op, Planning, Sink } from "./types.js";
import { type Window, windowOf, windowShape } from "./window.js";

function poolWindow(node: Node, x: Layout): Window {
  return windowOf(node, x.shape, numbersOf(node, "kernel_shape", []));
}

/** A row or column of windows that see nothing but padding; undefined if all see something. */
function blindWindow({ kernel, stride, dilation, before, input, output }: Window) {
  for (const axis of [0, 1] as const) {
    const offsets = Array.from({ length: kernel[axis] }, (_, k) => k * dilation[axis]);
    for (let place = 0; place < output[axis]; place++) {
      const first = place * stride[axis] - before[axis];
      const sees = offsets.some((offset) => first + offset >= 0 && first + offset < input[axis]);
      if (!sees) return `${["row", "column"][axis]} ${place}`;
    }
  }
  return undefined;
}

function inferPool(kind: "max" | "average", node: Node, x: Layout | undefined): Layout[] {
  if (!x) throw nodeError(node, "its input is constant: it should have been folded");
  const window = poolWindow(node, x);
  if (window.kernel[0] * window.kernel[1] > 255) {
    throw nodeError(
      node,
      `its window of ${window.kernel} has more than 255 elements: not supported`,
    );
  }
  const countsPadding = kind === "average" && numberOf(node, "count_include_pad", 0) !== 0;
  const blind = countsPadding ? undefined : blindWindow(window);
  if (blind !== undefined) {
    throw nodeError(
      node,
      `its windows in ${blind} lie in the padding alone: they have no ${kind === "max" ? "maximum" : "mean"}`,
    );
  }
  return [{ shape: windowShape(x.shape, channels(x), window), channel: 1 }];
}

function geometry(node: Node, window: Window): Record<string, number> {
  return {
    kernel_y: window.kernel[0],
    kernel_x: window.kernel[1],
    stride_y: window.stride[0],
    stride_x: window.stride[1],
    dilation_y: window.dilation[0],
    dilation_x: window.dilation[1],
    pad_top: window.before[0],
    pad_left: window.before[1],
    pad_bottom: window.after[0],
    pad_right: window.after[1],
    count_padding: numberOf(node, "count_include_pad", 0) ? 1 : 0,
    in_height: window.input[0],
    in_width: window.input[1],
    out_height: window.output[0],
    out_width: window.output[1],
  };
}

/** What is compiled into the forward pass of a maximum. */
function lookOf({ kernel, stride, dilation, before, input, output }: Window) {
  const isPadded = ([0, 1] as const).some((axis) => {
    const last = (output[axis] - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis];
    return before[axis] > 0 || last >= input[axis];
  });
  const [, across] = kernel;
  return { PADDED: isPadded ? 1 : 0, KERNEL_X: across === 2 || across === 3 ? across : 0 };
}

/** True if the windows lie side by side from the first pixel on, so that no pixel is in two of them. */
function areApart({ kernel, stride, dilation, before }: Window): boolean {
  return [0, 1].every(
    (axis) => kernel[axis] === stride[axis] && dilation[axis] === 1 && before[axis] === 0,
  );
}

/** True if two neighbors are in two windows at most, along either axis. */
const areFew = ({ kernel, stride, dilation }: Window): boolean =>
  [0, 1].every((axis) => {
    const reach = ((kernel[axis] as number) - 1) * (dilation[axis] as number) + 1;
    return Math.floor(reach / (stride[axis] as number)) < 2;
  });

function winners(node: Node, plan: Planning): number {
  const y = plan.graph.layouts.get(outputOf(node)) as Layout;
  return plan.saved(node, "winners", quads(y) * positions(y) * 4);
}

type Back = (node: Node, plan: Planning, dy: View, sink: Sink) => void;

/** The gradient of what has one input and one output. */
const byGradient = (back: Back) => (node: Node, plan: Planning) => {
  const sink = plan.sink(node, 0);
  if (sink) back(node, plan, plan.gradient(outputOf(node)), sink);
};

function pool(kind: "max" | "average"): Op {
  const max = kind === "max";
  return {
    channel: () => 1,
    infer: (node, [x]) => inferPool(kind, node, x),
    forward(node, plan) {
      const x = plan.value(inputOf(node));
      const y = plan.value(outputOf(node));
      const args = join(source("x", x), result(y));
      if (max) args.bindings.winner = winners(node, plan);
      const window = poolWindow(node, x.layout);
      const sizes = geometry(node, window);
      plan.step({
        label: node.name,
        shader: "pool",
        entry: `${kind}_forward`,
        uniforms: join(
          args,
          layer({
            ...sizes,
            ...(max && lookOf(window)),
            quads: quads(y.layout),
            keep_winner: max && plan.backward ? 1 : 0,
          }),
        ).uniforms,
        bindings: args.bindings,
        workgroups: [Math.ceil(positions(y.layout) / 64), quads(y.layout), 1],
        samples: 1,
      });
    },
    rules: {
      gradient: byGradient(back),
      ...(max
        ? {
            rescale: (node: Node, plan: Planning) =>
              rescaleMaximum(node, plan, (dy, sink, baseline) =>
                back(node, plan, dy, sink, baseline),
              ),
          }
        : { epsilon: normRule(back) }),
      ...(max && { mean: byGradient(meanBack) }),
    },
  };

  function meanBack(node: Node, plan: Planning, dy: View, sink: Sink): void {
    const window = poolWindow(node, sink.layout);
    const taps = window.kernel[0] * window.kernel[1];
    const args = join(source("dy", dy), gradientTo(sink, plan), layer(geometry(node, window)));
    plan.step({
      label: `${node.name} back`,
      shader: "pool",
      entry: "max_mean_backward",
      uniforms: args.uniforms,
      bindings: {
        ...args.bindings,
        counts: tallyWinners(node.name, plan, winners(node, plan), dy.layout, taps),
      },
      workgroups: [Math.ceil(positions(sink.layout) / 64), quads(sink.layout), 1],
      samples: 1,
    });
  }

  function back(node: Node, plan: Planning, dy: View, sink: Sink, baseline = false): void {
    const args = join(source("dy", dy), gradientTo(sink, plan));
    if (max) {
      const own = winners(node, plan);
      args.bindings.winners = baseline ? plan.baseline(own) : own;
    }
    const window = poolWindow(node, sink.layout);
    const sizes = geometry(node, window);
    const isApart = max && areApart(window);
    const side = (axis: 0 | 1) => (isApart ? window.stride[axis] : max ? 2 : 1);
    const rows = Math.ceil(window.input[0] / side(0));
    const columns = Math.ceil(window.input[1] / side(1));
    plan.step({
      label: `${node.name} back`,
      shader: "pool",
      entry: isApart ? "max_backward_apart" : `${kind}_backward`,
      uniforms: join(
        args,
        layer({
          ...sizes,
          DILATED: window.dilation.every((d) => d === 1) ? 0 : 1,
          WINDOWS: areFew(window) ? 2 : 0,
          quads: quads(sink.layout),
          winner_shared: baseline ? 1 : 0,
        }),
      ).uniforms,
      bindings: args.bindings,
      workgroups: [Math.ceil((rows * columns) / 64), quads(sink.layout), 1],
      samples: 1,
    });
  }
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
    const x = plan.value(inputOf(node));
    const y = plan.value(outputOf(node));
    const { height, width } = plane(x.layout);
    const args = join(source("x", x), result(y));
    plan.step({
      label: node.name,
      shader: "pool",
      entry: "global_average_forward",
      uniforms: join(args, layer({ in_height: height, in_width: width, quads: quads(x.layout) }))
        .uniforms,
      bindings: args.bindings,
      workgroups: [Math.ceil(quads(x.layout) / 64), 1, 1],
      samples: 1,
    });
  },
  rules: { gradient: byGradient(spread), epsilon: normRule(spread) },
};

function spread(node: Node, plan: Planning, dy: View, sink: Sink): void {
  const { height, width } = plane(sink.layout);
  const args = join(source("dy", dy), gradientTo(sink, plan));
  plan.step({
    label: `${node.name} back`,
    shader: "pool",
    entry: "global_average_backward",
    uniforms: join(args, layer({ in_height: height, in_width: width })).uniforms,
    bindings: args.bindings,
    workgroups: [Math.ceil((height * width) / 64), quads(sink.layout), 1],
    samples: 1,
  });
}
