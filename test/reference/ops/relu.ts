// Relu, Clip and LeakyRelu. Each is its formula and its derivative, which is 0 at the kink of a Relu and at both ends of a
// Clip. They have two rules beside the gradient:
// guided (Springenberg et al. 2015): what is positive of dy, times the derivative;
// deconvnet (Zeiler & Fergus 2014): what is positive of dy, whatever x is.

import { type Backward, type Call, type Twin, tensor } from "../twin.js";
import { number } from "./attributes.js";
import { pass } from "./lrp.js";
import { withRescale } from "./rescale.js";

type Curve = (call: Call) => { f: (x: number) => number; derivative: (x: number) => number };

/** A twin from the function and the derivative of one number. */
export function activation(curve: Curve): Twin {
  return withRescale({
    rules: { pass },
    forward(call) {
      const [x] = call.inputs;
      return [tensor(x.shape, x.data.map(curve(call).f))];
    },
    backward(call, [dy]) {
      const { derivative } = curve(call);
      return [call.inputs[0].data.map((x, i) => dy![i]! * derivative(x))];
    },
  });
}

const deconvnet: Backward = (_, [dy]) => [dy!.map((d) => Math.max(d, 0))];

function gate(curve: Curve): Twin {
  const twin = activation(curve);
  const guided: Backward = (call, dy) => twin.backward(call, deconvnet(call, dy) as Float64Array[]);
  return { ...twin, rules: { ...twin.rules, guided, deconvnet } };
}

/** max(x, 0). */
export const Relu = gate(() => ({
  f: (x) => Math.max(x, 0),
  derivative: (x) => (x > 0 ? 1 : 0),
}));

/** x held between the inputs (attributes before opset 11) min and max; ReLU6 is min 0, max 6. */
export const Clip = gate(({ node, inputs: [, min, max] }) => {
  const low = min?.data[0] ?? number(node, "min", -Infinity);
  const high = max?.data[0] ?? number(node, "max", Infinity);
  return {
    f: (x) => Math.min(Math.max(x, low), high),
    derivative: (x) => (x > low && x < high ? 1 : 0),
  };
});

/** x where positive, α·x elsewhere. */
export const LeakyRelu = gate(({ node }) => {
  const alpha = number(node, "alpha", 0.01);
  return { f: (x) => (x > 0 ? x : alpha * x), derivative: (x) => (x > 0 ? 1 : alpha) };
});
