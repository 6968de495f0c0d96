// Residual connections, which a plan joins to the layers before them: small networks with every way in which a sum can
// stand between layers, against their twins in float64, by every kernel that can add one.

import * as assert from "uvu/assert";
import { sensitivity } from "../../src/explain/sensitivity.js";
import { makeGraph } from "../../src/graph/graph.js";
import { Model } from "../../src/model/model.js";
import { decodeModel } from "../../src/onnx/decode.js";
import type { SharedTile, Tiling } from "../../src/ops/types.js";
import { HARDWARE_TILING, SOFTWARE_TILING } from "../../src/plan/tilings.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { backward, backwardThroughMeans, forward, type Tensor } from "../reference/index.js";
import { normals } from "../reference/philox.js";
import { close, randn, relativeL2, skip, suite, testWithDevice } from "../support/harness.js";

const SHAPE = [1, 3, 9, 11];
const SIZE = 297;
const CLASSES = 4;
const data = randn(SIZE, 3);
const image = { data, shape: SHAPE };
const range = data.reduce((a, b) => Math.max(a, b)) - data.reduce((a, b) => Math.min(a, b));

/** A network under construction, in which every layer has a weight of its own. */
class Net extends OnnxBuilder {
  private weights = 0;
  readonly image = this.input("x", ["N", ...SHAPE.slice(1)]);

  conv(x: string, shape: number[], attributes: Record<string, number | number[]> = {}): string {
    const pad = ((shape[2] as number) - 1) / 2;
    const name = `w${this.weights++}`;
    const inputs = [x, this.weight(name, shape), this.weight(`${name} bias`, [shape[0] as number])];
    return this.node("Conv", inputs, { pads: [pad, pad, pad, pad], ...attributes });
  }

  relu(x: string): string {
    return this.node("Relu", [x]);
  }

  add(a: string, b: string): string {
    return this.node("Add", [a, b]);
  }

  classes(x: string, channels: number): Uint8Array {
    const mean = this.node("Flatten", [this.node("GlobalAveragePool", [x])]);
    const w = this.weight("last", [CLASSES, channels]);
    this.output(this.node("Gemm", [mean, w], { transB: 1 }), ["N", CLASSES]);
    return this.bytes();
  }
}

/** One behind the other, with each kind of activation and without one, the residual on either side. */
function blocks(): Uint8Array {
  const g = new Net();
  let x = g.relu(g.conv(g.image, [8, 3, 3, 3]));
  const branch = () => g.conv(g.relu(g.conv(x, [6, 8, 3, 3])), [8, 6, 3, 3]);
  x = g.relu(g.add(branch(), x));
  x = g.node("Clip", [g.add(x, branch()), g.constant("low", 0), g.constant("high", 0.9)]);
  x = g.node("LeakyRelu", [g.add(branch(), x)], { alpha: 0.2 });
  x = g.add(branch(), x);
  x = g.add(x, branch());
  return g.classes(x, 8);
}

/** Sums of two layers, as where a ResNet goes down, at last with an activation behind one of them. */
function bothLayers(): Uint8Array {
  const g = new Net();
  const x = g.relu(g.conv(g.image, [8, 3, 3, 3]));
  const strides = [2, 2];
  const inner = g.conv(g.relu(g.conv(x, [8, 8, 3, 3], { strides })), [12, 8, 3, 3]);
  const y = g.relu(g.add(inner, g.conv(x, [12, 8, 1, 1], { strides })));
  const linear = g.conv(g.relu(g.conv(y, [4, 12, 3, 3])), [12, 4, 1, 1]);
  const z = g.add(g.conv(y, [12, 12, 1, 1]), linear);
  const rectified = g.relu(g.conv(z, [12, 12, 1, 1]));
  return g.classes(g.add(rectified, g.conv(z, [12, 12, 1, 1])), 12);
}

/** One tensor as the residual of three sums, and as the input of what is behind them. */
function thrice(): Uint8Array {
  const g = new Net();
  const s = g.relu(g.conv(g.image, [8, 3, 3, 3]));
  let x = g.relu(g.conv(s, [8, 8, 3, 3]));
  for (let i = 0; i < 3; i++) x = g.relu(g.add(g.conv(x, [8, 8, 3, 3]), s));
  return g.classes(g.add(g.conv(x, [8, 8, 1, 1]), g.conv(s, [8, 8, 1, 1])), 8);
}

