// What a model keeps on its device, counted as WebGPU sees it: within its budget, flat over many maps, and enough for the
// next map of a recent method to begin at once.

import * as assert from "uvu/assert";
import { sensitivity } from "../../src/explain/sensitivity.js";
import type { SensitivityOptions } from "../../src/explain/settings.js";
import { methods } from "../../src/methods/methods.js";
import { optionsOf } from "../../src/methods/reads.js";
import { loadModel } from "../../src/model/load.js";
import type { Model } from "../../src/model/model.js";
import { fullSize } from "../models/architectures/index.js";
import { smallNetwork } from "../models/tiny.js";
import { type Allocations, counting } from "../support/allocations.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";

const image = { data: randn(192, 11), shape: [1, 3, 8, 8] };

/** One of each kind of plan, with few passes. */
const KINDS: readonly SensitivityOptions[] = [
  { samples: 6 },
  { samples: 3, weightNoise: 0.1 },
  { samples: 2, method: "integrated-gradients", steps: 3, baseline: "blur" },
  { samples: 4, method: "smoothdiff" },
  { samples: 2, method: "occlusion", window: 4 },
  { samples: 2, method: "grad-cam" },
  { samples: 2, method: "deeplift", noise: 0 },
  { samples: 2, method: "lrp-gamma" },
  { samples: 5, method: "guided-backprop" },
];

const test = suite("engines");

async function mapOf(model: Model, options: SensitivityOptions): Promise<Float32Array> {
  const map = await sensitivity(model, image, options);
  const data = await map.data();
  map.destroy();
  return data;
}

/** Runs the body with a model, and wants everything gone in the end. */
async function withCounted(
  device: GPUDevice,
  options: Parameters<typeof loadModel>[2],
  body: (model: Model, allocations: Allocations) => Promise<void>,
): Promise<void> {
  await counting(device, async (allocations) => {
    const model = await loadModel(device, smallNetwork().bytes(), options);
    await body(model, allocations);
    await model.destroy();
    // Some resources are the device's: kernels of pictures have a table of palettes.
    assert.equal(
      allocations.labels.filter((label) => label !== "palettes"),
      [],
    );
  });
}

testWithDevice(
  test,
  "many maps of changing kinds leave what the first ones left",
  async (device) => {
    await withCounted(device, {}, async (model, allocations) => {
      const round = async (seed: number) => {
        for (const options of KINDS) {
          await mapOf(model, { ...options, seed, target: seed % 10 });
          await model.classify(image);
        }
        const { bytes, labels } = allocations;
        assert.is(model.memory.bytes, bytes, "what the model says is what there is");
        return { bytes, count: labels.length };
      };
      const first = await round(0);
      for (let seed = 1; seed < 4; seed++) assert.equal(await round(seed), first);
    });
  },
);

testWithDevice(test, "engines use one pool of memory for activations", async (device) => {
  await withCounted(device, {}, async (model, allocations) => {
    for (const options of KINDS) await mapOf(model, options);
    const slots = allocations.labels.filter((label) => /^shared \d+$/.test(label));
    assert.is(new Set(slots).size, slots.length, `there are ${slots.sort()}`);
  });
});

testWithDevice(
  test,
  "other numbers of a rule replace the weights that were made for those before",
  async (device) => {
    await withCounted(device, {}, async (model, allocations) => {
      const lrp = (gamma: number) => mapOf(model, { samples: 2, method: "lrp-gamma", gamma });
      const box = (high: number) =>
        mapOf(model, {
          ...{ samples: 2, method: "lrp-epsilon-gamma-box" },
          box: { low: [-4, -4, -4], high: [high, high, high] },
        });
      await lrp(0.1);
      await box(4);
      const { bytes, labels } = allocations;
      for (let k = 1; k <= 30; k++) await lrp(0.1 + k / 100);
      for (let k = 1; k <= 10; k++) await box(4 + k);
      assert.is(allocations.labels.length, labels.length);
      assert.is(allocations.bytes, bytes);
    });
  },
);

testWithDevice(
  test,
  "the budget holds at every moment, and the bits are the same",
  async (device) => {
    const free = await loadModel(device, smallNetwork().bytes());
    const expected: Float32Array[] = [];
    for (const options of KINDS) expected.push(await mapOf(free, options));
    // What the largest of them needs for two samples, and no more.
    const limit = Math.max(
      ...KINDS.map(({ method = "gradient" }) => {
        const { fixed, perSample } = free.plans.plan({ method }).memory;
        return fixed + 2 * perSample;
      }),
    );
    await free.destroy();
    const maxMemory = 1.3 * limit;
    await withCounted(device, { maxMemory }, async (model, allocations) => {
      assert.is(model.memory.limit, maxMemory);
      let most = 0;
      allocations.before = () => {
        most = Math.max(most, model.memory.bytes);
      };
      for (let round = 0; round < 2; round++) {
        for (const [i, options] of KINDS.entries()) {
          const map = await sensitivity(model, image, options);
          close(await map.data(), expected[i]!, { rtol: 0, atol: 0 });
          map.destroy();
          assert.ok(model.memory.bytes <= maxMemory, `${model.memory.bytes} of ${maxMemory} bytes`);
          assert.is(allocations.bytes, model.memory.bytes);
        }
      }
    });
  },
);

