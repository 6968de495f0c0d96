// The rules of layer-wise relevance propagation for linear layers, by lrp.wgsl and the layer's own kernels.
//
// Every rule is a list of passes; a pass divides the relevance by a sum of linear outputs and sends it back
// through the same terms: with z = Σ ± W_t x_t + b_t,   R' = factor · Σ ± x_t · W_tᵀ (R / stab(z)).
// Rules and constants are those of zennit (Anders et al. 2021); its stabilizer is ε · sign z with sign 0 = +1.

import type { View } from "../../shaders/step.js";
import { vec4s } from "../../tensor/layout.js";
import type { Constant } from "../../tensor/types.js";
import { inputOf, outputOf, RuleError } from "../attributes.js";
import { gradientTo, join, layer } from "../epilogue.js";
import type { Change, Node, Op, Planning, RelevanceNumbers, Sink } from "../types.js";

/** Keeps quotients finite. */
export const STABILIZER = 1e-6;

/**
 * y = W x + b, for any W and b of the layer's shape; the key names the layer's own among the plan's buffers, of
 * which these were made by a change.
 */
export interface LayerWeights {
  readonly key: string;
  readonly change?: Change;
  readonly weights: Constant;
  readonly bias: Constant | undefined;
}

/** A layer that can be played with other weights than its own, without its activation. */
export interface Linear extends LayerWeights {
  forward(weights: LayerWeights, x: View, z: View): void;
  backward(weights: LayerWeights, dy: View, sink: Sink): void;
}

const positive: Change = { name: "positive", above: 1, below: 0, power: 1 };
const negative: Change = { name: "negative", above: 0, below: 1, power: 1 };
const square: Change = { name: "square", above: 1, below: 1, power: 2 };
const one: Change = { name: "one", above: 0, below: 0, power: 0 };

function changed(w: number, { above, below, power }: Change): number {
  if (power !== 1) return w ** power;
  return above * Math.max(w, 0) + below * Math.min(w, 0);
}

interface Term {
  readonly x: "all" | "positive" | "negative" | "one" | "low" | "high";
  /** What of the weights the term takes, if not all; the bias likewise, or none. */
  readonly w?: Change;
  readonly bias?: boolean;
  readonly sign?: 1 | -1;
}

interface RelevancePass {
  readonly terms: readonly Term[];
  readonly factor?: number;
  /** Of the quotient, where it is not the stabilizer. */
  readonly epsilon?: number;
  /** Only where the layer's own output is so. */
  readonly where?: "above" | "below";
}

const plus: Term[] = [
  { x: "positive", w: positive, bias: true },
  { x: "negative", w: negative },
];
const minus: Term[] = [
  { x: "positive", w: negative, bias: true },
  { x: "negative", w: positive },
];

function gammaPasses(gamma: number): RelevancePass[] {
  const raised: Change = { name: `raised by ${gamma}`, above: 1 + gamma, below: 1, power: 1 };
  const lowered: Change = { name: `lowered by ${gamma}`, above: 1, below: 1 + gamma, power: 1 };
  const terms = (first: Change, second: Change): Term[] => [
    { x: "positive", w: first, bias: true },
    { x: "negative", w: second },
  ];
  return [
    { where: "above", terms: terms(raised, lowered) },
    { where: "below", terms: terms(lowered, raised) },
  ];
}

const table = {
  epsilon: ({ epsilon }) => [{ terms: [{ x: "all", bias: true }], epsilon }],
  "z-plus": () => [{ terms: plus }],
  "alpha-beta": ({ alpha }) => [
    { terms: plus, factor: alpha },
    { terms: minus, factor: 1 - alpha },
  ],
  gamma: ({ gamma }) => gammaPasses(gamma),
  "w-square": () => [{ terms: [{ x: "one", w: square, bias: true }] }],
  flat: () => [{ terms: [{ x: "one", w: one }] }],
  "z-box": () => [
    {
      terms: [
        { x: "all", bias: true },
        { x: "low", w: positive, bias: true, sign: -1 },
        { x: "high", w: negative, bias: true, sign: -1 },
      ],
    },
  ],
} as const satisfies Record<string, (numbers: RelevanceNumbers) => readonly RelevancePass[]>;

