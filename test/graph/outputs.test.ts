// Which output of a file with several is explained, without running it.

import * as assert from "uvu/assert";
import { loadOperators, makeGraph } from "../../src/graph/graph.js";
import { chooseOutput, tensorsFor } from "../../src/graph/outputs.js";
import { decodeModel, externalFiles } from "../../src/onnx/decode.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { suite } from "../support/harness.js";

const test = suite("outputs");

/** A graph up to sixteen features of a picture. */
function features(): { g: OnnxBuilder; x: string } {
  const g = new OnnxBuilder();
  const conv = g.node("Conv", [g.input("image", ["N", 3, 4, 4]), g.weight("w", [16, 3, 3, 3])]);
  return { g, x: g.node("Flatten", [g.node("GlobalAveragePool", [conv])]) };
}

const dense = (g: OnnxBuilder, x: string, name: string, classes: number) =>
  g.node("Gemm", [x, g.weight(`${name} w`, [classes, 16])], { transB: 1 }, { output: name });

/** Adds outputs to a graph. */
type Adding = (g: OnnxBuilder, x: string) => void;

const scores: Adding = (g, x) => void g.output(dense(g, x, "scores", 10), ["N", 10]);
const unsaid: Adding = (g, x) => void g.output(dense(g, x, "unsaid", 10));

const CASES: Readonly<Record<string, [adding: Adding[], chosen: string]>> = {
  "an ArgMax": [
    [
      (g, x) =>
        void g.output(
          g.node("ArgMax", [dense(g, x, "a", 12)], {}, { output: "label" }),
          ["N", 1],
          "int64",
        ),
      scores,
    ],
    "scores",
  ],
  "an ArgMax of which the file says nothing": [
    [
      (g, x) =>
        void g.output(
          g.node("Squeeze", [g.node("ArgMax", [dense(g, x, "a", 12)])], {}, { output: "label" }),
        ),
      unsaid,
    ],
    "unsaid",
  ],
  "an ArgMax as floats": [
    [
      (g, x) => {
        const label = g.node("ArgMax", [dense(g, x, "a", 12)], { axis: 1 });
        g.output(g.node("Cast", [label], { to: 1 }, { output: "label" }), ["N", 12]);
      },
      scores,
    ],
    "scores",
  ],
  "a Cast to integers": [
    [
      (g, x) =>
        void g.output(g.node("Cast", [dense(g, x, "a", 12)], { to: 6 }, { output: "whole" })),
      unsaid,
    ],
    "unsaid",
  ],
  "the best three": [
    [
      (g, x) => {
        const a = dense(g, x, "a", 12);
        const best = g.nodes("TopK", [a, g.int64("k", [3])], {}, ["best", "places"]);
        for (const name of best) g.output(name, ["N", 3], name === "best" ? "float32" : "int64");
        g.output(a, ["N", 12]);
      },
    ],
    "a",
  ],
  "a map": [
    [
      (g) => {
        const dims = [20, 3, 1, 1];
        g.output(g.node("Conv", ["image", g.weight("m", dims)], {}, { output: "map" }), [
          "N",
          20,
          4,
          4,
        ]);
      },
      scores,
    ],
    "scores",
  ],
  "fewer classes": [
    [(g, x) => void g.output(g.node("Softmax", [dense(g, x, "few", 3)]), ["N", 3]), scores],
    "scores",
  ],
  "more classes behind": [
    [scores, (g, x) => void g.output(dense(g, x, "more", 20), ["N", 20, 1, 1])],
    "more",
  ],
  "the features": [[(g, x) => void g.output(x, ["N", 16]), scores], "scores"],
  "the logits of a probability": [
    [
      (g, x) => {
        g.output(dense(g, x, "logits", 10), ["N", 10]);
        g.output(g.node("Sigmoid", ["logits"], {}, { output: "p" }), ["N", 10]);
      },
    ],
    "p",
  ],
  "one number": [[(g, x) => void g.output(dense(g, x, "age", 1), ["N", 1]), scores], "scores"],
  "a yes or no after a label and a number": [
    [
      (g, x) => {
        g.output(dense(g, x, "age", 1), ["N", 1]);
        const p = g.node("Sigmoid", [dense(g, x, "z", 1)], {}, { output: "p" });
        const half = g.constant("half", 0.5);
        g.output(g.node("Greater", [p, half], {}, { output: "is" }), ["N", 1], "bool");
        g.output(p, ["N", 1]);
      },
    ],
    "p",
  ],
  "nothing else": [[scores], "scores"],
};

for (const [title, [adding, chosen]] of Object.entries(CASES)) {
  test(`${title}: ${chosen}`, () => {
    const { g, x } = features();
    for (const add of adding) add(g, x);
    const model = decodeModel(g.bytes());
    const { name, warnings } = chooseOutput(model);
    assert.is(name, chosen);
    // What is not the first is said.
    const isFirst = model.outputs[0] === chosen;
    assert.is(warnings.length, isFirst ? 0 : 1);
    if (!isFirst) assert.match(warnings[0]!, `"${chosen}" is explained`);
    const graph = makeGraph(model);
    assert.is(graph.explained, chosen);
    assert.equal(graph.warnings.slice(0, warnings.length), warnings);
    for (const output of model.outputs) {
      assert.equal(chooseOutput(model, output), { name: output, warnings: [] });
    }
  });
}

test("a wrong name: all are listed, with their types and shapes", () => {
  const { g, x } = features();
  g.output(g.node("ArgMax", [x], {}, { output: "label" }), ["N", 1], "int64");
  scores(g, x);
  unsaid(g, x);
  assert.throws(
    () => makeGraph(decodeModel(g.bytes()), { output: "score" }),
    'the model has no output "score"; it has: label int64 [?,1], scores float32 [?,10], unsaid float32',
  );
});

test("what only another output needs does not matter", async () => {
  const { g, x } = features();
  const strange = g.node("Hardmax", [x]);
  const names = g.constant("names", [1], [1], "int64");
  g.output(
    g.node("LabelEncoder", [strange, names], {}, { output: "label", domain: "ai.onnx.ml" }),
    ["N"],
    "int64",
  );
  scores(g, x);
  g.input("other", ["N", 3]);
  g.model.domains["ai.onnx.ml"] = 2;
  const tensor = g.model.initializers.find(({ name }) => name === "names")!;
  Object.assign(tensor, { external: { location: "names.bin" } });
  const bytes = g.bytes();
  const model = decodeModel(bytes);
  await loadOperators(model);
  assert.is(makeGraph(model).explained, "scores");
  assert.throws(() => makeGraph(model, { output: "label" }));
  const outline = decodeModel(bytes, { isLenient: true });
  assert.equal(externalFiles(bytes, tensorsFor(outline)), []);
  assert.not.ok(tensorsFor(outline).has("names"));
});

test.run();
