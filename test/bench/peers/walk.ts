// Plays a decoded ONNX file with the functions of another library, node by node.

import type { OnnxModel } from "../../../src/onnx/types.js";
import type { Node } from "../../../src/ops/types.js";
import type { Constant } from "../../../src/tensor/types.js";

/** How a library does one operator: from its tensors to its tensor. */
export type Operators<T> = Readonly<Record<string, (node: Node, inputs: readonly T[]) => T>>;

/** The value of the network's output. `constants` are the weights as the library has them. */
export function walk<T>(
  model: OnnxModel,
  operators: Operators<T>,
  constants: ReadonlyMap<string, T>,
  x: T,
): T {
  const values = new Map(constants);
  const input = model.inputs.find(({ name }) => !constants.has(name));
  values.set(input?.name as string, x);
  for (const node of model.nodes) {
    const operator = operators[node.op];
    if (!operator) throw new Error(`${node.name} (${node.op}): not among the peer's operators`);
    const inputs = node.inputs.map((name) => values.get(name) as T);
    values.set(node.outputs[0] as string, operator(node, inputs));
  }
  return values.get(model.outputs[0] as string) as T;
}

/** The weights of a file, as a library has them. */
export function convert<T>(
  { constants }: OnnxModel,
  make: (data: Float32Array, shape: number[]) => T,
): Map<string, T> {
  const isFloat = ([, { type }]: [string, Constant]) => type === "float32";
  return new Map(
    [...constants]
      .filter(isFloat)
      .map(([name, { data, shape }]) => [name, make(data as Float32Array, [...shape])]),
  );
}

/** A list of integers of a node. */
export const list = (node: Node, name: string): number[] => node.attributes[name] as number[];

/** The padding of a node: rows before, columns before, rows after, columns after. */
export function padding(node: Node): [number, number, number, number] {
  return (node.attributes.pads as [number, number, number, number] | undefined) ?? [0, 0, 0, 0];
}
