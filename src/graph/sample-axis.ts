// How each operator passes on the axis along which the samples of a fixed batch stand (fixed-batch.ts). Where a constant
// holds their count (the target of a Reshape, rows for each sample), it becomes that of one sample. A node that mixes
// samples, or that this file knows nothing of, is refused.

import {
  axisOf,
  inputOf,
  integers,
  nodeError,
  numberOf,
  numbersOf,
  stringOf,
} from "../ops/attributes.js";
import type { Node } from "../ops/types.js";
import type { Constant, Layout, Shape } from "../tensor/types.js";
import type { FixedBatch } from "./fixed-batch.js";

/** The names in a text. */
const names = (text: string): readonly string[] => text.trim().split(/\s+/);

interface Scope {
  readonly layouts: ReadonlyMap<string, Layout>;
  readonly constants: Map<string, Constant>;
}

/** Operators that treat every element alike, alone or with those of the other inputs that are broadcast to it. */
const ELEMENTWISE: readonly string[] = names(`
  Abs Add Cast CastLike Ceil Celu Clip Cos Div DequantizeLinear Dropout Elu Equal Erf Exp Floor
  Gelu Greater GreaterOrEqual HardSigmoid HardSwish Identity LeakyRelu Less LessOrEqual Log Max
  Mean Min Mish Mul Neg Not PRelu Pow QuantizeLinear Reciprocal Relu Round Selu Shrink Sigmoid
  Sign Sin Softplus Softsign Sqrt Sub Sum Swish Tanh ThresholdedRelu Where
`);

/** Operators whose samples are on axis 0, by ONNX's definition. */
const SAMPLES_FIRST: readonly string[] = names(`
  AveragePool BatchNormalization Conv ConvInteger ConvTranspose DepthToSpace GlobalAveragePool
  GlobalLpPool GlobalMaxPool GroupNormalization InstanceNormalization LRN LpPool MaxPool
  QLinearConv QLinearGlobalAveragePool SpaceToDepth
`);

/** Operators that compare along an axis, or along all from an axis on. */
const ALONG: readonly string[] = ["LogSoftmax", "LpNormalization", "Softmax"];
const ONWARD: readonly string[] = ["LayerNormalization", "RMSNormalization"];

/** The node for one sample. Throws where samples are mixed, or may be. */
export function forOneSample(node: Node, batch: FixedBatch, scope: Scope): Node {
  const axes = node.inputs.map((name) => batch.axes.get(name));
  const k = axes.findIndex((axis) => axis !== undefined);
  const asks = k >= 0 && (node.op === "Shape" || node.op === "Size");
  if (asks || (k < 0 && node.inputs.some((name) => batch.lengths.has(name)))) {
    for (const name of node.outputs) batch.lengths.add(name);
  }
  if (k < 0 || asks) return node;
  const axis = axes[k] as number;
  const shape = scope.layouts.get(inputOf(node, k))?.shape ?? [];
  const { one = node, after } = through(node, k, axis, shape, batch, scope);
  for (const name of node.outputs) if (name) batch.axes.set(name, after);
  return one;
}

interface Passed {
  /** The node with the constants of one sample, if they change. */
  readonly one?: Node;
  /** The axis of the samples in its outputs. */
  readonly after: number;
}