/** The rules of relevance of a linear operator. */
export function linearRules(linearOf: (node: Node, plan: Planning) => Linear): Op["rules"] {
  return Object.fromEntries(
    Object.entries(table).map(([name, passes]) => [
      name,
      (node: Node, plan: Planning) =>
        propagate(node, plan, linearOf(node, plan), passes(plan.relevance)),
    ]),
  );
}

/** The epsilon rule of an operator whose gradient kernel is all there is to it: z is its output. */
export function normRule(back: (node: Node, plan: Planning, dy: View, sink: Sink) => void) {
  return (node: Node, plan: Planning): void => {
    const sink = plan.sink(node, 0);
    if (!sink) return;
    const x = plan.value(inputOf(node));
    const z = plan.value(outputOf(node));
    const s = scratch(node, plan, "s", z);
    divide(node, plan, [z], [1], z, {}, s);
    const c = scratch(node, plan, "c", x);
    back(node, plan, s, { ...c, add: false });
    multiply(node, plan, x, c, 1, sink);
  };
}

function propagate(
  node: Node,
  plan: Planning,
  linear: Linear,
  passes: readonly RelevancePass[],
): void {
  const sink = plan.sink(node, 0);
  if (!sink) return;
  const x = plan.value(inputOf(node));
  const y = plan.value(outputOf(node));
  const nonnegative = isNonnegative(plan, inputOf(node));
  const kept = passes.map((pass) => ({
    ...pass,
    terms: nonnegative ? pass.terms.filter((term) => term.x !== "negative") : pass.terms,
  }));
  let own: View | undefined;
  const ownOutput = () => (own ??= linearOutput(node, plan, linear, x, y));
  let left = kept.reduce((count, { terms }) => count + terms.length, 0);
  let add = sink.add;
  kept.forEach(({ terms, factor = 1, epsilon = STABILIZER, where }, i) => {
    const parts = terms.map((term) => ({
      x: partOf(node, plan, term.x, x, nonnegative),
      weights: modified(linear, term),
      sign: term.sign ?? 1,
    }));
    const z = parts.map((part, t) => {
      const term = terms[t] as Term;
      if (term.x === "all" && !term.w) return ownOutput();
      const view = scratch(node, plan, `z${t} of pass ${i}`, y);
      linear.forward(part.weights, part.x, view);
      return view;
    });
    const s = scratch(node, plan, `s of pass ${i}`, y);
    const signs = parts.map(({ sign }) => sign);
    divide(
      node,
      plan,
      z,
      signs,
      where ? ownOutput() : (z[0] as View),
      { factor, epsilon, where },
      s,
    );
    parts.forEach((part, t) => {
      const c = scratch(node, plan, `c${t} of pass ${i}`, x);
      linear.backward(part.weights, s, { ...c, add: false });
      left--;
      const { gate, ...open } = sink;
      const to = { ...open, add, ...(left === 0 && gate && { gate }) };
      multiply(node, plan, part.x, c, part.sign, to);
      add = true;
    });
  });
}

/**
 * W x + b. Where a Relu follows, its output will do: it differs only where it is zero, and no relevance comes
 * from there.
 */
function linearOutput(node: Node, plan: Planning, linear: Linear, x: View, y: View): View {
  const { activation } = node;
  if (!activation || (activation.low === 0 && activation.high > 1e38 && activation.slope === 0))
    return y;
  const z = scratch(node, plan, "z", y);
  linear.forward(linear, x, z);
  return z;
}

function modified(linear: Linear, { w, bias }: Term): LayerWeights {
  const change = (constant: Constant): Constant =>
    w
      ? {
          type: constant.type,
          shape: constant.shape,
          // Made when it is packed, so that a plan holds no copies.
          get data() {
            return Float32Array.from(constant.data, (v) => changed(v, w));
          },
        }
      : constant;
  return {
    key: linear.key,
    ...(w && { change: w }),
    weights: change(linear.weights),
    bias: bias && linear.bias ? change(linear.bias) : undefined,
  };
}

