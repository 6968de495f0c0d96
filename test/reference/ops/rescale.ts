// DeepLift's Rescale rule: dx = dy · (y − y₀) / (x − x₀), from the values of the image and of a baseline; the
// gradient where x − x₀ is less than 1e-10. Shrikumar et al. 2017.

import type { Call, Twin } from "../twin.js";

/** The same node with the baseline's inputs. */
export const atBaseline = (call: Call): Call => ({ ...call, inputs: call.baseline! });

/** Shares of the inputs as gradients: each over its difference. */
export function overDifference(call: Call, share: Float64Array, gradient: Float64Array) {
  const [x, x0] = [call.inputs[0].data, call.baseline![0].data];
  return share.map((v, i) => {
    const d = x[i]! - x0[i]!;
    return Math.abs(d) < 1e-10 ? gradient[i]! : v / d;
  });
}

/** A function of one element with the rule. */
export function withRescale(twin: Twin): Twin {
  return {
    ...twin,
    rules: {
      ...twin.rules,
      rescale(call, [dy]) {
        const y = twin.forward(call)[0]!.data;
        const y0 = twin.forward(atBaseline(call))[0]!.data;
        const share = dy!.map((d, i) => d * (y[i]! - y0[i]!));
        return [overDifference(call, share, twin.backward(call, [dy!])[0]!)];
      },
    },
  };
}

/** A product of two: its gradient where each factor is the mean of the image's and the baseline's. */
export function withHalves(twin: Twin): Twin {
  return {
    ...twin,
    rules: {
      ...twin.rules,
      rescale(call, dy) {
        const inputs = call.inputs.map((tensor, k) => {
          const other = call.baseline![k]!;
          return { ...tensor!, data: tensor!.data.map((v, i) => (v + other.data[i]!) / 2) };
        });
        return twin.backward({ ...call, inputs: inputs as unknown as Call["inputs"] }, dy);
      },
    },
  };
}
