// Writes nodes down as simpler nodes, while the graph is made: an operator that is made of others needs no kernel
// and no rule of its own (ReduceL2 is a square, a sum and a root). The compositions are in ops/composed/table.ts.

import type { Attribute } from "../onnx/types.js";
import { inputOf } from "../ops/attributes.js";
import { compositions } from "../ops/table.js";
import type { Node, Writing } from "../ops/types.js";
import type { Constant, Layout } from "../tensor/types.js";

/**
 * The nodes that a node is made of, in order, the last of them with its outputs; undefined where it is an
 * operator of its own. New constants are added to those given.
 */
export function compose(
  node: Node,
  opset: number,
  layouts: ReadonlyMap<string, Layout>,
  constants: Map<string, Constant>,
  source: (name: string) => Node | undefined,
): Node[] | undefined {
  const composition = compositions[node.op];
  if (!composition) return undefined;
  const nodes: Node[] = [];
  let count = 0;
  const fresh = (what: string) => `${node.name} ${what} ${count++}`;
  const write: Writing = {
    opset,
    shape(k) {
      const name = inputOf(node, k);
      return layouts.get(name)?.shape ?? constants.get(name)?.shape ?? [];
    },
    source: (k) => source(node.inputs[k] ?? ""),
    constant: (k) => constants.get(node.inputs[k] ?? ""),
    node(op, inputs, attributes = {}) {
      const name = fresh(op);
      nodes.push({ name, op, inputs, outputs: [name], attributes });
      return name;
    },
    floats(shape, values) {
      const name = fresh("constant");
      constants.set(name, { type: "float32", shape, data: Float32Array.from(values) });
      return name;
    },
    integers(values) {
      const name = fresh("constant");
      constants.set(name, {
        type: "int64",
        shape: [values.length],
        data: Float64Array.from(values),
      });
      return name;
    },
  };
  const made = composition(node, write);
  if (made === undefined) return undefined;
  return withOutputs(node, nodes, [made].flat());
}

/** Gives the composed nodes the output names of the node that they stand for. */
function withOutputs(node: Node, nodes: readonly Node[], made: readonly string[]): Node[] {
  const names = new Map<string, string>();
  const result = [...nodes];
  made.forEach((name, k) => {
    const output = node.outputs[k];
    if (!output) return;
    const isOwn = nodes.some((inner) => inner.outputs.includes(name)) && !names.has(name);
    if (isOwn) names.set(name, output);
    else {
      const attributes: Record<string, Attribute> = {};
      result.push({ name: output, op: "Identity", inputs: [name], outputs: [output], attributes });
    }
  });
  const renamed = (name: string) => names.get(name) ?? name;
  return result.map((inner) => ({
    ...inner,
    inputs: inner.inputs.map(renamed),
    outputs: inner.outputs.map(renamed),
  }));
}
