// Shifted windows as exporters write them (Liu et al. 2021), around a dense layer where the attention would be.

import { OnnxBuilder } from "./onnx-builder.js";

const SIDE = 6;
const WINDOW = 3;
const CHANNELS = 5;

const ints = (g: OnnxBuilder, values: number[]) =>
  g.int64(`integers ${g.model.initializers.length}`, values);

const reshape = (g: OnnxBuilder, x: string, shape: number[]) =>
  g.node("Reshape", [x, ints(g, shape)]);

/** Takes an axis apart after `shift` places and joins the two parts the other way round. */
function roll(g: OnnxBuilder, x: string, axis: number, shift: number): string {
  const part = (from: number, to: number) =>
    g.node("Slice", [x, ints(g, [from]), ints(g, [to]), ints(g, [axis])]);
  return g.node("Concat", [part(shift, SIDE), part(0, shift)], { axis });
}

/** x + back(dense(windows(x))), where the windows are cut of x rolled by `shift`. */
function block(g: OnnxBuilder, x: string, shift: number, weights: string): string {
  const count = SIDE / WINDOW;
  const transpose = (from: string) => g.node("Transpose", [from], { perm: [0, 1, 3, 2, 4, 5] });
  const rolled = roll(g, roll(g, x, 1, shift), 2, shift);
  const cut = reshape(g, rolled, [-1, count, WINDOW, count, WINDOW, CHANNELS]);
  const windows = reshape(g, transpose(cut), [-1, WINDOW ** 2, CHANNELS]);
  const mixed = g.node("Sigmoid", [g.node("MatMul", [windows, weights])]);
  const apart = reshape(g, mixed, [-1, count, count, WINDOW, WINDOW, CHANNELS]);
  const whole = reshape(g, transpose(apart), [-1, SIDE, SIDE, CHANNELS]);
  const back = roll(g, roll(g, whole, 1, SIDE - shift), 2, SIDE - shift);
  return g.node("Add", [x, back]);
}

/** Some blocks between an image of 5×6×6 and logits of 3 classes; each has weights of its own. */
export function shiftedWindows(blocks: number): OnnxBuilder {
  const g = new OnnxBuilder({ opset: 13 });
  const image = g.input("x", ["N", CHANNELS, SIDE, SIDE]);
  let x = g.node("Transpose", [image], { perm: [0, 2, 3, 1] });
  for (let k = 0; k < blocks; k++) x = block(g, x, 1, g.weight(`w${k}`, [CHANNELS, CHANNELS]));
  const flat = g.node("Flatten", [x]);
  g.output(g.node("Gemm", [flat, g.weight("classes", [SIDE ** 2 * CHANNELS, 3])]), ["N", 3]);
  return g;
}
