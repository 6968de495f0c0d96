// Normalizations by statistics of the sample itself. Each takes groups of elements; what follows is a scale and a
// bias.

import { type Call, positiveAxis, sizeOf, type Twin, tensor } from "../twin.js";
import { broadcastPlaces } from "./arithmetic.js";
import { number, numbers } from "./attributes.js";
import { groupsAlong } from "./reduce.js";

interface Plan {
  readonly groups: readonly (readonly number[])[];
  readonly epsilon: number;
  /** For every element its scale and its bias. */
  readonly scale?: ArrayLike<number>;
  readonly bias?: ArrayLike<number>;
}

// y = γ (x − μ) / √(σ² + ε) + β, by the chain rule written out: every element moves μ and σ.
function normalizing(planOf: (call: Call) => Plan): Twin {
  const stats = (data: Float64Array, group: readonly number[], epsilon: number) => {
    const mean = group.reduce((sum, e) => sum + data[e]!, 0) / group.length;
    const variance = group.reduce((sum, e) => sum + (data[e]! - mean) ** 2, 0) / group.length;
    return { mean, deviation: Math.sqrt(variance + epsilon) };
  };
  return {
    forward(call) {
      const [{ shape, data }] = call.inputs;
      const { groups, epsilon, scale, bias } = planOf(call);
      const y = tensor(shape);
      for (const group of groups) {
        const { mean, deviation } = stats(data, group, epsilon);
        for (const e of group) {
          y.data[e] = ((scale?.[e] ?? 1) * (data[e]! - mean)) / deviation + (bias?.[e] ?? 0);
        }
      }
      return [y];
    },
    backward(call, [dy]) {
      const [{ data }] = call.inputs;
      const { groups, epsilon, scale } = planOf(call);
      const dx = new Float64Array(data.length);
      for (const group of groups) {
        const { mean, deviation } = stats(data, group, epsilon);
        const g = (e: number) => (scale?.[e] ?? 1) * dy![e]!;
        const total = group.reduce((sum, e) => sum + g(e), 0);
        const along = group.reduce((sum, e) => sum + g(e) * (data[e]! - mean), 0);
        for (const e of group) {
          dx[e] =
            (g(e) - total / group.length) / deviation -
            ((data[e]! - mean) * along) / group.length / deviation ** 3;
        }
      }
      return [dx];
    },
    // Relevance where the deviation is a constant (Achtibat et al. 2024): y is linear in x.
    rules: {
      fixed(call, [r]) {
        const [{ data }] = call.inputs;
        const { groups, epsilon, scale, bias } = planOf(call);
        const result = new Float64Array(data.length);
        for (const group of groups) {
          const { mean, deviation } = stats(data, group, epsilon);
          const share = (e: number) => {
            const own = ((scale?.[e] ?? 1) * (data[e]! - mean)) / deviation;
            return ((scale?.[e] ?? 1) / deviation) * (r![e]! / (own + (bias?.[e] ?? 0)));
          };
          const common = group.reduce((sum, e) => sum + share(e), 0) / group.length;
          for (const e of group) result[e] = data[e]! * (share(e) - common);
        }
        return [result];
      },
    },
  };
}

/** γ x / √(mean x² + ε) over all axes from `axis` on. */
export const RMSNormalization: Twin = {
  forward(call) {
    const y = tensor(call.inputs[0].shape);
    squares(call, ({ e, x, scale, size }) => {
      y.data[e] = (scale * x) / size;
    });
    return [y];
  },
  backward(call, [dy]) {
    const dx = new Float64Array(dy!.length);
    const along = new Map<number, number>();
    squares(call, ({ e, x, scale, group }) => {
      along.set(group, (along.get(group) ?? 0) + dy![e]! * scale * x);
    });
    squares(call, ({ e, x, scale, size, group, count }) => {
      dx[e] = (dy![e]! * scale) / size - (x * along.get(group)!) / count / size ** 3;
    });
    return [dx];
  },
};

interface Element {
  readonly e: number;
  readonly x: number;
  readonly scale: number;
  readonly size: number;
  readonly group: number;
  readonly count: number;
}

function squares({ node, inputs: [x, scale] }: Call, visit: (element: Element) => void): void {
  const axis = positiveAxis(number(node, "axis", -1), x.shape.length);
  const count = sizeOf(x.shape.slice(axis));
  const scales = broadcastPlaces(scale!.shape, x.shape);
  for (let group = 0; group * count < x.data.length; group++) {
    const own = x.data.subarray(group * count, (group + 1) * count);
    const mean = own.reduce((sum, v) => sum + v * v, 0) / count;
    const size = Math.sqrt(mean + number(node, "epsilon", 1e-5));
    own.forEach((v, i) => {
      const e = group * count + i;
      visit({ e, x: v, scale: scale!.data[scales[e]!]!, size, group, count });
    });
  }
}

const take = (data: Float64Array | undefined, places: Int32Array) =>
  data && Float64Array.from(places, (i) => data[i]!);

const layerNormalization = normalizing(({ node, inputs: [x, scale, bias] }) => {
  const axis = positiveAxis(number(node, "axis", -1), x.shape.length);
  const axes = x.shape.map((_, a) => a).filter((a) => a >= axis);
  const spread = (input: typeof scale) =>
    take(input?.data, broadcastPlaces(input?.shape ?? [], x.shape));
  return {
    groups: groupsAlong(x.shape, axes),
    epsilon: number(node, "epsilon", 1e-5),
    scale: spread(scale),
    bias: spread(bias),
  } as Plan;
});

