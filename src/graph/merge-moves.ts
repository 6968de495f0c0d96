// Chains of nodes that only move elements, done as one: to cut an image into windows and back, exporters write a
// Reshape, a Transpose and a Reshape, and two Slices and a Concat for each axis along which it is rolled. What
// counts is which element of the first tensor each element of the last one is.
//
// Nothing is computed here but names and keys; the tables are composed when the plan asks for them.

import { outputOf } from "../ops/attributes.js";
import { concatAxis } from "../ops/concat.js";
import { fillOf, rearrangementOf } from "../ops/move/move.js";
import { ops } from "../ops/table.js";
import type { Node, Rearrangement } from "../ops/types.js";
import { elements } from "../tensor/layout.js";
import type { Constant, Layout } from "../tensor/types.js";

/** What a tensor is made of by moves alone. */
interface Origin extends Rearrangement {
  readonly source: string;
  /** True if there is more to it than the node that made the tensor. */
  readonly merged: boolean;
}

/** The graph while its moves are looked at. */
interface Surroundings {
  readonly output: string;
  readonly readers: ReadonlyMap<string, readonly Node[]>;
  readonly layouts: ReadonlyMap<string, Layout>;
  readonly constants: ReadonlyMap<string, Constant>;
}

/**
 * The nodes with every tensor that comes of several moves made in one go, by a node "Rearrange". Tensors on the
 * way may be left without a reader.
 */
export function mergeMoves(nodes: readonly Node[], around: Surroundings): Node[] {
  const origins = new Map<string, Origin>();
  return nodes.flatMap((node) => {
    const made = node.outputs.map((_, k) => originOf(node, k, origins, around));
    made.forEach((origin, k) => {
      if (origin) origins.set(outputOf(node, k), origin);
    });
    if (!made.some((origin) => origin?.merged)) return [node];
    return made.map((origin, k) => rearrange(node, k, origin as Origin, around));
  });
}

/** The node that makes a node's k-th output out of its origin. */
function rearrange(node: Node, k: number, origin: Origin, { layouts }: Surroundings): Node {
  const output = outputOf(node, k);
  const { shape, channel } = layouts.get(output) as Layout;
  const { source, key, table } = origin;
  return {
    name: node.outputs.length > 1 ? `${node.name} ${k}` : node.name,
    op: "Rearrange",
    inputs: [source],
    outputs: [output],
    attributes: { shape: [...shape], channel },
    rearrangement: { key, table },
  };
}

function originOf(
  node: Node,
  k: number,
  origins: ReadonlyMap<string, Origin>,
  around: Surroundings,
): Origin | undefined {
  if (node.op === "Concat") return joined(node, origins, around);
  const { layouts, constants } = around;
  const [source = ""] = node.inputs;
  const [x, y] = [layouts.get(source), layouts.get(outputOf(node, k))];
  const move = x && y && rearrangementOf(node, k, x, y, constants, ops[node.op] ?? {});
  // A value that only one of the merged nodes fills in has no place in a table.
  if (!move || fillOf(node, constants) !== 0) return undefined;
  const before = origins.get(source);
  if (!before || !isPassing(source, before, around)) return { ...move, source, merged: false };
  const key = `${before.key} ${move.key}`;
  const table = () => through(before.table(), move.table());
  return { source: before.source, key, table, merged: true };
}

/**
 * True if what moves a tensor on may start from its origin instead. It has to if it is the only reader, and may
 * as well if all readers only move: then the tensor itself is not needed. But not if it is a small part of the
 * origin, all of whose gradient every reader would have to write.
 */
function isPassing(
  name: string,
  { source }: Origin,
  { output, readers, layouts }: Surroundings,
): boolean {
  const all = readers.get(name) ?? [];
  if (name === output || all.some((node) => !ops[node.op]?.moves)) return false;
  const size = (tensor: string) => elements(layouts.get(tensor)?.shape ?? []);
  return all.length === 1 || size(name) >= size(source);
}

/** Element by element the element that the first table leads to, through the second. */
function through(
  first: Int32Array | undefined,
  second: Int32Array | undefined,
): Int32Array | undefined {
  if (!first || !second) return first ?? second;
  return second.map((e) => (e < 0 ? -1 : (first[e] as number)));
}

/** A Concat of parts that all come of one tensor is a move of that tensor. */
function joined(
  node: Node,
  origins: ReadonlyMap<string, Origin>,
  { layouts }: Surroundings,
): Origin | undefined {
  const parts = node.inputs.map((name) => ({
    origin: origins.get(name),
    layout: layouts.get(name),
  }));
  const [first] = parts;
  if (!first?.origin || !first.layout) return undefined;
  const { source } = first.origin;
  if (parts.some(({ origin, layout }) => origin?.source !== source || !layout)) return undefined;
  const axis = concatAxis(node, first.layout.shape.length);
  const lengths = parts.map(({ layout }) => elements((layout as Layout).shape.slice(axis)));
  const keys = parts.map(({ origin }, k) => `${origin?.key} in runs of ${lengths[k]}`);
  const tables = () =>
    parts.map(
      ({ origin, layout }) => origin?.table() ?? inOrder(elements((layout as Layout).shape)),
    );
  return {
    source,
    key: `(${keys.join(" and ")})`,
    table: () => interleave(tables(), lengths),
    merged: true,
  };
}

const inOrder = (count: number): Int32Array => Int32Array.from({ length: count }, (_, e) => e);

/** A run of each list, then the next run of each, to their common end. */
function interleave(lists: readonly Int32Array[], lengths: readonly number[]): Int32Array {
  const result = new Int32Array(lists.reduce((sum, list) => sum + list.length, 0));
  let to = 0;
  for (let run = 0; to < result.length; run++) {
    lists.forEach((list, k) => {
      const length = lengths[k] as number;
      result.set(list.subarray(run * length, (run + 1) * length), to);
      to += length;
    });
  }
  return result;
}
