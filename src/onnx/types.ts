// What a model file says, before anything is made of it.

import type { Node } from "../ops/types.js";
import type { Constant, ElementType } from "../tensor/types.js";

/** What a model file says, as it says it. */
export interface OnnxModel {
  /** Version of the default operator set. */
  readonly opset: number;
  /** The operations, in topological order. */
  readonly nodes: readonly Node[];
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
