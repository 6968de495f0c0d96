// What a map warns of, from plain facts.

import * as assert from "uvu/assert";
import { presets } from "../src/preprocess.js";
import { assumptions, standsOut, warningsOf } from "../src/warnings.js";
import { suite } from "./harness.js";

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

test("where every class has a probability of its own, none need stand out", () => {
  assert.equal(warningsOf({ model: [], ...unsure, competing: undefined }), []);
});

test("the model's warnings come first, in their order, each once", () => {
  const model = ["The names are assumed.", "The axes are assumed.", "The names are assumed."];
  const [first, second, third, ...others] = warningsOf({ model, ...unsure });
  assert.equal([first, second], model.slice(0, 2));
  assert.match(third as string, /^No class stands out/);
  assert.equal(others, []);
});

test.run();
