// Conv: a choice between conv.wgsl, winograd.wgsl, neighborhoods.wgsl for one channel, and depthwise.wgsl for a group for
// each channel.

import type { View } from "../../shaders/step.js";
import { channels } from "../../tensor/layout.js";
import type { Constant } from "../../tensor/types.js";
import { constantInput, inputOf, nodeError, numberOf, outputOf } from "../attributes.js";
import { residualBack } from "../residual.js";
import { linearRules } from "../rules/lrp.js";
import type { Node, Op, Planning, Sink, WeightGradient } from "../types.js";
import { windowOf, windowShape } from "../window.js";
import { depthwiseBackward, depthwiseForward, isDepthwise } from "./depthwise.js";
import { type Convolution, convolve, convolveBack, weightGradientSteps } from "./direct.js";
import { isNeighborhoods, neighborhoodsBackward, neighborhoodsForward } from "./im2col.js";
import { isWinograd, winogradBackward, winogradForward } from "./winograd.js";

function weightsOf(node: Node, constants: ReadonlyMap<string, Constant>): Constant {
  const weights = constants.get(node.inputs[1] ?? "");
  if (!weights) throw nodeError(node, "its weights must be constant");
  return weights;
}

function convolutionOf(node: Node, plan: Planning): Convolution {
  const { shape } = plan.value(inputOf(node)).layout;
  const weights = weightsOf(node, plan.graph.constants);
  return {
    window: windowOf(node, shape, weights.shape.slice(2)),
    groups: numberOf(node, "group", 1),
    channels: shape[1] as number,
    outputs: weights.shape[0] as number,
    weights,
    bias: plan.constant(node.inputs[2] ?? ""),
    key: node.inputs.slice(1, 3).join(" ").trim(),
  };
}

function forward(node: Node, plan: Planning, conv: Convolution, x: View, z?: View): void {
  if (isDepthwise(conv)) depthwiseForward(node, plan, conv, x, z);
  else if (!z && isNeighborhoods(conv, plan)) neighborhoodsForward(node, plan, conv, x);
  else if (!z && isWinograd(node, conv, plan)) winogradForward(node, plan, conv, x);
  else convolve(node, plan, conv, x, z);
}

function backward(node: Node, plan: Planning, conv: Convolution, dy: View, sink: Sink): void {
  if (isDepthwise(conv)) depthwiseBackward(node, plan, conv, dy, sink);
  else if (isNeighborhoods(conv, plan)) neighborhoodsBackward(node, plan, conv, dy, sink);
  else if (isWinograd(node, conv, plan)) winogradBackward(node, plan, conv, dy, sink);
  else convolveBack(node, plan, conv, dy, sink);
}

export const Conv: Op = {
  fusesActivation: true,
  channel: (_node, k) => (k === 0 ? 1 : undefined),
  infer(node, [x], constants) {
    if (!x)
      throw nodeError(node, "a convolution of a constant by a constant should have been folded");
    const weights = weightsOf(node, constants);
    const groups = numberOf(node, "group", 1);
    const window = windowOf(node, x.shape, weights.shape.slice(2));
    const [outputs = 0, perGroup = 0] = weights.shape;
    if (perGroup * groups !== channels(x) || outputs % groups !== 0) {
      throw nodeError(
        node,
        `its weights [${weights.shape}] in ${groups} groups do not fit an input of ${channels(x)} channels`,
      );
    }
    const bias = constantInput(node, 2, constants, "its bias");
    if (bias && bias.data.length !== outputs) {
      throw nodeError(node, `its bias [${bias.shape}] does not fit its ${outputs} outputs`);
    }
    return [{ shape: windowShape(x.shape, outputs, window), channel: 1 }];
  },
  forward(node, plan) {
    const classes = plan.wantedOf(outputOf(node));
    const conv = { ...convolutionOf(node, plan), classes };
    forward(node, plan, conv, plan.value(inputOf(node)));
  },
  rules: {
    gradient(node, plan) {
      const sink = plan.sink(node, 0);
      if (sink) {
        const dy = plan.gradient(outputOf(node));
        const classes = plan.classesOf(outputOf(node));
        backward(node, plan, { ...convolutionOf(node, plan), classes }, dy, sink);
      }
      residualBack(node, plan);
    },
    ...linearRules((node, plan) => {
      const conv = convolutionOf(node, plan);
      return {
        ...conv,
        forward: (weights, x, z) => forward(node, plan, { ...conv, ...weights }, x, z),
        backward: (weights, dy, sink) => backward(node, plan, { ...conv, ...weights }, dy, sink),
      };
    }),
  },
};

/** For training alone, and so not among the rules, which everyone loads. */
export const convWeightGradient: WeightGradient = (node, plan) => {
  const conv = convolutionOf(node, plan);
  if (isDepthwise(conv)) {
    throw nodeError(node, "a convolution with a group for each channel cannot be trained");
  }
  const x = plan.value(inputOf(node));
  const dy = plan.gradient(outputOf(node));
  weightGradientSteps(node, plan, conv, x, dy, "conv");
};
