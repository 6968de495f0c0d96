// Kernels taken apart and put together under other names.

import * as assert from "uvu/assert";
import {
  asFunction,
  type Declaration,
  declarations,
  neededBy,
  pruned,
  renamed,
} from "../../../src/plan/single/wgsl-linker.js";
import { suite } from "../../support/harness.js";

const TEXT = `
enable f16;
// A comment with fn and { braces.
struct Layer { x: u32, y: Other, }  /* and another */
struct Other { layer: f32 }
alias Pair = array<vec4f, 2 * SIZE>;
const SIZE = 4u;
const LOWEST = -0x1.fffffep+127;
@group(0) @binding(22) var<uniform> layer: Layer;
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
var<private> sums: Pair;
fn unused() -> u32 { return 1e3; }
fn helper(x: u32, layer_x: f32) -> f32 {
  let sums = x + 1;
  return f32(sums) + LOWEST;
}
@compute @workgroup_size(SIZE)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  sums[id.x >> 1] = x[layer.x + u32(x[id.x].x)] * helper(id.x, 2.0);
}
`;

const all = declarations(TEXT);
const named = (name: string) => all.find((each) => each.name === name) as Declaration;

const test = suite("link");

test("a text is taken apart into its declarations", () => {
  assert.equal(
    all.map(({ kind, name }) => `${kind} ${name}`),
    [
      ...["struct Layer", "struct Other", "alias Pair", "const SIZE", "const LOWEST", "var layer"],
      ...["var x", "var sums", "fn unused", "fn helper", "fn forward"],
    ],
  );
  assert.match(named("LOWEST").tokens.join(""), "-0x1.fffffep+127;");
});

test("an entry point needs what it names, and what that names", () => {
  const needed = neededBy("forward", all).map(({ name }) => name);
  assert.is(needed.at(-1), "forward");
  assert.equal([...needed].sort(), [
    "LOWEST",
    "Layer",
    "Other",
    "Pair",
    "SIZE",
    "forward",
    "helper",
    "layer",
    "sums",
    "x",
  ]);
  assert.ok(needed.indexOf("Other") < needed.indexOf("Layer"));
  assert.equal(
    neededBy("helper", all).map(({ name }) => name),
    ["LOWEST", "helper"],
  );
});

test("a branch that constants rule out is not there, and what else would be is", () => {
  const [, , kernel] = pruned(
    declarations(`
      const ADD = 0u;
      const GATE = 2u;
      fn put(i: u32) {
        if (ADD != 0) { lost(i); }
        if (GATE == 2) { kept(i); } else if (GATE == 0) { said(i); }
        if (GATE < 2u) { lost(i); } else { left(i); }
        if (i == 0) { open(ADD); }
      }`),
  );
  assert.match(
    (kernel as Declaration).tokens.join("").replace(/\s+/g, " "),
    "fn put(i: u32) { if (GATE == 2) { kept(i); } else if (GATE == 0) { said(i); } " +
      "{ left(i); } if (i == 0) { open(ADD); } }",
  );
});

test("members, parameters and what is declared within keep their names", () => {
  const names = new Map(all.map(({ name }) => [name, `s_${name}`]));
  assert.match(renamed(named("Layer"), names), "struct s_Layer { x: u32, y: s_Other, }");
  assert.match(
    renamed(named("helper"), names).replace(/\s+/g, " "),
    "fn s_helper(x: u32, layer_x: f32) -> f32 { let sums = x + 1; return f32(sums) + s_LOWEST; }",
  );
});

test("an array becomes what stands for its element, in its index too", () => {
  const { declaration, builtins, workgroup } = asFunction(named("forward"));
  assert.equal(builtins, ["global_invocation_id"]);
  assert.is(workgroup, "SIZE");
  const names = new Map([["x", (index: string) => `state[8u + u32(${index})]`]]);
  assert.match(
    renamed(declaration, names).replace(/\s+/g, " ").trim(),
    "fn forward( id: vec3u) { sums[id.x >> 1] = " +
      "state[8u + u32(layer.x + u32(state[8u + u32(id.x)].x))] * helper(id.x, 2.0); }",
  );
  const [whole] = declarations("fn all() -> u32 { return arrayLength(&x); }");
  assert.throws(() => renamed(whole as Declaration, names), /x is not looked up by an index/);
});

test.run();
