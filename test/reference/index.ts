// The reference interpreter: a decoded ONNX model, run forward and backward in float64 by the twins of its
// operators. It is slow and plain on purpose. To add an operator, write its twin and put it into `twins`.

import type { OnnxModel } from "../../src/onnx/types.js";
import type { Node } from "../../src/ops/types.js";
import type { Shape } from "../../src/tensor/types.js";
import * as arithmetic from "./ops/arithmetic.js";
import { Equal, Max, Mean, Min, Pow, PRelu, Sum, Where } from "./ops/arithmetic.js";
import { Attention } from "./ops/attention.js";
import * as normalization from "./ops/batch-normalization.js";
import * as conv from "./ops/conv.js";
import { ConvTranspose } from "./ops/conv-transpose.js";
import { DepthToSpace, SpaceToDepth } from "./ops/depth-to-space.js";
import { Einsum } from "./ops/einsum.js";
import { Expand, Tile } from "./ops/expand.js";
import { fused } from "./ops/fused.js";
import { Gather, GatherElements, GatherND, Split } from "./ops/gather.js";
import * as gemm from "./ops/gemm.js";
import { withRelevance, withShares, withTaylor, withUniform } from "./ops/lrp.js";
import * as matmul from "./ops/matmul.js";
import {
  Concat,
  ConstantOfShape,
  Flatten,
  Pad,
  Reshape,
  Shape as ShapeTwin,
  Size,
  Slice,
  Squeeze,
  Transpose,
  Unsqueeze,
} from "./ops/move.js";
import * as normalizations from "./ops/normalizations.js";
import * as pools from "./ops/pool.js";
import { LpPool } from "./ops/pool.js";
import * as quantization from "./ops/quantized.js";
import * as reductions from "./ops/reduce.js";
import { Clip, LeakyRelu, Relu } from "./ops/relu.js";
import { withHalves, withRescale } from "./ops/rescale.js";
import { Resize, Upsample } from "./ops/resize.js";
import * as scatter from "./ops/scatter.js";
import { LogSoftmax, Softmax } from "./ops/softmax.js";
import * as unary from "./ops/unary.js";
import type { Backward, Call, Tensor, Twin } from "./twin.js";

export type { Tensor } from "./twin.js";

function onlyTwins(module: object): Record<string, Twin> {
  return Object.fromEntries(Object.entries(module).filter(([name]) => /^[A-Z]/.test(name)));
}

/** ONNX operator type → its twin. */
export const twins: Readonly<Record<string, Twin>> = {
  ...fused,
  ...normalizations,
  ...quantization,
  ...scatter,
  ...onlyTwins(reductions),
  ...unary,
  Add: withShares(arithmetic.Add),
  Attention,
  AveragePool: withShares(pools.AveragePool),
  BatchNormalization: withShares(normalization.BatchNormalization),
  Cast: unary.Identity,
  CastLike: unary.Identity,
  Clip,
  Max: withRescale(Max),
  Mean,
  Min: withRescale(Min),
  PRelu: withRescale(PRelu),
  Pow: withRescale(Pow),
  Sum,
  Where,
  Concat,
  ConstantOfShape,
  Conv: withRelevance(conv.Conv),
  ConvTranspose,
  LpPool,
  DepthToSpace,
  Div: withShares(arithmetic.Div),
  Dropout: unary.Identity,
  Einsum,
  Equal,
  Expand,
  Flatten,
  Gather,
  GatherElements,
  GatherND,
  Gemm: withRelevance(gemm.Gemm),
  GlobalAveragePool: withShares(pools.GlobalAveragePool),
  LeakyRelu,
  LogSoftmax,
  MatMul: withUniform(withRelevance(matmul.MatMul)),
  MaxPool: pools.MaxPool,
  Mul: withUniform(withHalves(withShares(arithmetic.Mul))),
  Pad,
  ReduceMean: withShares(reductions.ReduceMean),
  Relu,
  Reshape,
  Resize,
  Upsample,
  Shape: ShapeTwin,
  Size,
  Slice,
  Squeeze,
  Unsqueeze,
  Softmax: withTaylor(withRescale(Softmax)),
  SpaceToDepth,
  Split,
  Sub: withShares(arithmetic.Sub),
  Tile,
  Transpose,
};

/** What becomes of numbers when they are stored; float64 keeps them as they are. */
export type Rounding = (value: number) => number;

/** Every tensor of the model by name, for one image in its first input. */
export function forward(
  model: OnnxModel,
  input: Float64Array,
  shape: Shape,
  rounding?: Rounding,
): Map<string, Tensor> {
  const values = new Map<string, Tensor>();
  const stored = (data: Float64Array) => (rounding ? data.map(rounding) : data);
  for (const [name, { shape, data, type }] of model.constants) {
    values.set(name, { shape, data: stored(Float64Array.from(data)), type });
  }
  values.set(model.inputs[0]!.name, { shape, data: stored(input) });
  for (const node of model.nodes) {
    const outputs = twinOf(node).forward(callOf(model, node, values));
    for (const [o, output] of outputs.entries()) {
      values.set(node.outputs[o]!, { ...output, data: stored(output.data) });
    }
  }
  return values;
}

