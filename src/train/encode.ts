// The ONNX file of a network: what it says of itself, with its weights in whole or half precision. Half-precision
// weights are cast to float32 before they are used, so that input, logits and arithmetic stay what they are.

import type { OnnxModel } from "../onnx/types.js";
import { type AttributeSpec, type NodeSpec, writeModel } from "../onnx/write.js";
import type { TensorSpec } from "../onnx/write-tensor.js";

/** Options of `encodeModel`. */
export interface EncodeOptions {
  /** Stores weights as 16-bit floats: half the size, 11 significant bits. */
  readonly half?: boolean;
  /** The file's metadata_props. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Writes the number of classes into the shape of the output. */
  readonly classes?: number;
}

const FLOAT = 1;

/** Encodes a network as an ONNX file. */
export function encodeModel(model: OnnxModel, options: EncodeOptions = {}): Uint8Array {
  const { half = false, metadata = {}, classes } = options;
  const initializers: TensorSpec[] = [];
  const casts: NodeSpec[] = [];
  for (const [name, { type, shape, data }] of model.constants) {
    const halved = half && type === "float32";
    const stored = halved ? `${name} in half precision` : name;
    const elements = halved ? "float16" : type;
    initializers.push({ name: stored, type: elements, shape: [...shape], values: data });
    if (!halved) continue;
    casts.push({ op: "Cast", name, inputs: [stored], outputs: [name], attributes: { to: FLOAT } });
  }
  const nodes = model.nodes.map(({ op, name, inputs, outputs, attributes }) => ({
    ...{ op, name, inputs: [...inputs], outputs: [...outputs] },
    attributes: attributes as Record<string, AttributeSpec>,
  }));
  return writeModel({
    nodes: [...casts, ...nodes],
    initializers,
    inputs: model.inputs.map(({ name, type, shape }) => ({
      ...{ name, type, shape: shape.map((length) => length ?? "N") },
    })),
    outputs: model.outputs.map((name) => ({
      name,
      ...(classes !== undefined && { shape: ["N", classes] }),
    })),
    opset: model.opset,
    metadata: { ...model.metadata, ...metadata },
  });
}
