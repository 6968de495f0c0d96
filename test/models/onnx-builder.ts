// Builds networks for tests, node by node, with weights that depend on nothing but their name and
// the seed:
//
//   const g = new OnnxBuilder({ opset: 17 });
//   const x = g.input("x", ["N", 3, 32, 32]);
//   const y = g.node("Conv", [x, g.weight("w", [8, 3, 3, 3])], { pads: [1, 1, 1, 1] });
//   g.output(g.node("Relu", [y]));
//   const bytes = g.bytes();

import {
  type AttributeSpec,
  type FunctionSpec,
  type ModelSpec,
  writeModel,
} from "../../src/onnx/write.js";
import type { Encoding, TensorSpec } from "../../src/onnx/write-tensor.js";
import type { ElementType } from "../../src/tensor/types.js";
import { randn } from "../support/randn.js";

export interface BuilderOptions {
  opset?: number;
  seed?: number;
  /** Element type of `weight`s: "float32" (as if not given) or "float16". */
  weights?: ElementType;
  /** How all tensors stand in the file: "raw" if not given. */
  encoding?: Encoding;
  metadata?: Record<string, string>;
  /** Versions of further operator sets by domain. */
  domains?: Record<string, number>;
}

export interface WeightOptions {
  mean?: number;
  /** Standard deviation; √(2 / fanIn) if not given (He et al. 2015), 0.1 for a vector. */
  std?: number;
  /**
   * Inputs of each output; the product of all axes but the first if not given, as Conv and Gemm
   * have it.
   */
  fanIn?: number;
  type?: ElementType;
}

export interface NodeOptions {
  /** `Conv_3` if not given, where 3 nodes stand before. */
  name?: string;
  /** Name of the only output; the name of the node if not given. */
  output?: string;
  domain?: string;
}

/** A network under construction; every method gives the name of the tensor that it adds. */
export class OnnxBuilder {
  /** What `bytes()` writes, open to tests that want to break something. */
  readonly model: Required<ModelSpec> & { initializers: TensorSpec[] };
  readonly #seed: number;
  readonly #weights: ElementType;
  readonly #encoding: Encoding;

  constructor(options: BuilderOptions = {}) {
    const { opset = 17, seed = 1, weights = "float32", encoding = "raw" } = options;
    const { metadata = {}, domains = {} } = options;
    const lists = { nodes: [], initializers: [], inputs: [], outputs: [], functions: [] };
    this.model = { ...lists, opset, domains, metadata };
    this.#seed = seed;
    this.#weights = weights;
    this.#encoding = encoding;
  }

  /** A graph input; a string in the shape is a symbolic length ("N"). */
  input(name: string, shape: (number | string)[], type: ElementType = "float32"): string {
    this.model.inputs.push({ name, type, shape });
    return name;
  }

  /** A normally distributed initializer. */
  weight(name: string, shape: number[], options: WeightOptions = {}): string {
    const { mean = 0, fanIn = shape.slice(1).reduce((a, b) => a * b, 1), type } = options;
    const { std = shape.length > 1 ? Math.sqrt(2 / fanIn) : 0.1 } = options;
    const count = shape.reduce((a, b) => a * b, 1);
    const values = randn(count, this.#seed + hash(name)).map((z) => mean + std * z);
    return this.constant(name, values, shape, type ?? this.#weights);
  }

  /** An initializer with these values: a scalar for a number, a vector unless a shape is given. */
  constant(
    name: string,
    values: number | ArrayLike<number | bigint>,
    shape: number[] = typeof values === "number" ? [] : [values.length],
    type: ElementType = "float32",
  ): string {
    const list = typeof values === "number" ? [values] : values;
    const encoding = this.#encoding;
    this.model.initializers.push({ name, type, shape, values: list, encoding });
    return name;
  }

  /** An initializer of 64-bit integers: axes, a shape, the ends of a Slice. */
  int64(name: string, values: number | ArrayLike<number | bigint>, shape?: number[]): string {
    return this.constant(name, values, shape, "int64");
  }

  /** A node with one output; an absent optional input is "". */
  node(
    op: string,
    inputs: string[],
    attributes: Record<string, AttributeSpec> = {},
    { name = `${op}_${this.model.nodes.length}`, output = name, domain }: NodeOptions = {},
  ): string {
    this.model.nodes.push({ op, inputs, outputs: [output], name, domain, attributes });
    return output;
  }

  /** A node with several outputs, for example of Split: how many, or their names. */
  nodes(
    op: string,
    inputs: string[],
    attributes: Record<string, AttributeSpec>,
    outputs: number | string[],
    { name = `${op}_${this.model.nodes.length}`, domain }: Omit<NodeOptions, "output"> = {},
  ): string[] {
    const names =
      typeof outputs === "number"
        ? Array.from({ length: outputs }, (_, i) => `${name}:${i}`)
        : outputs;
    this.model.nodes.push({ op, inputs, outputs: names, name, domain, attributes });
    return names;
  }

  /** Defines an operator by others; nodes call it by its name and domain. */
  function(body: FunctionSpec): void {
    this.model.functions.push(body);
    this.model.domains[body.domain] ??= 1;
  }

  /** Makes a tensor an output of the graph. */
  output(name: string, shape?: (number | string)[], type: ElementType = "float32"): string {
    this.model.outputs.push({ name, type, shape });
    return name;
  }

  /** The ONNX file. */
  bytes(): Uint8Array {
    return writeModel(this.model);
  }
}

// FNV-1a, so that a weight keeps its values when others come and go.
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (const letter of text)
    state = Math.imul(state ^ (letter.codePointAt(0) as number), 0x01000193);
  return state >>> 0;
}
