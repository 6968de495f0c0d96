// Add, Sub, Mul, Div, Max, Min, Pow and PRelu of two tensors, either of which may be constant, with ONNX's broadcasting, by
// arithmetic.wgsl.

import type { View } from "../shaders/step.js";
import { channels, elements, places, positions, quads, vec4s } from "../tensor/layout.js";
import type { Constant, Layout, Shape } from "../tensor/types.js";
import { inputOf, nodeError, outputOf, RuleError } from "./attributes.js";
import { aligned, broadcast, broadcastPlaces } from "./broadcast.js";
import { type Arguments, activated, gradientTo, join, layer } from "./epilogue.js";
import { STABILIZER } from "./rules/lrp.js";
import { halfway, rescaleInPlace } from "./rules/rescale.js";
import type { Node, Op, Planning, Sink } from "./types.js";

const OPERATIONS = { Add: 0, Sub: 1, Mul: 2, Div: 3, Max: 4, Min: 5, Pow: 6, PRelu: 7 } as const;

/** Which of the two inputs the channel axis is taken from: the larger activation. */
function reference(inputs: readonly (Layout | undefined)[]): number {
  const size = (k: number) => (inputs[k] ? elements((inputs[k] as Layout).shape) : -1);
  return size(1) > size(0) ? 1 : 0;
}

/** How the kernel steps through an operand: zero where the operand is shorter than the result. */
interface Strides {
  readonly quad: number;
  readonly position: number;
  readonly splat: boolean;
}

/** True if a shape is that of the result but for its channels, or has nothing but channels. */
function isSimple(shape: Shape, channel: number, y: Layout): boolean {
  const others = aligned(shape, y.shape.length).filter((_, axis) => axis !== channel);
  const full = y.shape.filter((_, axis) => axis !== channel);
  return others.every((n) => n === 1) || others.every((n, i) => n === full[i]);
}

function stridesOf(shape: Shape, channel: number, y: Layout): Strides {
  const long = aligned(shape, y.shape.length);
  const others = long.filter((_, axis) => axis !== channel);
  const one = others.every((n) => n === 1);
  const count = one ? 1 : positions(y);
  const wide = (long[channel] ?? 1) > 1 || channels(y) === 1;
  return { quad: wide ? count : 0, position: one ? 0 : 1, splat: !wide };
}

/** Shape and channel axis of the result. */
function resultOf(
  node: Node,
  inputs: readonly (Layout | undefined)[],
  constants: ReadonlyMap<string, Constant>,
): Layout {
  const [a, b] = node.inputs
    .slice(0, 2)
    .map((name, k) => inputs[k]?.shape ?? constants.get(name)?.shape);
  const main = inputs[reference(inputs)];
  if (!a || !b || !main) throw nodeError(node, "it needs two inputs");
  const shape = broadcast(node, a, b);
  return { shape, channel: main.channel + shape.length - main.shape.length };
}

/** A constant laid out as the result is: one number, one for each channel, or all of them. */
function constantOperand(
  op: string,
  plan: Planning,
  name: string,
  constant: Constant,
  y: Layout,
): { view: View; strides: Strides } {
  const rank = y.shape.length;
  const shape = aligned(constant.shape, rank);
  const others = shape.filter((_, axis) => axis !== y.channel);
  const layout = others.every((n) => n === 1) ? { shape, channel: y.channel } : y;
  // One number, or what is not added or multiplied, belongs to a formula and is not trained.
  const isTrained = constant.data.length > 1 && !["Max", "Min", "Pow"].includes(op);
  const buffer = plan[isTrained ? "weights" : "stored"](
    `${name} as ${layout.shape} by ${layout.channel}`,
    vec4s(layout),
    () => {
      const packed = new Float32Array(vec4s(layout) * 4);
      const from = broadcastPlaces(constant.shape, layout.shape);
      places(layout).forEach((place, e) => {
        packed[place] = constant.data[from[e] as number] as number;
      });
      return packed;
    },
  );
  const view = { buffer, layout, offset: 0, stride: 0 };
  return { view, strides: stridesOf(layout.shape, y.channel, y) };
}

function operand(node: Node, plan: Planning, k: number, letter: "a" | "b", y: Layout): Arguments {
  const name = inputOf(node, k);
  const constant = plan.constant(name);
  let view: View;
  let strides: Strides;
  if (constant) ({ view, strides } = constantOperand(node.op, plan, name, constant, y));
  else {
    view = plan.value(name);
    strides = stridesOf(view.layout.shape, y.channel, y);
  }
  return reading(letter, view, strides);
}

