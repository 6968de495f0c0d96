// Operators of com.microsoft, which onnxruntime's optimizer writes in place of several of ONNX's. Here they are these again:
// what can be one kernel becomes one where plans are made.

import { inputOf, nodeError, numberOf, numbersOf, stringOf } from "../attributes.js";
import type { Composition } from "../types.js";
import { statistics } from "./normalizations.js";

/** x times the normal distribution, of before ONNX had it. */
const gelu: Composition = (node, write) => write.node("Gelu", [inputOf(node)]);

/** The same of x + b. */
const biasGelu: Composition = (node, write) =>
  write.node("Gelu", [write.node("Add", node.inputs.slice(0, 2))]);

/** The activations of FusedConv, and the attributes that its list of parameters gives them, in order. */
const ACTIVATIONS: Readonly<Record<string, readonly string[]>> = {
  Clip: ["min", "max"],
  HardSigmoid: ["alpha", "beta"],
  LeakyRelu: ["alpha"],
  Relu: [],
  Sigmoid: [],
  Tanh: [],
};

/** a(W ∗ x + b + z), where z is the fourth input, if there is one. */
const convolution: Composition = (node, write) => {
  const { activation: _, activation_params: __, ...attributes } = node.attributes;
  let y = write.node("Conv", node.inputs.slice(0, 3), attributes);
  if (node.inputs[3]) y = write.node("Add", [y, node.inputs[3]]);
  const activation = stringOf(node, "activation", "");
  if (!activation) return y;
  const names = ACTIVATIONS[activation];
  if (!names) {
    const known = Object.keys(ACTIVATIONS).join(", ");
    throw nodeError(node, `its activation is "${activation}"; known are ${known}`);
  }
  const values = numbersOf(node, "activation_params", []);
  if (values.length < names.length) {
    throw nodeError(node, `its ${activation} needs activation_params [${names.join(", ")}]`);
  }
  const own = Object.fromEntries(names.map((name, k) => [name, values[k] as number]));
  return write.node(activation, [y], own);
};

/** α A B, of operands that are turned first: A and B stand for their names in the attributes. */
const product: Composition = (node, write) => {
  const turned = (k: 0 | 1, letter: "A" | "B"): string => {
    const perm = write.shape(k).map((_, axis) => axis);
    // The first axis goes to the rows, all between move up by one.
    if (numberOf(node, `transBatch${letter}`, 0)) {
      perm.splice(-1, 0, ...perm.splice(0, 1));
    }
    // A vector stays what it is.
    if (numberOf(node, `trans${letter}`, 0)) perm.push(...perm.splice(-2).reverse());
    const isStill = perm.every((from, axis) => from === axis);
    return isStill ? inputOf(node, k) : write.node("Transpose", [inputOf(node, k)], { perm });
  };
  const y = write.node("MatMul", [turned(0, "A"), turned(1, "B")]);
  const alpha = numberOf(node, "alpha", 1);
  return alpha === 1 ? y : write.node("Mul", [y, write.floats([], [alpha])]);
};

/** The LayerNormalization of x + skip + bias over the last axis, and the sum itself for whoever reads it on. */
const skipNormalization: Composition = (node, write) => {
  const [x = "", skip = "", gamma = "", beta = "", bias] = node.inputs;
  const epsilon = numberOf(node, "epsilon", 1e-12);
  const added = write.node("Add", [x, skip]);
  const sum = bias ? write.node("Add", [added, bias]) : added;
  const y = write.node("LayerNormalization", [sum, gamma, beta], { axis: -1, epsilon });
  if (node.outputs.length < 2) return y;
  return [y, ...statistics(sum, [write.shape(0).length - 1], epsilon, write), sum];
};

/** By operator. */
export const fused: Readonly<Record<string, Composition>> = {
  "com.microsoft::BiasGelu": biasGelu,
  "com.microsoft::FusedConv": convolution,
  "com.microsoft::FusedMatMul": product,
  "com.microsoft::Gelu": gelu,
  "com.microsoft::SkipLayerNormalization": skipNormalization,
};