function through(
  node: Node,
  k: number,
  axis: number,
  shape: Shape,
  batch: FixedBatch,
  { layouts, constants }: Scope,
): Passed {
  const rank = shape.length;
  const { op } = node;
  const mixes = () => nodeError(node, "it mixes the samples");
  const needs = (holds: boolean, after = axis): Passed => {
    if (!holds) throw mixes();
    return { after };
  };
  const others = (own: number[]) => own.map((a) => (a < 0 ? a + rank : a));
  const removed = (gone: readonly number[]) => axis - gone.filter((a) => a < axis).length;

  if (ELEMENTWISE.includes(op)) return elementwise(node, batch, layouts, constants);
  if (SAMPLES_FIRST.includes(op)) return needs(axis === 0);
  if (ALONG.includes(op) || ONWARD.includes(op)) {
    const isOld = op.endsWith("Softmax") && numberOf(node, "opset", 13) < 13;
    const along = axisOf(node, numberOf(node, "axis", isOld ? 1 : -1), rank);
    return needs(isOld || ONWARD.includes(op) ? axis < along : axis !== along);
  }
  if (/^(Reduce|Arg)/.test(op)) {
    const listed = op.startsWith("Arg") ? [numberOf(node, "axis", 0)] : undefined;
    const asked = others(listed ?? integers(node, "axes", 1, constants) ?? []);
    const none = asked.length === 0 && numberOf(node, "noop_with_empty_axes", 0) !== 0;
    const gone = none || asked.length > 0 ? asked : shape.map((_, a) => a);
    const keeps = numberOf(node, "keepdims", 1) !== 0;
    return needs(!gone.includes(axis), keeps ? axis : removed(gone));
  }
  switch (op) {
    case "Transpose":
      return {
        after: numbersOf(
          node,
          "perm",
          shape.map((_, a) => rank - 1 - a),
        ).indexOf(axis),
      };
    case "Flatten": {
      const at = numberOf(node, "axis", 1);
      return needs(axis === 0 && (at < 0 ? at + rank : at) > 0);
    }
    case "Squeeze": {
      const asked = integers(node, "axes", 1, constants);
      const gone = asked
        ? others(asked)
        : shape.flatMap((n, a) => (n === 1 && a !== axis ? [a] : []));
      return {
        ...needs(!gone.includes(axis), removed(gone)),
        // Without a list the axis of one sample would go, too.
        one: asked ? node : { ...node, attributes: { ...node.attributes, axes: gone } },
      };
    }
    case "Unsqueeze": {
      const asked = integers(node, "axes", 1, constants) ?? [];
      const total = rank + asked.length;
      const added = asked.map((a) => (a < 0 ? a + total : a));
      const free = Array.from({ length: total }, (_, a) => a).filter((a) => !added.includes(a));
      return { after: free[axis] as number };
    }
    case "Gemm": {
      const [, , bias] = node.inputs;
      const isTable = constants.get(bias ?? "")?.shape.length === 2;
      return {
        ...needs(k === 0 && axis === 0 && numberOf(node, "transA", 0) === 0),
        ...(bias &&
          isTable && {
            one: { ...node, inputs: node.inputs.with(2, oneRow(node, bias, 0, batch, constants)) },
          }),
      };
    }
    case "MatMul":
    case "MatMulInteger":
      return product(node, batch, layouts, constants, mixes);
    case "Concat":
      return concat(node, axis, rank, batch, constants, mixes);
    case "Split":
      return needs(axisOf(node, numberOf(node, "axis", 0), rank) !== axis);
    case "Gather": {
      const along = axisOf(node, numberOf(node, "axis", 0), rank);
      const index = constants.get(node.inputs[1] ?? "")?.shape.length;
      if (k !== 0 || index === undefined) throw mixes();
      return needs(along !== axis, along < axis ? axis + index - 1 : axis);
    }
    case "Slice": {
      const starts = integers(node, "starts", 1, constants) ?? [];
      const asked = integers(node, "axes", 3, constants) ?? starts.map((_, a) => a);
      return needs(!others(asked).includes(axis));
    }
    case "Pad": {
      const pads = integers(node, "pads", 1, constants) ?? [];
      const asked =
        integers(node, "axes", 3, constants) ?? pads.slice(pads.length / 2).map((_, a) => a);
      const at = others(asked).indexOf(axis);
      return needs(at < 0 || (pads[at] === 0 && pads[at + asked.length] === 0));
    }
    case "Reshape":
      return reshape(node, axis, shape, batch, constants, mixes);
    case "Expand": {
      const lengths = integers(node, "shape", 1, constants) ?? [];
      const after = axis + Math.max(0, lengths.length - rank);
      const own = lengths[after - Math.max(0, rank - lengths.length)];
      if (own !== batch.size) return { after };
      return {
        after,
        one: withLength(node, 1, after - Math.max(0, rank - lengths.length), 1, constants),
      };
    }
    case "Tile": {
      const repeats = integers(node, "repeats", 1, constants) ?? [];
      return needs(repeats[axis] === 1);
    }
    case "Resize":
    case "Upsample": {
      const last = node.inputs.length - 1;
      const sizes = last === 3 ? constants.get(inputOf(node, 3)) : undefined;
      if (sizes?.data[axis] !== batch.size) return needs(axis === 0);
      return { ...needs(axis === 0), one: withLength(node, 3, axis, 1, constants) };
    }
    case "Einsum":
      return einsum(node, k, axis, mixes);
    case "DynamicQuantizeLinear":
      return { after: axis };
    default:
      throw nodeError(node, "it may mix the samples");
  }
}

/** The node with one length in a list of integers changed, a constant of its own. */
function withLength(
  node: Node,
  k: number,
  at: number,
  length: number,
  constants: Map<string, Constant>,
): Node {
  const list = constants.get(node.inputs[k] ?? "");
  if (!list) {
    const shape = numbersOf(node, "shape", []).with(at, length) as number[];
    return { ...node, attributes: { ...node.attributes, shape } };
  }
  const name = `${node.inputs[k]} of one sample for ${node.name}`;
  constants.set(name, { ...list, data: list.data.with(at, length) });
  return { ...node, inputs: node.inputs.with(k, name) };
}

/**
 * Blocks stay blocks, in row-major order, where the axes before them keep their number of elements and the axis that
 * follows is cut into as many.
 */
