// Attributes of a node, with their defaults, and the integers that newer opsets pass as inputs instead.

import type { Node } from "../../../src/ops/types.js";
import type { Tensor } from "../twin.js";

/** A number. */
export function number(node: Node, name: string, otherwise: number): number {
  return (node.attributes[name] as number | undefined) ?? otherwise;
}

/** A list of numbers, or undefined. */
export function numbers(node: Node, name: string): number[] | undefined {
  return node.attributes[name] as number[] | undefined;
}

/** A string. */
export function text(node: Node, name: string, otherwise: string): string {
  return (node.attributes[name] as string | undefined) ?? otherwise;
}

/** A list that is an input in newer opsets and an attribute in older ones, or undefined. */
export function given(node: Node, name: string, input: Tensor | undefined): number[] | undefined {
  return input ? Array.from(input.data) : numbers(node, name);
}
