// Finds operators that exporters of older opsets write as several nodes: LayerNormalization, Gelu, and x times a
// function of x (Swish, HardSwish, Mish). As one node they take a fraction of the memory, and methods see what they are.
//
// Only the last node of each is replaced. What led to it is left without a reader, and goes unless it has another.

import type { Node } from "../ops/types.js";
import type { Constant } from "../tensor/types.js";

type Makers = ReadonlyMap<string, Node>;
type Constants = ReadonlyMap<string, Constant>;

/** The nodes, with the last one of each recognized group replaced by the operator that the group is. */
export function recognize(nodes: readonly Node[], constants: Constants): Node[] {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node])));
  return nodes.map((node) => {
    const found =
      scaled(node, makers, constants) ??
      standardized(node, makers, constants) ??
      gelu(node, makers, constants) ??
      gated(node, makers);
    return found ? { ...node, ...found } : node;
  });
}

type Found = Pick<Node, "op" | "inputs" | "attributes">;

/** The node of this kind that makes a tensor. */
function made(name: string | undefined, op: string, makers: Makers): Node | undefined {
  const node = makers.get(name ?? "");
  return node?.op === op ? node : undefined;
}

/** A single number, if a tensor is one. */
function numberIn(name: string | undefined, constants: Constants): number | undefined {
  const data = constants.get(name ?? "")?.data;
  return data?.length === 1 ? data[0] : undefined;
}

const near = (value: number | undefined, wanted: number): boolean =>
  value !== undefined && Math.abs(value - wanted) < 1e-4 * wanted;

/** Both orders of a node's two inputs. */
const orders = ({ inputs: [a = "", b = ""] }: Node): [string, string][] => [
  [a, b],
  [b, a],
];

/** The axes of a mean, if they are the last ones, counted from the end. */
function lastAxes(node: Node, constants: Constants): number | undefined {
  const given = node.attributes.axes ?? constants.get(node.inputs[1] ?? "")?.data;
  if (!given || node.attributes.keepdims === 0) return undefined;
  const axes = Array.from(given as ArrayLike<number>).sort((a, b) => b - a);
  return axes.length > 0 && axes.every((axis, k) => axis === -1 - k) ? -axes.length : undefined;
}

/** d / √(mean d² + ε) with d = x − mean x. */
function standardized(node: Node, makers: Makers, constants: Constants): Found | undefined {
  if (node.op !== "Div") return undefined;
  const [d, deviation] = node.inputs;
  const difference = made(d, "Sub", makers);
  const sum = made(made(deviation, "Sqrt", makers)?.inputs[0], "Add", makers);
  if (!difference || !sum) return undefined;
  const [x, mean] = difference.inputs;
  const middle = made(mean, "ReduceMean", makers);
  for (const [variance, offset] of orders(sum)) {
    const epsilon = numberIn(offset, constants);
    const spread = made(variance, "ReduceMean", makers);
    if (!middle || !spread || epsilon === undefined || middle.inputs[0] !== x) continue;
    const axis = lastAxes(middle, constants);
    if (axis === undefined || axis !== lastAxes(spread, constants)) continue;
    const power = made(spread.inputs[0], "Pow", makers);
    const product = made(spread.inputs[0], "Mul", makers);
    const isSquare =
      (power?.inputs[0] === d && numberIn(power?.inputs[1], constants) === 2) ||
      product?.inputs.every((name) => name === d);
    if (isSquare) {
      return { op: "LayerNormalization", inputs: [x as string], attributes: { axis, epsilon } };
    }
  }
  return undefined;
}

/** The same times a scale, plus a bias: one number for each feature. */
function scaled(node: Node, makers: Makers, constants: Constants): Found | undefined {
  if (node.op !== "Add") return undefined;
  const isVector = (name: string) => constants.get(name)?.shape.length === 1;
  for (const [sum, bias] of orders(node)) {
    const product = isVector(bias) ? made(sum, "Mul", makers) : undefined;
    for (const [x, scale] of product ? orders(product) : []) {
      const last = isVector(scale) ? makers.get(x) : undefined;
      const found = last && standardized(last, makers, constants);
      if (found?.attributes.axis === -1)
        return { ...found, inputs: [...found.inputs, scale, bias] };
    }
  }
  return undefined;
}

/** x · ½ · (1 + erf(x / √2)), multiplied in whatever order. */
function gelu(node: Node, makers: Makers, constants: Constants): Found | undefined {
  if (node.op !== "Mul") return undefined;
  const factors = node.inputs.flatMap((name) => made(name, "Mul", makers)?.inputs ?? [name]);
  // The inner product may be on either side, but not on both.
  if (factors.length !== 3 || !factors.some((name) => near(numberIn(name, constants), 0.5))) {
    return undefined;
  }
  for (const sum of factors.flatMap((name) => made(name, "Add", makers) ?? [])) {
    for (const [curve, one] of orders(sum)) {
      const argument = made(curve, "Erf", makers)?.inputs[0];
      if (!argument || numberIn(one, constants) !== 1) continue;
      const quotient = made(argument, "Div", makers);
      const product = made(argument, "Mul", makers);
      const [x = "", divisor] = quotient?.inputs ?? [];
      if (near(numberIn(divisor, constants), Math.SQRT2) && factors.includes(x)) {
        return { op: "Gelu", inputs: [x], attributes: {} };
      }
      for (const [y, factor] of product ? orders(product) : []) {
        if (near(numberIn(factor, constants), Math.SQRT1_2) && factors.includes(y)) {
          return { op: "Gelu", inputs: [y], attributes: {} };
        }
      }
    }
  }
  return undefined;
}

/** x · f(x). */
function gated(node: Node, makers: Makers): Found | undefined {
  if (node.op !== "Mul") return undefined;
  for (const [x, gate] of orders(node)) {
    const curve = makers.get(gate);
    const { alpha = 0.2, beta = 0.5 } = curve?.attributes ?? {};
    const isRamp = near(alpha as number, 1 / 6) && near(beta as number, 0.5);
    if (curve?.op === "Sigmoid" && curve.inputs[0] === x) {
      return { op: "Swish", inputs: [x], attributes: {} };
    }
    if (curve?.op === "HardSigmoid" && curve.inputs[0] === x && isRamp) {
      return { op: "HardSwish", inputs: [x], attributes: {} };
    }
    const inner = curve?.op === "Tanh" ? made(curve.inputs[0], "Softplus", makers) : undefined;
    if (inner?.inputs[0] === x) return { op: "Mish", inputs: [x], attributes: {} };
  }
  return undefined;
}
