// What becomes of calls when the model, the map or the device goes, when they are aborted, and when several take turns on one
// model: one sentence, nothing left on the device, and the same bits.

import * as assert from "uvu/assert";
import { contrast } from "../../src/explain/contrast.js";
import { gradientLine } from "../../src/explain/gradient-line.js";
import type { SensitivityMap } from "../../src/explain/map.js";
import { type ClassesOptions, sensitivities, sensitivity } from "../../src/explain/sensitivity.js";
import type { SensitivityOptions } from "../../src/explain/settings.js";
import { loadModel } from "../../src/model/load.js";
import type { Model } from "../../src/model/model.js";
import { smallNetwork } from "../models/tiny.js";
import { type Allocations, counting } from "../support/allocations.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";

const shape = [1, 3, 8, 8];
const image = { data: randn(192, 11), shape };
const other = { data: randn(192, 12), shape };
const same = { rtol: 0, atol: 0 };

const test = suite("lifetimes");

async function withModel(device: GPUDevice, body: (model: Model) => Promise<void>): Promise<void> {
  const model = await loadModel(device, smallNetwork().bytes());
  try {
    await body(model);
  } finally {
    await model.destroy();
  }
}

/** The reason why something rejects or throws. */
async function reasonOf(action: () => unknown): Promise<Error> {
  try {
    await action();
  } catch (error) {
    assert.instance(error, Error);
    return error as Error;
  }
  return assert.unreachable("it should have failed") as never;
}

/** Lets what was under way when a call failed read back to its end. */
async function untilOver({ queue }: GPUDevice): Promise<void> {
  for (let round = 0; round < 20; round++) {
    await queue.onSubmittedWorkDone();
    await new Promise((later) => setTimeout(later));
  }
}

/** Wants nothing more alive after an action that fails than before. */
async function leavesNothing(
  device: GPUDevice,
  allocations: Allocations,
  action: () => Promise<unknown>,
): Promise<Error> {
  const before = allocations.labels.sort();
  const reason = await reasonOf(action);
  await untilOver(device);
  assert.equal(allocations.labels.sort(), before, `after "${reason.message}"`);
  return reason;
}

const DESTROYED = /the model was destroyed: load it again/;

testWithDevice(
  test,
  "a model destroyed during a call ends it at once, and leaves nothing",
  async (device) => {
    const calls: Record<string, (model: Model) => Promise<unknown>> = {
      map: (model) => sensitivity(model, image, { samples: 2000, batch: 4 }),
      "maps of classes": (model) =>
        sensitivity(model, image, { target: [1, 2], samples: 2000, batch: 4 }),
      line: (model) => gradientLine(model, image, { pixel: [1, 1], points: 2000 }),
      classify: (model) => model.classify(image),
      waiting: async (model) => {
        const first = sensitivity(model, image, { samples: 2000, batch: 4 });
        first.catch(() => {});
        await sensitivity(model, other, { samples: 1 });
      },
    };
    for (const [name, call] of Object.entries(calls)) {
      await counting(device, async (allocations) => {
        const model = await loadModel(device, smallNetwork().bytes());
        const calling = reasonOf(() => call(model));
        await new Promise((later) => setTimeout(later));
        const destroying = model.destroy();
        assert.match((await calling).message, DESTROYED, name);
        await destroying;
        await device.queue.onSubmittedWorkDone();
        for (let i = 0; i < 200 && allocations.labels.length > 1; i++) {
          await new Promise((later) => setTimeout(later, 10));
        }
        const left = allocations.labels.filter((label) => label !== "palettes");
        assert.equal(left, [], name);
      });
    }
  },
);

testWithDevice(test, "a destroyed model refuses every call, and makes nothing", async (device) => {
  const model = await loadModel(device, smallNetwork().bytes());
  const series = sensitivities(model, image, { samples: 20 });
  const { value: seen } = await series.next();
  await model.destroy();
  await model.destroy();
  await counting(device, async (allocations) => {
    for (const call of [
      () => sensitivity(model, image),
      () => sensitivity(model, image, { target: [1, 2] }),
      () => series.next(),
      () => sensitivities(model, image).next(),
      () => model.classify(image),
      () => model.tune(),
      () => gradientLine(model, image, { pixel: [1, 1] }),
    ]) {
      assert.match((await reasonOf(call)).message, DESTROYED);
    }
    assert.equal(allocations.made, []);
  });
  // What was seen of the series is its reader's.
  assert.ok((await (seen as SensitivityMap).data()).some((value) => value !== 0));
  (seen as SensitivityMap).destroy();
});

