// Plans as text, without a GPU: which kernels in which order, what is written in place, and what is saved.

import * as assert from "uvu/assert";
import { makeGraph } from "../../src/graph/graph.js";
import { methods } from "../../src/methods/methods.js";
import { decodeModel } from "../../src/onnx/decode.js";
import { makePlan } from "../../src/plan/plan.js";
import type { Plan } from "../../src/plan/types.js";
import type { Step } from "../../src/shaders/step.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { suite } from "../support/harness.js";

/** A fire module of SqueezeNet and a classifier. */
function fire(): OnnxBuilder {
  const g = new OnnxBuilder();
  const x = g.input("x", ["N", 3, 6, 6]);
  const conv = (from: string, name: string, shape: number[], pad: number) => {
    const pads = [pad, pad, pad, pad];
    return g.node("Relu", [
      g.node("Conv", [from, g.weight(`${name} weights`, shape)], { pads }, { name }),
    ]);
  };
  const squeezed = conv(x, "squeeze", [4, 3, 1, 1], 0);
  const parts = [
    conv(squeezed, "narrow", [8, 4, 1, 1], 0),
    conv(squeezed, "wide", [4, 4, 3, 3], 1),
  ];
  const joined = g.node("Concat", parts, { axis: 1 }, { name: "join" });
  const pooled = g.node("MaxPool", [joined], { kernel_shape: [2, 2] }, { name: "pool" });
  const mean = g.node("GlobalAveragePool", [pooled], {}, { name: "mean" });
  const flat = g.node("Flatten", [mean]);
  g.output(g.node("Gemm", [flat, g.weight("w", [12, 5])], {}, { name: "classes" }));
  return g;
}

const planOf = (method?: string): Plan =>
  makePlan(makeGraph(decodeModel(fire().bytes())), method === undefined ? {} : { method });

const lines = (steps: readonly Step[]) =>
  steps.map(({ label, shader, entry, constants }) => {
    const { ADD, GATE, RESIDUAL } = constants ?? {};
    const ends = [ADD && ", added", GATE && ", gated", RESIDUAL && ", and a residual"];
    return `${label}: ${shader}.${entry}${ends.map((end) => end || "").join("")}`;
  });

const test = suite("plan");

test("a fire module, forward: Concat and Flatten take no step", () => {
  assert.equal(lines(planOf("gradient").forward), [
    "noise: noise.add_noise",
    "squeeze: conv.forward",
    "narrow: conv.forward",
    "wide: conv.forward",
    "pool: pool.max_forward",
    "mean: pool.global_average_forward",
    "classes: gemm.forward",
  ]);
});

test("a fire module, backward: the last contribution to a gradient passes the activations, of all parts of a Concat at once", () => {
  assert.equal(lines(planOf("gradient").backward), [
    "seed: target.seed",
    "classes back: gemm.backward",
    "mean back: pool.global_average_backward",
    "pool back: pool.max_backward, gated",
    "wide back: conv-to-image.backward",
    "narrow back: conv.backward, added, gated",
    "squeeze back: conv.backward",
    "accumulate: moments.accumulate",
  ]);
});

/** Two basic blocks of a ResNet, the second of which goes down. */
function basicBlocks(): OnnxBuilder {
  const g = new OnnxBuilder();
  const conv = (from: string, name: string, [o = 1, i = 1, k = 1]: number[], strides = [1, 1]) => {
    const pads = new Array(4).fill((k - 1) / 2);
    return g.node("Conv", [from, g.weight(`${name} w`, [o, i, k, k])], { pads, strides }, { name });
  };
  const relu = (x: string) => g.node("Relu", [x]);
  const x = relu(conv(g.input("x", ["N", 3, 6, 6]), "stem", [8, 3, 3]));
  const a = conv(relu(conv(x, "one", [8, 8, 3])), "two", [8, 8, 3]);
  const y = relu(g.node("Add", [a, x], {}, { name: "sum" }));
  const b = conv(relu(conv(y, "three", [12, 8, 3], [2, 2])), "four", [12, 12, 3]);
  const z = relu(g.node("Add", [b, conv(y, "down", [12, 8, 1], [2, 2])], {}, { name: "sum down" }));
  const flat = g.node("Flatten", [g.node("GlobalAveragePool", [z], {}, { name: "mean" })]);
  g.output(g.node("Gemm", [flat, g.weight("w", [12, 5])], {}, { name: "classes" }));
  return g;
}

