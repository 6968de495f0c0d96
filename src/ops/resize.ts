// Resize and Upsample by gather.wgsl: every element of the result is a weighted sum of a few of the input, and
// back the transposed sums. Along each axis by itself ONNX says which elements and which weights.

import { places, vec4s } from "../tensor/layout.js";
import type { Constant, Layout } from "../tensor/types.js";
import {
  axisOf,
  constantInput,
  inputOf,
  nodeError,
  numberOf,
  numbersOf,
  outputOf,
  stringOf,
} from "./attributes.js";
import { gradientTo, join, layer, result, source } from "./epilogue.js";
import type { Node, Op, Planning } from "./types.js";

type Constants = ReadonlyMap<string, Constant>;

/** Elements along an axis and their weights; none where the result is the extrapolation value. */
type Taps = readonly (readonly [index: number, weight: number])[];

interface Axis {
  readonly length: number;
  readonly output: number;
  readonly scale: number;
  readonly region: readonly [number, number];
}

/** What the node says of every axis, in each of the forms that the opsets gave it. */
function axesOf(node: Node, x: Layout, constants: Constants): Axis[] {
  const rank = x.shape.length;
  const list = (k: number) => {
    const constant = constantInput(node, k, constants, "its scales and sizes");
    return constant && constant.data.length > 0 ? Array.from(constant.data) : undefined;
  };
  const old = node.op === "Upsample" || node.inputs.length === 2;
  const axes = numbersOf(
    node,
    "axes",
    x.shape.map((_, a) => a),
  ).map((a) => axisOf(node, a, rank));
  const region = old ? undefined : list(1);
  const scales = old ? (list(1) ?? [...numbersOf(node, "scales", [])]) : list(2);
  const sizes = old ? undefined : list(3);
  if ((scales ?? sizes)?.length !== axes.length) {
    throw nodeError(node, `it should have ${axes.length} scales or sizes`);
  }
  const policy = stringOf(node, "keep_aspect_ratio_policy", "stretch");
  const ratios = axes.map((axis, k) => (sizes?.[k] ?? 1) / (x.shape[axis] as number));
  const common = policy === "not_larger" ? Math.min(...ratios) : Math.max(...ratios);
  return x.shape.map((length, axis) => {
    const k = axes.indexOf(axis);
    if (k < 0) return { length, output: length, scale: 1, region: [0, 1] };
    const part: [number, number] = [region?.[k] ?? 0, region?.[k + axes.length] ?? 1];
    if (sizes && policy !== "stretch") {
      return { length, output: Math.floor(common * length + 0.5), scale: common, region: part };
    }
    if (sizes) {
      return { length, output: sizes[k] as number, scale: ratios[k] as number, region: part };
    }
    const scale = scales?.[k] as number;
    const extent = old ? 1 : part[1] - part[0];
    const cropped = stringOf(node, "coordinate_transformation_mode", "") === "tf_crop_and_resize";
    const output = Math.floor(length * scale * (cropped ? extent : 1));
    return { length, output, scale, region: part };
  });
}

/** The place in the input that index i of the result is taken from. */
function origin(
  node: Node,
  mode: string,
  i: number,
  { length, output, scale, region }: Axis,
): number {
  const wide = length * scale;
  switch (mode) {
    case "half_pixel":
      return (i + 0.5) / scale - 0.5;
    case "half_pixel_symmetric":
      return (length / 2) * (1 - output / wide) + (i + 0.5) / scale - 0.5;
    case "pytorch_half_pixel":
      return output > 1 ? (i + 0.5) / scale - 0.5 : 0;
    case "align_corners":
      return output > 1 ? (i * (length - 1)) / (wide - 1) : 0;
    case "asymmetric":
      return i / scale;
    case "tf_half_pixel_for_nn":
      return (i + 0.5) / scale;
    case "tf_crop_and_resize": {
      const [start, end] = region;
      if (output <= 1) return 0.5 * (start + end) * (length - 1);
      return start * (length - 1) + (i * (end - start) * (length - 1)) / (output - 1);
    }
    default:
      throw nodeError(node, `its coordinate_transformation_mode "${mode}" is not supported`);
  }
}

function nearest(node: Node, mode: string, x: number): number {
  if (mode === "floor") return Math.floor(x);
  if (mode === "ceil") return Math.ceil(x);
  if (mode === "round_prefer_ceil") return Math.floor(x + 0.5);
  if (mode === "round_prefer_floor") return Math.ceil(x - 0.5);
  throw nodeError(node, `its nearest_mode "${mode}" is not supported`);
}

