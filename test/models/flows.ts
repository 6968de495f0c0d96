// Networks whose control flow is known before there is an image: loops, branches and sequences as exporters write them.
// Each goes from "x" [N,4,3,3] to four features.

import type { AttributeSpec, GraphSpec, NodeSpec, ValueSpec } from "../../src/onnx/write.js";
import type { ElementType } from "../../src/tensor/types.js";
import { OnnxBuilder } from "./onnx-builder.js";

export type Read = (g: OnnxBuilder, x: string) => string;

/** The file of a network with such a part in its middle. */
export function withFlow(read: Read): Uint8Array {
  const g = new OnnxBuilder({ opset: 17 });
  const features = read(g, g.input("x", ["N", 4, 3, 3]));
  const logits = g.node("Gemm", [features, g.weight("classes", [4, 5])], {}, { output: "logits" });
  g.output(logits, ["N", 5]);
  return g.bytes();
}

const node = (
  op: string,
  inputs: string[],
  outputs: string[],
  attributes: Record<string, AttributeSpec> = {},
): NodeSpec => ({ op, inputs, outputs, attributes });

const value = (name: string, type: ElementType = "float32", shape?: (number | string)[]) =>
  ({ name, type, ...(shape && { shape }) }) satisfies ValueSpec;

/** The ends of a Loop's body: counter and condition go in, a condition comes out. */
const ends = (
  inputs: ValueSpec[],
  outputs: ValueSpec[],
): Pick<GraphSpec, "inputs" | "outputs"> => ({
  inputs: [value("i", "int64", []), value("again", "bool", []), ...inputs],
  outputs: [value("on", "bool", []), ...outputs],
});

const mean = (g: OnnxBuilder, x: string) => g.node("Flatten", [g.node("GlobalAveragePool", [x])]);
const int = (name: string, values: number | number[]) =>
  ({
    name,
    type: "int64",
    shape: typeof values === "number" ? [] : [values.length],
    values: [values].flat(),
  }) as const;

