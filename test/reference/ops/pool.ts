// Pools, of any number of spatial axes. Each takes x as planes: one for every sample and channel.

import { type Call, sizeOf, type Twin, tensor } from "../twin.js";
import { number, numbers } from "./attributes.js";
import { atBaseline, overDifference } from "./rescale.js";
import { windowsOf } from "./window.js";

function place({ node, inputs: [x] }: Call) {
  const spatial = x.shape.slice(2);
  const windows = windowsOf(node, spatial, numbers(node, "kernel_shape")!);
  return {
    ...windows,
    planes: sizeOf(x.shape.slice(0, 2)),
    inputs: sizeOf(spatial),
    outputs: sizeOf(windows.shape),
  };
}

// Where the largest element of each window lies in x; the first of equals.
function winners(call: Call): { shape: number[]; from: Int32Array } {
  const [x] = call.inputs;
  const { shape, triples, planes, inputs, outputs } = place(call);
  const from = new Int32Array(planes * outputs).fill(-1);
  for (let p = 0; p < planes; p++) {
    for (const { o, i } of triples) {
      const j = p * outputs + o;
      const best = from[j]!;
      if (best < 0 || x.data[p * inputs + i]! > x.data[best]!) from[j] = p * inputs + i;
    }
  }
  return { shape: [...x.shape.slice(0, 2), ...shape], from };
}

/** y = the maximum of each window; the gradient goes to the first element that attains it. */
export const MaxPool: Twin = {
  forward(call) {
    const [x] = call.inputs;
    const { shape, from } = winners(call);
    return [
      tensor(
        shape,
        Float64Array.from(from, (i) => x.data[i]!),
      ),
    ];
  },
  backward(call, [dy]) {
    const dx = new Float64Array(call.inputs[0].data.length);
    winners(call).from.forEach((i, j) => {
      dx[i]! += dy![j]!;
    });
    return [dx];
  },
  rules: {
    // What of dy · (y − y₀) lies above the larger of both goes to the image's winner, the rest to the baseline's.
    rescale(call, [dy]) {
      const [x, x0] = [call.inputs[0].data, call.baseline![0].data];
      const [from, from0] = [winners(call).from, winners(atBaseline(call)).from];
      const share = new Float64Array(x.length);
      from.forEach((i, j) => {
        const i0 = from0[j]!;
        const top = Math.max(x[i]!, x0[i0]!);
        share[i]! += dy![j]! * (top - x0[i0]!);
        share[i0]! += dy![j]! * (x[i]! - top);
      });
      return [overDifference(call, share, MaxPool.backward(call, [dy!])[0]!)];
    },
  },
};

// What the sum of each window is divided by.
function divisors({ node }: Call, { triples, covered }: ReturnType<typeof place>): number[] {
  if (number(node, "count_include_pad", 0) === 1) return [...covered];
  const counts = covered.map(() => 0);
  for (const { o } of triples) counts[o]!++;
  return counts;
}

/** y = the mean of each window, over what lies inside x or, with count_include_pad, inside its padding. */
export const AveragePool: Twin = {
  forward(call) {
    const [x] = call.inputs;
    const windows = place(call);
    const { shape, triples, planes, inputs, outputs } = windows;
    const divisor = divisors(call, windows);
    const y = tensor([...x.shape.slice(0, 2), ...shape]);
    for (let p = 0; p < planes; p++) {
      for (const { o, i } of triples) {
        y.data[p * outputs + o]! += x.data[p * inputs + i]! / divisor[o]!;
      }
    }
    return [y];
  },
  backward(call, [dy]) {
    const windows = place(call);
    const { triples, planes, inputs, outputs } = windows;
    const divisor = divisors(call, windows);
    const dx = new Float64Array(planes * inputs);
    for (let p = 0; p < planes; p++) {
      for (const { o, i } of triples) dx[p * inputs + i]! += dy![p * outputs + o]! / divisor[o]!;
    }
    return [dx];
  },
};

/** y = (Σ |x|^p)^(1/p) over each window. */
export const LpPool: Twin = {
  forward(call) {
    const [x] = call.inputs;
    const { shape, triples, planes, inputs, outputs } = place(call);
    const p = number(call.node, "p", 2);
    const y = tensor([...x.shape.slice(0, 2), ...shape]);
    for (let c = 0; c < planes; c++) {
      for (const { o, i } of triples) {
        y.data[c * outputs + o]! += Math.abs(x.data[c * inputs + i]!) ** p;
      }
    }
    return [
      tensor(
        y.shape,
        y.data.map((sum) => sum ** (1 / p)),
      ),
    ];
  },
  backward(call, [dy]) {
    const [x] = call.inputs;
    const [y] = LpPool.forward(call);
    const { triples, planes, inputs, outputs } = place(call);
    const p = number(call.node, "p", 2);
    const dx = new Float64Array(planes * inputs);
    for (let c = 0; c < planes; c++) {
      for (const { o, i } of triples) {
        const v = x.data[c * inputs + i]!;
        const ratio = Math.abs(v) / y!.data[c * outputs + o]!;
        dx[c * inputs + i]! += dy![c * outputs + o]! * Math.sign(v) * ratio ** (p - 1);
      }
    }
    return [dx];
  },
};

/** y = the mean of each plane. */
export const GlobalAveragePool: Twin = {
  forward({ inputs: [x] }) {
    const y = tensor(x.shape.map((length, axis) => (axis < 2 ? length : 1)));
    const inputs = sizeOf(x.shape.slice(2));
    x.data.forEach((value, i) => {
      y.data[Math.floor(i / inputs)]! += value / inputs;
    });
    return [y];
  },
  backward({ inputs: [x] }, [dy]) {
    const inputs = sizeOf(x.shape.slice(2));
    return [x.data.map((_, i) => dy![Math.floor(i / inputs)]! / inputs)];
  },
};
