// What a case is: a model of one node, to try an operator with, and the constants that it may have.

import type { Attribute, OnnxModel } from "../../src/onnx/types.js";
import { type AttributeSpec, writeModel } from "../../src/onnx/write.js";
import type { Node } from "../../src/ops/types.js";
import type { Constant, Shape } from "../../src/tensor/types.js";
import { randn } from "../support/harness.js";
import { sizeOf } from "./twin.js";

/** A model of one node, to try an operator with. */
export interface Case {
  readonly op: string;
  readonly shape: Shape;
  readonly attributes?: Record<string, Attribute>;
  /** The inputs of the node: "x" is the image, null an absent one; all others are constants. */
  readonly inputs?: readonly ("x" | null | Constant)[];
  readonly opset?: number;
  /** Relative error that a kernel may have beside the usual one, because WGSL's own function has it. */
  readonly tolerance?: number;
  /** From a normally distributed number to an element of the image; the number itself if not given. */
  readonly domain?: (z: number) => number;
  /**
   * For what only shows over many tiles, too large for central differences: tried on the GPU alone, once or with every
   * tiling that there is.
   */
  readonly large?: "once" | "every tiling";
  /** True if it is meant for Winograd's algorithm, which plans that must be exact do without. */
  readonly winograd?: boolean;
  /** How many outputs the node has, and which of them is the model's; the first of one if not given. */
  readonly outputs?: readonly [count: number, chosen: number];
}

/** Random weights. */
export const floats = (shape: Shape, seed = 2): Constant => ({
  type: "float32",
  shape,
  data: randn(sizeOf(shape), seed),
});
/** A list of integers. */
export const ints = (...values: number[]): Constant => ({
  type: "int64",
  shape: [values.length],
  data: Float64Array.from(values),
});
/** A list of numbers. */
export const list = (...values: number[]): Constant => ({
  type: "float32",
  shape: [values.length],
  data: Float32Array.from(values),
});
/** A single number. */
export const scalar = (value: number): Constant => ({ ...list(value), shape: [] });
/** Random positive weights. */
export const positive = (shape: Shape): Constant => {
  const { type, data } = floats(shape, 5);
  return { type, shape, data: data.map((v) => 0.5 + v * v) };
};

/** The image that a case is tried on, random with the case's number for a seed. */
export function imageOf({ shape, domain = (z) => z }: Case, number: number): Float32Array {
  return randn(sizeOf(shape), 100 + number).map(domain);
}

/** The model of a case: its node from the image "x" to the output "y". */
export function modelOf({
  op,
  shape,
  attributes = {},
  inputs = ["x"],
  opset = 13,
  outputs: [count, chosen] = [1, 0],
}: Case): OnnxModel {
  const constants = new Map<string, Constant>();
  const names = inputs.map((input, i) => {
    if (input === "x") return "x";
    if (input === null) return "";
    constants.set(`c${i}`, input);
    return `c${i}`;
  });
  const outputs = Array.from({ length: count }, (_, k) => (k === chosen ? "y" : `y${k}`));
  const node: Node = { name: "node", op, inputs: names, outputs, attributes };
  const image = { name: "x", type: "float32", shape } as const;
  return { opset, nodes: [node], constants, inputs: [image], outputs: ["y"], metadata: {} };
}

/** The same as the bytes of a file, for whoever reads no model of ours. */
export function bytesOf(example: Case): Uint8Array {
  const { nodes, constants, inputs, outputs, opset } = modelOf(example);
  return writeModel({
    opset,
    domains: { "com.microsoft": 1 },
    nodes: nodes.map((node) => {
      const [op = "", domain = ""] = node.op.split("::").reverse();
      const attributes = node.attributes as Record<string, AttributeSpec>;
      return { op, domain, attributes, inputs: [...node.inputs], outputs: [...node.outputs] };
    }),
    initializers: [...constants].map(([name, { type, shape, data }]) => ({
      ...{ name, type, shape: [...shape], values: data },
    })),
    inputs: inputs.map(({ name }) => ({ name, shape: [...example.shape] })),
    outputs: outputs.map((name) => ({ name })),
  });
}
