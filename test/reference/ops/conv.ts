// Conv, of any number of spatial axes: y[o] = b + Σ w[k] · x[i] over input channels and taps.

import { type Call, sizeOf, type Twin, tensor } from "../twin.js";
import { number } from "./attributes.js";
import { type Triple, windowsOf } from "./window.js";

// Visits, for every sample and every pair of channels that share a group, the places in x, w and y of a triple.
function visit(
  { node, inputs: [x, w] }: Call,
  triples: readonly Triple[],
  outputs: number,
  each: (y: number, w: number, x: number) => void,
): void {
  const [samples, channels] = x.shape as [number, number];
  const [maps, channelsOfGroup] = w!.shape as [number, number];
  const mapsOfGroup = maps / number(node, "group", 1);
  const inputs = sizeOf(x.shape.slice(2));
  const taps = sizeOf(w!.shape.slice(2));
  for (let n = 0; n < samples; n++) {
    for (let m = 0; m < maps; m++) {
      for (let g = 0; g < channelsOfGroup; g++) {
        const c = Math.floor(m / mapsOfGroup) * channelsOfGroup + g;
        for (const { o, k, i } of triples) {
          each(
            (n * maps + m) * outputs + o,
            (m * channelsOfGroup + g) * taps + k,
            (n * channels + c) * inputs + i,
          );
        }
      }
    }
  }
}

function place({ node, inputs: [x, w] }: Call) {
  const { shape, triples } = windowsOf(node, x.shape.slice(2), w!.shape.slice(2));
  return { shape, triples, outputs: sizeOf(shape) };
}

/** Convolution. */
export const Conv: Twin = {
  forward(call) {
    const [x, w, b] = call.inputs;
    const { shape, triples, outputs } = place(call);
    const maps = w!.shape[0]!;
    const y = tensor([x.shape[0]!, maps, ...shape]);
    visit(call, triples, outputs, (j, k, i) => (y.data[j]! += w!.data[k]! * x.data[i]!));
    if (!b) return [y];
    return [
      tensor(
        y.shape,
        y.data.map((sum, j) => sum + b.data[Math.floor(j / outputs) % maps]!),
      ),
    ];
  },
  backward(call, [dy]) {
    const [x, w, b] = call.inputs;
    const { triples, outputs } = place(call);
    const dx = new Float64Array(x.data.length);
    const dw = new Float64Array(w!.data.length);
    visit(call, triples, outputs, (j, k, i) => {
      dx[i]! += w!.data[k]! * dy![j]!;
      dw[k]! += x.data[i]! * dy![j]!;
    });
    const maps = w!.shape[0]!;
    const db = b && new Float64Array(maps);
    dy!.forEach((g, j) => {
      if (db) db[Math.floor(j / outputs) % maps]! += g;
    });
    return [dx, dw, db];
  },
};
