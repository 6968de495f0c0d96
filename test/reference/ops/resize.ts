// Resize and Upsample, one output element after the other: along each axis a coordinate in x, and around it the
// elements with the weights of the filter. The gradient moves back along the same weights.

import { type Call, positionsOf, positiveAxis, stridesOf, type Twin, tensor } from "../twin.js";
import { number, numbers, text } from "./attributes.js";

function scalesOf({ node, inputs }: Call) {
  const [x] = inputs;
  const old = node.op === "Upsample" || node.inputs.length === 2;
  const axes = (numbers(node, "axes") ?? x.shape.map((_, a) => a)).map((a) =>
    positiveAxis(a, x.shape.length),
  );
  const filled = (k: number) => (inputs[k]?.data.length ? Array.from(inputs[k]!.data) : undefined);
  const scales = old ? (filled(1) ?? numbers(node, "scales")) : filled(2);
  const sizes = old ? undefined : filled(3);
  const roi = old ? undefined : filled(1);
  const policy = text(node, "keep_aspect_ratio_policy", "stretch");
  let wanted = scales ?? sizes!.map((size, k) => size / x.shape[axes[k]!]!);
  if (policy === "not_larger") wanted = wanted.map(() => Math.min(...wanted));
  if (policy === "not_smaller") wanted = wanted.map(() => Math.max(...wanted));
  return x.shape.map((length, axis) => {
    const k = axes.indexOf(axis);
    const scale = k < 0 ? 1 : wanted[k]!;
    let output = Math.floor(length * scale);
    if (sizes && k >= 0) output = policy === "stretch" ? sizes[k]! : Math.round(length * scale);
    const [start, end] = k < 0 || !roi ? [0, 1] : [roi[k]!, roi[k + axes.length]!];
    if (scales && text(node, "coordinate_transformation_mode", "") === "tf_crop_and_resize") {
      output = Math.floor(length * (end - start) * scale);
    }
    return { length, scale, output, start, end, old };
  });
}

type Axis = ReturnType<typeof scalesOf>[number];

const coordinates: Record<string, (i: number, axis: Axis) => number> = {
  half_pixel: (i, { scale }) => (i + 0.5) / scale - 0.5,
  half_pixel_symmetric: (i, { scale, length, output }) =>
    length / 2 - output / scale / 2 + (i + 0.5) / scale - 0.5,
  pytorch_half_pixel: (i, { scale, output }) => (output > 1 ? (i + 0.5) / scale - 0.5 : 0),
  align_corners: (i, { scale, length, output }) =>
    output > 1 ? (i * (length - 1)) / (length * scale - 1) : 0,
  asymmetric: (i, { scale }) => i / scale,
  tf_half_pixel_for_nn: (i, { scale }) => (i + 0.5) / scale,
  tf_crop_and_resize: (i, { start, end, length, output }) =>
    (length - 1) * (output > 1 ? start + (i * (end - start)) / (output - 1) : (start + end) / 2),
};

const rounding: Record<string, (x: number) => number> = {
  floor: Math.floor,
  ceil: Math.ceil,
  round_prefer_ceil: Math.round,
  round_prefer_floor: (x) => -Math.round(-x),
};

function filter(cubic: boolean, a: number, distance: number): number {
  const d = Math.abs(distance);
  if (!cubic) return d < 1 ? 1 - d : 0;
  if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
  return d < 2 ? a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a : 0;
}

// The weight of every element of x along an axis; undefined outside of a cropped region.
function weightsOf({ node }: Call, i: number, axis: Axis): number[] | undefined {
  const { length, scale, old } = axis;
  const mode = text(node, "coordinate_transformation_mode", old ? "asymmetric" : "half_pixel");
  const x = coordinates[mode]!(i, axis);
  if (mode === "tf_crop_and_resize" && (x < 0 || x > length - 1)) return undefined;
  const weights = new Array<number>(length).fill(0);
  const edge = (k: number) => Math.min(Math.max(k, 0), length - 1);
  const how = text(node, "mode", "nearest");
  if (how === "nearest") {
    const round = rounding[text(node, "nearest_mode", old ? "floor" : "round_prefer_floor")]!;
    weights[edge(round(x))] = 1;
    return weights;
  }
  const stretch = number(node, "antialias", 0) ? Math.min(1, scale) : 1;
  const reach = Math.ceil((how === "cubic" ? 2 : 1) / stretch);
  for (let k = Math.floor(x) - reach; k <= Math.floor(x) + reach + 1; k++) {
    if (number(node, "exclude_outside", 0) && edge(k) !== k) continue;
    const a = number(node, "cubic_coeff_a", -0.75);
    weights[edge(k)]! += filter(how === "cubic", a, (k - x) * stretch);
  }
  const total = weights.reduce((sum, w) => sum + w, 0);
  return weights.map((w) => w / total);
}

function each(
  call: Call,
  visit: (y: number, x: number, weight: number) => void,
  empty?: (y: number) => void,
) {
  const [x] = call.inputs;
  const axes = scalesOf(call);
  const shape = axes.map((axis) => axis.output);
  const weights = axes.map((axis) =>
    Array.from({ length: axis.output }, (_, i) => weightsOf(call, i, axis)),
  );
  const strides = stridesOf(x.shape);
  positionsOf(shape).forEach((position, j) => {
    const own = position.map((i, axis) => weights[axis]![i]);
    if (own.includes(undefined)) {
      empty?.(j);
      return;
    }
    const walk = (axis: number, place: number, weight: number): void => {
      if (weight === 0) return;
      if (axis === own.length) visit(j, place, weight);
      else {
        for (const [i, w] of own[axis]!.entries()) {
          walk(axis + 1, place + i * strides[axis]!, weight * w);
        }
      }
    };
    walk(0, 0, 1);
  });
  return shape;
}

export const Resize: Twin = {
  forward(call) {
    const y = tensor(scalesOf(call).map((axis) => axis.output));
    const fill = number(call.node, "extrapolation_value", 0);
    each(
      call,
      (j, i, w) => (y.data[j]! += w * call.inputs[0].data[i]!),
      (j) => (y.data[j] = fill),
    );
    return [y];
  },
  backward(call, [dy]) {
    const dx = new Float64Array(call.inputs[0].data.length);
    each(call, (j, i, w) => (dx[i]! += w * dy![j]!));
    return [dx];
  },
};

export const Upsample = Resize;
