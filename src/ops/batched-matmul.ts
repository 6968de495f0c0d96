// MatMul of two tensors that depend on the image, or of one and a stack of constant matrices, by batched-matmul.wgsl.
// The first has its columns in channel lanes, and so has the result; the second has its columns there, or, as the
// keys of an attention after their Transpose, its rows. That Transpose is then free.

import type { View } from "../shaders/step.js";
import { channels, elements, places, positions, vec4s } from "../tensor/layout.js";
import type { Layout, Shape } from "../tensor/types.js";
import { inputOf, nodeError, outputOf } from "./attributes.js";
import { broadcast, broadcastPlaces } from "./broadcast.js";
import { type Arguments, gradientTo, join, result } from "./epilogue.js";
import type { Node, Op, Planning } from "./types.js";

const FORMS = { NN: 0, NT: 1, TN: 2 } as const;
const QUADS = 2;

interface Shapes {
  readonly stack: readonly number[];
  readonly rows: number;
  readonly sums: number;
  readonly columns: number;
}

function shapesOf(node: Node, a: Shape, b: Shape): Shapes {
  const [rows = 1, sums = 1] = a.slice(-2);
  const [inner = 1, columns = 1] = b.slice(-2);
  if (a.length < 2 || b.length < 2 || sums !== inner) {
    throw nodeError(node, `matrices of shapes [${a}] and [${b}] have no product`);
  }
  return { stack: broadcast(node, a.slice(0, -2), b.slice(0, -2)), rows, sums, columns };
}

function shapesIn(node: Node, plan: Planning): Shapes {
  const [a, b] = node.inputs.map((name) => {
    const shape = plan.constant(name)?.shape ?? plan.graph.layouts.get(name)?.shape;
    return shape as Shape;
  });
  return shapesOf(node, a as Shape, b as Shape);
}

/** An operand in memory; a constant one is uploaded, its stack repeated to the full one. */
function operandOf(node: Node, plan: Planning, k: 0 | 1): View {
  const name = inputOf(node, k);
  const constant = plan.constant(name);
  if (!constant) return plan.value(name);
  const { stack } = shapesIn(node, plan);
  const shape = [...stack, ...constant.shape.slice(-2)];
  const layout = { shape, channel: shape.length - 1 };
  const key = `${name} as ${shape} by ${layout.channel}`;
  const buffer = plan.weights(key, vec4s(layout), () => {
    const packed = new Float32Array(vec4s(layout) * 4);
    const from = broadcastPlaces(constant.shape, shape);
    places(layout).forEach((place, e) => {
      packed[place] = constant.data[from[e] as number] as number;
    });
    return packed;
  });
  return { buffer, layout, offset: 0, stride: 0 };
}

/** One of the two factors, as the kernel reads it. */
function factor(letter: "a" | "b", view: View, stacks: number): Arguments {
  const count = positions(view.layout);
  return {
    uniforms: {
      layer: {
        [`${letter}_offset`]: view.offset,
        [`${letter}_stride`]: view.stride,
        [`${letter}_positions`]: count,
        [`${letter}_rows`]: count / stacks,
      },
    },
    bindings: { [letter]: view.buffer },
  };
}

function product(
  label: string,
  plan: Planning,
  form: keyof typeof FORMS,
  [a, b]: readonly [View, View],
  size: { rows: number; columns: number; sums: number; stacks: number; halved?: number },
  end: Arguments,
  entry: "forward" | "backward",
): void {
  const sizes = { uniforms: { layer: size }, bindings: {} };
  const args = [factor("a", a, size.stacks), factor("b", b, size.stacks)];
  plan.step({
    label,
    shader: "batched-matmul",
    entry,
    constants: { FORM: FORMS[form], QUADS },
    ...join(...args, sizes, end),
    workgroups: [
      Math.ceil(size.rows / 4 / 64),
      Math.ceil(Math.ceil(size.columns / 4) / QUADS),
      size.stacks,
    ],
    samples: 1,
    flops: 2 * size.rows * size.columns * size.sums * size.stacks,
  });
}

/** True if the second operand has its rows in channel lanes. */
const isTurned = ({ shape, channel }: Layout): boolean => channel === shape.length - 2;

export const Product: Op = {
  channel(_node, k, inputs) {
    const layout = inputs[k];
    if (!layout) return undefined;
    return k === 1 && isTurned(layout) ? layout.channel : layout.shape.length - 1;
  },
  shape(node, k, inputs, constants) {
    const [a, b] = node.inputs.map((name, i) => inputs[i]?.shape ?? constants.get(name)?.shape);
    if (!a || !b) throw nodeError(node, "it needs two inputs");
    const own = inputs[k]?.shape;
    return own && [...shapesOf(node, a, b).stack, ...own.slice(-2)];
  },
  infer(node, inputs, constants) {
    const [a, b] = node.inputs.map((name, i) => inputs[i]?.shape ?? constants.get(name)?.shape);
    const { stack, rows, columns } = shapesOf(node, a as Shape, b as Shape);
    const shape = [...stack, rows, columns];
    return [{ shape, channel: shape.length - 1 }];
  },
  forward(node, plan) {
    const { stack, rows, sums, columns } = shapesIn(node, plan);
    const size = { rows, sums, columns, stacks: elements(stack) };
    const [a, b] = [operandOf(node, plan, 0), operandOf(node, plan, 1)];
    const end = result(plan.value(outputOf(node)));
    const form = isTurned(b.layout) ? "NT" : "NN";
    product(node.name, plan, form, [a, b], size, end, "forward");
  },
  rules: {
    gradient: (node, plan) => backward(node, plan, 0),
    // Each factor takes half of the relevance, so half of the gradient (AttnLRP's uniform rule).
    uniform: (node, plan) => backward(node, plan, 1),
  },
};

function backward(node: Node, plan: Planning, halved: number): void {
  const { stack, rows, sums, columns } = shapesIn(node, plan);
  const stacks = elements(stack);
  const dy = plan.gradient(outputOf(node));
  const first = plan.sink(node, 0);
  if (first) {
    const b = operandOf(node, plan, 1);
    const size = { rows, columns: sums, sums: columns, stacks, halved };
    const form = isTurned(b.layout) ? "NN" : "NT";
    const end = gradientTo(first, plan);
    product(`${node.name} back to 0`, plan, form, [dy, b], size, end, "backward");
  }
  const second = plan.sink(node, 1);
  if (!second) return;
  const a = operandOf(node, plan, 0);
  const turned = isTurned(second.layout);
  const size = turned
    ? { rows: columns, columns: channels(second.layout), sums: rows, stacks, halved }
    : { rows: sums, columns, sums: rows, stacks, halved };
  const factors = turned ? ([dy, a] as const) : ([a, dy] as const);
  const end = gradientTo(second, plan);
  product(`${node.name} back to 1`, plan, "TN", factors, size, end, "backward");
}
