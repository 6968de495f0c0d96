// Tiles chosen by measuring: every kind of layer has one, the map stays the same, and what was measured can be kept.

import * as assert from "uvu/assert";
import { sensitivity } from "../../src/explain/sensitivity.js";
import { loadModel } from "../../src/model/load.js";
import type { Model } from "../../src/model/model.js";
import { candidates } from "../../src/model/tune.js";
import type { Tiling } from "../../src/ops/types.js";
import { SHARING_TILING, SOFTWARE_TILING } from "../../src/plan/tilings.js";
import type { Tuning } from "../../src/plan/types.js";
import { smallSize } from "../models/architectures/index.js";
import { close, randn, relativeL2, skip, suite, testWithDevice } from "../support/harness.js";

const test = suite("tuning");

const { input, build } = smallSize["ResNet of basic blocks"];
const image = { data: randn(input[1] * input[2] * input[3], 3), shape: input };

async function mapOf(model: Model): Promise<Float32Array> {
  const map = await sensitivity(model, image, { samples: 4, target: 1 });
  const data = await map.data("mean");
  map.destroy();
  return data;
}

/** Counts the measurements while something is done. */
async function counted<T>(device: GPUDevice, action: () => Promise<T>): Promise<[T, number]> {
  const { createQuerySet } = device;
  let count = 0;
  device.createQuerySet = function (descriptor) {
    count++;
    return createQuerySet.call(this, descriptor);
  };
  try {
    return [await action(), count];
  } finally {
    device.createQuerySet = createQuerySet;
  }
}

testWithDevice(
  test,
  "gives every kind of layer its tiling, and the map stays what it was",
  async (device) => {
    if (!device.features.has("timestamp-query")) skip("the adapter has no timestamps");
    const model = await loadModel(device, build());
    const before = await mapOf(model);
    const tuning = await model.tune({ samples: 2, fresh: true });
    const { forward, backward } = model.plans.plan({ method: "gradient" });
    const kinds = new Set([...forward, ...backward].flatMap(({ layer }) => layer ?? []));
    assert.ok(kinds.size > 8);
    for (const kind of kinds) assert.ok(tuning.layers[kind], `${kind} has no tiling`);
    const after = await mapOf(model);
    const off = relativeL2(after, before);
    assert.ok(off < 1e-4, `the maps are ${off} apart`);

    const kept = JSON.parse(JSON.stringify(tuning)) as Tuning;
    const pinned = await loadModel(device, build(), { tuning: kept });
    close(await mapOf(pinned), after, { rtol: 0, atol: 0 });
    for (const each of [model, pinned]) each.destroy();
  },
);

testWithDevice(test, "measures no kind of layer twice where a page can keep it", async (device) => {
  if (!device.features.has("timestamp-query")) skip("the adapter has no timestamps");
  if (!("indexedDB" in globalThis)) skip("there is no IndexedDB");
  const model = await loadModel(device, build());
  const [first] = await counted(device, () => model.tune({ samples: 1 }));
  const [again, measured] = await counted(device, () => model.tune({ samples: 1 }));
  assert.is(measured, 0);
  assert.equal(again, first);
  const [, anew] = await counted(device, () => model.tune({ samples: 1, fresh: true }));
  assert.ok(anew > 0);
  model.destroy();
});

testWithDevice(test, "a tiling of a kind of layer is that of its steps alone", async (device) => {
  const probe = await loadModel(device, build());
  const { forward } = probe.plans.plan({ method: "gradient" });
  const { layer } = forward.find((step) => step.shader === "conv") ?? {};
  const shared = [{ across: 8, down: 16, quads: 1, cost: 0 }] as const;
  const layers = { [layer as string]: { pixels: 8, quads: 2, workgroup: 64, shared } as Tiling };
  const model = await loadModel(device, build(), { tuning: { adapter: "", layers } });
  const plan = model.plans.plan({ method: "gradient" });
  for (const step of [...plan.forward, ...plan.backward]) {
    assert.is(step.shader === "conv-shared", step.layer === layer, step.label);
  }
  for (const each of [model, probe]) each.destroy();
});

test("tries what may suit a processor and what may suit a GPU, the adapter's own first", () => {
  for (const own of [SOFTWARE_TILING, SHARING_TILING]) {
    const [first, ...others] = candidates({ ...own, layers: {} });
    assert.equal(first, own);
    assert.ok(others.length >= 3);
  }
});

test.run();
