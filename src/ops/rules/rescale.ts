// DeepLift's Rescale rule for functions of one element and for maxima, by rescale.wgsl.

import type { BufferId, View } from "../../shaders/step.js";
import { vec4s } from "../../tensor/layout.js";
import { inputOf, outputOf } from "../attributes.js";
import { gradientTo, join, layer } from "../epilogue.js";
import type { Node, Planning, Sink } from "../types.js";

function step(
  node: Node,
  plan: Planning,
  entry: string,
  size: number,
  fields: Record<string, number>,
  bindings: Record<string, BufferId>,
  sink?: Sink,
): void {
  const sizes = layer({ vec4s: size, ...fields });
  plan.step({
    label: `${node.name} rescale`,
    shader: "rescale",
    entry,
    uniforms: (sink ? join(gradientTo(sink, plan), sizes) : sizes).uniforms,
    bindings: { ...(sink && gradientTo(sink, plan).bindings), ...bindings },
    workgroups: [Math.ceil(size / 64), 1, 1],
    samples: 1,
  });
}

const places = (name: string, { offset, stride }: View) => ({
  [`${name}_offset`]: offset,
  [`${name}_stride`]: stride,
});

/** dx = dy · Δy / Δx for a function of one element; `slopes` is its derivative unless it is piecewise linear. */
export function rescale(node: Node, plan: Planning, slopes?: BufferId): void {
  const sink = plan.sink(node, 0);
  if (!sink) return;
  const x = plan.value(inputOf(node));
  const y = plan.value(outputOf(node));
  const dy = plan.gradient(outputOf(node));
  const { low = 0, high = 0, slope = 0 } = node.activation ?? {};
  const limit = (v: number) => Math.max(-3.4e38, Math.min(3.4e38, v));
  const fields = {
    ...places("x", x),
    ...places("y", y),
    ...places("dy", dy),
    low: limit(low),
    high: limit(high),
    slope,
  };
  const bindings = {
    x: x.buffer,
    x0: plan.baseline(x.buffer),
    after: y.buffer,
    after0: plan.baseline(y.buffer),
    dy: dy.buffer,
    ...(slopes !== undefined && { slopes }),
  };
  const entry = slopes === undefined ? "piecewise" : "smooth_curve";
  step(node, plan, entry, vec4s(sink.layout), fields, bindings, sink);
}

/**
 * The same for an output that depends on more than the k-th input's element in its place, such as a Softmax: the
 * difference of each goes to its own place. `back` writes the gradient, which stands where Δx is nothing.
 */
export function rescaleInPlace(
  node: Node,
  plan: Planning,
  k: number,
  back: (sink: Sink) => void,
): void {
  const sink = plan.sink(node, k);
  if (!sink) return;
  const x = plan.value(inputOf(node, k));
  const y = plan.value(outputOf(node));
  const dy = plan.gradient(outputOf(node));
  const stride = vec4s(x.layout);
  const plain = plan.savedTensor(node, `gradient ${k} of rescale`, x.layout);
  back({ ...plain, add: false });
  step(
    node,
    plan,
    "in_place",
    stride,
    { ...places("x", x), ...places("y", y), ...places("dy", dy) },
    {
      x: x.buffer,
      x0: plan.baseline(x.buffer),
      after: y.buffer,
      after0: plan.baseline(y.buffer),
      dy: dy.buffer,
      plain: plain.buffer,
    },
    sink,
  );
}

/** The mean of what the k-th input of a node is for the image and for the baseline. */
export function halfway(node: Node, plan: Planning, k: number): View {
  const x = plan.value(inputOf(node, k));
  const mean = plan.savedTensor(node, `input ${k} halfway`, x.layout);
  const bindings = { x: x.buffer, x0: plan.baseline(x.buffer), mean: mean.buffer };
  step(node, plan, "find_halfway", mean.stride, places("x", x), bindings);
  return mean;
}

/** The same for a maximum, whose gradient goes back by `back` to the winners of the image or the baseline. */
export function rescaleMaximum(
  node: Node,
  plan: Planning,
  back: (dy: View, sink: Sink, baseline: boolean) => void,
): void {
  const sink = plan.sink(node, 0);
  if (!sink) return;
  const x = plan.value(inputOf(node));
  const y = plan.value(outputOf(node));
  const dy = plan.gradient(outputOf(node));
  const scratch = (name: string, like: View): View =>
    plan.savedTensor(node, `${name} of rescale`, like.layout);
  const [rise, fall] = [scratch("rise", y), scratch("fall", y)];
  step(
    node,
    plan,
    "divide_maximum",
    vec4s(y.layout),
    { ...places("y", y), ...places("dy", dy) },
    {
      after: y.buffer,
      after0: plan.baseline(y.buffer),
      dy: dy.buffer,
      rise: rise.buffer,
      fall: fall.buffer,
    },
  );
  const [share, plain] = [scratch("share", x), scratch("plain", x)];
  back(rise, { ...share, add: false }, false);
  back(fall, { ...share, add: true }, true);
  back(dy, { ...plain, add: false }, false);
  step(
    node,
    plan,
    "quotient",
    vec4s(sink.layout),
    { ...places("x", x), ...places("dy", plain) },
    { x: x.buffer, x0: plan.baseline(x.buffer), dy: plain.buffer, share: share.buffer },
    sink,
  );
}
