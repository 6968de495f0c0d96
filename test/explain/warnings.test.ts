// What a map warns of, from plain facts.

import * as assert from "uvu/assert";
import { flatNodes } from "../../src/explain/flat-operators.js";
import { standsOut, type ValueFacts, warningsOf } from "../../src/explain/warnings.js";
import { makeGraph } from "../../src/graph/graph.js";
import { assumptions } from "../../src/model/assumed.js";
import { decodeModel } from "../../src/onnx/decode.js";
import { presets } from "../../src/options/preprocess.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { suite } from "../support/harness.js";

const test = suite("warnings");

const sure = { first: { label: "macaw", probability: 0.956 }, competing: 1000 };
const unsure = { first: { label: "mosquito net", probability: 0.003 }, competing: 1000 };

test("a class stands out by 5 %, and of few classes by a fifth more than chance", () => {
  const cases = [
    [1000, 0.05, true],
    [1000, 0.049, false],
    [40, 0.049, false],
    [10, 0.12, true],
    [10, 0.119, false],
    [3, 0.4, true],
    [3, 0.39, false],
    [2, 0.5, true],
    [1, 1, true],
  ] as const;
  for (const [classes, probability, expected] of cases) {
    assert.is(standsOut(probability, classes), expected, `${probability} of ${classes} classes`);
  }
});

test("a map of a sure network warns of nothing", () => {
  assert.equal(warningsOf({ model: [], ...sure }), []);
});

test("what is said of a map's layer stands before what is said of its class", () => {
  const [layer, ...rest] = warningsOf({ model: ["A"], ...unsure, layer: "B" }).slice(1);
  assert.is(layer, "B");
  assert.is(rest.length, 1);
});

test("a network that is sure of nothing is named with its best class", () => {
  assert.equal(warningsOf({ model: [], ...unsure }), [
    "No class stands out: the most probable of 1000, mosquito net, has 0.3 %. " +
      "If the picture is clear, try another preprocessing.",
  ]);
});

test("what nobody has said of a model is told, with the way to say it", () => {
  const counts = { channels: 3, classes: 1000 };
  const { imagenet, tf } = presets;
  const guess =
    "Preprocessing: imagenet, guessed from the 3 channels. " +
    "Give preprocess if the network was trained with another.";
  const names =
    "The class names are ImageNet's, assumed from the 1000 classes. Give labels if it has others.";
  assert.equal(
    assumptions({
      preprocess: { ...imagenet, from: "channels" },
      labelsFrom: "imagenet",
      ...counts,
    }),
    [guess, names],
  );
  for (const from of ["given", "card", "metadata", "graph"] as const) {
    assert.equal(assumptions({ preprocess: { ...tf, from }, labelsFrom: "given", ...counts }), []);
  }
  assert.equal(assumptions({ preprocess: undefined, labelsFrom: undefined, ...counts }), []);
});

test("where no probability is known, or every class has its own, none need stand out", () => {
  const unknown = { label: "mosquito net", probability: Number.NaN };
  assert.equal(warningsOf({ model: [], first: unknown, competing: 1000 }), []);
  assert.equal(warningsOf({ model: [], ...unsure, competing: undefined }), []);
});

test("the model's warnings come first, in their order, each once", () => {
  const model = ["The names are assumed.", "The axes are assumed.", "The names are assumed."];
  const [first, second, third, ...others] = warningsOf({ model, ...unsure });
  assert.equal([first, second], model.slice(0, 2));
  assert.match(third as string, /^No class stands out/);
  assert.equal(others, []);
});

const VALUES: ValueFacts = {
  size: { standardError: 0.1, norm: 3, largest: 0.25 },
  estimator: "mean",
  precision: "single",
  made: "gradient",
  samples: 50,
  target: { label: "macaw", logit: 12, probability: 0.956 },
  of: "logit",
  flat: [],
};

const warned = (facts: Partial<ValueFacts>, largest = 0.25, norm = 3 * largest) =>
  warningsOf({
    model: [],
    ...sure,
    values: { ...VALUES, ...facts, size: { standardError: 0.1, norm, largest } },
  }).join();

