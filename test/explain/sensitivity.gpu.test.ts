// The paper around a small network: SmoothGrad against its float64 twin, and what must stay the same whatever
// the batch, the seed and the split.

import * as assert from "uvu/assert";
import type { SensitivityMap } from "../../src/explain/map.js";
import { sensitivities, sensitivity } from "../../src/explain/sensitivity.js";
import type { SensitivityOptions } from "../../src/explain/settings.js";
import { loadModel } from "../../src/model/load.js";
import type { Model } from "../../src/model/model.js";
import { decodeModel } from "../../src/onnx/decode.js";
import type { SamplingOptions } from "../../src/options/sampling.js";
import { smallNetwork } from "../models/tiny.js";
import { backward, forward } from "../reference/index.js";
import { normals } from "../reference/philox.js";
import { relativeError } from "../reference/picture.js";
import { close, randn, relativeL2, suite, testWithDevice } from "../support/harness.js";

const SHAPE = [1, 3, 8, 8];
const SIZE = 192;
const image = { data: randn(SIZE, 11), shape: SHAPE };

async function withModel(device: GPUDevice, body: (model: Model) => Promise<void>): Promise<void> {
  const model = await loadModel(device, smallNetwork().bytes());
  try {
    await body(model);
  } finally {
    model.destroy();
  }
}

async function mapOf(model: Model, options: SensitivityOptions): Promise<Float32Array> {
  const map = await sensitivity(model, image, options);
  const data = await map.data();
  map.destroy();
  return data;
}

/** The gradients of the noisy samples in float64. */
function twinGradients(
  samples: number,
  noise: number,
  seed: number,
  target: number,
): Float64Array[] {
  const onnx = decodeModel(smallNetwork().bytes());
  const { data } = image;
  const sigma =
    noise * (data.reduce((a, b) => Math.max(a, b)) - data.reduce((a, b) => Math.min(a, b)));
  return Array.from({ length: samples }, (_, i) => {
    const z = normals(SIZE, seed, i);
    const x = Float64Array.from(data, (v, e) => v + sigma * (z[e] as number));
    return backward(onnx, forward(onnx, x, SHAPE), new Float64Array(10).fill(0).with(target, 1));
  });
}

const test = suite("sensitivity");

testWithDevice(
  test,
  "SmoothGrad and its other estimators agree with their twins",
  async (device) => {
    await withModel(device, async (model) => {
      const n = 7;
      const map = await sensitivity(model, image, { samples: n, noise: 0.2, seed: 5 });
      const gradients = twinGradients(n, 0.2, 5, map.target.index);
      const over = (f: (g: number[]) => number) =>
        Float64Array.from({ length: SIZE }, (_, e) => f(gradients.map((g) => g[e] as number)));
      const average = (values: number[]) => values.reduce((a, b) => a + b, 0) / n;
      const mean = over(average);
      const variance = over((g) => g.reduce((sum, v) => sum + (v - average(g)) ** 2, 0) / (n - 1));
      const tolerance = { rtol: 1e-3, atol: 1e-5 };
      close(await map.data("mean"), mean, tolerance);
      close(
        await map.data("squared"),
        over((g) => average(g.map((v) => v * v))),
        tolerance,
      );
      close(
        await map.data("absolute"),
        over((g) => average(g.map(Math.abs))),
        tolerance,
      );
      close(await map.data("variance"), variance, tolerance);
      for (const estimator of ["mean", "squared", "absolute", "variance"] as const) {
        const expected = relativeError(gradients, estimator);
        close([await map.errorOf(estimator)], [expected], { rtol: 1e-3, atol: 0 });
      }
      const norm = (values: Float64Array) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0));
      const expected = norm(variance.map((v) => Math.sqrt(v / n))) / norm(mean);
      close([map.standardError], [expected], { rtol: 1e-3, atol: 0 });
      map.destroy();
    });
  },
);