export const flows: Record<string, Read> = {
  // As PyTorch's as_strided is written: indices for a Gather, put together in a sequence.
  "a loop that makes indices of constants": (g, x) => {
    const empty = g.node("SequenceEmpty", [], { dtype: 7 });
    const body: GraphSpec = {
      ...ends([value("before", "int64", [])], [value("after", "int64", [])]),
      nodes: [
        node("Mul", ["i", "three"], ["step"]),
        node("Mod", ["step", "four"], ["after"]),
        node("Identity", ["again"], ["on"]),
        node("Identity", ["after"], ["each"]),
      ],
      initializers: [int("three", 3)],
    };
    body.outputs.push(value("each", "int64", []));
    g.int64("four", 4);
    const loop = g.nodes("Loop", [g.int64("four times", 4), "", g.int64("none", 0)], { body }, [
      "last",
      "picked",
    ]);
    const inserted = g.node("SequenceInsert", [empty, loop[1] as string]);
    const twice = g.node("SequenceInsert", [
      inserted,
      g.int64("more", [1, 0]),
      g.int64("front", 0),
    ]);
    const all = g.node("ConcatFromSequence", [twice], { axis: 0 });
    const gathered = g.node("Gather", [mean(g, x), all], { axis: 1 });
    return g.node("Gemm", [gathered, g.weight("w", [6, 4])]);
  },

  "a loop whose body reads the image": (g, x) => {
    const features = mean(g, x);
    g.constant("half", 0.5);
    const body: GraphSpec = {
      ...ends([value("y")], [value("z"), value("each")]),
      nodes: [
        // The image's features are a tensor from outside.
        node("Add", ["y", features], ["sum"]),
        node("Tanh", ["sum"], ["bent"]),
        node("Mul", ["bent", "half"], ["z"]),
        node("Identity", ["z"], ["each"]),
        node("Identity", ["again"], ["on"]),
      ],
    };
    const [last = "", all = ""] = g.nodes(
      "Loop",
      [g.int64("trips", 3), g.constant("true", [1], [], "bool"), features],
      { body },
      ["last", "all"],
    );
    const sum = g.node("ReduceSum", [all, g.int64("axes", [0])], { keepdims: 0 });
    return g.node("Sub", [sum, last]);
  },

  "a loop that its condition ends": (g, x) => {
    const body: GraphSpec = {
      ...ends([value("y")], [value("z")]),
      nodes: [node("Less", ["i", "two"], ["on"]), node("Add", ["y", "y"], ["z"])],
      initializers: [int("two", 2)],
    };
    const inputs = [g.int64("most", 2 ** 40), g.constant("true", [1], [], "bool"), mean(g, x)];
    return g.node("Loop", inputs, { body });
  },

  "a loop that goes round no time": (g, x) => {
    const body: GraphSpec = {
      ...ends([value("y")], [value("z")]),
      nodes: [node("Identity", ["again"], ["on"]), node("Add", ["y", "y"], ["z"])],
    };
    return g.node("Loop", [g.int64("zero", 0), "", mean(g, x)], { body });
  },

  "branches of the same names, in a loop": (g, x) => {
    const features = mean(g, x);
    const way = (op: string): GraphSpec => ({
      nodes: [node(op, ["y", "factor"], ["inner"]), node("Relu", ["inner"], ["result"])],
      initializers: [{ name: "factor", type: "float32", shape: [], values: [0.75] }],
      inputs: [],
      outputs: [value("result")],
    });
    const body: GraphSpec = {
      ...ends([value("y")], [value("z")]),
      nodes: [
        node("Mod", ["i", "two"], ["odd"]),
        node("Cast", ["odd"], ["isOdd"], { to: 9 }),
        node("If", ["isOdd"], ["z"], { then_branch: way("Mul"), else_branch: way("Add") }),
        node("Identity", ["again"], ["on"]),
      ],
      initializers: [int("two", 2)],
    };
    return g.node("Loop", [g.int64("trips", 3), "", features], { body });
  },

  "a branch by the shape of the image": (g, x) => {
    const features = mean(g, x);
    const height = g.node("Gather", [g.node("Shape", [x]), g.int64("axis", 2)]);
    const way = (op: string): GraphSpec => ({
      nodes: [node(op, [features], ["result"])],
      inputs: [],
      outputs: [value("result")],
    });
    const isThree = g.node("Equal", [height, g.int64("three", 3)]);
    return g.node("If", [isThree], { then_branch: way("Sigmoid"), else_branch: way("Tanh") });
  },

  "parts of the image in a sequence": (g, x) => {
    const parts = g.node("SplitToSequence", [x, g.int64("lengths", [1, 3])], { axis: 1 });
    const last = g.node("SequenceAt", [parts, g.int64("last", -1)]);
    const ones = g.node("SplitToSequence", [last], { axis: 1, keepdims: 0 });
    const fewer = g.node("SequenceErase", [ones, g.int64("second", 1)]);
    const stack = g.node("ConcatFromSequence", [fewer], { axis: 1, new_axis: 1 });
    const both = g.node("SequenceConstruct", [stack, stack]);
    const length = g.node("Cast", [g.node("SequenceLength", [both])], { to: 1 });
    const whole = g.node("ConcatFromSequence", [both], { axis: 1 });
    return g.node("Mul", [mean(g, whole), length]);
  },

  "a function with a branch, called twice": (g, x) => {
    const way = (op: string): GraphSpec => ({
      nodes: [node(op, ["a"], ["inner"]), node("Neg", ["inner"], ["result"])],
      inputs: [],
      outputs: [value("result")],
    });
    g.function({
      name: "Choose",
      domain: "local",
      inputs: ["a", "which"],
      outputs: ["b"],
      nodes: [
        node("If", ["which"], ["b"], { then_branch: way("Sigmoid"), else_branch: way("Tanh") }),
      ],
    });
    const yes = g.constant("yes", [1], [], "bool");
    const no = g.constant("no", [0], [], "bool");
    const once = g.node("Choose", [mean(g, x), yes], {}, { domain: "local" });
    return g.node("Choose", [once, no], {}, { domain: "local" });
  },
};
