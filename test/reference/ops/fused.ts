// Operators of com.microsoft that stand for several of ONNX's: the twins of these, one after the other.

import type { Node } from "../../../src/ops/types.js";
import { type Call, type Tensor, type Twin, tensor } from "../twin.js";
import { numbers, text } from "./attributes.js";
import { Conv } from "./conv.js";
import { Clip, LeakyRelu, Relu } from "./relu.js";
import { Gelu, HardSigmoid, Identity, Sigmoid, Tanh } from "./unary.js";

const ACTIVATIONS: Readonly<Record<string, readonly [twin: Twin, ...parameters: string[]]>> = {
  "": [Identity],
  Clip: [Clip, "min", "max"],
  HardSigmoid: [HardSigmoid, "alpha", "beta"],
  LeakyRelu: [LeakyRelu, "alpha"],
  Relu: [Relu],
  Sigmoid: [Sigmoid],
  Tanh: [Tanh],
};

// The activation of a FusedConv, and a call of it with what the convolution gives.
function activated(call: Call): { twin: Twin; own: Call } {
  const [twin, ...names] = ACTIVATIONS[text(call.node, "activation", "")]!;
  const values = numbers(call.node, "activation_params") ?? [];
  const attributes = Object.fromEntries(names.map((name, k) => [name, values[k]!]));
  const [y] = Conv.forward(call) as [Tensor];
  const z = call.inputs[3];
  const sum = z
    ? tensor(
        y.shape,
        y.data.map((v, i) => v + z.data[i]!),
      )
    : y;
  const node: Node = { ...call.node, attributes };
  return { twin, own: { node, opset: call.opset, inputs: [sum] } };
}

/** a(W ∗ x + b + z). */
const FusedConv: Twin = {
  forward(call) {
    const { twin, own } = activated(call);
    return twin.forward(own);
  },
  backward(call, dy) {
    const { twin, own } = activated(call);
    const [dz] = twin.backward(own, dy) as [Float64Array];
    const [dx, dw, db] = Conv.backward(call, [dz]);
    return [dx, dw, db, dz];
  },
};

export const fused: Readonly<Record<string, Twin>> = {
  "com.microsoft::FusedConv": FusedConv,
  "com.microsoft::Gelu": Gelu,
};
