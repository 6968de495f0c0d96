// Replaces every call of a function that the file defines by the nodes of its body, and gives every
// node a name, and every tensor in the body of an If or a Loop a name of its own in the whole file.
//
// How to think of it: a body is read in a scope, which says what its inputs, outputs and attributes
// are called outside. What is inner to the body gets the name of the call as a prefix. Functions
// may call functions, so a small file could stand for a huge graph: its text is limited.

import type { RawAttribute, RawFunction, RawGraph, RawNode } from "./proto.js";

const MAX_DEPTH = 64;
const MAX_TEXT = 1 << 25;

interface Scope {
  /** Put before the names of nodes; empty for the graph itself. */
  readonly prefix: string;
  /** Name of a tensor in the body → its name in the file. */
  readonly rename: (tensor: string) => string;
  readonly attributes: ReadonlyMap<string, RawAttribute>;
  /** The functions that are being expanded, outermost first. */
  readonly calls: readonly RawFunction[];
}

/**
 * The nodes with all calls expanded, each with a name of its own: `Conv_12` if the file gives none.
 */
export function inlineFunctions(
  nodes: readonly RawNode[],
  functions: readonly RawFunction[],
): RawNode[] {
  const table = new Map(
    functions.map((body) => [operatorKey(body.domain, body.name, body.overload), body]),
  );
  const names = new Set<string>();
  let text = 0;

  function expand(body: readonly RawNode[], scope: Scope): RawNode[] {
    const expanded: RawNode[] = [];
    for (const [index, inner] of body.entries()) {
      let name = scope.prefix + (inner.name || `${inner.op}_${index}`);
      while (names.has(name)) name += `_${index}`;
      names.add(name);
      const node = renamed(inner, name, scope, expandGraph);
      for (const word of [name, ...node.inputs, ...node.outputs]) text += word.length + 64;
      if (text > MAX_TEXT && scope.calls.length > 0) {
        throw new Error(`${name} (${node.op}): the functions of the file expand to too many nodes`);
      }
      const called = table.get(operatorKey(node.domain, node.op, node.overload));
      if (called === undefined) expanded.push(node);
      else
        for (const each of expand(called.nodes, innerScope(node, called, scope.calls)))
          expanded.push(each);
    }
    return expanded;
  }

  function expandGraph(graph: RawGraph, prefix: string, outer: Scope): RawGraph {
    const own = new Set([
      ...graph.inputs.map(({ name }) => name),
      ...graph.initializers.map(({ name }) => name),
      ...graph.nodes.flatMap(({ outputs }) => outputs),
    ]);
    const rename = (tensor: string) =>
      tensor && own.has(tensor) ? prefix + tensor : outer.rename(tensor);
    const named = <T extends { name: string }>(value: T): T => ({
      ...value,
      name: rename(value.name),
    });
    return {
      ...graph,
      inputs: graph.inputs.map(named),
      initializers: graph.initializers.map(named),
      outputs: graph.outputs.map(named),
      nodes: expand(graph.nodes, { ...outer, prefix, rename }),
    };
  }

  return expand(nodes, {
    prefix: "",
    rename: (tensor) => tensor,
    attributes: new Map(),
    calls: [],
  });
}

/** The domain as it is compared: the two names of the default one are the same. */
export function normalDomain(domain: string): string {
  return domain === "ai.onnx" ? "" : domain;
}

function operatorKey(domain: string, op: string, overload: string): string {
  return JSON.stringify([normalDomain(domain), op, overload]);
}

function renamed(
  node: RawNode,
  name: string,
  scope: Scope,
  inside: (graph: RawGraph, prefix: string, outer: Scope) => RawGraph,
): RawNode {
  const { rename } = scope;
  const attributes: RawAttribute[] = [];
  for (const attribute of node.attributes) {
    if (attribute.reference === "") {
      const { graph } = attribute;
      attributes.push(
        graph
          ? { ...attribute, graph: inside(graph, `${name}/${attribute.name}/`, scope) }
          : attribute,
      );
      continue;
    }
    const given = scope.attributes.get(attribute.reference);
    if (given) attributes.push({ ...given, name: attribute.name });
    else if (scope.calls.length === 0) {
      throw new Error(
        `${name} (${node.op}): attribute "${attribute.name}" is a function's, outside of one`,
      );
    }
  }
  return {
    ...node,
    name,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
    attributes,
  };
}

function innerScope(call: RawNode, body: RawFunction, calls: readonly RawFunction[]): Scope {
  const label = `${call.name} (${call.op})`;
  if (calls.includes(body)) throw new Error(`${label}: the function calls itself`);
  if (calls.length === MAX_DEPTH)
    throw new Error(`${label}: functions are nested ${MAX_DEPTH} deep`);
  if (call.inputs.length > body.inputs.length || call.outputs.length > body.outputs.length) {
    throw new Error(`${label}: the call has more inputs or outputs than the function`);
  }
  const tensors = new Map<string, string>();
  for (const [i, inner] of body.inputs.entries()) tensors.set(inner, call.inputs[i] ?? "");
  for (const [i, inner] of body.outputs.entries()) {
    const outer = call.outputs[i];
    if (outer) tensors.set(inner, outer);
  }
  const attributes = new Map(
    [...body.defaults, ...call.attributes].map((given) => [given.name, given]),
  );
  const prefix = `${call.name}/`;
  const rename = (tensor: string) => tensors.get(tensor) ?? (tensor && prefix + tensor);
  return { prefix, rename, attributes, calls: [...calls, body] };
}
