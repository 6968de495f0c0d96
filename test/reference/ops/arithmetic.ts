// Element-wise operators of two inputs with broadcasting. Each is its formula and its partial derivatives.

import type { Shape } from "../../../src/tensor/types.js";
import { type Call, positionsOf, stridesOf, type Tensor, type Twin, tensor } from "../twin.js";

/** The shape to which all of the shapes broadcast. */
export function broadcastShape(...shapes: readonly Shape[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) =>
    shapes.reduce((length, shape) => {
      const own = shape[axis - rank + shape.length] ?? 1;
      if (own !== length && own !== 1 && length !== 1)
        throw new Error(`${shapes} do not broadcast`);
      return own === 1 ? length : own;
    }, 1),
  );
}

/** For each element of shape `to`, the place in a tensor of shape `from` that is broadcast there. */
export function broadcastPlaces(from: Shape, to: Shape): Int32Array {
  const strides = stridesOf(from);
  const skipped = to.length - from.length;
  return Int32Array.from(positionsOf(to), (position) =>
    from.reduce(
      (sum, length, axis) => sum + (length === 1 ? 0 : position[axis + skipped]! * strides[axis]!),
      0,
    ),
  );
}

// An operator of two inputs as one of many: ((a ∘ b) ∘ c) ∘ d.
function chained(twin: Twin): Twin {
  const partial = (call: Call) => {
    const values = [call.inputs[0]];
    for (const b of call.inputs.slice(1)) {
      const [y] = twin.forward({ ...call, inputs: [values.at(-1)!, b] });
      values.push(y!);
    }
    return values;
  };
  return {
    forward: (call) => [partial(call).at(-1)!],
    backward(call, [dy]) {
      const values = partial(call);
      const gradients: (Float64Array | undefined)[] = [];
      let d = dy!;
      for (let k = call.inputs.length - 1; k > 0; k--) {
        const inputs: Call["inputs"] = [values[k - 1]!, call.inputs[k]];
        const [da, db] = twin.backward({ ...call, inputs }, [d]);
        gradients[k] = db;
        d = da!;
      }
      gradients[0] = d;
      return gradients;
    },
  };
}

interface Formula {
  readonly f: (a: number, b: number) => number;
  readonly da: (a: number, b: number) => number;
  readonly db: (a: number, b: number) => number;
}

// Before opset 7 an attribute named the axis at which b begins.
function withAxis({ node, opset, inputs: [a, b] }: Call): [Tensor, Tensor] {
  const { broadcast, axis } = node.attributes;
  if (opset >= 7 || !broadcast || axis === undefined) return [a, b!];
  const first = (axis as number) + (Number(axis) < 0 ? a.shape.length : 0);
  const shape = a.shape.map((_, i) => b!.shape[i - first] ?? 1);
  return [a, { shape, data: b!.data }];
}

function arithmetic({ f, da, db }: Formula): Twin {
  return {
    forward(call) {
      const [x, w] = withAxis(call);
      const shape = broadcastShape(x.shape, w.shape);
      const [a, b] = [broadcastPlaces(x.shape, shape), broadcastPlaces(w.shape, shape)];
      const y = Float64Array.from(a, (i, j) => f(x.data[i]!, w.data[b[j]!]!));
      return [tensor(shape, y)];
    },
    backward(call, [dy]) {
      const [x, w] = withAxis(call);
      const shape = broadcastShape(x.shape, w.shape);
      const [a, b] = [broadcastPlaces(x.shape, shape), broadcastPlaces(w.shape, shape)];
      const dx = new Float64Array(x.data.length);
      const dw = new Float64Array(w.data.length);
      dy!.forEach((d, j) => {
        const [p, q] = [x.data[a[j]!]!, w.data[b[j]!]!];
        dx[a[j]!]! += d * da(p, q);
        dw[b[j]!]! += d * db(p, q);
      });
      return [dx, dw];
    },
  };
}

/** The larger; a where they are equal. */
export const Max = chained(
  arithmetic({
    f: Math.max,
    da: (a, b) => (a >= b ? 1 : 0),
    db: (a, b) => (a >= b ? 0 : 1),
  }),
);

/** The smaller; a where they are equal. */
export const Min = chained(
  arithmetic({
    f: Math.min,
    da: (a, b) => (a <= b ? 1 : 0),
    db: (a, b) => (a <= b ? 0 : 1),
  }),
);

/** a^b. */
export const Pow = arithmetic({
  f: (a, b) => a ** b,
  da: (a, b) => (b === 0 ? 0 : b * a ** (b - 1)),
  db: (a, b) => (a > 0 ? a ** b * Math.log(a) : 0),
});

const parametric = arithmetic({
  f: (a, b) => (a > 0 ? a : a * b),
  da: (a, b) => (a > 0 ? 1 : b),
  db: (a) => (a > 0 ? 0 : a),
});

// Before opset 7 the slopes were those of the channels.
function withSlopes(call: Call): Call {
  const [x, slope] = call.inputs;
  if (call.opset >= 7 || slope!.data.length === 1) return call;
  const shape = x.shape.map((length, axis) => (axis === 1 ? length : 1));
  return { ...call, inputs: [x, { shape, data: slope!.data }] };
}

/** a where positive, a times a slope elsewhere. */
export const PRelu: Twin = {
  forward: (call) => parametric.forward(withSlopes(call)),
  backward: (call, dy) => parametric.backward(withSlopes(call), dy),
};

/** a + b. */
export const Add = arithmetic({ f: (a, b) => a + b, da: () => 1, db: () => 1 });

/** a + b + c … */
export const Sum = chained(Add);

/** (a + b + c …) / how many they are. */
export const Mean: Twin = {
  forward(call) {
    const [y] = Sum.forward(call);
    return [
      tensor(
        y!.shape,
        y!.data.map((v) => v / call.inputs.length),
      ),
    ];
  },
  backward(call, [dy]) {
    return Sum.backward(call, [dy!.map((d) => d / call.inputs.length)]);
  },
};

/** a where the condition is not zero, b elsewhere. */
export const Where: Twin = {
  forward({ inputs: [c, a, b] }) {
    const shape = broadcastShape(c.shape, a!.shape, b!.shape);
    const [at, left, right] = [c, a!, b!].map((x) => broadcastPlaces(x.shape, shape));
    const y = Float64Array.from(at!, (i, j) =>
      c.data[i] ? a!.data[left![j]!]! : b!.data[right![j]!]!,
    );
    return [tensor(shape, y)];
  },
  backward({ inputs: [c, a, b] }, [dy]) {
    const shape = broadcastShape(c.shape, a!.shape, b!.shape);
    const [at, left, right] = [c, a!, b!].map((x) => broadcastPlaces(x.shape, shape));
    const da = new Float64Array(a!.data.length);
    const db = new Float64Array(b!.data.length);
    dy!.forEach((d, j) => {
      if (c.data[at![j]!]) da[left![j]!]! += d;
      else db[right![j]!]! += d;
    });
    return [undefined, da, db];
  },
};

/** 1 where a and b are the same, 0 elsewhere: a step, flat but for where it jumps. */
export const Equal = arithmetic({ f: (a, b) => Number(a === b), da: () => 0, db: () => 0 });

/** a − b. */
export const Sub = arithmetic({ f: (a, b) => a - b, da: () => 1, db: () => -1 });

/** a · b. */
export const Mul = arithmetic({ f: (a, b) => a * b, da: (_, b) => b, db: (a) => a });

/** a / b. */
export const Div = arithmetic({
  f: (a, b) => a / b,
  da: (_, b) => 1 / b,
  db: (a, b) => -a / b ** 2,
});
