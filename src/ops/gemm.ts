// Gemm and MatMul by constant weights. One vector a sample is a dense layer (gemm.wgsl); several, such as
// tokens or pixels, are a 1 × 1 convolution over them.

import type { Step, View } from "../shaders/step.js";
import { channels, positions } from "../tensor/layout.js";
import type { Constant, Layout } from "../tensor/types.js";
import { constantInput, inputOf, nodeError, numberOf, outputOf } from "./attributes.js";
import { convolve, convolveBack } from "./conv/conv.js";
import type { Convolution } from "./conv/geometry.js";
import { biasOf } from "./conv/weights.js";
import { type Arguments, activated, gradientTo, join, layer, source } from "./epilogue.js";
import { residual, residualBack } from "./residual.js";
import { type LayerWeights, linearRules } from "./rules/lrp.js";
import type { Node, Op, Planning, Sink } from "./types.js";
import { pointwise } from "./window.js";

const WORKGROUP = 16;

// A large tile takes 200 ms longer to compile where a processor plays the GPU; with fewer weights than these it would
// take thousands of samples to save as much.
const LARGE = 2 ** 18;
const SMALL = { pixels: 4, quads: 1 } as const;

// Changed constants are made when they are packed, so that a plan holds no copies.

function transposed({ shape, data, type }: Constant): Constant {
  const [rows = 0, columns = 0] = shape;
  return {
    type,
    shape: [columns, rows],
    get data() {
      const result = new Float32Array(rows * columns);
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < columns; c++) result[c * rows + r] = data[r * columns + c] as number;
      }
      return result;
    },
  };
}

function scaled(constant: Constant, factor: number): Constant {
  if (factor === 1) return constant;
  return {
    type: constant.type,
    shape: constant.shape,
    get data() {
      return Float32Array.from(constant.data, (v) => v * factor);
    },
  };
}

function weightsOf(node: Node, constants: ReadonlyMap<string, Constant>): Constant {
  const weights = constants.get(node.inputs[1] ?? "");
  if (!weights) throw nodeError(node, "its second operand must be constant");
  if (weights.shape.length !== 2) {
    throw nodeError(node, `its weights [${weights.shape}] should have two axes`);
  }
  return weights;
}

/** Number of outputs of the node. */
function outputsOf(node: Node, weights: Constant): number {
  return weights.shape[numberOf(node, "transB", 0) ? 0 : 1] as number;
}

/** y = W x + b with W as [outputs, inputs]. */
export function linearOf(node: Node, plan: Planning): LayerWeights {
  const key = node.inputs.slice(0, 3).join(" ").trim();
  const given = weightsOf(node, plan.graph.constants);
  const weights = scaled(
    numberOf(node, "transB", 0) ? given : transposed(given),
    numberOf(node, "alpha", 1),
  );
  const c = plan.constant(node.inputs[2] ?? "");
  if (!c) return { key, weights, bias: undefined };
  const outputs = weights.shape[0] as number;
  const spread = Float32Array.from(
    { length: outputs },
    (_, o) => c.data[c.data.length === 1 ? 0 : o] as number,
  );
  return {
    key,
    weights,
    bias: scaled({ ...c, shape: [outputs], data: spread }, numberOf(node, "beta", 1)),
  };
}

/** The same as a convolution of 1 × 1 over so many positions. */
export function asConvolution(linear: LayerWeights, count: number): Convolution {
  const [outputs = 0, channels = 0] = linear.weights.shape;
  return { geometry: { ...pointwise([1, count]), groups: 1, channels, outputs }, ...linear };
}

/** Weights as gemm.wgsl reads them: [O/4][I/4] of 4 × 4 matrices, column by column. */
function* packMatrices({ shape, data }: Constant): Generator<void, Float32Array> {
  const [outputs = 0, inputs = 0] = shape;
  const inQuads = Math.ceil(inputs / 4);
  const packed = new Float32Array(Math.ceil(outputs / 4) * inQuads * 16);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      packed[((o >> 2) * inQuads + (i >> 2)) * 16 + (i & 3) * 4 + (o & 3)] = data[
        o * inputs + i
      ] as number;
    }
    yield;
  }
  return packed;
}

function denseWeights({ key, change, weights }: LayerWeights, plan: Planning): number {
  const [outputs = 0, inputs = 0] = weights.shape;
  const vec4s = Math.ceil(outputs / 4) * Math.ceil(inputs / 4) * 4;
  return plan.weights(`${key} packed`, vec4s, () => packMatrices(weights), change);
}