testWithDevice(
  test,
  "the next map of a recent method makes nothing on the device but the map",
  async (device) => {
    await withCounted(device, {}, async (model, allocations) => {
      // The first round may let the pool grow, to which engines are bound anew.
      for (const options of [...KINDS, ...KINDS]) await mapOf(model, options);
      const ofAMap = async (options: SensitivityOptions) => {
        allocations.forget();
        await mapOf(model, { ...options, seed: 7 });
        return [...new Set(allocations.made)].sort();
      };
      const made = await ofAMap(KINDS[0]!);
      assert.not.ok(
        made.some((label) => /^shared|uniforms/.test(label)),
        `${made}`,
      );
      for (const options of KINDS)
        assert.equal(await ofAMap(options), made, options.method ?? "gradient");
    });
  },
);

testWithDevice(
  test,
  "five methods of SqueezeNet in batches of fifty stay within 1 GiB",
  async (device) => {
    await counting(device, async (allocations) => {
      const model = await loadModel(device, fullSize["SqueezeNet 1.1"].build());
      const most: number[] = [];
      for (const method of [
        "gradient",
        "guided-backprop",
        "lrp-gamma",
        "deeplift",
        "integrated-gradients",
      ]) {
        const engine = await model.plans.engine({ method }, 50);
        assert.ok(engine.capacity > 20, `batches of ${engine.capacity}`);
        most.push(model.memory.bytes);
        assert.is(allocations.bytes, model.memory.bytes);
      }
      console.log(most.join());
      assert.ok(Math.max(...most) <= 2 ** 30, `${most}`);
      await model.destroy();
    });
  },
  { long: true },
);

/** What is alive, and the least heap of some readings: garbage comes and goes. */
interface Reading {
  readonly bytes: number;
  readonly buffers: number;
  readonly heap: number;
}

const heap = (): number =>
  (performance as Performance & { memory?: { usedJSHeapSize: number } }).memory?.usedJSHeapSize ??
  0;

testWithDevice(
  test,
  "a thousand maps of changing methods, options, targets and pictures take what three hundred took",
  async (device) => {
    const methodNames = Object.keys(methods);
    await withCounted(device, { preprocess: "unit" }, async (model, allocations) => {
      const readings: Reading[] = [];
      let least = Number.POSITIVE_INFINITY;
      for (let k = 0; k < 1000; k++) {
        const method = methodNames[k % methodNames.length] as string;
        const picture = new ImageData(8 + (k % 5), 8 + (k % 7));
        picture.data.forEach((_, i) => {
          picture.data[i] = (i * 37 + k * 11) % 256;
        });
        const reads = optionsOf(method);
        const options = {
          ...{ method, seed: k, target: k % 10, samples: 2 * (1 + (k % 3)) },
          ...(reads.includes("gamma") && { gamma: 0.1 + (k % 30) / 100 }),
          ...(reads.includes("epsilon") && { epsilon: 10 ** -(1 + (k % 6)) }),
          ...(reads.includes("steps") && { steps: 2 + (k % 4) }),
          ...(reads.includes("window") && { window: 3 + (k % 3) }),
          ...(reads.includes("box") && { box: boxOf(k) }),
        };
        const map = await sensitivity(model, picture, options as SensitivityOptions);
        if (k % 10 === 0) await map.pixels({ percentile: 90 + (k % 10) });
        map.destroy();
        least = Math.min(least, heap());
        if ((k + 1) % 100 > 0) continue;
        readings.push({
          bytes: allocations.bytes,
          buffers: allocations.labels.length,
          heap: least,
        });
        least = Number.POSITIVE_INFINITY;
      }
      console.log(readings.map((each) => JSON.stringify(each)).join("\n"));
      // By then every method has had every option.
      const [first, ...others] = readings.slice(2) as [Reading, ...Reading[]];
      for (const { bytes, buffers, heap } of others) {
        assert.equal({ bytes, buffers }, { bytes: first.bytes, buffers: first.buffers });
        // Nobody orders the garbage to be collected: what a map leaves must be less than this over many.
        assert.ok(heap <= first.heap + 24e6, `a heap of ${heap}, before ${first.heap}`);
      }
      assert.ok(model.memory.bytes <= model.memory.limit);
    });
  },
  { long: true },
);

const boxOf = (k: number) => ({ low: [-k, -k, -k], high: [k + 1, k + 1, k + 1] });

testWithDevice(
  test,
  "sixty models that are loaded, asked and destroyed leave nothing",
  async (device) => {
    for (let k = 0; k < 60; k++) {
      await withCounted(device, {}, async (model) => {
        await mapOf(model, KINDS[k % KINDS.length]!);
      });
    }
  },
  { long: true },
);

test.run();
