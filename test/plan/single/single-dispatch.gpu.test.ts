// Noise, forward and backward pass in one dispatch: the bits are those of a dispatch for each step.

import * as assert from "uvu/assert";
import { sensitivities, sensitivity } from "../../../src/explain/sensitivity.js";
import type { SensitivityOptions } from "../../../src/explain/settings.js";
import { makeGraph } from "../../../src/graph/graph.js";
import { Engines } from "../../../src/model/engines.js";
import { loadModel } from "../../../src/model/load.js";
import { decodeModel } from "../../../src/onnx/decode.js";
import { makePlan } from "../../../src/plan/plan.js";
import { inOneDispatch } from "../../../src/plan/single/single-dispatch.js";
import { SHARING_TILING } from "../../../src/plan/tilings.js";
import { smallSize } from "../../models/architectures/index.js";
import { smallNetwork } from "../../models/tiny.js";
import { close, randn, suite, testWithDevice } from "../../support/harness.js";

const same = { rtol: 0, atol: 0 };
const { shared: _, ...HARDWARE } = SHARING_TILING;

/** Two maps, by one dispatch and by many. */
async function compare(
  device: GPUDevice,
  file: Uint8Array,
  shape: readonly number[],
  options: readonly SensitivityOptions[],
): Promise<void> {
  const model = await loadModel(device, file);
  const image = {
    data: randn(
      shape.reduce((a, b) => a * b),
      11,
    ),
    shape,
  };
  try {
    for (const each of options) {
      const one = await sensitivity(model, image, { ...each, singleDispatch: true });
      const many = await sensitivity(model, image, each);
      assert.is(one.target.index, many.target.index);
      for (const estimator of ["mean", "variance"] as const) {
        close(await one.data(estimator), await many.data(estimator), same);
      }
      close([one.completeness?.gain ?? 0], [many.completeness?.gain ?? 0], same);
      assert.ok((await many.data("variance")).some((v) => v > 0));
      for (const map of [one, many]) map.destroy();
    }
  } finally {
    model.destroy();
  }
}

const test = suite("single dispatch");

testWithDevice(
  test,
  "a convolutional network's maps are the same by every kind of method, in batches and not",
  (device) => {
    const { input, build } = smallSize["MNIST convnet"];
    return compare(device, build(), input, [
      { samples: 5 },
      { samples: 7, batch: 3, of: "probability", method: "guided-backprop" },
      { samples: 3, steps: 3, method: "integrated-gradients" },
    ]);
  },
  { long: true },
);

testWithDevice(
  test,
  "so are those of one with a skip connection",
  (device) =>
    compare(
      device,
      smallNetwork().bytes(),
      [1, 3, 8, 8],
      [
        { samples: 6, antithetic: true, target: 3 },
        { samples: 3, versus: 2, target: 7, method: "grad-cam" },
      ],
    ),
  { long: true },
);

testWithDevice(
  test,
  "where workgroups share tiles, it takes others, and rounds as they do",
  async (device) => {
    const { input, build } = smallSize["MNIST convnet"];
    const image = {
      data: randn(
        input.reduce((a, b) => a * b, 1),
        11,
      ),
      shape: input,
    };
    const maps = [];
    for (const [tiling, singleDispatch] of [
      [SHARING_TILING, true],
      [HARDWARE, false],
    ] as const) {
      const model = await loadModel(device, build(), { tiling });
      const map = await sensitivity(model, image, { samples: 3, singleDispatch });
      maps.push(await map.data("mean"));
      for (const each of [map, model]) each.destroy();
    }
    const [one, many] = maps as [Float32Array, Float32Array];
    close(one, many, same);
  },
  { long: true },
);

testWithDevice(test, "a map takes one launch, and another for its moments", async (device) => {
  const plan = makePlan(makeGraph(decodeModel(smallNetwork().bytes())), { method: "gradient" });
  const single = await inOneDispatch(plan, device.limits);
  assert.ok(plan.forward.length + plan.backward.length > 8);
  assert.equal(
    [single.forward, single.backward].map((steps) => steps.map(({ label }) => label)),
    [["all in one"], ["accumulate"]],
  );
});

testWithDevice(test, "is taken where it is asked for, and not else", async (device) => {
  const model = await loadModel(device, smallNetwork().bytes());
  const image = { data: randn(192, 11), shape: [1, 3, 8, 8] };
  for (const singleDispatch of [true, false]) {
    const labels = await launchesOf(async () => {
      (await sensitivity(model, image, { samples: 2, singleDispatch })).destroy();
    });
    assert.is(labels.has("all in one"), singleDispatch);
  }
  model.destroy();
});

/** The labels of the steps of all engines that are taken meanwhile. */
async function launchesOf(action: () => Promise<void>): Promise<Set<string>> {
  const { take } = Engines.prototype;
  const labels = new Set<string>();
  Engines.prototype.take = function (key, plan, ...rest) {
    for (const { label } of [...plan.forward, ...plan.backward]) labels.add(label);
    return take.call(this, key, plan, ...rest);
  };
  try {
    await action();
  } finally {
    Engines.prototype.take = take;
  }
  return labels;
}

testWithDevice(test, "what cannot be is said in a sentence", async (device) => {
  const model = await loadModel(device, smallNetwork().bytes());
  const image = { data: randn(192, 11), shape: [1, 3, 8, 8] };
  const options = { samples: 2, singleDispatch: true };
  const fails = async (promise: Promise<unknown>, message: RegExp) => {
    const error = await promise.then(
      () => assert.unreachable("it should have failed"),
      (reason: Error) => reason,
    );
    assert.match((error as Error).message, message);
  };
  try {
    await fails(
      sensitivity(model, image, { ...options, method: "smoothdiff" }),
      /single dispatch: "[^"]+" is not for single samples/,
    );
    await fails(
      sensitivities(model, image, { ...options, target: [1, 2] }).next(),
      /map of one class/,
    );
    const plan = makePlan(makeGraph(decodeModel(smallNetwork().bytes())), { method: "gradient" });
    await fails(
      inOneDispatch(plan, { maxStorageBuffersPerShaderStage: 4 }),
      /needs \d+ buffers, the device allows 4/,
    );
  } finally {
    model.destroy();
  }
});

test.run();