/**
 * Gradient of seed · (first output of the model) with respect to its first input, from the values of a forward
 * pass. `rules` names, by node or operator type, another backward pass than the gradient: `{ Relu: "guided" }`. The rule
 * "rescale" needs the values of a baseline besides.
 */
export function backward(
  model: OnnxModel,
  values: ReadonlyMap<string, Tensor>,
  seed: Float64Array,
  rules: Readonly<Record<string, string>> = {},
  baseline?: ReadonlyMap<string, Tensor>,
  rounding: Rounding = (value) => value,
): Float64Array {
  return walkBack(model, values, seed, (node, dy) => {
    const call = callOf(model, node, values);
    const other = baseline && callOf(model, node, baseline).inputs;
    const dx = ruleOf(node, rules)({ ...call, ...(other && { baseline: other }) }, dy);
    return dx.map((each) => each?.map(rounding));
  });
}

/**
 * SmoothDiff (Hill et al. 2025): the same, but through every node goes the mean of what it would send back in each
 * of several forward passes.
 */
export function backwardThroughMeans(
  model: OnnxModel,
  samples: readonly ReadonlyMap<string, Tensor>[],
  seed: Float64Array,
): Float64Array {
  return walkBack(model, samples[0]!, seed, (node, dy) => {
    const each = samples.map((values) => twinOf(node).backward(callOf(model, node, values), dy));
    return each[0]!.map((first, k) =>
      first?.map((_, e) => each.reduce((mean, dx) => mean + dx[k]![e]! / each.length, 0)),
    );
  });
}

/** The gradients of a network's constants by their names: dy is that of its first output. */
export function constantGradients(
  model: OnnxModel,
  values: ReadonlyMap<string, Tensor>,
  dy: Float64Array,
): Map<string, Float64Array> {
  const found = new Map<string, Float64Array>();
  walkBack(model, values, dy, (node, gradients) => {
    const dx = twinOf(node).backward(callOf(model, node, values), gradients);
    node.inputs.forEach((name, i) => {
      if (dx[i] && model.constants.has(name)) found.set(name, sum(found.get(name), dx[i]));
    });
    return dx;
  });
  return found;
}

// From the output to the input; `back` says what a node makes of the gradients of its outputs.
function walkBack(
  model: OnnxModel,
  values: ReadonlyMap<string, Tensor>,
  seed: Float64Array,
  back: (node: Node, dy: readonly Float64Array[]) => ReturnType<Backward>,
): Float64Array {
  const input = model.inputs[0]!.name;
  const active = dependents(model, input);
  const gradients = new Map([[model.outputs[0]!, seed]]);
  for (const node of model.nodes.toReversed()) {
    if (!node.outputs.some((name) => active.has(name) && gradients.has(name))) continue;
    const dy = node.outputs.map(
      (name) => gradients.get(name) ?? new Float64Array(values.get(name)?.data.length ?? 0),
    );
    const dx = back(node, dy);
    node.inputs.forEach((name, i) => {
      if (!active.has(name)) return;
      if (!dx[i]) throw new Error(`${node.name} (${node.op}): input ${i} has no gradient`);
      gradients.set(name, sum(gradients.get(name), dx[i]));
    });
  }
  return gradients.get(input) ?? new Float64Array(values.get(input)!.data.length);
}

// The names of all tensors that change with the input.
function dependents(model: OnnxModel, input: string): Set<string> {
  const active = new Set([input]);
  for (const node of model.nodes) {
    if (!node.inputs.some((name) => active.has(name))) continue;
    for (const name of node.outputs) active.add(name);
  }
  return active;
}

function callOf(model: OnnxModel, node: Node, values: ReadonlyMap<string, Tensor>): Call {
  const inputs = node.inputs.map((name) => (name === "" ? undefined : values.get(name)));
  return { node, opset: model.opset, inputs: inputs as unknown as Call["inputs"] };
}

function twinOf(node: Node): Twin {
  const twin = twins[node.op];
  if (!twin) throw new Error(`${node.name} (${node.op}): has no twin in test/reference`);
  return twin;
}

function ruleOf(node: Node, rules: Readonly<Record<string, string>>): Twin["backward"] {
  const name = rules[node.name] ?? rules[node.op];
  const twin = twinOf(node);
  if (name === undefined || name === "gradient") return twin.backward;
  const rule = twin.rules?.[name];
  if (!rule) throw new Error(`${node.name} (${node.op}): the twin has no rule "${name}"`);
  return rule;
}

function sum(a: Float64Array | undefined, b: Float64Array): Float64Array {
  return a ? a.map((value, i) => value + b[i]!) : b;
}
