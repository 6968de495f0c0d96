// What the kernels of training compute, against float64 and against themselves.

import * as assert from "uvu/assert";
import { networks, Trainer } from "../../src/train.js";
import { lossOf, parameterGradients } from "../reference/training.js";
import { close, suite, testWithDevice } from "../support/harness.js";
import { batchOf, small } from "./network.js";

const test = suite("training");

const SHAPE = (count: number) => [count, 2, 9, 7];
const inputsOf = ({ pixels }: { pixels: Uint8Array }) => Float64Array.from(pixels, (p) => p / 255);

/** The gradients of a trainer, by the names of the constants. */
async function gradientsOf(trainer: Trainer) {
  const all = await trainer.gradients();
  let first = 0;
  return [...trainer.network.model.constants]
    .filter(([, { type }]) => type === "float32")
    .map(([name, { data }]) => [name, all.slice(first, (first += data.length))] as const);
}

for (const count of [1, 5, 8]) {
  testWithDevice(
    test,
    `${count} samples: weight gradients are those of the twins`,
    async (device) => {
      const network = small();
      const batch = batchOf(count);
      const trainer = await Trainer.create(device, network, { batch: count });
      trainer.learn(batch, 0);
      const expected = parameterGradients(
        network.model,
        inputsOf(batch),
        SHAPE(count),
        batch.labels,
      );
      const gradients = await gradientsOf(trainer);
      assert.is(gradients.length, 12);
      for (const [name, gradient] of gradients) {
        const scale = Math.max(...expected.get(name)!.map(Math.abs));
        close(gradient, expected.get(name)!, { rtol: 1e-4, atol: 1e-5 * scale });
      }
      const { loss } = await trainer.totals();
      close([loss], [lossOf(network.model, inputsOf(batch), SHAPE(count), batch.labels)]);
      trainer.destroy();
    },
  );
}

test("the twins' weight gradients are central differences of the loss", () => {
  const { model } = small();
  const batch = batchOf(3);
  const x = inputsOf(batch);
  const gradients = parameterGradients(model, x, SHAPE(3), batch.labels);
  for (const [name, constant] of model.constants) {
    const gradient = gradients.get(name);
    if (!gradient) continue;
    for (let i = 0; i < gradient.length; i += Math.ceil(gradient.length / 5)) {
      const at = (step: number) => {
        // A Float64Array, so that the step is not rounded.
        const data = Float64Array.from(constant.data);
        data[i]! += step;
        const constants = new Map(model.constants).set(name, { ...constant, data });
        return lossOf({ ...model, constants }, x, SHAPE(3), batch.labels);
      };
      close([(at(1e-6) - at(-1e-6)) / 2e-6], [gradient[i]!], { rtol: 1e-5, atol: 1e-8 });
    }
  }
});

testWithDevice(test, "a step of Adam is Kingma and Ba's", async (device) => {
  const trainer = await Trainer.create(device, small(), { batch: 5, decay: 0.01 });
  const batch = batchOf(5);
  const { weights } = await trainer.state();
  const w = Float64Array.from(weights);
  const m = w.map(() => 0);
  const v = w.map(() => 0);
  for (let t = 1; t <= 3; t++) {
    trainer.learn(batch, 0.01);
    const g = await trainer.gradients();
    g.forEach((gi, i) => {
      m[i] = 0.9 * m[i]! + 0.1 * gi;
      v[i] = 0.999 * v[i]! + 0.001 * gi * gi;
      const step = m[i]! / (1 - 0.9 ** t) / (Math.sqrt(v[i]! / (1 - 0.999 ** t)) + 1e-8);
      w[i]! -= 0.01 * (step + 0.01 * w[i]!);
    });
  }
  const state = await trainer.state();
  close(state.weights, w, { rtol: 1e-4, atol: 1e-5 });
  close(state.memories[0]!, m, { rtol: 1e-4, atol: 1e-7 });
  close(state.memories[1]!, v, { rtol: 1e-4, atol: 1e-9 });
  trainer.destroy();
});

testWithDevice(test, "a step of momentum is the sum of what came before", async (device) => {
  const trainer = await Trainer.create(device, small(), { batch: 5, optimizer: "momentum" });
  const w = Float64Array.from((await trainer.state()).weights);
  const m = w.map(() => 0);
  for (let t = 1; t <= 3; t++) {
    trainer.learn(batchOf(5), 0.1);
    (await trainer.gradients()).forEach((g, i) => {
      m[i] = 0.9 * m[i]! + g;
      w[i]! -= 0.1 * m[i]!;
    });
  }
  close((await trainer.state()).weights, w, { rtol: 1e-4, atol: 1e-5 });
  trainer.destroy();
});