const blockPlan = (method: string) => {
  const box = { low: [0, 0, 0], high: [1, 1, 1] };
  return makePlan(makeGraph(decodeModel(basicBlocks().bytes())), { method, box });
};

test("residual connections, forward: of two layers the first operand adds", () => {
  const { forward } = blockPlan("gradient");
  assert.equal(lines(forward), [
    "noise: noise.add_noise",
    "stem: conv.forward",
    "one: conv.forward",
    "two: conv.forward, and a residual",
    "three: conv.forward",
    "down: conv.forward",
    "four: conv.forward, and a residual",
    "mean: pool.global_average_forward",
    "classes: gemm.forward",
  ]);
});

test("residual connections, backward: the gradient of a sum is that of what is added, in the same place", () => {
  const { backward } = blockPlan("gradient");
  assert.equal(lines(backward), [
    "seed: target.seed",
    "classes back: gemm.backward",
    "mean back: pool.global_average_backward, gated",
    "four back: conv.backward, gated",
    "down back: conv.backward",
    "three back: conv.backward, added, gated",
    "two back: conv.backward, gated",
    "one back: conv.backward, added, gated",
    "stem back: conv-to-image.backward",
    "accumulate: moments.accumulate",
  ]);
  const [down, four, two, one] = ["down", "four", "two", "one"].map(
    (name) => backward.find(({ label }) => label === `${name} back`)?.bindings,
  );
  assert.is(four?.x, down?.x);
  assert.is(one?.dx, two?.x);
});

test("methods with a rule of their own for layers or sums find them apart", () => {
  const names = Object.keys(methods);
  const isApart = (method: string) =>
    blockPlan(method).forward.some(({ shader }) => shader === "arithmetic");
  assert.equal(
    names.filter(isApart),
    names.filter((name) => /lrp|deeplift/.test(name)),
  );
});

test("an output with several values for each class is refused, unless all of them are seeded", () => {
  const g = new OnnxBuilder();
  g.output(g.node("Relu", [g.input("x", ["N", 3, 2, 4])], {}, { output: "mask" }));
  const graph = makeGraph(decodeModel(g.bytes()));
  assert.throws(
    () => makePlan(graph, { method: "gradient" }),
    'the output "mask" has shape [1,3,2,4], with several values for each class: ' +
      "pool it to [1, classes] before the export, or ask for another output",
  );
  assert.ok(makePlan(graph, { method: "gradient", explains: "all" }).backward.length > 0);
});

test("a layer that no gradient reaches has no class activation map", () => {
  const graph = makeGraph(decodeModel(fire().bytes()));
  const nodes = graph.nodes.map((node) =>
    node.name === "classes" ? { ...node, attributes: { ...node.attributes, detached: 1 } } : node,
  );
  assert.throws(
    () => makePlan({ ...graph, nodes }, { method: "grad-cam" }),
    /^the layer ".+" does not lead to the logits$/,
  );
});

test("both parts of the Concat are written into its buffer, one behind the other", () => {
  const { forward } = planOf("gradient");
  const [narrow, wide, pool] = ["narrow", "wide", "pool"].map((label) =>
    forward.find((step) => step.label === label),
  );
  assert.is(narrow?.bindings.y, pool?.bindings.x);
  assert.is(wide?.bindings.y, pool?.bindings.x);
  assert.is(narrow?.uniforms.out?.offset, 0);
  assert.is(wide?.uniforms.out?.offset, (8 / 4) * 36);
});