/** A layer's own input, its own result, the image, and a sum of three. */
function itself(): Uint8Array {
  const g = new Net();
  const shown = g.add(g.conv(g.image, [3, 3, 3, 3]), g.image);
  const x = g.relu(g.conv(shown, [8, 3, 3, 3]));
  const y = g.relu(g.add(x, g.conv(x, [8, 8, 3, 3])));
  const twice = g.conv(y, [8, 8, 1, 1]);
  const z = g.relu(g.add(twice, twice));
  const inner = g.add(g.conv(z, [8, 8, 3, 3]), g.conv(z, [8, 8, 1, 1]));
  return g.classes(g.relu(g.add(inner, z)), 8);
}

/** A sum and its residual in the slots of a Concat, and a Concat as the residual. */
function slots(): Uint8Array {
  const g = new Net();
  const x = g.relu(g.conv(g.image, [8, 3, 3, 3]));
  const y = g.relu(g.add(g.conv(g.relu(g.conv(x, [8, 8, 3, 3])), [8, 8, 1, 1]), x));
  const z = g.relu(g.conv(y, [4, 8, 1, 1]));
  const joined = g.node("Concat", [x, y, z], { axis: 1 });
  const back = g.add(g.conv(g.relu(g.conv(joined, [8, 20, 3, 3])), [20, 8, 3, 3]), joined);
  const beside = g.relu(g.conv(back, [20, 20, 1, 1]));
  const sum = g.relu(g.add(g.conv(g.relu(back), [20, 20, 1, 1]), back));
  // A fourth input, which of a layer would be a residual.
  const end = g.node("Concat", [sum, beside, x, back], { axis: 1 });
  return g.classes(end, 68);
}

/** Channels enough for Winograd's convolution. */
function wide(): Uint8Array {
  const g = new Net();
  const x = g.relu(g.conv(g.image, [34, 3, 3, 3]));
  const y = g.relu(g.add(g.conv(g.relu(g.conv(x, [37, 34, 3, 3])), [34, 37, 3, 3]), x));
  return g.classes(g.add(g.conv(y, [34, 34, 3, 3]), y), 34);
}

/** The other layers: a group for each channel, dense ones over positions and over vectors, on the logits at last. */
function otherLayers(): Uint8Array {
  const g = new Net();
  const x = g.relu(g.conv(g.image, [8, 3, 3, 3]));
  const lanes = g.relu(g.conv(x, [8, 8, 1, 1]));
  const y = g.relu(g.add(x, g.conv(lanes, [8, 1, 3, 3], { group: 8 })));
  const rows = g.node("Reshape", [y, g.int64("rows", [1, 8, 99])]);
  const tokens = g.node("Transpose", [rows], { perm: [0, 2, 1] });
  const inner = g.node("MatMul", [tokens, g.weight("m1", [8, 8])]);
  const mixed = g.node("MatMul", [g.relu(inner), g.weight("m2", [8, 8])]);
  const z = g.relu(g.add(mixed, tokens));
  const v = g.node("ReduceMean", [z], { axes: [1], keepdims: 0 });
  const a = g.relu(g.node("Gemm", [v, g.weight("d1", [8, 8]), g.weight("d1 bias", [8])]));
  const b = g.relu(g.add(g.node("Gemm", [a, g.weight("d2", [8, 8])]), v));
  const logits = [b, a].map((from, i) => g.node("Gemm", [from, g.weight(`l${i}`, [8, CLASSES])]));
  g.output(g.add(logits[0] as string, logits[1] as string), ["N", CLASSES]);
  return g.bytes();
}

/** A sum whose channels are the classes. */
function classesAsChannels(): Uint8Array {
  const g = new Net();
  const x = g.relu(g.conv(g.image, [CLASSES, 3, 3, 3]));
  const y = g.add(g.conv(g.relu(g.conv(x, [6, CLASSES, 3, 3])), [CLASSES, 6, 1, 1]), x);
  g.output(g.node("Flatten", [g.node("GlobalAveragePool", [y])]), ["N", CLASSES]);
  return g.bytes();
}

