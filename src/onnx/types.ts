// What a model file says, before anything is made of it.

import type { Constant, ElementType } from "../tensor/types.js";

/** The value of a node's attribute. */
export type Attribute = number | string | number[] | string[] | Constant | Subgraph;

/**
 * The body of an If or a Loop. All names in it are its own in the whole file, but those of tensors outside that it
 * reads; these stand behind the node's inputs, too.
 */
export interface Subgraph {
  /** Names of the body's inputs. */
  readonly inputs: readonly string[];
  /** The operations, in topological order. */
  readonly nodes: readonly OnnxNode[];
  /** Constants of the body by name. */
  readonly constants: ReadonlyMap<string, Constant>;
  /** Names of the body's outputs. */
  readonly outputs: readonly string[];
}

/** One operation of a file. An absent optional input is the empty string. */
export interface OnnxNode {
  /** The node's name, for messages. */
  readonly name: string;
  /** ONNX operator type, such as "Conv". */
  readonly op: string;
  /** Names of the tensors that it reads. */
  readonly inputs: readonly string[];
  /** Names of the tensors that it makes. */
  readonly outputs: readonly string[];
  /** ONNX's, and "detached" where the graph wants no gradient to go through the node. */
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** What a model file says, as it says it. */
export interface OnnxModel {
  /** Version of the default operator set. */
  readonly opset: number;
  /** The operations, in topological order. */
  readonly nodes: readonly OnnxNode[];
  /** Weights and other constants by name. */
  readonly constants: ReadonlyMap<string, Constant>;
  /** Graph inputs that are not constants; an unknown or symbolic length is null. */
  readonly inputs: readonly {
    /** The tensor's name. */
    name: string;
    /** Type of its elements. */
    type: ElementType;
    /** Lengths of its axes. */
    shape: readonly (number | null)[];
  }[];
  /** Names of the outputs. */
  readonly outputs: readonly string[];
  /** @internal What the file says of its outputs, by name, as far as it says anything. */
  readonly declared?: ReadonlyMap<string, Declared>;
  /** @internal Constants that could not be read, by name, each with the sentence that says why. */
  readonly unreadable?: ReadonlyMap<string, string>;
  /** The file's metadata_props. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a file says of an output. */
export interface Declared {
  /** "other" for strings, sequences, maps and whatever else is no tensor of numbers. */
  readonly type?: ElementType | "other";
  /** An unknown or symbolic length is null. */
  readonly shape?: readonly (number | null)[];
}
