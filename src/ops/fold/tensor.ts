// Constants under construction: what the folding rules share.

import { elements } from "../../tensor/layout.js";
import type { Constant, ElementType, Shape } from "../../tensor/types.js";
import { nodeError } from "../attributes.js";
import type { Node } from "../types.js";

/** From the constant inputs of a node (an absent one is undefined) to its outputs. */
export type Fold = (node: Node, ...inputs: readonly Constant[]) => Constant | readonly Constant[];

const FLOATS: readonly ElementType[] = ["float32", "float16", "bfloat16", "float64"];

// Nothing that a file says in a few bytes may take more memory than this.
const MOST_ELEMENTS = 2 ** 26;

/** True for the element types that hold fractions. */
export function isFloat(type: ElementType): boolean {
  return FLOATS.includes(type);
}

/** A constant of these values. */
export function constant(type: ElementType, shape: Shape, values: ArrayLike<number>): Constant {
  const data = isFloat(type) ? Float32Array.from(values) : Float64Array.from(values);
  return { type, shape, data };
}

/** Number of elements of a shape. Throws where no constant of that size is wanted. */
export function size(node: Node, shape: Shape): number {
  const count = elements(shape);
  if (count <= MOST_ELEMENTS && shape.every((n) => Number.isInteger(n) && n >= 0)) return count;
  throw nodeError(node, `it asks for a constant of shape [${shape}]`);
}
