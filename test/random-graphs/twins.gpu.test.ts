// The judge of random graphs judged: the twins run through whole graphs are onnxruntime forward, and central differences
// backward. And shrinking finds what makes a graph fail.

import * as assert from "uvu/assert";
import { decodeModel } from "../../src/onnx/decode.js";
import { backward, forward } from "../reference/index.js";
import { sizeOf } from "../reference/twin.js";
import { relativeL2, suite } from "../support/harness.js";
import { runOnnxRuntime } from "../support/onnxruntime.js";
import { randn } from "../support/randn.js";
import { drawGraph } from "./draw.js";
import { drawsOf, replay, shrink } from "./draws.js";

const test = suite("twins of random graphs");

const SEEDS = Array.from({ length: 40 }, (_, i) => 10_000 + i);

function modelOf(seed: number) {
  const graph = drawGraph(drawsOf(seed));
  return { graph, model: { ...decodeModel(graph.bytes), outputs: [graph.logits] } };
}

test("agree with onnxruntime", async () => {
  for (const seed of SEEDS) {
    const { graph, model } = modelOf(seed);
    const { bytes, shape, output } = graph;
    const data = randn(sizeOf(shape), seed);
    const expected = forward(model, Float64Array.from(data), shape).get(output)?.data;
    const off = relativeL2(await runOnnxRuntime(bytes, data, shape, output), expected ?? []);
    assert.ok(off < 1e-5, `seed ${seed}: the outputs are ${off} off\n${graph.text}`);
  }
});

test("have the gradients of their values", () => {
  let compared = 0;
  for (const seed of SEEDS) {
    const { graph, model } = modelOf(seed);
    const { shape, logits, classes } = graph;
    const x = Float64Array.from(randn(sizeOf(shape), seed));
    const direction = randn(x.length, seed + 1);
    const target = classes - 1;
    const score = (t: number) => {
      const moved = x.map((v, e) => v + t * (direction[e] as number));
      return forward(model, moved, shape).get(logits)?.data[target] as number;
    };
    const oneHot = new Float64Array(classes).with(target, 1);
    const dx = backward(model, forward(model, x, shape), oneHot);
    const said = dx.reduce((sum, g, e) => sum + g * (direction[e] as number), 0);
    const h = 1e-6;
    const [right, left] = [(score(h) - score(0)) / h, (score(0) - score(-h)) / h];
    const scale = dx.reduce((sum, g, e) => sum + Math.abs(g * (direction[e] as number)), 1e-3);
    // Elsewhere there is a kink in between.
    if (Math.abs(right - left) > 1e-4 * scale) continue;
    compared++;
    const off = Math.abs(said - (right + left) / 2) / scale;
    assert.ok(off < 1e-4, `seed ${seed}: the gradient is ${off} off\n${graph.text}`);
  }
  assert.ok(compared > SEEDS.length / 2, `${compared} had no kink`);
});

test("a failing sequence shrinks to what makes it fail", async () => {
  const textOf = (numbers: readonly number[]) => drawGraph(replay(numbers)).text;
  const marksOf = (numbers: readonly number[]) => {
    const draws = replay(numbers);
    drawGraph(draws);
    return draws.marks;
  };
  const isBad = (text: string) => /Concat\(.*\); axis 1$/m.test(text);
  const seed = SEEDS.find((each) => {
    const { text } = drawGraph(drawsOf(each));
    return isBad(text) && text.split("\n").length > 8;
  }) as number;
  const draws = drawsOf(seed);
  drawGraph(draws);
  const fails = async (numbers: readonly number[]) => isBad(textOf(numbers));
  const small = textOf(await shrink(draws.numbers, marksOf, fails, 500));
  assert.ok(isBad(small));
  // The Concat, a node or two for each of its parts, what makes logits of it, and the line that says which.
  assert.ok(small.split("\n").length <= 7, small);
});

test.run();
