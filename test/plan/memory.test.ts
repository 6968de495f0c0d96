// What the plans of whole networks take, without a GPU: the paper's network in one batch, and transformers with no more
// than their backward pass needs.

import * as assert from "uvu/assert";
import { makeGraph } from "../../src/graph/graph.js";
import { capacityOf } from "../../src/model/engine.js";
import { decodeModel } from "../../src/onnx/decode.js";
import { makePlan } from "../../src/plan/plan.js";
import type { Plan } from "../../src/plan/types.js";
import { fullSize } from "../models/architectures/index.js";
import { VIT_B16, vit } from "../models/architectures/vit.js";
import { suite } from "../support/harness.js";

const test = suite("memory");

const GIB = 2 ** 30;

const planOf = (file: Uint8Array): Plan =>
  makePlan(makeGraph(decodeModel(file)), { method: "gradient" });

/** As capacityOf sees a device that allows buffers of this size. */
function deviceWith(bytes: number): GPUDevice {
  const limits = { maxBufferSize: bytes, maxStorageBufferBindingSize: bytes };
  return { limits: { ...limits, maxComputeWorkgroupsPerDimension: 65535 } } as GPUDevice;
}

test("50 samples of Inception V3 at 299 × 299 are one batch where buffers may have 1 GiB", () => {
  const plan = planOf(fullSize["Inception V3"].build());
  const { fixed, perSample } = plan.memory;
  assert.is(capacityOf(deviceWith(GIB), plan, 50, GIB), 50);
  assert.ok(fixed + 50 * perSample < 0.75 * GIB, `${(fixed + 50 * perSample) / GIB} GiB`);
  // With the smallest limits that WebGPU allows there are three.
  assert.is(Math.ceil(50 / capacityOf(deviceWith(GIB / 8), plan, 50, GIB)), 3);
});

// Of each block of a transformer the inputs of both normalizations, queries, keys, values and attention, and the slopes
// between the two dense layers: 7.3 MB a block of ViT-B/16. Neither opset may cost more.
const transformers = {
  "a ViT-B/16 of two blocks": [
    21,
    (opset: number) => vit({ ...VIT_B16, size: 224, classes: 10, layers: 2, opset }),
  ],
  "Swin-T": [76, (opset: number) => fullSize["Swin-T"].build({ opset })],
  "ConvNeXt-Tiny": [58, (opset: number) => fullSize["ConvNeXt-Tiny"].build({ opset })],
} as const;

for (const [name, [most, build]] of Object.entries(transformers)) {
  test(`a sample of ${name} takes less than ${most} MB`, () => {
    const { perSample } = planOf(build(13)).memory;
    assert.ok(perSample < most * 1e6, `${perSample / 1e6} MB`);
  });
}

test("LayerNormalization takes as much whether it is one node or many", () => {
  const [, build] = transformers["a ViT-B/16 of two blocks"];
  assert.is(planOf(build(13)).memory.perSample, planOf(build(17)).memory.perSample);
});

test.run();
