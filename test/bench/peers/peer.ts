// What a peer is given, and what it makes of it.

import type { OnnxModel } from "../../../src/types.js";

/** The same work for all: ready-made noisy samples, and the class whose logit is explained. */
export interface Task {
  /** The ONNX file, and what it says. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly model: OnnxModel;
  /** [n,C,H,W]. */
  readonly samples: Float32Array;
  readonly shape: readonly number[];
  readonly target: number;
}

/** Another library at the task. */
export interface Peer {
  readonly name: string;
  /** The mean gradient [C,H,W]; of a peer that has no gradients, the logits [n,classes]. */
  run(): Promise<Float32Array>;
  readonly isForwardOnly?: boolean;
  destroy(): unknown;
}
