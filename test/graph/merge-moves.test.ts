// Moves of elements that are done as one: which nodes become one, what the one does, and that its work is done
// once however often a network repeats itself.

import * as assert from "uvu/assert";
import { makeGraph } from "../../src/graph/graph.js";
import { decodeModel } from "../../src/onnx/decode.js";
import type { Graph, Node } from "../../src/ops/types.js";
import { makePlan } from "../../src/plan/plan.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { shiftedWindows } from "../models/windows.js";
import { forward } from "../reference/index.js";
import { suite } from "../support/harness.js";

const graphOf = (g: OnnxBuilder): Graph => makeGraph(decodeModel(g.bytes()));

const opsOf = ({ nodes }: Graph): string[] => nodes.map((node) => node.op);

const test = suite("rearrange");

test("cutting rolled windows is one move, and putting them back another", () => {
  const block = ["Rearrange", "MatMul", "Sigmoid", "Rearrange", "Add"];
  assert.equal(opsOf(graphOf(shiftedWindows(2))), [
    "Transpose",
    ...block,
    ...block,
    "Flatten",
    "Gemm",
  ]);
});

test("the one moves every element as the many do", () => {
  const g = shiftedWindows(1);
  const onnx = decodeModel(g.bytes());
  const graph = makeGraph(onnx);
  const numbers = Float64Array.from({ length: 5 * 6 * 6 }, (_, e) => e);
  const values = forward(onnx, numbers, [1, 5, 6, 6]);
  const merged = graph.nodes.filter((node) => node.op === "Rearrange");
  assert.is(merged.length, 2);
  for (const { inputs, outputs, rearrangement } of merged) {
    const x = values.get(inputs[0] as string)?.data ?? [];
    const y = values.get(outputs[0] as string)?.data ?? [];
    assert.equal(
      Array.from(rearrangement?.table() ?? [], (e) => x[e]),
      Array.from(y),
    );
  }
});

test("queries, keys and values are each taken from where they were made", () => {
  const g = new OnnxBuilder({ opset: 13 });
  const x = g.input("x", ["N", 4, 6]);
  const dense = g.node("MatMul", [x, g.weight("w", [6, 12])], {}, { name: "dense" });
  const split = g.node("Reshape", [dense, g.int64("split", [-1, 4, 3, 2, 2])]);
  const first = g.node("Transpose", [split], { perm: [2, 0, 3, 1, 4] });
  const [q = "", k = "", v = ""] = [0, 1, 2].map((i) =>
    g.node("Gather", [first, g.int64(`index ${i}`, i)], { axis: 0 }, { name: `qkv ${i}` }),
  );
  g.output(g.node("Flatten", [g.node("Mul", [g.node("Mul", [q, k]), v])]));
  const graph = graphOf(g);
  // The first node reads the input as a gray picture.
  const taken = graph.nodes.slice(1).filter((node) => node.op === "Rearrange");
  assert.equal(
    taken.map((node) => [node.name, ...node.inputs]),
    [0, 1, 2].map((i) => [`qkv ${i}`, "dense"]),
  );
});

test("a small part that many read stays a tensor of its own", () => {
  const g = new OnnxBuilder({ opset: 13 });
  const x = g.input("x", ["N", 4, 60]);
  const made = g.node("Sigmoid", [x]);
  const ends = [g.int64("from", [0]), g.int64("to", [4]), g.int64("axis", [2])];
  const part = g.node("Slice", [made, ...ends], {}, { name: "part" });
  const turned = [
    [0, 2, 1],
    [0, 1, 2],
  ].map((perm) => g.node("Transpose", [part], { perm }));
  g.output(g.node("Flatten", [g.node("Mul", turned)]));
  const graph = graphOf(g);
  assert.ok(graph.nodes.some((node) => node.name === "part" && node.op === "Slice"));
});

test("a Pad with a value of its own is not merged, one with zeros is", () => {
  const padded = (value: number) => {
    const g = new OnnxBuilder({ opset: 13 });
    const x = g.node("Sigmoid", [g.input("x", ["N", 2, 3])]);
    const turned = g.node("Transpose", [x], { perm: [0, 2, 1] });
    const inputs = [turned, g.int64("pads", [0, 1, 0, 0, 0, 1]), g.constant("value", value)];
    g.output(g.node("Tanh", [g.node("Pad", inputs)]));
    // The first node reads the input as a gray picture.
    return opsOf(graphOf(g)).slice(1);
  };
  assert.equal(padded(0), ["Sigmoid", "Rearrange", "Tanh"]);
  assert.equal(padded(1), ["Sigmoid", "Transpose", "Pad", "Tanh"]);
});

/** The graph with a count of the tables that its moves make. */
function counted(graph: Graph): { graph: Graph; tables: () => number } {
  let count = 0;
  const nodes = graph.nodes.map((node): Node => {
    const { rearrangement } = node;
    if (!rearrangement) return node;
    const table = () => {
      count++;
      return rearrangement.table();
    };
    return { ...node, rearrangement: { ...rearrangement, table } };
  });
  return { graph: { ...graph, nodes }, tables: () => count };
}

test("a network of more blocks alike makes no more tables, nor takes more memory for them", () => {
  const cost = (blocks: number) => {
    const { graph, tables } = counted(graphOf(shiftedWindows(blocks)));
    const plan = makePlan(graph, { method: "gradient" });
    const gathers = [...plan.forward, ...plan.backward].filter((step) => step.shader === "gather");
    const used = gathers.map((step) => step.bindings.table as number);
    const planned = tables();
    for (const id of new Set(used)) plan.buffers[id]?.contents?.();
    return { planned, made: tables(), launches: used.length, buffers: new Set(used).size };
  };
  const [two, eight] = [cost(2), cost(8)];
  assert.ok(two.made > 0 && two.launches > 0);
  assert.is(eight.planned, two.planned);
  assert.is(eight.made, two.made);
  assert.is(eight.buffers, two.buffers);
  // Cut and put back, forward and backward.
  assert.is(eight.launches - two.launches, 6 * 4);
});

test("the graph of moves makes no table", () => {
  const g = new OnnxBuilder({ opset: 13 });
  let x = g.input("x", ["N", 3, 6656, 6656]);
  for (let k = 0; k < 3; k++) {
    x = g.node("Reshape", [x, g.int64(`cut ${k}`, [-1, 3, 64, 104, 6656])]);
    x = g.node("Transpose", [x], { perm: [0, 1, 3, 2, 4] });
    x = g.node("Reshape", [x, g.int64(`whole ${k}`, [-1, 3, 6656, 6656])]);
  }
  g.output(g.node("GlobalAveragePool", [x]));
  const { Int32Array: Table } = globalThis;
  globalThis.Int32Array = class extends Table {
    constructor(...parts: [number]) {
      super(...parts);
      if (this.length > 1e6) throw new Error(`a table of ${this.length} elements is made`);
    }
  } as Int32ArrayConstructor;
  try {
    assert.equal(opsOf(graphOf(g)), ["Rearrange", "GlobalAveragePool"]);
  } finally {
    globalThis.Int32Array = Table;
  }
});

test.run();
