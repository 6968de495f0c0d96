// Class activation maps: max(0, Σ_k w_k A_k) with w the mean of the gradient over the plane (Grad-CAM) or the
// gradient itself, place by place (HiResCAM), or what of it is positive (LayerCAM), and bilinear interpolation between pixel centers.

import type { OnnxModel } from "../../src/onnx/types.js";
import { backward, type Tensor } from "./index.js";

/** The map of a tensor of the model, of its size: [h, w]. */
export function cam(
  model: OnnxModel,
  values: ReadonlyMap<string, Tensor>,
  layer: string,
  seed: Float64Array,
  method: string,
): Tensor {
  const { shape, data } = values.get(layer)!;
  const [, channels = 1, height = 1, width = 1] = shape;
  const size = height * width;
  const rest = { ...model, inputs: [{ name: layer, type: "float32", shape } as const] };
  const g = backward(rest, values, seed);
  const heat = new Float64Array(size);
  for (let k = 0; k < channels; k++) {
    const plane = g.slice(k * size, k * size + size);
    const mean = plane.reduce((a, b) => a + b, 0) / size;
    for (let p = 0; p < size; p++)
      heat[p]! += weightOf(method, plane[p]!, mean) * data[k * size + p]!;
  }
  return { shape: [height, width], data: heat.map((v) => Math.max(v, 0)) };
}

function weightOf(method: string, gradient: number, mean: number): number {
  if (method === "hirescam") return gradient;
  return method === "layercam" ? Math.max(gradient, 0) : mean;
}

/** A plane brought to another size, as PyTorch's interpolate does with align_corners false. */
export function enlarged({ shape, data }: Tensor, height: number, width: number): Float64Array {
  const [h, w] = shape as [number, number];
  const along = (i: number, from: number, to: number) => {
    const place = Math.max(((i + 0.5) * from) / to - 0.5, 0);
    const low = Math.floor(place);
    return { low, high: Math.min(low + 1, from - 1), part: place - low };
  };
  return Float64Array.from({ length: height * width }, (_, p) => {
    const y = along(Math.floor(p / width), h, height);
    const x = along(p % width, w, width);
    const row = (r: number) => data[r * w + x.low]! * (1 - x.part) + data[r * w + x.high]! * x.part;
    return row(y.low) * (1 - y.part) + row(y.high) * y.part;
  });
}
