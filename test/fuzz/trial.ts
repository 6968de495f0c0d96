// One mutated file through everything: decoded, made a graph and a plan, and, if it is still a model and a small one,
// played. It ends in a map or in one sentence; whatever else happens is thrown.

import { sensitivity } from "../../src/explain/sensitivity.js";
import { makeGraph } from "../../src/graph/graph.js";
import { Model } from "../../src/model/model.js";
import { decodeModel } from "../../src/onnx/decode.js";
import type { Graph } from "../../src/ops/types.js";
import { makePlan } from "../../src/plan/plan.js";
import { smallSize } from "../models/architectures/index.js";
import { convnet, ofBatch, transformer } from "../models/batches.js";
import { flows, withFlow } from "../models/flows.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { smallNetwork } from "../models/tiny.js";
import { randn } from "../support/randn.js";
import { mutated, randomBelow } from "./mutate.js";

/** A dense layer between roundings, as quantized networks have it. */
function quantized(): OnnxBuilder {
  const g = new OnnxBuilder({ opset: 17 });
  const grid: [string, string] = [g.constant("scale", 0.03), g.constant("zero", 120, [], "uint8")];
  const x = g.node("QuantizeLinear", [g.input("x", ["N", 3, 8, 8]), ...grid]);
  const w = g.constant(
    "w",
    randn(4 * 27, 3).map((z) => Math.round(30 * z)),
    [4, 3, 3, 3],
    "int8",
  );
  const ofW: [string, string] = [g.constant("w scale", 0.01), g.constant("w zero", 0, [], "int8")];
  const y = g.node("QLinearConv", [x, ...grid, w, ...ofW, ...grid]);
  const flat = g.node("Flatten", [g.node("DequantizeLinear", [y, ...grid])]);
  g.output(g.node("Gemm", [flat, g.weight("head", [144, 5])]), ["N", 5]);
  return g;
}

let files: Uint8Array[] | undefined;

/** The file of this number, always the same. */
export function fileOf(number: number): Uint8Array {
  const { ViT, Swin, MobileNetV3, DenseNet, ConvNeXt } = smallSize;
  const networks = [ViT, Swin, MobileNetV3, DenseNet, ConvNeXt];
  files ??= [
    smallNetwork().bytes(),
    smallNetwork("typed").bytes(),
    quantized().bytes(),
    ...networks.map((network) => network.build()),
    ViT.build({ opset: 13 }),
    ...Object.values(flows).map(withFlow),
    ofBatch(8, [3, 6, 6], convnet),
    ofBatch(8, [3, 6, 6], transformer("tokens first")),
  ];
  const below = randomBelow(number + 1);
  // The first numbers of neighboring seeds are alike.
  for (let i = 0; i < 8; i++) below(2);
  return mutated(files[below(files.length)] as Uint8Array, below);
}

/** The graph of a file that is still a model; otherwise the sentence that says what is wrong with it. */
export function load(bytes: Uint8Array): Graph | string {
  try {
    const graph = makeGraph(decodeModel(bytes));
    makePlan(graph, { method: "gradient" });
    return graph;
  } catch (error) {
    const { message } = error as Error;
    if ((error as Error).constructor === Error && /^\S.{8,}\S$/s.test(message)) return message;
    throw error;
  }
}

const FEW_BYTES = 2 ** 27;

/** Plays a model with two noisy samples. True if it was small enough, and a classifier of pictures. */
export async function playGraph(device: GPUDevice, graph: Graph): Promise<boolean> {
  const { fixed, perSample } = makePlan(graph, { method: "gradient" }).memory;
  if (fixed + 2 * perSample > FEW_BYTES) return false;
  let model: Model;
  try {
    model = Model.of(device, graph, {});
  } catch (error) {
    if (/a classifier's is/.test((error as Error).message)) return false;
    throw error;
  }
  try {
    const { channels, height, width } = model.input;
    const shape = [1, channels, height, width];
    const data = randn(
      shape.reduce((a, b) => a * b, 1),
      3,
    );
    const map = await sensitivity(model, { data, shape }, { samples: 2, noise: 0.1 });
    await map.data();
    map.destroy();
    return true;
  } finally {
    model.destroy();
  }
}
