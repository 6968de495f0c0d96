// What a peer is given, and what it makes of it.

/** The same work for all: ready-made noisy samples, and the class whose logit is explained. */
export interface Task {
  /** The ONNX file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** [C,H,W]. */
  readonly image: Float32Array<ArrayBuffer>;
  /** Standard deviation of the noise in units of the image's range. */
  readonly noise: number;
  /** The image with noise, [n,C,H,W], and that shape. */
  readonly samples: Float32Array<ArrayBuffer>;
  readonly shape: readonly number[];
  readonly target: number;
}

/** A library at the task. */
export interface Peer {
  readonly name: string;
  /** The mean gradient [C,H,W]; of a peer that has no gradients, the logits [n,classes]. */
  run(): Promise<Float32Array>;
  readonly isForwardOnly?: boolean;
}