/** Ba et al. 2016; mean and 1/√(σ² + ε) are outputs too. */
export const LayerNormalization: Twin = {
  forward(call) {
    const [x] = call.inputs;
    const axis = positiveAxis(number(call.node, "axis", -1), x.shape.length);
    const shape = x.shape.map((length, a) => (a < axis ? length : 1));
    const size = sizeOf(x.shape.slice(axis));
    const mean = tensor(shape);
    const factor = tensor(shape);
    for (let g = 0; g < mean.data.length; g++) {
      const values = x.data.slice(g * size, (g + 1) * size);
      mean.data[g] = values.reduce((a, b) => a + b, 0) / size;
      const variance = values.reduce((sum, v) => sum + (v - mean.data[g]!) ** 2, 0) / size;
      factor.data[g] = 1 / Math.sqrt(variance + number(call.node, "epsilon", 1e-5));
    }
    const outputs = [layerNormalization.forward(call)[0]!, mean, factor];
    return outputs.slice(0, call.node.outputs.length);
  },
  backward: layerNormalization.backward,
  rules: layerNormalization.rules ?? {},
};

// A vector with an element for each channel, at every element of x.
function byChannel(shape: readonly number[], vector: Float64Array): Float64Array {
  const inner = sizeOf(shape.slice(2));
  const each = shape[1]! / vector.length;
  return Float64Array.from(
    { length: sizeOf(shape) },
    (_, e) => vector[Math.floor((Math.floor(e / inner) % shape[1]!) / each)]!,
  );
}

export const InstanceNormalization = normalizing(({ node, inputs: [x, scale, bias] }) => ({
  groups: groupsAlong(x.shape, x.shape.map((_, axis) => axis).slice(2)),
  epsilon: number(node, "epsilon", 1e-5),
  scale: byChannel(x.shape, scale!.data),
  bias: byChannel(x.shape, bias!.data),
}));

export const GroupNormalization = normalizing(({ node, inputs: [x, scale, bias] }) => {
  const rows = [x.shape[0]!, number(node, "num_groups", 1)];
  const shape = [...rows, sizeOf(x.shape) / sizeOf(rows)];
  return {
    groups: groupsAlong(shape, [2]),
    epsilon: number(node, "epsilon", 1e-5),
    scale: byChannel(x.shape, scale!.data),
    bias: byChannel(x.shape, bias!.data),
  };
});

export const MeanVarianceNormalization = normalizing(({ node, inputs: [x] }) => ({
  groups: groupsAlong(
    x.shape,
    (numbers(node, "axes") ?? [0, 2, 3]).map((axis) => positiveAxis(axis, x.shape.length)),
  ),
  epsilon: 0,
}));

// Each element with those of its channel's neighbors.
function neighbors({ node, inputs: [x] }: Call) {
  const size = number(node, "size", 1);
  const channels = x.shape[1]!;
  const inner = sizeOf(x.shape.slice(2));
  return Array.from({ length: x.data.length }, (_, e) => {
    const c = Math.floor(e / inner) % channels;
    const low = Math.max(0, c - Math.floor((size - 1) / 2));
    const high = Math.min(channels - 1, c + Math.ceil((size - 1) / 2));
    return Array.from({ length: high - low + 1 }, (_, k) => e + (low + k - c) * inner);
  });
}

/** y = x · s^−β with s = k + α/size · Σ x² over neighboring channels. */
export const LRN: Twin = {
  forward(call) {
    const { node } = call;
    const [x] = call.inputs;
    const alpha = number(node, "alpha", 1e-4) / number(node, "size", 1);
    const y = neighbors(call).map((group, e) => {
      const sum = group.reduce((total, i) => total + x.data[i]! ** 2, 0);
      return x.data[e]! * (number(node, "bias", 1) + alpha * sum) ** -number(node, "beta", 0.75);
    });
    return [tensor(x.shape, Float64Array.from(y))];
  },
  backward(call, [dy]) {
    const { node } = call;
    const [x] = call.inputs;
    const alpha = number(node, "alpha", 1e-4) / number(node, "size", 1);
    const beta = number(node, "beta", 0.75);
    const dx = new Float64Array(x.data.length);
    neighbors(call).forEach((group, e) => {
      const sum = group.reduce((total, i) => total + x.data[i]! ** 2, 0);
      const s = number(node, "bias", 1) + alpha * sum;
      dx[e]! += dy![e]! * s ** -beta;
      for (const i of group) {
        dx[i]! -= dy![e]! * x.data[e]! * beta * s ** (-beta - 1) * 2 * alpha * x.data[i]!;
      }
    });
    return [dx];
  },
};

/** y = x / |x| along an axis. */
export const LpNormalization: Twin = {
  forward(call) {
    const [x] = call.inputs;
    const y = tensor(x.shape);
    for (const { group, norm } of normsOf(call))
      for (const e of group) y.data[e] = x.data[e]! / norm;
    return [y];
  },
  backward(call, [dy]) {
    const [x] = call.inputs;
    const p = number(call.node, "p", 2);
    const dx = new Float64Array(x.data.length);
    for (const { group, norm } of normsOf(call)) {
      const along = group.reduce((sum, e) => sum + dy![e]! * x.data[e]!, 0) / norm ** 2;
      for (const e of group) {
        const slope = p === 1 ? Math.sign(x.data[e]!) : x.data[e]! / norm;
        dx[e] = dy![e]! / norm - along * slope;
      }
    }
    return [dx];
  },
};

function normsOf({ node, inputs: [x] }: Call) {
  const p = number(node, "p", 2);
  const axis = positiveAxis(number(node, "axis", -1), x.shape.length);
  return groupsAlong(x.shape, [axis]).map((group) => ({
    group,
    norm: group.reduce((sum, e) => sum + Math.abs(x.data[e]!) ** p, 0) ** (1 / p),
  }));
}