test("values that float32 holds well need no warning, whatever their size", () => {
  for (const size of [1e-33, 1e-22, 1, 1e12, 1e30]) assert.is(warned({}, size), "");
  for (const size of [1e-8, 1, 31]) assert.is(warned({ precision: "half" }, size), "");
  for (const size of [1e-15, 1, 1e15]) assert.is(warned({ estimator: "squared" }, size), "");
});

test("values too small or too large are named with their size", () => {
  assert.match(
    warned({}, 1e-35),
    /too small to be measured well: the largest gradient is about 1\.0e-35/,
  );
  assert.match(
    warned({ estimator: "variance" }, 1e-22),
    /read as 0: the largest gradient is about 1\.0e-22/,
  );
  assert.match(warned({ estimator: "squared" }, 1e22), /read as infinity/);
  assert.match(warned({ precision: "half" }, 1e-10), /too small for half precision/);
  assert.match(warned({ precision: "half" }, 32), /cuts gradients at ±64/);
  for (const norm of [Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.match(warned({}, 1, norm), /holds values that are not finite/);
  }
});

test("a map of zeros gives the surest reason that is known", () => {
  const zero = (facts: Partial<ValueFacts>) => warned(facts, 0);
  const flat = ["a (Sign)", "b (Round)"];
  const saturated = { label: "macaw", logit: 1, probability: 1 };
  const open = { label: "macaw", logit: 0.9, probability: 0.9 };
  assert.match(zero({ flat }), /the gradient of a \(Sign\) and b \(Round\) is 0/);
  assert.match(zero({ flat, made: "occlusion" }), /whichever window is hidden/);
  assert.match(zero({ flat, made: "activation" }), /nothing in the layer/);
  assert.match(
    zero({ kept: "Softmax", target: saturated }),
    /final Softmax is saturated: .* exactly 1/,
  );
  assert.match(zero({ kept: "Softmax", target: open }), /Perhaps every ReLU/);
  assert.match(zero({ of: "probability", target: saturated }), /the probability of macaw is 1/);
  assert.match(zero({ of: "logit", target: saturated }), /Perhaps every ReLU/);
  assert.match(zero({ precision: "half" }), /half precision rounds gradients below 5\.8e-11/);
  assert.match(zero({ made: "path" }), /or the image is the baseline itself/);
  assert.match(zero({}), /the gradient is 0 at all 50 samples/);
  assert.match(zero({ samples: 1 }), /the gradient is 0 at the image/);
  assert.match(warned({}, 1, 0), /cancel each other/);
  assert.match(warned({ estimator: "variance" }, 1, 0), /all alike/);
});

test("long lists of nodes are cut", () => {
  const flat = ["a (Sign)", "b (Sign)", "c (Sign)", "d (Sign)", "e (Sign)"];
  assert.match(warned({ flat }, 0), /of a \(Sign\), b \(Sign\), c \(Sign\) and 2 more is 0/);
});

/** The graph of a network whose middle is made by a function. */
function graphOf(middle: (g: OnnxBuilder, x: string) => string) {
  const g = new OnnxBuilder();
  const flat = g.node("Flatten", [middle(g, g.input("x", ["N", 3, 4, 4]))]);
  g.output(g.node("Gemm", [flat, g.weight("w", [2, 48])], { transB: 1 }));
  return makeGraph(decodeModel(g.bytes()));
}

test("the nodes where the gradient ends are found where every way leads through one", () => {
  const sign = (g: OnnxBuilder, x: string) => g.node("Sign", [x], {}, { name: "sign" });
  const round = (g: OnnxBuilder, x: string) => g.node("Round", [x], {}, { name: "round" });
  assert.equal(flatNodes(graphOf(sign)), ["sign (Sign)"]);
  assert.equal(flatNodes(graphOf((g, x) => g.node("Add", [sign(g, x), round(g, x)]))), [
    "sign (Sign)",
    "round (Round)",
  ]);
  // The second stands behind the first, so the first one is the reason.
  assert.equal(flatNodes(graphOf((g, x) => round(g, g.node("Relu", [sign(g, x)])))), [
    "sign (Sign)",
  ]);
  assert.equal(flatNodes(graphOf((g, x) => g.node("Add", [x, sign(g, x)]))), []);
  assert.equal(flatNodes(graphOf((g, x) => g.node("Relu", [x]))), []);
});

test.run();
