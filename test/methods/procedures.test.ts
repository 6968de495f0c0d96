// What procedures say of a sample's passes, without a GPU.

import * as assert from "uvu/assert";
import { methodOf, methods } from "../../src/methods/methods.js";
import type { Passes } from "../../src/methods/procedure.js";
import type { SamplingOptions } from "../../src/options/sampling.js";
import { suite } from "../support/harness.js";

const test = suite("procedures");

/** The passes of a method, as `sensitivity` asks for them. */
function passesOf(
  method: string,
  options: Pick<SamplingOptions, "steps" | "quadrature" | "maxSigma" | "window" | "stride">,
  input = { height: 224, width: 448 },
): Passes {
  const { procedure } = methodOf(method);
  const { steps = 50, quadrature = "gauss-legendre", ...others } = options;
  const { kind, nodes } = procedure.path({ method, steps, quadrature });
  return procedure.passes({ path: kind, nodes, ...others }, input);
}

test("one pass a sample, at the sample", () => {
  for (const method of ["gradient", "lrp", "grad-cam", "smoothdiff", "input-x-gradient"]) {
    assert.equal(passesOf(method, {}), { points: 1, table: [[1, 1]], start: undefined }, method);
  }
});

test("a path has a pass for each node, and begins at α = 0", () => {
  const riemann = { steps: 2, quadrature: "riemann" } as const;
  const table = [
    [0.25, 0.5],
    [0.75, 0.5],
  ];
  assert.equal(passesOf("integrated-gradients", riemann), { points: 2, table, start: [0, 1] });
});

test("a random place of a path is one pass, which adds up to nothing known", () => {
  const one = { points: 1, table: [[1, 1]], start: undefined };
  assert.equal(passesOf("integrated-gradients", { quadrature: "random" }), one);
  assert.equal(passesOf("expected-gradients", {}), one);
});

test("a path of blurs goes down from 50 pixels at 224, or from what is asked", () => {
  const riemann = { steps: 2, quadrature: "riemann" } as const;
  const table = [
    [12.5, -25],
    [37.5, -25],
  ];
  assert.equal(passesOf("blur-ig", riemann), { points: 2, table, start: [50, 0] });
  assert.equal(passesOf("blur-ig", { ...riemann, maxSigma: 8 }).start, [8, 0]);
  assert.throws(
    () => passesOf("blur-ig", { quadrature: "random" }),
    'blur-ig goes through every place of its path: no quadrature "random"',
  );
});

test("occlusion has a pass for each window and one more", () => {
  const { points, table, start } = passesOf("occlusion", {});
  assert.is(points, 1 + 15 * 15);
  assert.equal([table, start], [[[28, 56, 14, 28]], undefined]);
  assert.is(passesOf("occlusion", { window: 112, stride: 112 }).points, 1 + 2 * 4);
});

test("a method stands where its procedure does, or else its rules", () => {
  const families: Record<string, string[]> = {};
  for (const [name, { family }] of Object.entries(methods)) {
    families[family] = [...(families[family] ?? []), name];
  }
  const some: Record<string, string[]> = {
    gradients: ["gradient", "smoothdiff", "input-x-gradient"],
    paths: ["integrated-gradients", "expected-gradients", "blur-ig"],
    gates: ["guided-backprop", "deconvnet"],
    layers: ["grad-cam", "guided-grad-cam", "hirescam"],
    differences: ["deeplift", "occlusion"],
    relevance: ["lrp", "lrp-flat", "attn-lrp"],
  };
  assert.equal(Object.keys(families).sort(), Object.keys(some).sort());
  for (const [family, members] of Object.entries(some)) {
    for (const name of members) assert.ok(families[family]?.includes(name), `${name}: ${family}`);
  }
});

test.run();
