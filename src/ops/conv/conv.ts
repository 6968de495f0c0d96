// Conv: its geometry is read, a kernel chosen for it (choose.ts), and that kernel's steps are written down. In the same way
// go all that are convolutions to the kernels, such as a dense layer over many positions.

import type { View } from "../../shaders/step.js";
import { channels } from "../../tensor/layout.js";
import type { Constant } from "../../tensor/types.js";
import { constantInput, inputOf, nodeError, numberOf, outputOf } from "../attributes.js";
import { residualBack } from "../residual.js";
import { linearRules } from "../rules/lrp.js";
import type { Node, Op, Planning, Sink } from "../types.js";
import { windowOf, windowShape } from "../window.js";
import { type Choice, choose } from "./choose.js";
import { depthwiseBackward, depthwiseForward } from "./depthwise.js";
import { directBackward, directForward } from "./direct.js";
import type { Convolution, Way } from "./geometry.js";
import { im2colBackward, im2colForward } from "./im2col.js";
import { toImage } from "./to-image.js";
import { winogradBackward, winogradForward } from "./winograd.js";

function weightsOf(node: Node, constants: ReadonlyMap<string, Constant>): Constant {
  const weights = constants.get(node.inputs[1] ?? "");
  if (!weights) throw nodeError(node, "its weights must be constant");
  return weights;
}

/** The convolution that a Conv node is. */
export function convolutionOf(node: Node, plan: Planning): Convolution {
  const { shape } = plan.value(inputOf(node)).layout;
  const weights = weightsOf(node, plan.graph.constants);
  return {
    geometry: {
      ...windowOf(node, shape, weights.shape.slice(2)),
      groups: numberOf(node, "group", 1),
      channels: shape[1] as number,
      outputs: weights.shape[0] as number,
    },
    weights,
    bias: plan.constant(node.inputs[2] ?? ""),
    key: node.inputs.slice(1, 3).join(" ").trim(),
  };
}

function chosen(node: Node, plan: Planning, conv: Convolution, way: Way, isBare = false): Choice {
  const { tiling, changingWeights } = plan;
  const { slope = 0 } = node.activation ?? {};
  return choose(conv, { way, tiling, changingWeights, isBare, slope });
}

/** Writes down y = a(b + W ∗ x), or z = b + W ∗ x where z is given. */
export function convolve(node: Node, plan: Planning, conv: Convolution, x: View, z?: View): void {
  const choice = chosen(node, plan, conv, "forward", z !== undefined);
  switch (choice.shader) {
    case "depthwise":
    case "depthwise3":
      depthwiseForward(node, plan, conv, choice.shader, x, z);
      break;
    case "im2col":
      im2colForward(node, plan, conv, x);
      break;
    case "winograd":
    case "winograd5":
      winogradForward(node, plan, conv, x);
      break;
    case "conv":
    case "conv-shared":
      directForward(node, plan, conv, choice, x, z);
      break;
  }
}

/** Writes down dx = Wᵀ ∗ dy. */
export function convolveBack(
  node: Node,
  plan: Planning,
  conv: Convolution,
  dy: View,
  sink: Sink,
): void {
  const choice = chosen(node, plan, conv, "backward");
  switch (choice.shader) {
    case "depthwise":
    case "depthwise3":
      depthwiseBackward(node, plan, conv, choice.shader, dy, sink);
      break;
    case "im2col":
      im2colBackward(node, plan, conv, dy, sink);
      break;
    case "winograd":
    case "winograd5":
      winogradBackward(node, plan, conv, dy, sink);
      break;
    case "conv-to-image":
    case "conv-to-image-strided":
      toImage(node, plan, conv, choice.shader, dy, sink);
      break;
    case "conv":
    case "conv-shared":
      directBackward(node, plan, conv, choice, dy, sink);
      break;
  }
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
    convolve(node, plan, { ...convolutionOf(node, plan), classes }, plan.value(inputOf(node)));
  },
  rules: {
    gradient(node, plan) {
      const sink = plan.sink(node, 0);
      if (sink) {
        const dy = plan.gradient(outputOf(node));
        const classes = plan.classesOf(outputOf(node));
        convolveBack(node, plan, { ...convolutionOf(node, plan), classes }, dy, sink);
      }
      residualBack(node, plan);
    },
    ...linearRules((node, plan) => {
      const conv = convolutionOf(node, plan);
      return {
        ...conv,
        forward: (weights, x, z) => convolve(node, plan, { ...conv, ...weights }, x, z),
        backward: (weights, dy, sink) =>
          convolveBack(node, plan, { ...conv, ...weights }, dy, sink),
      };
    }),
  },
};
