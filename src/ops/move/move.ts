// Operators that only move elements: Reshape and its kin, Transpose, Slice, Pad, Split, Expand. Each says
// which element of its input every element of its output is; gather.wgsl does the rest. Where nothing has to
// move in memory (most Reshapes, many Transposes) the plan sees it from the same answer and makes no step.
//
// The answer is a table as long as the output. Networks repeat themselves, and so do their tables: each has a key,
// by which everything that is made of a table is made once for all nodes alike, and only when it is needed.

import { elements, places, positions, samePlaces, vec4s } from "../../tensor/layout.js";
import type { Constant, Layout } from "../../tensor/types.js";
import { constantInput, inputOf, nodeError, numberOf, numbersOf, outputOf } from "../attributes.js";
import { gradientTo, join, layer, result, source } from "../epilogue.js";
import type { Node, Op, Planning, Rearrangement } from "../types.js";

const NOTHING = 0xffffffff;

export type Constants = ReadonlyMap<string, Constant>;

/** How a node's k-th output is made of its input; undefined if the node does more than to move elements. */
export function rearrangementOf(
  node: Node,
  k: number,
  input: Layout,
  output: Layout,
  constants: Constants,
  { moves }: Pick<Op, "moves">,
): Rearrangement | undefined {
  if (!moves) return undefined;
  if (node.rearrangement) return node.rearrangement;
  // The graph drops the constants of nodes that become one.
  const own = new Map(
    node.inputs.flatMap((name) => {
      const constant = constants.get(name);
      return constant ? [[name, constant]] : [];
    }),
  );
  const given = node.inputs.slice(1).map((name) => own.get(name)?.data.join() ?? "");
  const { op, attributes } = node;
  const key = JSON.stringify([op, attributes, ...given, k, input.shape, output.shape]);
  return { key, table: () => moves(node, k, input, output, own) };
}

/** True if a rearrangement leaves everything where it is in memory. */
export function staysInPlace({ table }: Rearrangement, input: Layout, output: Layout): boolean {
  if (vec4s(input) !== vec4s(output) || positions(input) !== positions(output)) return false;
  if (elements(input.shape) !== elements(output.shape)) return false;
  const from = table();
  if (!from) return samePlaces(input, output);
  const [there, here] = [places(input), places(output)];
  return from.every((e, o) => e >= 0 && there[e] === here[o]);
}

/** For every element of the output: its float, and the float of the input that it is, −1 for none. */
function pairs(from: Int32Array | undefined, input: Layout, output: Layout) {
  const [there, here] = [places(input), places(output)];
  return { here, taken: from?.map((e) => (e < 0 ? -1 : (there[e] as number))) ?? there };
}

/** The table that gather.wgsl reads: for every float of `to`, the float of `from`, or NOTHING. */
function gatherTable(source: Int32Array | undefined, from: Layout, to: Layout): Uint32Array {
  const table = new Uint32Array(vec4s(to) * 4).fill(NOTHING);
  const { here, taken } = pairs(source, from, to);
  // −1 and NOTHING are the same 32 bits.
  here.forEach((place, o) => {
    table[place] = taken[o] as number;
  });
  return table;
}

/** The way back where no element went to two places: for every float of the input, that of the output. */
function returnTable(source: Int32Array | undefined, input: Layout, output: Layout): Uint32Array {
  const table = new Uint32Array(vec4s(input) * 4).fill(NOTHING);
  const { here, taken } = pairs(source, input, output);
  taken.forEach((place, o) => {
    if (place >= 0) table[place] = here[o] as number;
  });
  return table;
}

/** The way back where some did: for every float of the input, the floats of the output that it went to. */
function returnLists(source: Int32Array | undefined, input: Layout, output: Layout) {
  const size = vec4s(input) * 4;
  const { here, taken } = pairs(source, input, output);
  const starts = new Uint32Array(size + 1);
  for (const place of taken) if (place >= 0) (starts[place + 1] as number)++;
  for (let i = 0; i < size; i++) (starts[i + 1] as number) += starts[i] as number;
  const next = starts.slice();
  const table = new Uint32Array(Math.max(1, starts[size] as number));
  taken.forEach((place, o) => {
    if (place >= 0) table[(next[place] as number)++] = here[o] as number;
  });
  return { starts, table };
}

