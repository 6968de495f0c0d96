// Baselines, by what they should be.

import { throws } from "uvu/assert";
import { boundsOf, makeBaseline } from "../../src/explain/baseline.js";
import type { InputTensor } from "../../src/image/image.js";
import { type Preprocess, presets } from "../../src/options/preprocess.js";
import { unpackChannels } from "../../src/tensor/channels.js";
import { close, randn, suite } from "../support/harness.js";

const EXACT = { rtol: 1e-5, atol: 1e-5 };
const [CHANNELS, HEIGHT, WIDTH] = [3, 9, 20];
const SIZE = HEIGHT * WIDTH;
const values = randn(CHANNELS * SIZE, 2);

// No kernel runs here, so nothing on the GPU is needed.
const inputOf = (preprocess?: Preprocess) =>
  ({ channels: CHANNELS, height: HEIGHT, width: WIDTH, preprocess }) as InputTensor;

function baseline(name: "zero" | "black" | "white" | "mean" | "blur", from = values) {
  const input = inputOf(presets.imagenet);
  const packed = makeBaseline(name, from, boundsOf(from, input), input);
  return unpackChannels(packed!, CHANNELS);
}

const constant = (perChannel: readonly number[]) =>
  perChannel.flatMap((value) => new Array<number>(SIZE).fill(value));

const test = suite("baselines");

test("black and white are what the preprocessing makes of them", () => {
  const mean = [0.485, 0.456, 0.406];
  const std = [0.229, 0.224, 0.225];
  close(baseline("black"), constant(mean.map((m, c) => -m / std[c]!)), EXACT);
  close(baseline("white"), constant(mean.map((m, c) => (1 - m) / std[c]!)), EXACT);
});

test("without a preprocessing they are the ends of the range", () => {
  const { low, high } = boundsOf(values, inputOf());
  close(low, new Array(3).fill(Math.min(...values)), EXACT);
  close(high, new Array(3).fill(Math.max(...values)), EXACT);
});

test("zero and the mean of each channel", () => {
  close(baseline("zero"), constant([0, 0, 0]), EXACT);
  const means = [0, 1, 2].map(
    (c) => values.subarray(c * SIZE, (c + 1) * SIZE).reduce((a, b) => a + b, 0) / SIZE,
  );
  close(baseline("mean"), constant(means), EXACT);
});

test("blur keeps what is flat, and spreads a point as a Gaussian", () => {
  close(
    baseline(
      "blur",
      values.map(() => 0.7),
    ),
    new Array(3 * SIZE).fill(0.7),
    EXACT,
  );
  const point = new Float32Array(3 * SIZE);
  const center = 4 * WIDTH + 10;
  point[center] = 1;
  const spread = baseline("blur", point);
  // σ is a tenth of the width, so 2.
  const ratios = [1, 2, 3].map((d) => spread[center + d]! / spread[center]!);
  close(
    ratios,
    [1, 2, 3].map((d) => Math.exp((-d * d) / 8)),
    EXACT,
  );
});

test("a tensor of another size is refused", () => {
  const input = inputOf();
  const given = { data: new Float32Array(7), shape: [7] };
  throws(
    () => makeBaseline(given, values, boundsOf(values, input), input),
    /the baseline has 7 values, the network's input 540/,
  );
});

test.run();