function reshape(
  node: Node,
  axis: number,
  shape: Shape,
  { size, lengths }: FixedBatch,
  constants: Map<string, Constant>,
  mixes: () => Error,
): Passed {
  const isOfOne = lengths.has(node.inputs[1] ?? "");
  const target = integers(node, "shape", 1, constants) ?? [];
  const zeroStays = numberOf(node, "allowzero", 0) === 0;
  const before = shape.slice(0, axis).reduce((a, b) => a * b, 1);
  let elements = 1;
  for (let at = 0; at < target.length && elements <= before; at++) {
    const length = target[at] as number;
    const copies = length === 0 && zeroStays;
    if (elements === before && isOfOne && length === 1) return { after: at };
    if (elements === before && length !== 1) {
      if (copies ? at === axis : length === -1) return { after: at };
      if (length % size !== 0 || length === 0) break;
      return { after: at, one: withLength(node, 1, at, length / size, constants) };
    }
    elements *= copies ? (shape[at] as number) : length;
    if (elements < 0) break;
  }
  throw mixes();
}

/** The axis in the result of broadcasting; a constant with rows for all samples becomes the row of one. */
function elementwise(
  node: Node,
  batch: FixedBatch,
  layouts: ReadonlyMap<string, Layout>,
  constants: Map<string, Constant>,
): Passed {
  const shapes = node.inputs.map((name) => (layouts.get(name) ?? constants.get(name))?.shape);
  const rank = Math.max(...shapes.map((shape) => shape?.length ?? 0));
  const places = node.inputs.flatMap((name, k) => {
    const axis = batch.axes.get(name);
    return axis === undefined ? [] : [axis + rank - (shapes[k]?.length ?? 0)];
  });
  const after = places[0] as number;
  if (places.some((place) => place !== after)) throw nodeError(node, "it mixes the samples");
  const inputs = node.inputs.map((name, k) => {
    const at = after - rank + (shapes[k]?.length ?? 0);
    return at < 0 ? name : oneRow(node, name, at, batch, constants);
  });
  return { after, one: { ...node, inputs } };
}

/** The name of a constant's row for one sample; that of the constant itself where it has none. */
function oneRow(
  node: Node,
  name: string,
  axis: number,
  { size }: FixedBatch,
  constants: Map<string, Constant>,
): string {
  const constant = constants.get(name);
  if (!constant || constant.shape[axis] !== size) return name;
  const { shape, data } = constant;
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const isLike = data.every((v, e) => {
    const row = Math.floor(e / inner) % size;
    return row === 0 || Object.is(v, data[e - row * inner]);
  });
  if (!isLike) throw nodeError(node, `its constant "${name}" is another one for each sample`);
  const row = `${name} of one sample`;
  const first = data.filter((_, e) => Math.floor(e / inner) % size === 0);
  constants.set(row, { ...constant, shape: shape.with(axis, 1), data: first });
  return row;
}

function product(
  node: Node,
  batch: FixedBatch,
  layouts: ReadonlyMap<string, Layout>,
  constants: Map<string, Constant>,
  mixes: () => Error,
): Passed {
  const [a, b] = node.inputs.map(
    (name) => (layouts.get(name) ?? constants.get(name))?.shape.length ?? 0,
  );
  const [left, right] = node.inputs.map((name) => batch.axes.get(name));
  const rank = Math.max(a as number, b as number);
  const isStacked = (axis: number | undefined, own = 0, last = 2) =>
    axis === undefined || axis < own - last;
  // Rows of the left operand may be samples, columns of the right one are sums or classes.
  if (!isStacked(left, a, 1) || !isStacked(right, b)) throw mixes();
  const places = [
    left === undefined ? [] : left + rank - a!,
    right === undefined ? [] : right + rank - b!,
  ];
  const after = places.flat()[0] as number;
  if (places.flat().some((place) => place !== after)) throw mixes();
  const inputs = node.inputs.map((name, k) => {
    const at = after - rank + ((k === 0 ? a : b) as number);
    return at < 0 || (k === 1 && after >= rank - 2)
      ? name
      : oneRow(node, name, at, batch, constants);
  });
  return { after, one: { ...node, inputs } };
}

function concat(
  node: Node,
  axis: number,
  rank: number,
  batch: FixedBatch,
  constants: Map<string, Constant>,
  mixes: () => Error,
): Passed {
  if (axisOf(node, numberOf(node, "axis", 1), rank) === axis) throw mixes();
  const axes = node.inputs.map((name) => batch.axes.get(name));
  if (axes.some((other) => other !== undefined && other !== axis)) throw mixes();
  const inputs = node.inputs.map((name) => oneRow(node, name, axis, batch, constants));
  return { after: axis, one: { ...node, inputs } };
}

/** The letter of the samples must be left in the result. */
function einsum(node: Node, k: number, axis: number, mixes: () => Error): Passed {
  const [terms = "", result = ""] = stringOf(node, "equation", "").replace(/\s/g, "").split("->");
  const letter = terms.split(",")[k]?.[axis];
  const after = letter ? result.indexOf(letter) : -1;
  if (/\./.test(terms) || after < 0) throw mixes();
  return { after };
}