function reading(letter: "a" | "b", view: View, strides: Strides): Arguments {
  const args = layer({
    [`${letter}_offset`]: view.offset,
    [`${letter}_stride`]: view.stride,
    [`${letter}_quad`]: strides.quad,
    [`${letter}_position`]: strides.position,
    [`${letter}_splat`]: strides.splat ? 1 : 0,
  });
  return { ...args, bindings: { [letter]: view.buffer } };
}

/**
 * The rule of Rescale for input k of a product of two activations, as SHAP has it: Δ(a·b) shared out in the mean of
 * both orders is Δa · (b + b₀)/2 + Δb · (a + a₀)/2. So it is the gradient with the other factor halfway.
 */
function rescaleFactor(node: Node, plan: Planning, k: 0 | 1): void {
  const sink = plan.sink(node, k);
  if (!sink) return;
  const y = plan.value(outputOf(node)).layout;
  const other = halfway(node, plan, (1 - k) as 0 | 1);
  const factor = reading("b", other, stridesOf(other.layout.shape, y.channel, y));
  backStep(node, plan, k, "backward_factor", sink, [factor, layer({ operation: OPERATIONS.Mul })]);
}

/** Writes down the relevance of input k: R_k = x_k · R / stab(z). */
function share(node: Node, plan: Planning, k: 0 | 1): void {
  const product = node.op === "Mul" || node.op === "Div";
  const other = inputOf(node, 1 - k);
  if (plan.constant(inputOf(node, k))) return;
  if (product && (!plan.constant(other) || (node.op === "Div" && k === 1))) {
    throw new RuleError(
      node,
      "shares relevance out to one activation and a constant, not to two activations",
    );
  }
  const sink = plan.sink(node, k);
  if (!sink) return;
  const y = plan.value(outputOf(node)).layout;
  const args = [operand(node, plan, 0, "a", y), operand(node, plan, 1, "b", y)];
  backStep(node, plan, k, "backward_share", sink, [
    ...args,
    layer({
      operation: OPERATIONS[node.op as keyof typeof OPERATIONS],
      share: product ? 2 : k,
      epsilon: STABILIZER,
    }),
  ]);
}

/** Writes down the gradient with respect to input k. */
function backward(node: Node, plan: Planning, k: 0 | 1): void {
  const sink = plan.sink(node, k);
  if (sink) backwardTo(node, plan, k, sink);
}

function backwardTo(node: Node, plan: Planning, k: 0 | 1, sink: Sink, halved = false): void {
  const y = plan.value(outputOf(node)).layout;
  const operation = node.op as keyof typeof OPERATIONS;
  let entry = "backward_sum";
  const args: Arguments[] = [];
  if (operation === "Mul") {
    entry = "backward_factor";
    args.push(operand(node, plan, 1 - k, "b", y));
  } else if (operation === "Div" && k === 0) {
    entry = "backward_factor";
    args.push(operand(node, plan, 1, "b", y));
  } else if (operation !== "Add" && operation !== "Sub") {
    entry = "backward_both";
    args.push(operand(node, plan, 0, "a", y), operand(node, plan, 1, "b", y));
  }
  const counted = operation === "Sub" && k === 0 ? OPERATIONS.Add : OPERATIONS[operation];
  const fields = { operation: counted, halved: halved ? 1 : 0 };
  backStep(node, plan, k, entry, sink, [...args, layer(fields)]);
}

/** Leaves a gradient of 0 with the second input. */
function backToNothing(node: Node, plan: Planning, sink: Sink): void {
  const y = plan.value(outputOf(node)).layout;
  const zero: Constant = { type: "float32", shape: [], data: new Float32Array(1) };
  const { view, strides } = constantOperand("Mul", plan, "zero", zero, y);
  const factor = reading("b", view, strides);
  backStep(node, plan, 1, "backward_factor", sink, [factor, layer({ operation: OPERATIONS.Mul })]);
}

