// The numbers of a preprocessing, each to be edited. What is empty is as the guess or the preset says, which stands in
// the field in gray.

import type { Preprocess, Size } from "../../src/index.js";
import { said } from "./form.js";

type Name = "scale" | "mean" | "std" | "channels" | "shortSide" | "resize";

/** The controls, by the names of the preprocessing's parts. */
export type Numbers = Readonly<Record<Name, HTMLInputElement>>;

/** What the reader has entered. */
export function numbersIn(controls: Numbers): Preprocess {
  const entered = Object.entries(controls).flatMap(([name, control]) => {
    const value = said(control);
    if (value.trim() === "") return [];
    if (control.type === "select-one") return [[name, value]];
    const list = value
      .split(/[\s,]+/)
      .filter(Boolean)
      .map(Number);
    return [[name, list.length === 1 ? list[0] : list]];
  });
  return Object.fromEntries(entered);
}

/** Shows what holds where nothing is entered. */
export function showNumbers(controls: Numbers, base: Preprocess, { height, width }: Size): void {
  const list = (value: number | readonly number[]) =>
    [value]
      .flat()
      .map((v) => Number(v.toPrecision(6)))
      .join(", ");
  const { scale = 1 / 255, mean = 0, std = 1 } = base;
  controls.scale.placeholder = list(scale);
  controls.mean.placeholder = list(mean);
  controls.std.placeholder = list(std);
  const short = base.shortSide ?? Math.round((Math.min(height, width) * 256) / 224);
  controls.shortSide.placeholder = String(short);
}