/** Weight of an element at distance d: a tent, or Keys's cubic (1981). */
function kernel(mode: string, d: number, a: number): number {
  const t = Math.abs(d);
  if (mode === "linear") return Math.max(0, 1 - t);
  if (t <= 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0;
}

function tapsOf(node: Node, axis: Axis, i: number, old: boolean): Taps {
  const { length, scale, output } = axis;
  const given = stringOf(node, "coordinate_transformation_mode", old ? "asymmetric" : "half_pixel");
  if (scale === 1 && output === length && given !== "tf_crop_and_resize") return [[i, 1]];
  const x = origin(node, given, i, axis);
  if (given === "tf_crop_and_resize" && !(x >= 0 && x <= length - 1)) return [];
  const clamp = (k: number) => Math.max(0, Math.min(length - 1, k));
  const mode = stringOf(node, "mode", "nearest");
  if (mode === "nearest") {
    const how = stringOf(node, "nearest_mode", old ? "floor" : "round_prefer_floor");
    return [[clamp(nearest(node, how, x)), 1]];
  }
  if (mode !== "linear" && mode !== "cubic" && mode !== "bilinear") {
    throw nodeError(node, `its mode "${mode}" is not supported; known are nearest, linear, cubic`);
  }
  const kind = mode === "cubic" ? mode : "linear";
  const narrow = numberOf(node, "antialias", 0) ? Math.min(1, scale) : 1;
  const reach = kind === "cubic" ? 2 : 1;
  const left = Math.ceil(x) - 1;
  const first = left + Math.floor(-reach / narrow) + 1;
  const last = left - Math.floor(-reach / narrow);
  const a = numberOf(node, "cubic_coeff_a", -0.75);
  const exclude = numberOf(node, "exclude_outside", 0) !== 0;
  const taps: [number, number][] = [];
  for (let k = first; k <= last; k++) {
    const outside = exclude && k !== clamp(k);
    taps.push([clamp(k), outside ? 0 : kernel(kind, (k - x) * narrow, a)]);
  }
  const total = taps.reduce((sum, [, weight]) => sum + weight, 0);
  return taps.filter(([, w]) => w !== 0).map(([k, weight]) => [k, weight / total]);
}

interface Lists {
  readonly starts: Uint32Array;
  readonly table: Uint32Array;
  readonly weights: Float32Array;
}

/** All (result, input, weight), in floats of their layouts, sorted by one of both. */
function listsOf(node: Node, x: Layout, y: Layout, constants: Constants, back: boolean): Lists {
  const old = node.op === "Upsample" || node.inputs.length === 2;
  const axes = axesOf(node, x, constants).map((axis) =>
    Array.from({ length: axis.output }, (_, i) => tapsOf(node, axis, i, old)),
  );
  const [from, to] = [places(x), places(y)];
  const size = vec4s(back ? x : y) * 4;
  const links: (readonly [number, number, number])[] = [];
  let sums: { element: number; output: number; weight: number }[] = [
    { element: 0, output: 0, weight: 1 },
  ];
  axes.forEach((taps, axis) => {
    sums = sums.flatMap(({ element, output, weight }) =>
      taps.flatMap((list, i) =>
        list.map(([k, w]) => ({
          element: element * (x.shape[axis] as number) + k,
          output: output * taps.length + i,
          weight: weight * w,
        })),
      ),
    );
  });
  for (const { element, output, weight } of sums) {
    const [there, here] = [from[element] as number, to[output] as number];
    links.push(back ? [there, here, weight] : [here, there, weight]);
  }
  const starts = new Uint32Array(size + 1);
  for (const [at] of links) (starts[at + 1] as number)++;
  for (let i = 0; i < size; i++) (starts[i + 1] as number) += starts[i] as number;
  const next = starts.slice();
  const table = new Uint32Array(Math.max(1, links.length));
  const weights = new Float32Array(Math.max(1, links.length));
  for (const [at, other, weight] of links) {
    const k = next[at] as number;
    table[k] = other;
    weights[k] = weight;
    next[at] = k + 1;
  }
  return { starts, table, weights };
}

function listBuffers(node: Node, plan: Planning, lists: Lists, side: string) {
  const fixed = (name: keyof Lists) =>
    plan.fixed(`${node.name} ${side} ${name}`, lists[name].byteLength, () => lists[name]);
  return { starts: fixed("starts"), table: fixed("table"), weights: fixed("weights") };
}

export const Resize: Op = {
  infer(node, [x], constants) {
    if (!x) throw nodeError(node, "its input is constant: not supported");
    const axes = axesOf(node, x, constants);
    const old = node.op === "Upsample" || node.inputs.length === 2;
    for (const axis of axes) if (axis.output > 0) tapsOf(node, axis, 0, old);
    return [{ shape: axes.map((axis) => axis.output), channel: x.channel }];
  },
  forward(node, plan) {
    const x = plan.value(inputOf(node));
    const y = plan.value(outputOf(node));
    const lists = listsOf(node, x.layout, y.layout, plan.graph.constants, false);
    const fill = numberOf(node, "extrapolation_value", 0);
    const size = layer({ vec4s: vec4s(y.layout), fill });
    const { uniforms, bindings } = join(source("x", x), result(y), size);
    plan.step({
      label: node.name,
      shader: "gather",
      entry: "forward_weighted",
      uniforms,
      bindings: { ...bindings, ...listBuffers(node, plan, lists, "forward") },
      workgroups: [Math.ceil(vec4s(y.layout) / 64), 1, 1],
      samples: 1,
    });
  },
  rules: {
    gradient(node, plan) {
      const sink = plan.sink(node, 0);
      if (!sink) return;
      const dy = plan.gradient(outputOf(node));
      const lists = listsOf(node, sink.layout, dy.layout, plan.graph.constants, true);
      const size = layer({ vec4s: vec4s(sink.layout) });
      const { uniforms, bindings } = join(source("x", dy), gradientTo(sink, plan), size);
      plan.step({
        label: `${node.name} back`,
        shader: "gather",
        entry: "backward_weighted",
        uniforms,
        bindings: { ...bindings, ...listBuffers(node, plan, lists, "backward") },
        workgroups: [Math.ceil(vec4s(sink.layout) / 64), 1, 1],
        samples: 1,
      });
    },
  },
};
