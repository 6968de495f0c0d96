// Softmax and LogSoftmax. Since opset 13 they run along one axis; before, along all axes from `axis` on, as one.

import { type Call, positiveAxis, sizeOf, type Twin, tensor } from "../twin.js";
import { number } from "./attributes.js";

// The places in x of each set of numbers whose probabilities sum to one.
function groupsOf({ node, opset, inputs: [x] }: Call): number[][] {
  const single = opset >= 13;
  const axis = positiveAxis(number(node, "axis", single ? -1 : 1), x.shape.length);
  const length = single ? x.shape[axis]! : sizeOf(x.shape.slice(axis));
  const stride = single ? sizeOf(x.shape.slice(axis + 1)) : 1;
  const groups: number[][] = [];
  for (let outer = 0; outer < x.data.length; outer += length * stride) {
    for (let inner = 0; inner < stride; inner++) {
      groups.push(Array.from({ length }, (_, i) => outer + inner + i * stride));
    }
  }
  return groups;
}

function logSoftmax(x: Float64Array, group: readonly number[]): number[] {
  const max = Math.max(...group.map((i) => x[i]!));
  const sum = group.reduce((sum, i) => sum + Math.exp(x[i]! - max), 0);
  return group.map((i) => x[i]! - max - Math.log(sum));
}

/** y_i = x_i − log Σ_j e^{x_j}. */
export const LogSoftmax: Twin = {
  forward(call) {
    const [x] = call.inputs;
    const y = tensor(x.shape);
    for (const group of groupsOf(call)) {
      logSoftmax(x.data, group).forEach((value, g) => {
        y.data[group[g]!] = value;
      });
    }
    return [y];
  },
  // dx_i = dy_i − e^{y_i} Σ_j dy_j
  backward(call, [dy]) {
    const [x] = call.inputs;
    const dx = new Float64Array(x.data.length);
    for (const group of groupsOf(call)) {
      const sum = group.reduce((sum, i) => sum + dy![i]!, 0);
      logSoftmax(x.data, group).forEach((value, g) => {
        dx[group[g]!] = dy![group[g]!]! - Math.exp(value) * sum;
      });
    }
    return [dx];
  },
};

/** y_i = e^{x_i} / Σ_j e^{x_j}. */
export const Softmax: Twin = {
  forward(call) {
    const [y] = LogSoftmax.forward(call);
    return [tensor(y!.shape, y!.data.map(Math.exp))];
  },
  // dx_i = y_i · (dy_i − Σ_j y_j dy_j)
  backward(call, [dy]) {
    const [x] = call.inputs;
    const dx = new Float64Array(x.data.length);
    for (const group of groupsOf(call)) {
      const y = logSoftmax(x.data, group).map(Math.exp);
      const mean = group.reduce((sum, i, g) => sum + y[g]! * dy![i]!, 0);
      group.forEach((i, g) => {
        dx[i] = y[g]! * (dy![i]! - mean);
      });
    }
    return [dx];
  },
};
