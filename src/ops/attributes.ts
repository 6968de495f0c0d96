// Reading a node's attributes and constant inputs, with ONNX's defaults, and saying what is wrong with them.

import type { Constant } from "../tensor/types.js";
import type { Node } from "./types.js";

/** The name of a node's k-th input, which the operator cannot do without. */
export const inputOf = ({ inputs }: Node, k = 0): string => inputs[k] as string;

/** The name of a node's k-th output. */
export const outputOf = ({ outputs }: Node, k = 0): string => outputs[k] as string;

/** An error about one node: "conv1 (Conv): <fact>". */
export function nodeError(node: Node, fact: string): Error {
  return new Error(`${node.name} (${node.op}): ${fact}`);
}

/** Does something with a node; if the file says what no operator has reckoned with, that is an error of the node. */
export function sensible<T, G>(node: Node, work: (node: Node, graph: G) => T, graph: G): T {
  try {
    return work(node, graph);
  } catch (error) {
    const { message, constructor: kind } = error as Error;
    if (kind === Error) throw error;
    throw new Error(
      `${node.name} (${node.op}): its inputs and attributes do not fit together (${message})`,
      { cause: error },
    );
  }
}

/** A method's rule does not fit a node: `why` goes on where the method's name is said ("has no rule for Softmax"). */
export class RuleError extends Error {
  constructor(
    readonly node: Node,
    readonly why: string,
  ) {
    super(why);
  }
}

/** A number attribute, or its default. */
export function numberOf(node: Node, name: string, otherwise: number): number {
  const value = node.attributes[name];
  if (value === undefined) return otherwise;
  if (typeof value !== "number") throw nodeError(node, `its attribute "${name}" is not a number`);
  return value;
}

/** A string attribute, or its default. */
export function stringOf(node: Node, name: string, otherwise: string): string {
  const value = node.attributes[name];
  if (value === undefined) return otherwise;
  if (typeof value !== "string") throw nodeError(node, `its attribute "${name}" is not a string`);
  return value;
}

/** A list of numbers, or its default. */
export function numbersOf(
  node: Node,
  name: string,
  otherwise: readonly number[],
): readonly number[] {
  const value = node.attributes[name];
  if (value === undefined) return otherwise;
  if (!Array.isArray(value) || value.some((v) => typeof v !== "number")) {
    throw nodeError(node, `its attribute "${name}" is not a list of numbers`);
  }
  return value as number[];
}

/** A constant input that the node cannot be understood without; undefined if the input is absent. */
export function constantInput(
  node: Node,
  k: number,
  constants: ReadonlyMap<string, Constant>,
  what: string,
): Constant | undefined {
  const name = node.inputs[k];
  if (!name) return undefined;
  const constant = constants.get(name);
  if (!constant) throw nodeError(node, `${what} must be known when the model is loaded`);
  return constant;
}

/** A list of integers that old opsets keep in an attribute and new ones in an input. */
export function integers(
  node: Node,
  attribute: string,
  k: number,
  constants: ReadonlyMap<string, Constant>,
): number[] | undefined {
  const constant = constantInput(node, k, constants, `its ${attribute}`);
  if (constant) return Array.from(constant.data);
  return attribute in node.attributes ? [...numbersOf(node, attribute, [])] : undefined;
}

/** An axis counted from either end, as one counted from the front. */
export function axisOf(node: Node, axis: number, rank: number): number {
  const result = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || result < 0 || result >= Math.max(rank, 1)) {
    throw nodeError(node, `axis ${axis} is not one of a tensor of ${rank} axes`);
  }
  return result;
}
