// What is measured: a library that takes steps of Adam on one batch.

/** The same beginning for all: mnist-small's weights by name, and a batch of images. */
export interface Lesson {
  /** As the ONNX file has them: [O,C,H,W], [outputs, inputs], vectors. */
  readonly weights: ReadonlyMap<string, { data: Float32Array; shape: readonly number[] }>;
  /** Bytes [n,1,28,28] and classes. */
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
  readonly rate: number;
}

/** A library at the lesson. */
export interface Learner {
  readonly name: string;
  /** Takes a step and gives the loss before it. */
  step(): Promise<number>;
}