/** How many elements of the output come from the input, and if each of them alone from its own. */
function usesOf(source: Int32Array | undefined, count: number): { count: number; single: boolean } {
  if (!source) return { count, single: true };
  const used = new Uint8Array(count);
  let taken = 0;
  let single = true;
  for (const e of source) {
    if (e < 0) continue;
    taken++;
    if (used[e]) single = false;
    used[e] = 1;
  }
  return { count: taken, single };
}

/** What stands where an output takes no element of the input. */
export function fillOf(node: Node, constants: Constants): number {
  if (node.op !== "Pad") return 0;
  const value = constantInput(node, 2, constants, "its fill value");
  return value?.data[0] ?? numberOf(node, "value", 0);
}

/** An operator that only moves elements, from the layouts and the moves of its outputs. */
export function move(
  infer: (node: Node, x: Layout, constants: Constants) => Layout[],
  moves: (
    node: Node,
    x: Layout,
    y: Layout,
    constants: Constants,
    k: number,
  ) => Int32Array | undefined,
): Op {
  const op: Op = {
    infer(node, [x], constants) {
      if (!x) throw nodeError(node, "its input is constant: it should have been folded");
      return infer(node, x, constants);
    },
    moves: (node, k, x, y, constants) => moves(node, x, y, constants, k),
    forward(node, plan) {
      const x = plan.value(inputOf(node));
      const { constants } = plan.graph;
      node.outputs.forEach((name, k) => {
        const y = plan.value(name);
        const { key, table } = arranged(node, k, x.layout, y.layout, constants, op);
        const size = vec4s(y.layout);
        const args = join(source("x", x), result(y));
        plan.step({
          label: node.name,
          shader: "gather",
          entry: "forward",
          uniforms: join(args, layer({ vec4s: size, fill: fillOf(node, constants) })).uniforms,
          bindings: {
            ...args.bindings,
            table: plan.fixed(key, size * 16, () => gatherTable(table(), x.layout, y.layout)),
          },
          workgroups: [Math.ceil(size / 64), 1, 1],
          samples: 1,
        });
      });
    },
    rules: {
      gradient(node, plan) {
        for (let k = 0; k < node.outputs.length; k++) back(node, plan, k, op);
      },
    },
  };
  return op;
}

/** The rearrangement of a node of this kind, with a key for what is made of it for these layouts. */
function arranged(
  node: Node,
  k: number,
  x: Layout,
  y: Layout,
  constants: Constants,
  op: Op,
): Rearrangement {
  const { key, table } = rearrangementOf(node, k, x, y, constants, op) as Rearrangement;
  return { key: `${key} from channel ${x.channel} to ${y.channel}`, table };
}

function back(node: Node, plan: Planning, k: number, op: Op): void {
  const output = outputOf(node, k);
  if (!plan.hasGradient(output)) return;
  const sink = plan.sink(node, 0);
  if (!sink) return;
  const dy = plan.gradient(output);
  const [x, y] = [sink.layout, dy.layout];
  const { key, table } = arranged(node, k, x, y, plan.graph.constants, op);
  const { count, single } = plan.once(`uses of ${key}`, () => usesOf(table(), elements(x.shape)));
  const size = vec4s(x);
  const args = join(source("dy", dy), gradientTo(sink, plan));
  const { dy: read, ...bindings } = args.bindings;
  const lists = () => returnLists(table(), x, y);
  plan.step({
    label: `${node.name} back`,
    shader: "gather",
    entry: single ? "backward_one" : "backward_list",
    uniforms: join(args, layer({ vec4s: size })).uniforms,
    bindings: {
      ...bindings,
      x: read as number,
      ...(single
        ? { table: plan.fixed(`${key} and back`, size * 16, () => returnTable(table(), x, y)) }
        : {
            table: plan.fixed(`${key} and back`, Math.max(1, count) * 4, () => lists().table),
            starts: plan.fixed(`${key}, starts`, (size * 4 + 1) * 4, () => lists().starts),
          }),
    },
    workgroups: [Math.ceil(size / 64), 1, 1],
    samples: 1,
  });
}

/** Made by the graph, not by ONNX: several such nodes done as one (see graph/merge-moves.ts). */
export const Rearrange: Op = move(
  (node) => [{ shape: numbersOf(node, "shape", []), channel: numberOf(node, "channel", 0) }],
  (node) => node.rearrangement?.table(),
);