function backStep(
  node: Node,
  plan: Planning,
  k: 0 | 1,
  entry: string,
  sink: Sink,
  args: Arguments[],
): void {
  const y = plan.value(outputOf(node)).layout;
  const dy = plan.gradient(outputOf(node));
  const { uniforms, bindings } = join(...args, gradientTo(sink, plan));
  plan.step({
    label: `${node.name} back to ${k}`,
    shader: "arithmetic",
    entry,
    uniforms: join(
      { uniforms, bindings },
      layer({
        channels: channels(y),
        positions: positions(y),
        dy_offset: dy.offset,
        dy_stride: dy.stride,
        dx_quads: quads(sink.layout),
        second: k,
        dx_splat: channels(sink.layout) === 1 && channels(y) > 1 ? 1 : 0,
      }),
    ).uniforms,
    bindings: { ...bindings, dy: dy.buffer },
    workgroups: [Math.ceil(positions(sink.layout) / 64), quads(sink.layout), 1],
    samples: 1,
  });
}

export const Arithmetic: Op = {
  activations: 2,
  fusesActivation: true,
  channel(_node, k, inputs) {
    const from = reference(inputs);
    const main = inputs[from];
    const own = inputs[k];
    if (k === from || !main || !own) return undefined;
    return Math.max(0, main.channel + own.shape.length - main.shape.length);
  },
  shape(node, k, inputs, constants) {
    const y = resultOf(node, inputs, constants);
    const own = inputs[k];
    return own && !isSimple(own.shape, y.channel, y) ? y.shape : undefined;
  },
  infer: (node, inputs, constants) => [resultOf(node, inputs, constants)],
  forward(node, plan) {
    const { layout } = plan.value(outputOf(node));
    const count = positions(layout);
    const { uniforms, bindings } = join(
      operand(node, plan, 0, "a", layout),
      operand(node, plan, 1, "b", layout),
      activated(node, plan, count),
    );
    plan.step({
      label: node.name,
      shader: "arithmetic",
      entry: "forward",
      uniforms: join(
        { uniforms, bindings },
        layer({
          operation: OPERATIONS[node.op as keyof typeof OPERATIONS],
          channels: channels(layout),
          positions: count,
        }),
      ).uniforms,
      bindings,
      workgroups: [Math.ceil(count / 8 / 64), quads(layout), 1],
      samples: 1,
    });
  },
  rules: {
    gradient(node, plan) {
      backward(node, plan, 0);
      backward(node, plan, 1);
    },
    linear(node, plan) {
      const [a, b] = node.inputs.slice(0, 2).map((name) => plan.constant(name));
      const isScaled = (node.op === "Mul" && (a || b)) || (node.op === "Div" && b);
      if (node.op !== "Add" && node.op !== "Sub" && !isScaled) {
        throw new RuleError(
          node,
          "goes through sums, and through activations times or by constants",
        );
      }
      backward(node, plan, 0);
      backward(node, plan, 1);
    },
    rescale(node, plan) {
      const [a, b] = node.inputs.slice(0, 2).map((name) => plan.constant(name));
      const isLinear = ["Add", "Sub", "Mul"].includes(node.op) || (node.op === "Div" && b);
      const isSum = node.op === "Add" || node.op === "Sub";
      if (isSum || (isLinear && (a || b))) {
        backward(node, plan, 0);
        backward(node, plan, 1);
        return;
      }
      if (node.op === "Mul") {
        rescaleFactor(node, plan, 0);
        rescaleFactor(node, plan, 1);
        return;
      }
      const k = a ? 1 : 0;
      const [x, y] = [node.inputs[k], node.outputs[0]].map((name) => plan.value(name as string));
      if (!(a || b) || elements(x!.layout.shape) !== elements(y!.layout.shape)) {
        throw new RuleError(
          node,
          "goes through sums, products, and a constant with one activation as large as the result",
        );
      }
      rescaleInPlace(node, plan, k, (sink) => backwardTo(node, plan, k, sink));
    },
    // AttnLRP (Achtibat et al. 2024): two factors take half each; a divisor is none and takes nothing.
    uniform(node, plan) {
      const [a, b] = node.inputs.slice(0, 2).map((name) => plan.constant(name));
      const halved = node.op === "Mul" && !a && !b;
      const numerator = node.op === "Div" && !b;
      for (const k of [0, 1] as const) {
        const sink = plan.sink(node, k);
        if (sink && k === 1 && numerator) backToNothing(node, plan, sink);
        else if (sink) backwardTo(node, plan, k, sink, halved);
      }
    },
    epsilon(node, plan) {
      share(node, plan, 0);
      share(node, plan, 1);
    },
  },
};
