// Operators that shift and scale. BatchNormalization outside of training knows mean and variance beforehand.

import { type Call, sizeOf, type Twin, tensor } from "../twin.js";
import { number } from "./attributes.js";

// y = factor[c] · x + shift[c]
function affine({ node, inputs: [x, scale, b, mean, variance] }: Call) {
  const epsilon = number(node, "epsilon", 1e-5);
  const size = sizeOf(x.shape.slice(2));
  const factor = scale!.data.map((s, c) => s / Math.sqrt(variance!.data[c]! + epsilon));
  return {
    factor,
    shift: factor.map((f, c) => b!.data[c]! - f * mean!.data[c]!),
    channel: (i: number) => Math.floor(i / size) % factor.length,
  };
}

/** y = scale · (x − mean) / √(variance + ε) + b, each by channel. */
export const BatchNormalization: Twin = {
  forward(call) {
    const [x] = call.inputs;
    const { factor, shift, channel } = affine(call);
    return [
      tensor(
        x.shape,
        x.data.map((v, i) => factor[channel(i)]! * v + shift[channel(i)]!),
      ),
    ];
  },
  backward(call, [dy]) {
    const { factor, channel } = affine(call);
    return [dy!.map((d, i) => d * factor[channel(i)]!)];
  },
};
