// Operators of com.microsoft that stand for several of ONNX's: the twins of these, one after the other.

import type { Node } from "../../../src/ops/types.js";
import { type Call, type Tensor, type Twin, tensor } from "../twin.js";
import { Add } from "./arithmetic.js";
import { number, numbers, text } from "./attributes.js";
import { Conv } from "./conv.js";
import { MatMul } from "./matmul.js";
import { Transpose } from "./move.js";
import { LayerNormalization } from "./normalizations.js";
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

// The operands of a FusedMatMul as calls of Transpose.
function turns({ node, opset, inputs }: Call): readonly [Call, Call] {
  const of = (k: 0 | 1, letter: "A" | "B"): Call => {
    const x = inputs[k]!;
    let perm = x.shape.map((_, axis) => axis);
    const last = perm.length - 1;
    if (number(node, `transBatch${letter}`, 0)) perm = [...perm.slice(1, last), 0, last];
    if (number(node, `trans${letter}`, 0) && last > 0) {
      perm = [...perm.slice(0, -2), perm[last]!, perm[last - 1]!];
    }
    return { node: { ...node, attributes: { perm } }, opset, inputs: [x] };
  };
  return [of(0, "A"), of(1, "B")];
}

/** α A B, of operands that are turned first. */
const FusedMatMul: Twin = {
  forward(call) {
    const [a, b] = turns(call).map((turn) => Transpose.forward(turn)[0]!) as [Tensor, Tensor];
    const [y] = MatMul.forward({ ...call, inputs: [a, b] }) as [Tensor];
    return [
      tensor(
        y.shape,
        y.data.map((v) => number(call.node, "alpha", 1) * v),
      ),
    ];
  },
  backward(call, [dy]) {
    const calls = turns(call);
    const [a, b] = calls.map((turn) => Transpose.forward(turn)[0]!) as [Tensor, Tensor];
    const scaled = dy!.map((v) => number(call.node, "alpha", 1) * v);
    const back = MatMul.backward({ ...call, inputs: [a, b] }, [scaled]);
    return calls.map((turn, k) => Transpose.backward(turn, [back[k]!])[0]);
  },
};

/** Gelu of x + b. */
const BiasGelu: Twin = {
  forward: (call) => Gelu.forward({ ...call, inputs: Add.forward(call) as [Tensor] }),
  backward(call, dy) {
    const [dz] = Gelu.backward({ ...call, inputs: Add.forward(call) as [Tensor] }, dy);
    return Add.backward(call, [dz!]);
  },
};

// What a SkipLayerNormalization normalizes, and how.
function skipped(call: Call): { sum: Tensor; plain: Call } {
  const { node, opset, inputs } = call;
  const [, , gamma, beta, bias] = inputs;
  const [added] = Add.forward(call) as [Tensor];
  const sum = bias ? Add.forward({ ...call, inputs: [added, bias] })[0]! : added;
  const epsilon = number(node, "epsilon", 1e-12);
  const attributes = { axis: -1, epsilon };
  return { sum, plain: { node: { ...node, attributes }, opset, inputs: [sum, gamma, beta] } };
}

/** LayerNormalization of x + skip + bias; the sum is the fourth output. */
const SkipLayerNormalization: Twin = {
  forward(call) {
    const { sum, plain } = skipped(call);
    return [...LayerNormalization.forward(plain).slice(0, 3), sum].slice(
      0,
      call.node.outputs.length,
    );
  },
  backward(call, [dy, , , dsum]) {
    const { sum, plain } = skipped(call);
    const [normalized] = LayerNormalization.backward(plain, [dy!]);
    const ds = normalized!.map((v, i) => v + (dsum?.[i] ?? 0));
    const [dx, dskip] = Add.backward(call, [ds]);
    const bias = call.inputs[4];
    const dbias = bias && Add.backward({ ...call, inputs: [sum, bias] }, [ds])[1];
    return [dx, dskip, undefined, undefined, dbias];
  },
};

export const fused: Readonly<Record<string, Twin>> = {
  "com.microsoft::BiasGelu": BiasGelu,
  "com.microsoft::FusedConv": FusedConv,
  "com.microsoft::FusedMatMul": FusedMatMul,
  "com.microsoft::Gelu": Gelu,
  "com.microsoft::SkipLayerNormalization": SkipLayerNormalization,
};