test("no launch reads a buffer of samples that it writes, whatever the parts of a Concat are made of", () => {
  const g = new OnnxBuilder();
  const conv = (from: string, name: string, shape: number[]) =>
    g.node("Relu", [g.node("Conv", [from, g.weight(name, shape)], { pads: [1, 1, 1, 1] })]);
  const a = conv(g.input("x", ["N", 3, 6, 6]), "w1", [8, 3, 3, 3]);
  const b = conv(a, "w2", [8, 8, 3, 3]);
  const parts = [a, b, g.node("Concat", [b, a], { axis: 1 }), a];
  const pooled = g.node("GlobalAveragePool", [g.node("Concat", parts, { axis: 1 })]);
  g.output(g.node("Gemm", [g.node("Flatten", [pooled]), g.weight("w", [40, 5])]));
  const { forward, backward, buffers } = makePlan(makeGraph(decodeModel(g.bytes())), {
    method: "gradient",
  });
  for (const { label, bindings } of [...forward, ...backward]) {
    const ids = Object.values(bindings).filter((id) => !buffers[id]?.fixed);
    assert.is(new Set(ids).size, ids.length, label);
  }
});

test("a ReLU saves a bit for each element, a max pool a byte, a convolution nothing", () => {
  const { buffers } = planOf("gradient");
  const saved = buffers.filter(({ label }) => /^(mask|winners) of/.test(label));
  assert.equal(
    saved.map(({ label, bytes }) => [label, bytes]),
    [
      // A word holds 8 positions of 4 channels: 36 positions take 5.
      ["mask of squeeze", 1 * 5 * 4],
      ["mask of join", 3 * 5 * 4],
      ["winners of pool", 3 * 25 * 4],
    ],
  );
});

test("half precision halves tensors and weights, and leaves bits, sums and the image", () => {
  const single = planOf("gradient");
  const half = makePlan(makeGraph(decodeModel(fire().bytes())), {
    method: "gradient",
    precision: "half",
  });
  const bytesOf = (plan: Plan) => new Map(plan.buffers.map(({ label, bytes }) => [label, bytes]));
  const before = bytesOf(single);
  const whole: string[] = [];
  for (const [label, bytes] of bytesOf(half)) {
    if (bytes === before.get(label)) whole.push(label);
    else assert.is(bytes * 2, before.get(label), label);
  }
  assert.equal(whole.sort(), [
    ...[
      "baselines",
      "image",
      "mask of join",
      "mask of squeeze",
      "moments",
      "no bias",
      "no classes",
    ],
    ...["no mask", "no residual", "range", "run", "spread", "table", "target", "winners of pool"],
  ]);
  assert.ok([...half.forward, ...half.backward].every(({ precision }) => precision === "half"));
});

test("without a method nothing is saved and nothing goes back", () => {
  const plan = planOf();
  assert.equal(plan.backward, []);
  assert.not.ok(plan.buffers.some(({ label }) => label.startsWith("mask of")));
  assert.ok(plan.memory.perSample < planOf("gradient").memory.perSample);
});

test("buffers that live at different times share memory, those that meet do not", () => {
  const plan = planOf("gradient");
  const steps = [...plan.forward, ...plan.backward];
  const lives = new Map<number, [number, number]>();
  steps.forEach((step, time) => {
    for (const id of Object.values(step.bindings)) {
      lives.set(id, [lives.get(id)?.[0] ?? time, time]);
    }
  });
  const placed = [...lives].filter(([id]) => (plan.places[id] as number) >= 0);
  for (const [a, [from, to]] of placed) {
    for (const [b, [start, end]] of placed) {
      if (a >= b || plan.places[a] !== plan.places[b]) continue;
      assert.ok(
        to < start || end < from,
        `${plan.buffers[a]?.label} and ${plan.buffers[b]?.label} meet`,
      );
    }
    assert.ok((plan.buffers[a]?.bytes ?? 0) <= (plan.physical[plan.places[a] as number] as number));
  }
  assert.ok(plan.memory.perSample < plan.memory.unshared);
});

test("a method that does not exist is refused with those that do", () => {
  assert.throws(() => planOf("magic"), /"magic" is not a method; there are: gradient, /);
});

test.run();