/** What forward and backward launches have in common: of so many quads of the result. */
function launch(
  linear: LayerWeights,
  plan: Planning,
  args: Arguments,
  quads: number,
): Omit<Step, "label" | "entry"> {
  const [outputs = 0, inputs = 0] = linear.weights.shape;
  const { pixels, quads: QUADS } = inputs * outputs < LARGE ? SMALL : plan.tiling;
  const [in_quads, out_quads] = [Math.ceil(inputs / 4), Math.ceil(outputs / 4)];
  const { uniforms, bindings } = join(args, layer({ in_quads, out_quads }));
  const BACKWARD = "dx" in bindings ? 1 : 0;
  return {
    shader: plan.tiling.together ? "gemm-lanes4" : "gemm",
    constants: { WORKGROUP, QUADS, FOURS: pixels / 4, BACKWARD },
    uniforms,
    bindings: { ...bindings, w: denseWeights(linear, plan), run: plan.run },
    workgroups: [Math.ceil(quads / QUADS / WORKGROUP), 1, 1],
    samples: pixels,
    flops: 2 * inputs * outputs,
  };
}

function denseForward(node: Node, plan: Planning, linear: LayerWeights, x: View, z?: View): void {
  const quads = Math.ceil((linear.weights.shape[0] as number) / 4);
  const out = join(activated(node, plan, 1, z), residual(node, plan, z));
  const args = join(source("x", x), biasOf(linear, plan), out);
  plan.step({ ...launch(linear, plan, args, quads), label: node.name, entry: "forward" });
}

function denseBackward(
  node: Node,
  plan: Planning,
  linear: LayerWeights,
  dy: View,
  sink: Sink,
): void {
  const quads = Math.ceil(channels(sink.layout) / 4);
  const args = join(source("x", dy), gradientTo(sink, plan));
  plan.step({
    ...launch(linear, plan, args, quads),
    label: `${node.name} back`,
    entry: "backward",
  });
}

/** The layout of x·W: the last axis, which is the channel axis, becomes `outputs` long. */
function inferLinear(
  node: Node,
  x: Layout | undefined,
  constants: ReadonlyMap<string, Constant>,
): Layout[] {
  if (!x)
    throw nodeError(node, "its first operand is constant and its second is not: not supported");
  const weights = weightsOf(node, constants);
  const inputs = weights.shape[numberOf(node, "transB", 0) ? 1 : 0] as number;
  if (inputs !== channels(x)) {
    throw nodeError(
      node,
      `its weights [${weights.shape}] do not fit an input of shape [${x.shape}]`,
    );
  }
  const outputs = outputsOf(node, weights);
  const bias = constantInput(node, 2, constants, "its bias");
  if (bias && bias.data.length !== 1 && bias.data.length !== outputs) {
    throw nodeError(node, `its bias [${bias.shape}] does not fit its ${outputs} outputs`);
  }
  const shape = [...x.shape.slice(0, -1), outputs];
  return [{ shape, channel: shape.length - 1 }];
}

function forward(node: Node, plan: Planning, linear: LayerWeights, x: View, z?: View): void {
  const count = positions(x.layout);
  if (count > 1) convolve(node, plan, asConvolution(linear, count), x, z);
  else denseForward(node, plan, linear, x, z);
}

function backward(node: Node, plan: Planning, linear: LayerWeights, dy: View, sink: Sink): void {
  const count = positions(sink.layout);
  if (count > 1) convolveBack(node, plan, asConvolution(linear, count), dy, sink);
  else denseBackward(node, plan, linear, dy, sink);
}

function linear(check: (node: Node, x: Layout) => void): Op {
  return {
    fusesActivation: true,
    channel: (_node, k, inputs) => (k === 0 ? (inputs[0]?.shape.length ?? 1) - 1 : undefined),
    infer(node, [x], constants) {
      if (x) check(node, x);
      return inferLinear(node, x, constants);
    },
    forward(node, plan) {
      forward(node, plan, linearOf(node, plan), plan.value(inputOf(node)));
    },
    rules: {
      gradient(node, plan) {
        const sink = plan.sink(node, 0);
        const dy = plan.gradient(outputOf(node));
        if (sink) backward(node, plan, linearOf(node, plan), dy, sink);
        residualBack(node, plan);
      },
      ...linearRules((node, plan) => ({
        ...linearOf(node, plan),
        forward: (weights, x, z) => forward(node, plan, weights, x, z),
        backward: (weights, dy, sink) => backward(node, plan, weights, dy, sink),
      })),
    },
  };
}

export const Gemm: Op = linear((node, x) => {
  if (x.shape.length !== 2) {
    throw nodeError(node, `its input [${x.shape}] should have two axes`);
  }
  if (numberOf(node, "transA", 0)) throw nodeError(node, "transA mixes the samples: not supported");
});

/** MatMul by constant weights. */
export const Linear: Op = linear(() => {});
