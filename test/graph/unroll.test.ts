// What control flow leaves in the graph, and what is refused in which words, so that no file hangs the loading.

import * as assert from "uvu/assert";
import { makeGraph } from "../../src/graph/graph.js";
import { decodeModel } from "../../src/onnx/decode.js";
import type { GraphSpec, NodeSpec } from "../../src/onnx/write.js";
import { flows, type Read, withFlow } from "../models/flows.js";
import { suite } from "../support/harness.js";

const graphOf = (read: Read) => makeGraph(decodeModel(withFlow(read)));

const test = suite("unroll");

test("nothing is left of a loop of constants but what reads its result", () => {
  const { nodes, constants } = graphOf(flows["a loop that makes indices of constants"] as Read);
  const ops = nodes.map(({ op }) => op);
  assert.equal(ops, ["GlobalAveragePool", "Rearrange", "Gemm", "Gemm"]);
  assert.ok(constants.size < 8, `${constants.size} constants are kept`);
});

test("every tensor has one producer", () => {
  for (const [name, read] of Object.entries(flows)) {
    const outputs = graphOf(read).nodes.flatMap((node) => node.outputs);
    assert.is(new Set(outputs).size, outputs.length, name);
  }
});

const value = (name: string) => ({ name });

/** A Loop of one carried tensor. */
const looped =
  (trips: number, nodes: NodeSpec[], start?: (g: Parameters<Read>[0], x: string) => string): Read =>
  (g, x) => {
    const body: GraphSpec = {
      nodes: [{ op: "Identity", inputs: ["again"], outputs: ["on"] }, ...nodes],
      inputs: ["i", "again", "y"].map(value),
      outputs: ["on", "z"].map(value),
    };
    const flat = g.node("Flatten", [g.node("GlobalAveragePool", [x])]);
    const inputs = [g.int64("trips", trips), "", start?.(g, flat) ?? flat];
    return g.node("Loop", inputs, { body }, { name: "loop" });
  };

test("a loop without an end is refused soon", () => {
  const forever = looped(2 ** 50, [{ op: "Relu", inputs: ["y"], outputs: ["z"] }]);
  assert.throws(() => graphOf(forever), /^loop \(Loop\): it is unrolled to more than 20000 nodes$/);
});

test("a loop that doubles a constant is refused before there is no memory", () => {
  const grows = looped(
    60,
    [{ op: "Concat", inputs: ["y", "y"], outputs: ["z"], attributes: { axis: 0 } }],
    (g) => g.constant("seed", [1, 2], [2]),
  );
  assert.throws(
    () => graphOf(grows),
    /\(Concat\): the loops around it compute more than \d+ numbers$/,
  );
});

test("a loop in a loop in a loop is refused soon, too", () => {
  const around = (inner: NodeSpec): NodeSpec => ({
    op: "Loop",
    inputs: ["thousand", "", "y"],
    outputs: ["z"],
    attributes: {
      body: {
        nodes: [{ op: "Identity", inputs: ["again"], outputs: ["on"] }, inner],
        inputs: ["i", "again", "y"].map(value),
        outputs: ["on", "z"].map(value),
      },
    },
  });
  const read: Read = (g, x) => {
    g.int64("thousand", 1000);
    const deep = around(around({ op: "Relu", inputs: ["y"], outputs: ["z"] }));
    return looped(1000, [deep])(g, x);
  };
  assert.throws(() => graphOf(read), /it is unrolled to more than 20000 nodes/);
});

test("bodies nested too deep are no model", () => {
  let body: GraphSpec = { nodes: [], inputs: [], outputs: [] };
  for (let depth = 0; depth < 20; depth++) {
    const inner = { op: "If", inputs: ["c"], outputs: [], attributes: { then_branch: body } };
    body = { nodes: [inner], inputs: [], outputs: [] };
  }
  const read: Read = (g, x) => g.node("If", [x], { then_branch: body });
  assert.throws(() => graphOf(read), /not an ONNX model: .*nested more than 16 deep/);
});

test("a condition that depends on the image is refused", () => {
  const way: GraphSpec = {
    nodes: [{ op: "Relu", inputs: ["features"], outputs: ["result"] }],
    inputs: [],
    outputs: [value("result")],
  };
  const read: Read = (g, x) => {
    const features = g.node(
      "Flatten",
      [g.node("GlobalAveragePool", [x])],
      {},
      { output: "features" },
    );
    const total = g.node("ReduceSum", [features], { keepdims: 0 });
    const positive = g.node("Greater", [total, g.constant("zero", 0)]);
    return g.node("If", [positive], { then_branch: way, else_branch: way }, { name: "branch" });
  };
  assert.throws(() => graphOf(read), /If \(branch\).*control flow that depends on the image/);
});

test("a loop that only another output needs does not matter", () => {
  const forever = looped(2 ** 50, [{ op: "Relu", inputs: ["y"], outputs: ["z"] }]);
  const read: Read = (g, x) => {
    const features = g.node("Flatten", [g.node("GlobalAveragePool", [x])]);
    g.output(forever(g, x), ["N", 4, 1]);
    const none = g.node("SequenceEmpty", []);
    const one = g.node("SequenceInsert", [none, features]);
    return g.node("SequenceAt", [one, g.int64("at", 0)]);
  };
  const { nodes } = makeGraph(decodeModel(withFlow(read)), { output: "logits" });
  const ops = nodes.map(({ op }) => op);
  assert.equal(ops, ["GlobalAveragePool", "Rearrange", "Gemm"]);
});

test("a place outside a sequence is refused", () => {
  const read: Read = (g, x) => {
    const parts = g.node("SplitToSequence", [x, g.int64("two", 2)], { axis: 1 });
    return g.node("SequenceAt", [parts, g.int64("fifth", 4)], {}, { name: "at" });
  };
  assert.throws(() => graphOf(read), /^at \(SequenceAt\): there is no place 4 in a sequence of 2$/);
});

test.run();
