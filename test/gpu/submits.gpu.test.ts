// Commands in submits of limited time: the same map to the bit, in more submits, and an end in between.

import * as assert from "uvu/assert";
import { sensitivity } from "../../src/explain/sensitivity.js";
import type { SensitivityOptions } from "../../src/explain/settings.js";
import { requestDevice } from "../../src/gpu/device.js";
import type { Launch } from "../../src/gpu/play.js";
import { type Job, jobOf, learned, Submits } from "../../src/gpu/submits.js";
import { loadModel } from "../../src/model/load.js";
import type { Step } from "../../src/shaders/step.js";
import { smallSize } from "../models/architectures/index.js";
import { smallNetwork } from "../models/tiny.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";

const test = suite("submits");

/** A network, and an image of its size. */
const pictured = (side: number, build: () => Uint8Array) => ({
  image: { data: randn(3 * side * side, 3), shape: [1, 3, side, side] },
  build,
});
const resnet = pictured(37, smallSize["ResNet of basic blocks"].build);
const small = pictured(8, () => smallNetwork().bytes());

/** Counts what is submitted while something is done. */
async function counted<T>(device: GPUDevice, action: () => Promise<T>): Promise<[T, number]> {
  const { submit } = device.queue;
  let count = 0;
  device.queue.submit = function (buffers) {
    count++;
    submit.call(this, buffers);
  };
  try {
    const result = await action();
    return [result, count];
  } finally {
    device.queue.submit = submit;
  }
}

const METHODS: SensitivityOptions[] = [
  { samples: 7 },
  { samples: 6, antithetic: true, estimator: "variance" },
  { samples: 5, method: "smoothdiff" },
  { samples: 4, weightNoise: 0.1, weightSamples: 2 },
  { samples: 2, method: "integrated-gradients", steps: 5 },
];

for (const [k, options] of METHODS.entries()) {
  const comesToTheSame = async () => {
    const { image, build } = small;
    // Of a device of its own nothing is known yet: even a fast one begins with little.
    const device = await requestDevice();
    const model = await loadModel(device, build());
    const dataOf = (submitTime: number) =>
      counted(device, async () => {
        const map = await sensitivity(model, image, { ...options, submitTime });
        const data = await map.data();
        map.destroy();
        return data;
      });
    const [parts, many] = await dataOf(1);
    const [whole, few] = await dataOf(Number.POSITIVE_INFINITY);
    close(parts, whole, { rtol: 0, atol: 0 });
    assert.ok(many > few, `${many} submits in place of ${few}`);
    device.destroy();
  };
  // Each has a device of its own, on which everything is compiled anew.
  test(`${JSON.stringify(options)} comes to the same bits`, comesToTheSame, { long: k > 0 });
}

testWithDevice(test, "an abort is heard between submits", async (device) => {
  const { image, build } = resnet;
  const model = await loadModel(device, build());
  const controller = new AbortController();
  const { submit } = device.queue;
  let count = 0;
  device.queue.submit = function (buffers) {
    if (++count === 10) controller.abort(new Error("enough"));
    submit.call(this, buffers);
  };
  const options = { samples: 50, submitTime: 1, signal: controller.signal };
  const error = await sensitivity(model, image, options).catch((reason) => reason);
  device.queue.submit = submit;
  assert.is(error.message, "enough");
  assert.ok(count < 15, `${count} submits`);
  // What was left half done is no matter for the next map.
  const again = await sensitivity(model, image, { samples: 2 });
  const other = await sensitivity(model, image, { samples: 2, submitTime: 1 });
  close(await other.data(), await again.data(), { rtol: 0, atol: 0 });
  for (const map of [again, other]) map.destroy();
  model.destroy();
});

testWithDevice(test, "at most two submits are under way", async (device) => {
  const { queue } = device;
  const done = queue.onSubmittedWorkDone;
  let [now, most] = [0, 0];
  queue.onSubmittedWorkDone = async function () {
    most = Math.max(most, ++now);
    await done.call(this);
    now--;
    return undefined;
  };
  const buffers = [0, 1].map(() =>
    device.createBuffer({ size: 64, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC }),
  ) as [GPUBuffer, GPUBuffer];
  const submits = new Submits(device, { submitTime: 1 });
  for (let i = 0; i < 20; i++) {
    submits.copy(...buffers);
    await submits.submit();
  }
  await done.call(queue);
  queue.onSubmittedWorkDone = done;
  assert.is(most, 2);
  for (const buffer of buffers) buffer.destroy();
});

test("what fits is learned by leaps that are not too large", () => {
  assert.is(learned(1e6, 30e6, 10), 3e6);
  assert.is(learned(1e6, 30e6, 0.1), 4e6);
  assert.is(learned(1e6, 30e6, 1000), 0.25e6);
});

test("a launch has to do what its samples ask, and to read its weights", () => {
  const launch = (step: Partial<Step>) =>
    ({
      step: { label: "", shader: "", entry: "", uniforms: {}, bindings: {}, ...step },
    }) as unknown as Launch;
  const dense = jobOf(launch({ workgroups: [2, 1, 1], samples: 1, flops: 1e7 }), 1e7);
  close([dense.each, dense.least], [1e7, 16e7], { rtol: 0, atol: 0 });
  const sums = jobOf(launch({ workgroups: [2, 1, 1], samples: 0 }), 0);
  close([sums.each, sums.least], [0, 2 * 64 * 32 * 16], { rtol: 0, atol: 0 });
});

testWithDevice(test, "a batch is as large as its longest launch allows", (device) => {
  const job = (each: number, least: number) => ({ each, least }) as Job;
  const submits = new Submits(device, { submitTime: Number.POSITIVE_INFINITY });
  assert.is(submits.fitting([job(1e12, 0)]), Number.POSITIVE_INFINITY);
  const short = new Submits(device, { submitTime: 1 });
  assert.is(short.fitting([job(1e15, 0), job(1, 0)]), 1);
  // Reading the weights takes so long in any case, so sixteen samples may come along.
  assert.is(short.fitting([job(1e15, 16e15)]), 16);
});

test.run();