testWithDevice(test, "a destroyed map says so, whatever it is asked", async (device) => {
  await withModel(device, async (model) => {
    const [map, second] = await sensitivity(model, image, { target: [1, 2], samples: 2 });
    const snapshot = await map!.snapshot();
    const pair = await contrast(map!, second!);
    map!.destroy();
    const canvas = new OffscreenCanvas(8, 8);
    for (const call of [
      () => map!.data(),
      () => map!.pixels(),
      () => map!.scores(),
      () => map!.range(),
      () => map!.errorOf("squared"),
      () => map!.snapshot(),
      () => map!.draw(canvas),
      () => pair.pixels(),
      () => pair.draw(canvas),
      () => contrast(map!, second!),
    ]) {
      assert.match((await reasonOf(call)).message, /^the map .*was destroyed/, `${call}`);
    }
    for (const call of [() => snapshot.pixels(), () => snapshot.draw(canvas)]) {
      assert.match(
        (await reasonOf(call)).message,
        /the map whose photo this picture shows was destroyed/,
      );
    }
    for (const each of [pair, snapshot, second!]) each.destroy();
  });
});

// One of each kind of plan, and of each thing that is carried from batch to batch.
const SERIES: readonly SensitivityOptions[] = [
  { samples: 6 },
  { samples: 6, antithetic: true, estimator: "variance", noiseScale: "rgb" },
  { samples: 6, weightNoise: 0.1, weightSamples: 2 },
  { samples: 3, method: "integrated-gradients", steps: 3, baseline: "blur" },
  { samples: 6, method: "expected-gradients", baseline: ["black", "mean"] },
  { samples: 6, method: "smoothdiff" },
  { samples: 3, method: "occlusion", window: 4 },
  { samples: 6, method: "grad-cam" },
  { samples: 6, method: "guided-grad-cam" },
  { samples: 6, method: "deeplift", baseline: "mean", noise: 0.1 },
  { samples: 6, method: "lrp-gamma" },
  { samples: 2, method: "blur-ig", steps: 3 },
];

testWithDevice(
  test,
  "a series gives its turn back at each step, and gets the same bits",
  async (device) => {
    await withModel(device, async (model) => {
      const others = SERIES.map((options) => ({ ...options, samples: 2, seed: 9 }));
      for (const [i, options] of SERIES.entries()) {
        const alone = await sensitivity(model, image, options);
        let last: SensitivityMap | undefined;
        let steps = 0;
        for await (const map of sensitivities(model, image, { ...options, batch: 3 })) {
          last = map;
          // Of the same kind and of another one, of another image and class.
          for (const k of [i, (i + ++steps) % SERIES.length]) {
            (await sensitivity(model, other, { ...others[k], target: 3 })).destroy();
          }
          await model.classify(other);
        }
        assert.ok(steps > 1, `${options.method} has ${steps} steps`);
        for (const estimator of ["mean", "squared"] as const) {
          close(await last!.data(estimator), await alone.data(estimator), same);
        }
        close([last!.completeness?.gap ?? 0], [alone.completeness?.gap ?? 0], same);
        for (const map of [last!, alone]) map.destroy();
      }
    });
  },
);

testWithDevice(test, "series of several classes take turns with each other", async (device) => {
  await withModel(device, async (model) => {
    const targets = [1, 2];
    for (const method of ["gradient", "smoothdiff"]) {
      const options = { samples: 6, method } as SensitivityOptions;
      const alone = await sensitivity(model, image, { ...options, target: targets });
      const [first, second] = [0, 1].map(() =>
        sensitivities(model, image, { ...options, target: targets, batch: 2 } as ClassesOptions),
      );
      let last: SensitivityMap[][] = [];
      for (;;) {
        const steps = [await first!.next(), await second!.next()];
        if (steps.some(({ done }) => done)) break;
        last = steps.map(({ value }) => value as SensitivityMap[]);
      }
      for (const maps of last) {
        for (const [i, map] of maps.entries()) {
          assert.is(map.samples, 6);
          close(await map.data(), await alone[i]!.data(), same);
        }
      }
      for (const map of [...last.flat(), ...alone]) map.destroy();
    }
  });
});

