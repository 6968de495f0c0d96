// Tensors: their shapes and elements, and how they lie in memory.
//
// A graph describes ONE sample (batch axis 1). The n noisy samples are n copies of that graph, one behind the other in
// every buffer, so no operator ever sees more than one sample.

/** Lengths of the axes of a tensor of one sample, as ONNX orders them (batch axis first, of length 1). */
export type Shape = readonly number[];

/** Element types of ONNX that the decoder reads. Floats are widened to f32, integers and booleans to f64. */
export type ElementType =
  | "float32"
  | "float16"
  | "bfloat16"
  | "float64"
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "uint8"
  | "uint16"
  | "uint32"
  | "uint64"
  | "bool";

/** A tensor whose values are known before any image is: a weight, an axis list, a folded constant. Row-major. */
export interface Constant {
  /** The type that the file gives its elements. */
  readonly type: ElementType;
  /** Lengths of its axes. */
  readonly shape: Shape;
  /** Float32Array for float types, Float64Array (holding integers; ±2^53 at most) for the others. */
  readonly data: Float32Array | Float64Array;
}

/**
 * Where the elements of one sample lie. One axis, the channel axis, is packed in fours: element (c, p) of
 * channel c and position p (row-major index over all other axes) is lane c % 4 of vec4 (c / 4 | 0) · P + p.
 * C is padded to a multiple of four; what stands in the padding lanes is finite but otherwise unspecified.
 */
export interface Layout {
  readonly shape: Shape;
  /** Index of the channel axis in `shape`; 0 for a scalar. */
  readonly channel: number;
}

/** How activations, gradients and weights are stored: as 32-bit or 16-bit floats. Sums are always single. */
export type Precision = "single" | "half";

/** What a buffer holds at first, or how it is made piece by piece, for whoever has something else to do in between. */
export type Contents = Float32Array | Uint32Array | Generator<void, Float32Array | Uint32Array>;

/** Height and width in pixels. */
export interface Size {
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
}

/** Height and width of a picture or of a part of it, in pixels. */
export type Extent = readonly [height: number, width: number];

/** The range of each channel of the network's input, for the z-box rule of LRP (Montavon et al. 2017). */
export interface Box {
  /** The lowest value of each channel, [C]. */
  readonly low: readonly number[];
  /** The highest value of each channel, [C]. */
  readonly high: readonly number[];
}

/** A tensor that is already preprocessed; the network gets it as it is. */
export interface RawTensor {
  /** The elements, row-major. */
  readonly data: Float32Array;
  /** [1,C,H,W] or [C,H,W]; for a network that reads its channels last, [1,H,W,C] and [H,W,C] as well. */
  readonly shape: readonly number[];
}
