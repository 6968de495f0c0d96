// Quantized operators: each is the operator on real numbers between a rounding and another. Rounding passes the
// gradient straight through (Bengio et al. 2013), but nothing of it where the range was left; what a dynamic range
// depends on is not differentiated.

import { type Call, positiveAxis, sizeOf, type Tensor, type Twin, tensor } from "../twin.js";
import { number } from "./attributes.js";
import { Conv } from "./conv.js";
import { MatMul } from "./matmul.js";

const RANGES: Record<string, readonly [number, number]> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
};

const even = (v: number): number => {
  const near = Math.round(v);
  return Math.abs(v % 1) === 0.5 && near % 2 !== 0 ? near - 1 : near;
};

/** One number of a list along an axis for each element of a tensor; the only one of a list of one. */
function spread(list: Tensor | undefined, { shape }: Tensor, axis: number) {
  if (!list) return () => 0;
  if (list.data.length === 1) return () => list.data[0]!;
  const a = positiveAxis(axis, shape.length);
  const inner = sizeOf(shape.slice(a + 1));
  return (e: number) => list.data[Math.floor(e / inner) % shape[a]!]!;
}

function real(q: Tensor, scale: Tensor, zero: Tensor | undefined, axis = 1): Tensor {
  const [s, z] = [spread(scale, q, axis), spread(zero, q, axis)];
  return tensor(
    q.shape,
    q.data.map((v, e) => (v - z(e)) * s(e)),
  );
}

/** Whole numbers, and which of them were in range. */
function rounded(x: Tensor, scale: Tensor, zero: Tensor | undefined, axis = 1) {
  const [s, z] = [spread(scale, x, axis), spread(zero, x, axis)];
  const [low, high] = RANGES[zero?.type ?? "uint8"]!;
  const whole = x.data.map((v, e) => even(v / s(e)) + z(e));
  return {
    y: tensor(
      x.shape,
      whole.map((v) => Math.min(Math.max(v, low), high)),
    ),
    back: (dy: Float64Array) =>
      dy.map((d, e) => (whole[e]! >= low && whole[e]! <= high ? d / s(e) : 0)),
  };
}

const axisOf = ({ node }: Call) => number(node, "axis", 1);

/** clamp(round(x / scale) + zero) */
export const QuantizeLinear: Twin = {
  forward: (call) => [rounded(call.inputs[0], call.inputs[1]!, call.inputs[2], axisOf(call)).y],
  backward: (call, [dy]) => [
    rounded(call.inputs[0], call.inputs[1]!, call.inputs[2], axisOf(call)).back(dy!),
  ],
};

/** (q − zero) · scale */
export const DequantizeLinear: Twin = {
  forward: (call) => [real(call.inputs[0], call.inputs[1]!, call.inputs[2], axisOf(call))],
  backward: (call, [dy]) => {
    const s = spread(call.inputs[1], call.inputs[0], axisOf(call));
    return [dy!.map((d, e) => d * s(e))];
  },
};

/** The range of the whole tensor, with 0 in it, in 255 steps. */
function dynamic({ inputs: [x] }: Call) {
  const high = Math.max(0, ...x.data);
  const low = Math.min(0, ...x.data);
  const scale = (high - low) / 255;
  const zero = Math.min(Math.max(even(-low / scale), 0), 255);
  return [
    tensor([], Float64Array.of(scale)),
    { ...tensor([], Float64Array.of(zero)), type: "uint8" },
  ] as const;
}

/** Quantized numbers, their scale and their zero point. */
export const DynamicQuantizeLinear: Twin = {
  forward(call) {
    const [scale, zero] = dynamic(call);
    return [rounded(call.inputs[0], scale, zero).y, scale, zero];
  },
  backward(call, [dy]) {
    const [scale, zero] = dynamic(call);
    return [rounded(call.inputs[0], scale, zero).back(dy!)];
  },
};

/** An operator of x and w, with their scales and zero points, then those of the result and perhaps a bias. */
function quantized(twin: Twin, axis: (w: Tensor) => number): Twin {
  const inner = (call: Call): Call => {
    const [x, xs, xz, w, ws, wz, , , b] = call.inputs;
    const step = b && { ...ws!, data: ws!.data.map((s) => s * xs!.data[0]!) };
    const inputs = [
      real(x, xs!, xz),
      real(w!, ws!, wz, axis(w!)),
      b && real(b, step!, undefined, 0),
    ];
    return { ...call, inputs: inputs as unknown as Call["inputs"] };
  };
  const outer = (call: Call) =>
    rounded(twin.forward(inner(call))[0]!, call.inputs[6]!, call.inputs[7]);
  return {
    forward: (call) => [outer(call).y],
    backward(call, [dy]) {
      const [dx] = twin.backward(inner(call), [outer(call).back(dy!)]);
      return [dx!.map((d) => d * call.inputs[1]!.data[0]!)];
    },
  };
}

export const QLinearConv = quantized(Conv, () => 0);
export const QLinearMatMul = quantized(MatMul, (w) => w.shape.length - 1);

/** An operator of two integers less their zero points. */
function integer(twin: Twin, axes: readonly [number, number]): Twin {
  const one = tensor([], Float64Array.of(1));
  const inner = (call: Call): Call => {
    const [x, w, xz, wz] = call.inputs;
    const inputs = [real(x, one, xz, axes[0]), real(w!, one, wz, axes[1])];
    return { ...call, inputs: inputs as unknown as Call["inputs"] };
  };
  return {
    forward: (call) => twin.forward(inner(call)),
    // A zero point that was found on the way has no gradient.
    backward: (call, dy) => [
      ...twin.backward(inner(call), dy).slice(0, 1),
      undefined,
      call.inputs[2]?.data.map(() => 0),
    ],
  };
}

export const ConvInteger = integer(Conv, [1, 0]);
export const MatMulInteger = integer(MatMul, [-2, -1]);