testWithDevice(test, "a series that is left after one step holds up nobody", async (device) => {
  await withModel(device, async (model) => {
    const left = await sensitivities(model, image, { samples: 20 }).next();
    const { top } = await model.classify(image);
    const map = await sensitivity(model, image, { samples: 2 });
    assert.is(map.target.index, top[0]!.index);
    map.destroy();
    (left.value as SensitivityMap).destroy();
  });
});

test("a lost device is what every call of a map complains of", async () => {
  const adapter = await navigator.gpu.requestAdapter();
  const device = (await adapter?.requestDevice()) as GPUDevice;
  const model = await loadModel(device, smallNetwork().bytes());
  const map = await sensitivity(model, image, { samples: 2 });
  const canvas = new OffscreenCanvas(8, 8);
  const calls: Record<string, () => unknown> = {
    data: () => map.data(),
    pixels: () => map.pixels(),
    range: () => map.range(),
    scores: () => map.scores(),
    errorOf: () => map.errorOf("squared"),
  };
  const waiting = Object.entries(calls).map(
    async ([name, call]) => [name, await reasonOf(call)] as const,
  );
  device.destroy();
  const after = { ...calls, draw: () => map.draw(canvas), classify: () => model.classify(image) };
  await device.lost;
  const later = Object.entries(after).map(
    async ([name, call]) => [name, await reasonOf(call)] as const,
  );
  for (const [name, reason] of await Promise.all([...waiting, ...later])) {
    assert.match(reason.message, /^the GPU device was lost \(destroyed\)/, name);
  }
});

testWithDevice(
  test,
  "a tensor or baseline with NaN or Infinity is refused with its place",
  async (device) => {
    await withModel(device, async (model) => {
      await counting(device, async (allocations) => {
        for (const [value, name] of [
          [Number.NaN, "NaN"],
          [Number.NEGATIVE_INFINITY, "-Infinity"],
        ] as const) {
          const bad = { data: image.data.with(77, value), shape };
          const expected = new RegExp(
            `\\[1,3,8,8\\] holds ${name} at index 77: every value must be`,
          );
          for (const call of [
            () => sensitivity(model, bad),
            () => model.classify(bad),
            () => sensitivity(model, image, { method: "deeplift", noise: 0, baseline: bad }),
          ]) {
            assert.match((await leavesNothing(device, allocations, call)).message, expected);
          }
        }
      });
    });
  },
);

testWithDevice(test, "a picture that cannot be uploaded leaves nothing", async (device) => {
  await withModel(device, async (model) => {
    await counting(device, async (allocations) => {
      const { queue } = device;
      const { copyExternalImageToTexture } = queue;
      queue.copyExternalImageToTexture = () => {
        throw new DOMException("it cannot be read", "SecurityError");
      };
      const canvas = new OffscreenCanvas(8, 8);
      canvas.getContext("2d");
      try {
        for (const call of [
          () => sensitivity(model, canvas),
          () => sensitivity(model, canvas, { target: [1, 2] }),
          () => model.classify(canvas),
        ]) {
          await leavesNothing(device, allocations, call);
        }
      } finally {
        queue.copyExternalImageToTexture = copyExternalImageToTexture;
      }
    });
  });
});

testWithDevice(
  test,
  "what is aborted, wherever it is, leaves nothing but what the model keeps",
  async (device) => {
    await withModel(device, async (model) => {
      const { queue } = device;
      const { submit } = queue;
      // The first round may let the pool grow, to which engines are bound anew.
      for (const options of [...SERIES, ...SERIES]) {
        (await sensitivity(model, image, options)).destroy();
      }
      await counting(device, async (allocations) => {
        // At the submit of this number.
        for (const at of [0, 1, 2, 3, 5, 8, 13]) {
          for (const options of [SERIES[0], SERIES[3], SERIES[5]]) {
            const stop = new AbortController();
            let count = 0;
            queue.submit = (commands) => {
              if (count++ === at) stop.abort(new Error("enough"));
              submit.call(queue, commands);
            };
            const how = { ...options, samples: 40, batch: 2, signal: stop.signal };
            try {
              const call = () => sensitivity(model, image, how);
              const reason = await leavesNothing(device, allocations, call);
              assert.is(reason.message, "enough");
            } finally {
              queue.submit = submit;
            }
          }
        }
      });
    });
  },
);

test.run();