testWithDevice(
  test,
  "without noise one sample is the plain gradient, bit for bit",
  async (device) => {
    await withModel(device, async (model) => {
      const plain = await mapOf(model, { samples: 1, noise: 0, seed: 1 });
      close(await mapOf(model, { samples: 1, noise: 0, seed: 2 }), plain, { rtol: 0, atol: 0 });
      const [gradient] = twinGradients(1, 0, 0, (await model.classify(image)).top[0]!.index);
      close(plain, gradient!, { rtol: 1e-4, atol: 1e-6 });
    });
  },
);

testWithDevice(
  test,
  "the same seed gives the same bits, another seed another map",
  async (device) => {
    await withModel(device, async (model) => {
      const first = await mapOf(model, { samples: 5, seed: 3 });
      close(await mapOf(model, { samples: 5, seed: 3 }), first, { rtol: 0, atol: 0 });
      const other = await mapOf(model, { samples: 5, seed: 4 });
      if (relativeL2(other, first) < 1e-3) throw new Error("another seed gave the same map");
    });
  },
);

testWithDevice(test, "the bits do not depend on how the samples are split", async (device) => {
  await withModel(device, async (model) => {
    const whole = await mapOf(model, { samples: 10 });
    for (const batch of [1, 3, 4, 9]) {
      close(await mapOf(model, { samples: 10, batch }), whole, { rtol: 0, atol: 0 });
    }
    const { perSample, fixed } = model.plans.plan({ method: "gradient" }).memory;
    const maxMemory = fixed + 3.5 * perSample;
    const map = await sensitivity(model, image, { samples: 10, maxMemory });
    close([map.memory.batch], [3], { rtol: 0, atol: 0 });
    if (map.memory.peak > maxMemory)
      throw new Error(`${map.memory.peak} bytes are over ${maxMemory}`);
    close(await map.data(), whole, { rtol: 0, atol: 0 });
    map.destroy();
  });
});

testWithDevice(
  test,
  "every step of the series is the map of the samples so far",
  async (device) => {
    await withModel(device, async (model) => {
      const counts: number[] = [];
      for await (const map of sensitivities(model, image, { samples: 10, batch: 4 })) {
        counts.push(map.samples);
        close(await map.data(), await mapOfSamples(map.samples), { rtol: 0, atol: 0 });
        if (map.samples === 10) map.destroy();
      }
      close(counts, [4, 8, 10], { rtol: 0, atol: 0 });
    });
    async function mapOfSamples(samples: number): Promise<Float32Array> {
      const model = await loadModel(device, smallNetwork().bytes());
      const data = await mapOf(model, { samples });
      model.destroy();
      return data;
    }
  },
);

testWithDevice(
  test,
  "maps asked for at the same time do not disturb each other",
  async (device) => {
    await withModel(device, async (model) => {
      const alone = await mapOf(model, { samples: 6, seed: 1 });
      const many = await Promise.all(
        [1, 2, 1].map((seed) => mapOf(model, { samples: 6, seed, batch: 2 })),
      );
      close(many[0]!, alone, { rtol: 0, atol: 0 });
      close(many[2]!, alone, { rtol: 0, atol: 0 });
    });
  },
);

testWithDevice(
  test,
  "an abort is heard between batches and leaves the model usable",
  async (device) => {
    await withModel(device, async (model) => {
      const controller = new AbortController();
      let message = "";
      try {
        for await (const map of sensitivities(model, image, {
          samples: 10,
          batch: 1,
          signal: controller.signal,
        })) {
          if (map.samples === 3) controller.abort(new Error("enough"));
        }
      } catch (error) {
        message = (error as Error).message;
      }
      if (message !== "enough") throw new Error(`the abort was heard as "${message}"`);
      await mapOf(model, { samples: 2 });
    });
  },
);