function partOf(node: Node, plan: Planning, which: Term["x"], x: View, nonnegative: boolean): View {
  const { layout } = x;
  const size = vec4s(layout);
  if (which === "all" || (which === "positive" && nonnegative)) return x;
  if (which === "one") {
    const buffer = plan.stored(`${size} ones`, size, () => new Float32Array(size * 4).fill(1));
    return { buffer, layout, offset: 0, stride: 0 };
  }
  if (which === "low" || which === "high") {
    const bound = plan.bound(which, inputOf(node));
    if (bound) return bound;
    throw new RuleError(
      node,
      "bounds what the first layer reads by black and white, and this one does not read the image itself",
    );
  }
  const part = scratch(node, plan, which, x);
  plan.step({
    label: `${node.name} ${which} part`,
    shader: "lrp",
    entry: "take_part",
    uniforms: layer({
      vec4s: size,
      x_offset: x.offset,
      x_stride: x.stride,
      side: which === "positive" ? 1 : 2,
    }).uniforms,
    bindings: { x: x.buffer, part: part.buffer },
    workgroups: [Math.ceil(size / 64), 1, 1],
    samples: 1,
  });
  return part;
}

function scratch(node: Node, plan: Planning, name: string, like: View): View {
  return plan.savedTensor(node, `${name} of relevance`, like.layout);
}

/** s = factor · R / stab(Σ ± z) */
function divide(
  node: Node,
  plan: Planning,
  z: readonly View[],
  signs: readonly number[],
  own: View,
  { factor = 1, epsilon = STABILIZER, where }: Omit<RelevancePass, "terms">,
  s: View,
): void {
  const [z0, z1, z2] = z as [View, View?, View?];
  const r = plan.gradient(outputOf(node));
  const size = vec4s(s.layout);
  plan.step({
    label: `${node.name} quotient`,
    shader: "lrp",
    entry: "divide",
    uniforms: layer({
      vec4s: size,
      x_offset: r.offset,
      x_stride: r.stride,
      z_offset: z0.offset,
      z_stride: z0.stride,
      own_offset: own.offset,
      own_stride: own.stride,
      factor,
      epsilon,
      sign1: z1 ? (signs[1] as number) : 0,
      sign2: z2 ? (signs[2] as number) : 0,
      side: where ? (where === "above" ? 1 : 2) : 0,
    }).uniforms,
    bindings: {
      r: r.buffer,
      z0: z0.buffer,
      z1: (z1 ?? z0).buffer,
      z2: (z2 ?? z0).buffer,
      own: own.buffer,
      s: s.buffer,
    },
    workgroups: [Math.ceil(size / 64), 1, 1],
    samples: 1,
  });
}

/** R' = factor · x · c */
export function multiply(
  node: Node,
  plan: Planning,
  x: View,
  c: View,
  factor: number,
  sink: Sink,
): void {
  const size = vec4s(sink.layout);
  const { uniforms, bindings } = gradientTo(sink, plan);
  plan.step({
    label: `${node.name} relevance`,
    shader: "lrp",
    entry: "multiply",
    uniforms: join(
      { uniforms, bindings },
      layer({ vec4s: size, x_offset: x.offset, x_stride: x.stride, factor }),
    ).uniforms,
    bindings: { ...bindings, x: x.buffer, c: c.buffer },
    workgroups: [Math.ceil(size / 64), 1, 1],
    samples: 1,
  });
}

const KEEPS_SIGN: readonly string[] = [
  "Add",
  "AveragePool",
  "Concat",
  "Dropout",
  "Flatten",
  "GlobalAveragePool",
  "Identity",
  "MaxPool",
  "Rearrange",
  "Relayout",
  "Reshape",
  "Slice",
  "Squeeze",
  "Transpose",
  "Unsqueeze",
];

/** True if no element of a tensor can be below zero, as far as the operators that made it tell. */
function isNonnegative(plan: Planning, name: string): boolean {
  const constant = plan.constant(name);
  if (constant) return constant.data.every((v) => v >= 0);
  const node = plan.graph.nodes.find(({ outputs }) => outputs.includes(name));
  if (!node) return false;
  const { activation } = node;
  if (activation && activation.low >= 0 && activation.slope === 0) return true;
  if (activation && activation.slope !== 0) return false;
  if (node.op === "Sigmoid" || node.op === "Softmax") return true;
  if (!KEEPS_SIGN.includes(node.op)) return false;
  const values = node.op === "Add" || node.op === "Concat" ? node.inputs : node.inputs.slice(0, 1);
  return values.every((input) => isNonnegative(plan, input));
}