const noisy = { batch: 6, noise: 0.2, margin: 2, mirror: true };
const withDropout = () => small({ "hidden relu": 0.5 });

testWithDevice(
  test,
  "the same seed gives the same bits, also of a run that goes on",
  async (device) => {
    const run = async (
      seed: number,
      steps: number,
      from?: Awaited<ReturnType<Trainer["state"]>>,
    ) => {
      const trainer = await Trainer.create(device, withDropout(), { ...noisy, seed });
      if (from) trainer.restore(from);
      while (trainer.step < steps) trainer.learn(batchOf(6, trainer.step + 1), 0.01);
      const state = await trainer.state();
      trainer.destroy();
      return state;
    };
    const whole = await run(7, 4);
    assert.equal(await run(7, 4), whole);
    assert.equal(await run(7, 4, await run(7, 2)), whole);
    assert.not.equal((await run(8, 4)).weights, whole.weights);
  },
);

testWithDevice(test, "dropout takes the same elements forward and backward", async (device) => {
  const trainer = await Trainer.create(device, withDropout(), { batch: 6 });
  const state = await trainer.state();
  const loss = async (weights: Float32Array) => {
    trainer.restore({ ...state, weights });
    await trainer.totals();
    trainer.learn(batchOf(6), 0);
    return (await trainer.totals()).loss;
  };
  const first = await loss(state.weights);
  const g = await trainer.gradients();
  const squared = g.reduce((sum, v) => sum + v * v, 0);
  const along = (h: number) => loss(state.weights.map((w, i) => w + h * g[i]!));
  const h = 1e-3 / Math.sqrt(squared);
  close([((await along(h)) - (await along(-h))) / (2 * h)], [squared], { rtol: 1e-2 });
  const plain = await Trainer.create(device, small(), { batch: 6 });
  plain.learn(batchOf(6), 0);
  assert.not.equal((await plain.totals()).loss, first);
  // Evaluation knows nothing of dropout.
  trainer.restore(state);
  for (const each of [trainer, plain]) each.evaluate(batchOf(6));
  assert.equal(await trainer.totals(), await plain.totals());
  trainer.destroy();
  plain.destroy();
});

testWithDevice(test, "some steps on a few images lower the loss", async (device) => {
  const trainer = await Trainer.create(device, small(), { batch: 12 });
  const losses: number[] = [];
  for (let i = 0; i < 60; i++) {
    trainer.learn(batchOf(12), 0.01);
    losses.push((await trainer.totals()).loss);
  }
  trainer.evaluate(batchOf(12));
  const { loss, accuracy, samples } = await trainer.totals();
  assert.ok(loss < losses[0]! / 4, `from ${losses[0]} to ${loss}`);
  assert.is(accuracy, 1);
  assert.is(samples, 12);
  trainer.destroy();
});

testWithDevice(test, "the network with its weights is the one that came in", async (device) => {
  const network = small();
  const trainer = await Trainer.create(device, network, { batch: 5 });
  assert.equal(await trainer.model(), network.model);
  trainer.learn(batchOf(5), 0.1);
  const model = await trainer.model();
  const shapes = ({ constants }: typeof model) =>
    [...constants].map(([name, c]) => [name, c.shape]);
  assert.equal(shapes(model), shapes(network.model));
  const batch = batchOf(5);
  await trainer.totals();
  trainer.evaluate(batch);
  close([(await trainer.totals()).loss], [lossOf(model, inputsOf(batch), SHAPE(5), batch.labels)], {
    rtol: 1e-4,
  });
  trainer.destroy();
});

for (const name of ["mnist-small", "cifar-inception"] as const) {
  testWithDevice(test, `${name}: its first weights go to the device and back`, async (device) => {
    const network = networks[name](2);
    const trainer = await Trainer.create(device, network, { batch: 1 });
    assert.equal((await trainer.model()).constants, network.model.constants);
    // A transform of weights that was made once would not follow them.
    const { forward, backward } = trainer.plan;
    assert.not.ok([...forward, ...backward].some(({ shader }) => shader.startsWith("winograd")));
    trainer.destroy();
  });
}

testWithDevice(test, "a batch that does not fit is refused", async (device) => {
  const trainer = await Trainer.create(device, small(), { batch: 4 });
  const { pixels, labels } = batchOf(4);
  assert.throws(() => trainer.learn(batchOf(5), 0), /at most 4 images of 126 bytes/);
  assert.throws(() => trainer.learn({ pixels: pixels.subarray(1), labels }, 0), /503 bytes for 4/);
  assert.throws(() => trainer.evaluate({ pixels, labels: labels.with(2, 3) }), /no class 3/);
  trainer.destroy();
});

test.run();
