// Shaders as they are compiled: what they import comes before them, and a step gives values to constants that they declare.

import * as assert from "uvu/assert";
import { loadShaders, shader } from "../../src/shaders/registry.js";
import type { Step } from "../../src/shaders/step.js";
import { shaderText, withConstants } from "../../src/shaders/text.js";
import { suite } from "../support/harness.js";

const step = (name: string, more: Partial<Step> = {}): Step => ({
  ...{ label: "a step", shader: name, entry: "forward", uniforms: {}, bindings: {} },
  ...{ workgroups: [1, 1, 1], samples: 1, ...more },
});

const conv = step("conv");
const lanes4 = step("conv-lanes4");
const relu = step("relu", { precision: "half" });
await loadShaders([conv, lanes4, relu]);

const count = (text: string, what: string) => text.split(what).length - 1;

const test = suite("shader text");

test("what a shader imports comes before it, each file once", () => {
  const text = shaderText(conv);
  const places = [
    "alias Stored=",
    "struct Run{",
    "fn put_gradient(",
    "struct Strip{",
    "fn convolve(",
  ];
  const found = places.map((place) => text.indexOf(place));
  assert.not(found.includes(-1));
  assert.equal(
    found,
    [...found].sort((a, b) => a - b),
  );
  for (const place of places) assert.is(count(text, place), 1, place);
  assert.not.match(text, /^#|\/\//m);
});

test("a file that replaces another stands in its place, and directives before everything", () => {
  const text = shaderText(lanes4);
  assert.match(text, /^enable subgroups;diagnostic\(off,subgroup_uniformity\);/);
  assert.is(count(text, "enable "), 1);
  assert.is(count(text, "const LANES=1u;"), 0);
  assert.is(count(text, "const LANES=4u;"), 1);
  assert.is(count(text, "fn convolve("), 1);
});

test("half precision takes the place of single precision", () => {
  const [half, single] = [shaderText(relu), shaderText({ ...relu, precision: "single" })];
  assert.match(half, "alias Stored=vec2u;");
  assert.not.match(half, "alias Stored=vec4f;");
  assert.match(single, "alias Stored=vec4f;");
  assert.is(half.replace(shader("f16") as string, shader("f32") as string), single);
});

test("a step gives values to constants, and the others keep their defaults", () => {
  const text = shaderText({ ...conv, constants: { ADD: 1, QUADS: 4 } });
  assert.match(text, "const ADD = 1u;");
  assert.match(text, "const QUADS = 4u;");
  assert.match(text, "const GATE=0u;");
  assert.is(count(text, "const ADD"), 1);
});

test("what cannot be a constant is said in a sentence", () => {
  assert.throws(
    () => shaderText({ ...conv, constants: { PLACES: 36 } }),
    /^a step, conv.wgsl: it declares no constant PLACES$/,
  );
  assert.throws(
    () => withConstants("const A = 0u;", { A: 0.5 }),
    /^A must be an integer, got 0.5$/,
  );
  assert.throws(() => shaderText(step("nothing")), /^a step: there is no shader "nothing"$/);
  assert.is(
    withConstants("const AB = 1u; const A = 0u;", { A: 2 }),
    "const AB = 1u; const A = 2u;",
  );
});

test.run();
