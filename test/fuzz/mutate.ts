// Mutated model files: bytes that were flipped, cut, overwritten, moved or lost, and files that are whole but say
// something strange: wrong and huge lengths, cycles, operators with the inputs of others, absurd attributes, nesting.

import { decodeModel } from "../../src/onnx/decode.js";
import {
  type AttributeSpec,
  type ModelSpec,
  type NodeSpec,
  writeModel,
} from "../../src/onnx/write.js";
import type { TensorSpec } from "../../src/onnx/write-tensor.js";
import type { Constant, ElementType } from "../../src/tensor/types.js";

/** Below n, at random. */
export type Below = (n: number) => number;

/** The same numbers for the same seed. */
export function randomBelow(seed: number): Below {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

/** The bytes after one random damage. */
export function damaged(bytes: Uint8Array, below: Below): Uint8Array {
  const copy = bytes.slice();
  const at = below(copy.length);
  switch (below(5)) {
    case 0:
      for (let i = below(8); i >= 0; i--) copy[below(copy.length)]! ^= 1 << below(8);
      return copy;
    case 1:
      return copy.subarray(0, at);
    case 2:
      return copy.fill([0, 0x7f, 0x80, 0xff][below(4)] as number, at, at + 1 + below(12));
    case 3:
      return copy.copyWithin(at, below(copy.length), below(copy.length));
    default:
      return lost(copy, at, below(20));
  }
}

function lost(bytes: Uint8Array, at: number, count: number): Uint8Array {
  const rest = bytes.subarray(at + count);
  const result = new Uint8Array(at + rest.length);
  result.set(bytes.subarray(0, at));
  result.set(rest, at);
  return result;
}

type Whole = ModelSpec & {
  initializers: TensorSpec[];
  functions: NonNullable<ModelSpec["functions"]>;
};

const tensorOf = ({ type, shape, data }: Constant): Omit<TensorSpec, "name"> => ({
  type,
  shape: [...shape],
  values: data,
});

/** A file as the writer takes it, so that parts of it can be changed. */
function specOf(bytes: Uint8Array): Whole {
  const { opset, nodes, constants, inputs, outputs } = decodeModel(bytes);
  const attribute = (value: unknown) =>
    (typeof value === "object" && value && "data" in value
      ? tensorOf(value as Constant)
      : value) as AttributeSpec;
  return {
    opset,
    nodes: nodes.map(({ name, op, inputs, outputs, attributes }) => ({
      name,
      op,
      inputs: [...inputs],
      outputs: [...outputs],
      attributes: Object.fromEntries(
        Object.entries(attributes).map(([key, value]) => [key, attribute(value)]),
      ),
    })),
    initializers: [...constants].map(([name, value]) => ({ name, ...tensorOf(value) })),
    inputs: inputs.map(({ name, type, shape }) => ({
      name,
      type,
      shape: shape.map((n) => n ?? "N"),
    })),
    outputs: outputs.map((name) => ({ name })),
    functions: [],
  };
}

const LENGTHS = [
  0,
  1,
  2,
  3,
  5,
  7,
  64,
  1000,
  65535,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 40,
  -1,
  -2,
  -(2 ** 31),
];
const NUMBERS = [...LENGTHS, 0.5, -0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, 1e-38];
const TYPES: ElementType[] = ["float32", "float16", "float64", "int64", "int32", "uint8", "bool"];

type Change = (model: Whole, below: Below) => void;

const one = <T>(list: readonly T[], below: Below): T | undefined => list[below(list.length)];

const anyTensor = (model: Whole, below: Below): string =>
  one(
    [
      ...model.nodes.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]),
      ...model.initializers.map(({ name = "" }) => name),
    ],
    below,
  ) ?? "";

/** A weight of another shape, or only said to be so. */
const reshape: Change = ({ initializers }, below) => {
  const tensor = one(initializers, below);
  if (!tensor) return;
  const axis = below(tensor.shape.length + 1);
  tensor.shape.splice(axis, below(2), ...(below(3) ? [one(LENGTHS, below) as number] : []));
  const count = tensor.shape.reduce((a, b) => a * b, 1);
  const { values } = tensor;
  if (below(2) && count >= 0 && count < 1e5 && values.length > 0) {
    tensor.values = Array.from({ length: count }, (_, i) => Number(values[i % values.length]));
  }
};

/** A list of integers, such as axes and shapes, with another number in it. */
const relist: Change = ({ initializers }, below) => {
  const tensor = one(
    initializers.filter(({ type }) => type.startsWith("int")),
    below,
  );
  if (!tensor) return;
  const values = Array.from(tensor.values, Number);
  values[below(values.length)] = one(LENGTHS, below) as number;
  tensor.values = values;
};

const retype: Change = ({ initializers, inputs }, below) => {
  const tensor = below(4) ? one(initializers, below) : one(inputs, below);
  if (!tensor) return;
  tensor.type = one(TYPES, below) as ElementType;
  if ("values" in tensor) tensor.values = Array.from(tensor.values, (v) => Math.trunc(Number(v)));
};