const NETWORKS = {
  blocks,
  bothLayers,
  thrice,
  itself,
  slots,
  classesAsChannels,
  wide,
  otherLayers,
};

const plain = { "cut for a real GPU": HARDWARE_TILING };
const software = {
  "cut for a software one": SOFTWARE_TILING,
  "by four invocations together": { ...SOFTWARE_TILING, together: true },
};
const SHARED: SharedTile = { across: 16, down: 8, quads: 1, cost: 0 };

/** The tilings that a network is tried with, where not only with that of a real GPU: their kernels differ. */
const TILINGS: Readonly<Record<string, Readonly<Record<string, Tiling>>>> = {
  wide: { ...plain, ...software },
  otherLayers: {
    ...plain,
    ...software,
    "in tiles that a workgroup shares": { ...HARDWARE_TILING, shared: [SHARED] },
  },
};

const [SAMPLES, NOISE, SEED] = [3, 0.1, 7];

/** The noisy samples, through the reference. */
function forwardAll(onnx: ReturnType<typeof decodeModel>): Map<string, Tensor>[] {
  return Array.from({ length: SAMPLES }, (_, i) => {
    const z = normals(SIZE, SEED, i);
    const x = Float64Array.from(data, (v, e) => v + NOISE * range * (z[e] as number));
    return forward(onnx, x, SHAPE);
  });
}

const oneHot = (target: number) => new Float64Array(CLASSES).with(target, 1);

const test = suite("residual connections");

async function mapOf(device: GPUDevice, bytes: Uint8Array, tiling: Tiling, options: object) {
  const model = Model.of(device, makeGraph(decodeModel(bytes)), { tiling });
  const map = await sensitivity(model, image, {
    samples: SAMPLES,
    noise: NOISE,
    seed: SEED,
    ...options,
  });
  const values = await map.data();
  map.destroy();
  model.destroy();
  return values;
}

function near(actual: Float32Array, expected: Float64Array): void {
  const off = relativeL2(actual, expected);
  assert.ok(off < 1e-4, `the map is ${off} off`);
}

for (const [name, build] of Object.entries(NETWORKS)) {
  const bytes = build();
  const onnx = decodeModel(bytes);
  const target = 2;
  const gradient = () =>
    forwardAll(onnx)
      .map((values) => backward(onnx, values, oneHot(target)))
      .reduce(
        (sum, g) => sum.map((v, e) => v + (g[e] as number) / SAMPLES),
        new Float64Array(SIZE),
      );

  for (const [how, tiling] of Object.entries(TILINGS[name] ?? plain)) {
    testWithDevice(
      test,
      `${name}, ${how}: the mean gradient of noisy samples`,
      async (device) => {
        if (tiling.together && !device.features.has("subgroups")) skip("there are no subgroups");
        const first = await mapOf(device, bytes, tiling, { target });
        near(first, gradient());
        close(await mapOf(device, bytes, tiling, { target, batch: 2 }), first, {
          rtol: 1e-5,
          atol: 1e-9,
        });
      },
      { long: tiling.shared !== undefined },
    );
  }

  // By these rules every network takes the same way back; two of them have every kind of activation.
  const long = !["blocks", "bothLayers"].includes(name);
  for (const [method, rule] of [
    ["guided-backprop", "guided"],
    ["deconvnet", "deconvnet"],
  ] as const) {
    testWithDevice(
      test,
      `${name}: ${method}`,
      async (device) => {
        const expected = forwardAll(onnx)
          .map((values) =>
            backward(onnx, values, oneHot(target), { Relu: rule, Clip: rule, LeakyRelu: rule }),
          )
          .reduce(
            (sum, g) => sum.map((v, e) => v + (g[e] as number) / SAMPLES),
            new Float64Array(SIZE),
          );
        near(await mapOf(device, bytes, HARDWARE_TILING, { target, method }), expected);
      },
      { long },
    );
  }

  testWithDevice(
    test,
    `${name}: smoothdiff`,
    async (device) => {
      const expected = backwardThroughMeans(onnx, forwardAll(onnx), oneHot(target));
      near(await mapOf(device, bytes, HARDWARE_TILING, { target, method: "smoothdiff" }), expected);
    },
    { long },
  );
}

test.run();
