// The plot of figure 2: the gradient of one pixel, channel by channel, along the way to a noisy copy.

import type { Words } from "../words/en.js";
import { percent } from "../words/numbers.js";

// In rem, so that there is room for the words at every size of text.
const HEIGHT = 16.25;
const LEFT = 4;
const RIGHT = 0.5;
const BOTTOM = 1.5;

/** Pixels of a rem. */
export const textSize = () =>
  Number.parseFloat(getComputedStyle(document.documentElement).fontSize);

/** Draws the curves into a box, as wide as that is; they are parts of the largest gradient, so from −1 to 1. */
export function drawPlot(
  box: HTMLElement,
  t: Float32Array,
  curves: readonly Float32Array[],
  { panel }: Words,
): void {
  const highest = Math.max(...curves.map((curve) => Math.max(...curve.map(Math.abs))), 1e-9);
  const rem = textSize();
  const [height, left, right, bottom] = [HEIGHT * rem, LEFT * rem, RIGHT * rem, BOTTOM * rem];
  const width = Math.max(box.clientWidth, 2 * left);
  const x = (v: number) => left + v * (width - left - right);
  const y = (v: number) => ((1 - v / highest) / 2) * (height - bottom - rem) + rem / 2;
  const svg = create("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
  const isColor = curves.length === 3;
  const names = isColor ? ["red", "green", "blue"] : ["gray"];
  svg.setAttribute("aria-label", panel.part);
  for (const v of [-highest, 0, highest]) {
    svg.append(create("path", { class: "rule", d: `M${x(0)} ${y(v)}H${x(1)}` }));
    const sign = v < 0 ? "−" : "";
    svg.append(label(x(0) - rem / 2, y(v) + rem / 4, sign + percent(Math.abs(v)), "end"));
  }
  svg.append(
    label(x(0), height - rem / 4, "x", "middle"),
    label(x(1), height - rem / 4, "x + ε", "end"),
  );
  curves.forEach((curve, i) => {
    const points = Array.from(curve, (v, k) => `${x(t[k]!).toFixed(1)} ${y(v).toFixed(1)}`);
    svg.append(create("path", { class: `curve ${names[i]}`, d: `M${points.join("L")}` }));
  });
  const legend = document.createElement("p");
  legend.className = "legend";
  legend.append(
    ...curves.map((_, i) => {
      const name = document.createElement("span");
      name.className = names[i]!;
      name.textContent = isColor ? panel.channels[i]! : panel.gray;
      return name;
    }),
    panel.part,
  );
  box.replaceChildren(svg, legend);
}

function create(name: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function label(x: number, y: number, text: string, anchor: string): SVGElement {
  const element = create("text", { x: String(x), y: String(y), "text-anchor": anchor });
  element.textContent = text;
  return element;
}