const reinput: Change = ({ inputs }, below) => {
  const shape = one(inputs, below)?.shape;
  if (!shape) return;
  const length = below(4) ? (one(LENGTHS, below) as number) : "M";
  shape.splice(below(shape.length + 1), below(2), ...(below(4) ? [length] : []));
};

/** Any tensor for any other: cycles, wrong shapes, constants where none may be. */
const rewire: Change = (model, below) => {
  const node = one(model.nodes, below);
  if (!node) return;
  const list = below(5) ? node.inputs : node.outputs;
  const name = below(6) ? anyTensor(model, below) : "";
  list.splice(below(list.length + 1), below(2), ...(below(5) ? [name] : []));
};

const reattribute: Change = ({ nodes }, below) => {
  const node = one(nodes, below);
  if (!node) return;
  const names = ["axis", "axes", "pads", "strides", "kernel_shape", "dilations", "group", "perm"];
  const more = ["keepdims", "epsilon", "alpha", "to", "mode", "split", "ceil_mode", "auto_pad"];
  const attributes = (node.attributes ??= {});
  const own = Object.keys(attributes);
  const name = (below(3) && one(own, below)) || (one([...names, ...more], below) as string);
  const value = attributes[name];
  if (!below(6)) delete attributes[name];
  else if (Array.isArray(value) && below(3)) {
    const numbers = value.map(Number);
    numbers.splice(below(numbers.length + 1), below(2), one(LENGTHS, below) as number);
    attributes[name] = numbers;
  } else if (!below(4))
    attributes[name] = one(["SAME_UPPER", "linear", "nonsense", ""], below) as string;
  else attributes[name] = one(NUMBERS, below) as number;
};

const OPERATORS =
  "Add Sub Mul Div Pow Min Conv ConvTranspose Gemm MatMul Relu Clip Softmax MaxPool AveragePool Reshape Transpose " +
  "Concat Split Slice Gather Squeeze Unsqueeze Expand Tile Pad Resize ReduceMean ReduceMax ReduceProd Where " +
  "LayerNormalization InstanceNormalization BatchNormalization LRN Einsum ScatterND CumSum Shape Range NonZero " +
  "ConstantOfShape QuantizeLinear DequantizeLinear DynamicQuantizeLinear Attention Loop Nonsense";

const reoperate: Change = ({ nodes }, below) => {
  const node = one(nodes, below);
  if (node) node.op = one(OPERATORS.split(" "), below) as string;
};

const repeat: Change = ({ nodes }, below) => {
  const at = below(nodes.length);
  const node = nodes[at];
  if (node && below(2)) nodes.splice(below(nodes.length), 0, structuredClone(node));
  else if (node) nodes.splice(at, 1);
};

/** A node of its own behind another, which asks for the most it can. */
const inflate: Change = (model, below) => {
  const node = one(model.nodes, below);
  const [output] = node?.outputs ?? [];
  if (!node || !output) return;
  const shape = `inflated ${model.nodes.length}`;
  const lengths = [1, one(LENGTHS, below) as number, one(LENGTHS, below) as number];
  model.initializers.push({ name: shape, type: "int64", shape: [3], values: lengths });
  const op = one(["Expand", "Tile", "Reshape", "Upsample", "ConstantOfShape"], below) as string;
  const inputs = op === "ConstantOfShape" ? [shape] : [`${output} small`, shape];
  node.outputs[0] = `${output} small`;
  model.nodes.push({ op, inputs, outputs: [output], name: shape });
};

/** The node in a function in a function in a function. */
const nest: Change = (model, below) => {
  const node = one(model.nodes, below);
  if (!node || model.functions.length > 0) return;
  const depth = [1, 3, 63, 65, 300][below(5)] as number;
  const domain = "nested";
  const { inputs, outputs, ...inner } = node;
  const [x, y] = [inputs.map((_, k) => `x${k}`), outputs.map((_, k) => `y${k}`)];
  for (let level = 0; level < depth; level++) {
    const body: NodeSpec =
      level === 0
        ? { ...inner, inputs: x, outputs: y }
        : { op: `Level${level - 1}`, domain, inputs: x, outputs: y };
    model.functions.push({ name: `Level${level}`, domain, inputs: x, outputs: y, nodes: [body] });
  }
  model.domains = { ...model.domains, [domain]: 1 };
  Object.assign(node, { op: `Level${depth - 1}`, domain, attributes: {} });
};

const CHANGES: readonly (readonly [weight: number, change: Change])[] = [
  [3, reshape],
  [3, relist],
  [1, retype],
  [2, reinput],
  [4, rewire],
  [5, reattribute],
  [3, reoperate],
  [2, repeat],
  [2, inflate],
  [1, nest],
];

/** The file after one to three random changes, or damaged. */
export function mutated(bytes: Uint8Array, below: Below): Uint8Array {
  if (below(4) === 0) return damaged(bytes, below);
  const model = specOf(bytes);
  const bag = CHANGES.flatMap(([weight, change]) => new Array<Change>(weight).fill(change));
  for (let count = 1 + below(3); count > 0; count--) one(bag, below)?.(model, below);
  return writeModel(model);
}
