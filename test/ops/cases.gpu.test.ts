// Every operator on the GPU against its float64 twin, forward and backward. The cases are in test/reference/cases/, in a file
// for each family. Each is followed by a dense layer with random weights, so that it becomes a classifier with three
// classes whose logits and gradient depend on every element of its output.

import { throws } from "uvu/assert";
import { sensitivity } from "../../src/explain/sensitivity.js";
import { makeGraph } from "../../src/graph/graph.js";
import { Model } from "../../src/model/model.js";
import type { OnnxModel } from "../../src/onnx/types.js";
import type { SharedTile, Tiling } from "../../src/ops/types.js";
import { HARDWARE_TILING, SOFTWARE_TILING } from "../../src/plan/tilings.js";
import { type Case, imageOf, modelOf } from "../reference/case.js";
import { families } from "../reference/cases.js";
import { backward, forward } from "../reference/index.js";
import { sizeOf } from "../reference/twin.js";
import { close, randn, type Suite, skip, suite, testWithDevice } from "../support/harness.js";

const CLASSES = 3;

/** The model with its output flattened and projected onto three logits. */
function classifier(model: OnnxModel, shape: readonly number[]): OnnxModel {
  const [output] = model.outputs as [string];
  const values = forward(model, Float64Array.from(randn(sizeOf(shape), 1)), shape).get(output)!;
  const size = sizeOf(values.shape);
  const constants = new Map(model.constants);
  constants.set("flat shape", { type: "int64", shape: [2], data: Float64Array.of(1, size) });
  constants.set("projection", {
    type: "float32",
    shape: [CLASSES, size],
    data: randn(CLASSES * size, 5),
  });
  const flat = {
    name: "flat",
    op: "Reshape",
    inputs: [output, "flat shape"],
    outputs: ["flat"],
    attributes: {},
  };
  const dense = {
    name: "dense",
    op: "Gemm",
    inputs: ["flat", "projection"],
    outputs: ["logits"],
    attributes: { transB: 1 },
  };
  return { ...model, constants, nodes: [...model.nodes, flat, dense], outputs: ["logits"] };
}

/** The same for an image of more than four axes, which comes as a vector. */
function flattened(model: OnnxModel, shape: readonly number[]): OnnxModel {
  const constants = new Map(model.constants);
  const data = Float64Array.from(shape);
  constants.set("image shape", { type: "int64", shape: [shape.length], data });
  const image = { name: "image", type: "float32", shape: [1, sizeOf(shape)] } as const;
  const inputs = ["image", "image shape"];
  const unflat = { name: "unflat", op: "Reshape", inputs, outputs: ["x"], attributes: {} };
  return { ...model, constants, inputs: [image], nodes: [unflat, ...model.nodes] };
}

/** What is refused, and in which words, among the cases of the reference. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  "Gemm of [7,2]": /fixed batch of 7/,
  "Gemm of [7,5]": /fixed batch of 7/,
};

/** A tiling that takes one tile for whatever there is, since it costs nothing. */
function sharing(tile: Omit<SharedTile, "cost">): Tiling {
  return { ...HARDWARE_TILING, shared: [{ ...tile, cost: 0 }] };
}

/** Operators whose kernels are cut into tiles are tried with those of either kind of adapter. */
const TILED = {
  ", cut for a real GPU": HARDWARE_TILING,
  ", cut for a software one": SOFTWARE_TILING,
  ", in small tiles that a workgroup shares": sharing({ across: 16, down: 8, quads: 1 }),
  ", in large ones": sharing({ across: 8, down: 16, quads: 2 }),
  ", by four invocations together": { ...SOFTWARE_TILING, together: true },
};
const TILINGS: Readonly<Record<string, Readonly<Record<string, Tiling>>>> = {
  Conv: TILED,
  Gemm: TILED,
  MatMul: TILED,
};

/** The tilings that every case is tried with in `npm test`; the others take long to be compiled. */
const BRIEF = ["", ", cut for a real GPU", ", cut for a software one"];

for (const [family, examples] of Object.entries(families)) {
  const test = suite(`${family} on the GPU`);
  for (const [number, example] of examples.entries()) tryOut(test, number, example);
  test.run();
}

function tryOut(test: Suite, number: number, example: Case): void {
  const { op, shape } = example;
  const refused = REFUSED[`${op} of [${shape}]`];
  if (refused) {
    test(`${op} of [${shape}] (${number}) is refused in a sentence`, () => {
      throws(() => makeGraph(classifier(modelOf(example), shape)), refused);
    });
    return;
  }
  for (const [on, tiling] of Object.entries(TILINGS[op] ?? { "": undefined })) {
    const title = `${op} of [${shape}] (${number}) agrees with its twin${on}`;
    const long = !BRIEF.includes(on) && example.large !== "every tiling";
    testWithDevice(test, title, (device) => compare(device, example, number, tiling), { long });
  }
}

/** Runs a case on the GPU and holds logits and gradients against the twin's. */
async function compare(
  device: GPUDevice,
  example: Case,
  number: number,
  tiling: Tiling | undefined,
): Promise<void> {
  if (tiling?.together && !device.features.has("subgroups")) skip("there are no subgroups");
  const { tolerance = 0 } = example;
  const deep = example.shape.length > 4;
  const shape = deep ? [1, sizeOf(example.shape)] : example.shape;
  const plain = classifier(modelOf(example), example.shape);
  const onnx = deep ? flattened(plain, example.shape) : plain;
  const data = imageOf(example, number);
  const values = forward(onnx, Float64Array.from(data), shape);
  const logits = values.get("logits")!.data;
  const graph = makeGraph(onnx, { axes: "NCHW" });
  const model = Model.of(device, graph, tiling ? { tiling } : {});
  try {
    const said = await model.classify({ data, shape });
    const size = Math.max(...logits.map(Math.abs), 1);
    close(said.logits, logits, { rtol: 1e-5, atol: Math.max(1e-5, tolerance) * size });
    for (let target = 0; target < CLASSES; target++) {
      const seed = new Float64Array(CLASSES).fill(0).with(target, 1);
      const expected = backward(onnx, values, seed);
      // Without noise there is no Winograd; no float notices this one.
      const noise = example.winograd ? 1e-30 : 0;
      const map = await sensitivity(model, { data, shape }, { samples: 1, noise, target });
      const largest = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      close(await map.data(), expected, { rtol: 2e-5, atol: 1e-5 * largest });
      map.destroy();
    }
  } finally {
    model.destroy();
  }
}
