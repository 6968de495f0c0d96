// Every preset of parity against a few lines that say what the other program does, on a small network with a
// noise that is given.

import { captumScale, type ParityName, pairScale, parity } from "../../src/explain/parity.js";
import { sensitivity } from "../../src/explain/sensitivity.js";
import { loadModel } from "../../src/model/load.js";
import { decodeModel } from "../../src/onnx/decode.js";
import { smallNetwork } from "../models/tiny.js";
import { backward, forward } from "../reference/index.js";
import { KEYS, withNoise } from "../reference/perturb.js";
import { normals } from "../reference/philox.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";

const SHAPE = [1, 3, 8, 8];
const [SIZE, PIXELS, TARGET] = [192, 64, 2];
const data = randn(SIZE, 11);
const onnx = decodeModel(smallNetwork().bytes());
const range = Math.max(...data) - Math.min(...data);
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

function gradient(sigma: number, sample: number, network = onnx): Float64Array {
  const z = normals(SIZE, 0, sample);
  const x = Float64Array.from(data, (v, e) => v + sigma * z[e]!);
  const seed = new Float64Array(10).fill(0).with(TARGET, 1);
  return backward(network, forward(network, x, SHAPE), seed);
}

const gradients = (count: number, sigma: number) =>
  Array.from({ length: count }, (_, i) => gradient(sigma, i));

const average = (maps: readonly Float64Array[], f: (g: number) => number) =>
  Array.from({ length: SIZE }, (_, e) => sum(maps.map((g) => f(g[e]!))) / maps.length);

const perPixel = (map: readonly number[], f: (channels: number[]) => number) =>
  Array.from({ length: PIXELS }, (_, p) => f([0, 1, 2].map((c) => map[c * PIXELS + p]!)));

function percentile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const h = (q / 100) * (sorted.length - 1);
  const below = sorted[Math.floor(h)]!;
  return below + (h - Math.floor(h)) * (sorted[Math.ceil(h)]! - below);
}

interface Expected {
  readonly scores: number[];
  readonly ends: readonly [number, number];
}

function cumulative(scores: number[]): number {
  const sorted = [...scores].sort((a, b) => a - b);
  const total = sum(sorted);
  return sorted.find((_, i) => sum(sorted.slice(0, i + 1)) >= 0.98 * total)!;
}

const expected: Record<ParityName, () => Expected> = {
  paper() {
    const map = average(gradients(50, 0.15 * range), (g) => g);
    const scores = perPixel(map, (channels) => sum(channels.map(Math.abs)));
    return { scores, ends: [Math.min(...scores), percentile(scores, 99)] };
  },
  pair() {
    const map = average(gradients(25, 0.15 * range), (g) => g * g);
    const scores = perPixel(map, (channels) => sum(channels.map(Math.abs)));
    return { scores, ends: [Math.min(...scores), percentile(scores, 99)] };
  },
  captum() {
    const map = average(gradients(5, 1), Math.abs);
    const scores = perPixel(map, (channels) => Math.abs(sum(channels)));
    return { scores, ends: [0, cumulative(scores)] };
  },
  zennit() {
    const map = average([...gradients(19, 0.1 * range), gradient(0, 0)], (g) => g);
    const scores = perPixel(map, sum);
    const most = Math.max(...scores.map(Math.abs));
    return { scores, ends: [-most, most] };
  },
  xplique() {
    const map = average(gradients(50, 0.2), (g) => g);
    const scores = perPixel(map, (channels) => sum(channels) / 3);
    return { scores, ends: [percentile(scores, 0.1), percentile(scores, 99.9)] };
  },
  noisegrad: () => fused(10, 1, 0),
  fusiongrad: () => fused(10, 10, 0.4),
};

// Draws of the weights, each with as many inputs.
function fused(draws: number, inputs: number, sigma: number): Expected {
  const maps = Array.from({ length: draws * inputs }, (_, i) =>
    gradient(sigma, i, withNoise(onnx, KEYS, { level: 0.2, draw: Math.floor(i / inputs) })),
  );
  const scores = perPixel(
    average(maps, (g) => g),
    (channels) => sum(channels.map(Math.abs)),
  );
  return { scores, ends: [Math.min(...scores), percentile(scores, 99)] };
}

const test = suite("parity");

for (const name of Object.keys(parity) as ParityName[]) {
  testWithDevice(test, `what ${name} calls SmoothGrad`, async (device) => {
    const model = await loadModel(device, smallNetwork().bytes());
    const options = { ...parity[name].map, target: TARGET };
    const map = await sensitivity(model, { data, shape: SHAPE }, options);
    try {
      const { picture } = parity[name];
      const { scores, ends } = expected[name]();
      const most = Math.max(...scores.map(Math.abs));
      const tolerance = { rtol: 1e-3, atol: 1e-4 * most };
      close(await map.scores(picture), scores, tolerance);
      const { low, high } = name === "captum" ? await captumScale(map) : await map.range(picture);
      close([low, high], ends, tolerance);
      if (name !== "pair") return;
      const squares = average(gradients(25, 0.15 * range), (g) => g * g);
      const span = Math.abs(percentile(perPixel(squares, sum), 99));
      const scale = await pairScale(map);
      close([scale.low, scale.high], [-span, span], tolerance);
    } finally {
      map.destroy();
      model.destroy();
    }
  });
}

test.run();
