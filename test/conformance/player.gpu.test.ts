// The player of the conformance command: every sample of a batch has an input and a seed of its own.

import { makeGraph } from "../../src/graph/graph.js";
import { decodeModel } from "../../src/onnx/decode.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { smallNetwork } from "../models/tiny.js";
import { backward, forward } from "../reference/index.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";
import { openPlayer } from "./player.js";

const test = suite("conformance player");

testWithDevice(test, "plays two inputs and two seeds in one batch", async (device) => {
  const model = decodeModel(smallNetwork().bytes());
  const player = await openPlayer(device, makeGraph(model), 2);
  const [inputs, seeds] = [randn(2 * 192, 3), randn(2 * 10, 4)];
  const logits = await player.forward(inputs);
  const gradients = await player.backward(seeds);
  player.destroy();
  for (let n = 0; n < 2; n++) {
    const x = Float64Array.from(inputs.subarray(n * 192, (n + 1) * 192));
    const values = forward(model, x, [1, 3, 8, 8]);
    const expected = values.get("logits")?.data as Float64Array;
    close(logits.subarray(n * 10, (n + 1) * 10), expected, { rtol: 1e-5, atol: 1e-5 });
    const seed = Float64Array.from(seeds.subarray(n * 10, (n + 1) * 10));
    const dx = backward(model, values, seed);
    close(gradients.subarray(n * 192, (n + 1) * 192), dx, { rtol: 1e-4, atol: 1e-5 });
  }
});

testWithDevice(test, "goes back from every channel of a convolution", async (device) => {
  const g = new OnnxBuilder();
  const x = g.input("x", ["N", 3, 4, 5]);
  g.output(g.node("Conv", [x, g.weight("w", [9, 3, 1, 1])]), ["N", 9, 4, 5]);
  const model = decodeModel(g.bytes());
  const player = await openPlayer(device, makeGraph(model), 1);
  const [input, seed] = [randn(60, 3), randn(180, 4)];
  await player.forward(input);
  const gradient = await player.backward(seed);
  player.destroy();
  const values = forward(model, Float64Array.from(input), [1, 3, 4, 5]);
  const dx = backward(model, values, Float64Array.from(seed));
  close(gradient, dx, { rtol: 1e-4, atol: 1e-5 });
});

test.run();
