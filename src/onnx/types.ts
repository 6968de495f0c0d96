// What a model file says, before anything is made of it.

import type { Node } from "../ops/types.js";
import type { Constant, ElementType } from "../tensor/types.js";

/** What a model file says, as it says it. */
export interface OnnxModel {
  /** Version of the default operator set. */
  readonly opset: number;
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, Constant>;
  /** Graph inputs that are not constants; an unknown or symbolic length is null. */
  readonly inputs: readonly {
    name: string;
    type: ElementType;
    shape: readonly (number | null)[];
  }[];
  readonly outputs: readonly string[];
  /** What the file says of its outputs, by name, as far as it says anything. */
  readonly declared?: ReadonlyMap<string, Declared>;
  /** Constants that could not be read, by name, each with the sentence that says why. */
  readonly unreadable?: ReadonlyMap<string, string>;
  /** metadata_props of the file. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a file says of an output. */
export interface Declared {
  /** "other" for strings, sequences, maps and whatever else is no tensor of numbers. */
  readonly type?: ElementType | "other";
  /** An unknown or symbolic length is null. */
  readonly shape?: readonly (number | null)[];
}