testWithDevice(
  test,
  "an abort is heard while the GPU works, and what was seen stays, with all of its samples",
  async (device) => {
    await withModel(device, async (model) => {
      const { queue } = device;
      const done = queue.onSubmittedWorkDone;
      for (const options of [
        {} as SensitivityOptions,
        { method: "integrated-gradients", steps: 3 },
        { method: "smoothdiff" },
        // The steps go in many submits.
        { submitTime: 1 },
      ]) {
        const controller = new AbortController();
        const steps = { batch: 2, stepTime: 1e6, samples: 10, signal: controller.signal };
        let seen: SensitivityMap | undefined;
        let reason: unknown;
        try {
          for await (const map of sensitivities(model, image, {
            ...options,
            ...steps,
          } as SensitivityOptions)) {
            seen = map;
            // From here on the GPU is never done.
            queue.onSubmittedWorkDone = () => new Promise(() => {});
            setTimeout(() => controller.abort("enough"), 20);
          }
        } catch (error) {
          reason = error;
        } finally {
          queue.onSubmittedWorkDone = done;
        }
        assert.is(reason, "enough", `${JSON.stringify(options)}: ${reason}`);
        const whole = await mapOf(model, {
          ...{ ...options, samples: seen!.samples },
        } as SensitivityOptions);
        close(await seen!.data(), whole, { rtol: 0, atol: 0 });
        seen!.destroy();
      }
    });
  },
);

testWithDevice(test, "the steps of a series end where they shall, in time", async (device) => {
  await withModel(device, async (model) => {
    const whole = { rtol: 0, atol: 0 };
    for (const [options, expected] of [
      [{ batch: 4, stepsAt: [1, 3, 7] }, [1, 3, 7, 10]],
      // Time enough: from one pass on, four times as many with each step.
      [{ batch: 10, stepTime: 1e6 }, [1, 5, 10]],
      [{ batch: 10, stepTime: 1e6, stepsAt: [3] }, [1, 3, 7, 10]],
    ] as const) {
      const steps: number[] = [];
      let last: SensitivityMap | undefined;
      for await (const map of sensitivities(model, image, { samples: 10, ...options })) {
        steps.push(map.samples);
        last = map;
      }
      assert.equal(steps, expected);
      close(await last!.data(), await mapOf(model, { samples: 10 }), whole);
      last!.destroy();
    }
  });
});

testWithDevice(test, "wrong options are refused with their values", async (device) => {
  await withModel(device, async (model) => {
    const wrong: [SamplingOptions, RegExp][] = [
      [{ samples: 0 }, /samples must be a whole number from 1 .* got 0/],
      [{ noise: -1 }, /noise must be a number from 0 .* got -1/],
      [{ seed: 0.5 }, /seed must be a whole number/],
      [{ target: 10 }, /there is no class 10: .* 0 to 9/],
      [{ target: "cat" }, /"cat" names no class/],
      [{ method: "magic" }, /"magic" is not a method; there are: gradient, /],
      [{ maxMemory: 1000 }, /one sample needs \d+ MB .* raise maxMemory/],
    ];
    for (const [options, expected] of wrong) {
      const error = await sensitivity(model, image, options as SensitivityOptions).catch(
        (e) => e as Error,
      );
      if (!(error instanceof Error) || !expected.test(error.message)) {
        throw new Error(
          `${JSON.stringify(options)} gave ${error instanceof Error ? error.message : "a map"}`,
        );
      }
    }
    await mapOf(model, { samples: 1 });
  });
});

test("a lost device rejects what waits for it, with the reason", async () => {
  const adapter = await navigator.gpu.requestAdapter();
  const device = (await adapter?.requestDevice()) as GPUDevice;
  const model = await loadModel(device, smallNetwork().bytes());
  const waiting = sensitivity(model, image, { samples: 200, batch: 1 }).catch((e) => e as Error);
  device.destroy();
  const error = await waiting;
  if (!(error instanceof Error) || !/device was lost \(destroyed\)/.test(error.message)) {
    throw new Error(`the loss was heard as ${error instanceof Error ? error.message : "a map"}`);
  }
});

test.run();
