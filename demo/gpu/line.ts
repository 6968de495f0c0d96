// The worker's half of figure 2: the gradient of one pixel on the way from the image to a noisy copy. Few places come
// first: they show the curve's course long before all of them are computed.

import { gradientLine } from "../../src/index.js";
import type { Line } from "../messages.js";
import type { Drawing } from "./drawing.js";

const PLACES = [20, 200];

/** Computes the curves and reports them. */
export async function drawLine(
  { serial, image, modelOf, signal, report }: Drawing,
  { x, y, pass }: Line,
): Promise<void> {
  const model = await modelOf(undefined);
  const { target, preprocess, seed, noise = 0.15, noiseScale = "range" } = pass.options;
  const pixel = [Math.floor(x * model.input.width), Math.floor(y * model.input.height)] as const;
  const whole = PLACES.reduce((sum, points) => sum + points, 0);
  let before = 0;
  for (const points of PLACES) {
    report({ kind: "figuring", serial, part: before / whole, panel: undefined });
    const { t, gradients, largest } = await gradientLine(model, image, {
      pixel,
      points,
      noise: noiseScale === "range" ? noise : 0.15,
      signal,
      ...(target !== undefined && { target }),
      ...(preprocess && { preprocess }),
      ...(seed !== undefined && { seed }),
    });
    if (signal.aborted) return;
    const curves = gradients.map((curve) => curve.map((g, i) => g / (largest[i] || 1)));
    report({ kind: "line", serial, t, curves });
    before += points;
  }
  report({ kind: "figure done", serial });
}
