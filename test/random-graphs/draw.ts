// A random classifier: up to twelve drawn nodes behind an input of a random shape, and a head that makes logits of the
// last tensor and of some of those that nothing else reads. The other ones are outputs that nobody asks for.

import { sizeOf } from "../reference/twin.js";
import type { Draws } from "./draws.js";
import { kinds } from "./kinds.js";
import { Sketch } from "./sketch.js";

/** A classifier of tensors. */
export interface RandomGraph {
  readonly bytes: Uint8Array;
  readonly shape: readonly number[];
  /** The output that is explained, among others. */
  readonly output: string;
  /** The tensor of the logits: the same, or what goes into its Softmax. */
  readonly logits: string;
  readonly classes: number;
  /** A line for each node. */
  readonly text: string;
}

function shapeOf({ draw }: Draws): number[] {
  const side = () => 1 + draw(9);
  const channels = draw(4) === 3 ? 1 + draw(19) : 1 + draw(4);
  switch (draw(12)) {
    case 10:
      return [1, side(), 1 + draw(19)];
    case 11:
      return [1, 1 + draw(19)];
    default:
      return [1, channels, side(), side()];
  }
}

/** The graph of a sequence of draws. */
export function drawGraph(draws: Draws): RandomGraph {
  const { draw } = draws;
  const count = 1 + draw(12);
  const shape = shapeOf(draws);
  const s = new Sketch(draws, shape);
  for (let n = 0; n < count; n++) {
    draws.mark();
    const from = s.tensors.toReversed().slice(0, 4);
    // Mostly behind the last one.
    const x = draw(3) === 2 ? s.pick(from) : (from[0] as string);
    kinds[draw(kinds.length)]?.(s, x);
  }
  draws.mark();
  const logits = addHead(s);
  const output = draw(6) === 5 ? s.node("Softmax", [logits], { axis: 1 }) : logits;
  const others = s.ends.filter((name) => name !== output && name !== s.input);
  const outputs = draw(2) === 0 ? [output, ...others] : [...others, output];
  for (const name of outputs) s.builder.output(name);
  return {
    bytes: s.builder.bytes(),
    shape,
    output,
    logits,
    classes: s.shape(logits)[1] as number,
    text: textOf(s, output),
  };
}

/** Adds what makes logits [1, K] of the ends of the drawn graph. */
function addHead(s: Sketch): string {
  const last = s.tensors.at(-1) as string;
  const pictured = s.shape(last).length === 4;
  const classes = 2 + s.draw(7);
  const parts = [last, ...s.ends.filter((name) => name !== last && s.draw(3) !== 2)];
  switch (s.draw(6)) {
    case 3:
      if (!pictured) break;
      {
        // Behind a last convolution the channels are classes.
        const of = s.shape(last)[1] as number;
        const y = s.node("Conv", [last, s.layer([classes, of, 1, 1], of)]);
        const end = s.draw(2) ? s.node("Relu", [y]) : y;
        return s.node("Flatten", [s.node("GlobalAveragePool", [end])]);
      }
    case 4: {
      const means = parts.filter((name) => s.shape(name).length === 4);
      if (means.length === 0) break;
      const pooled = means.map((name) => s.node("GlobalAveragePool", [name]));
      return denseEnd(s, pooled, classes);
    }
    case 5: {
      // The tensor itself, where it is small.
      const size = sizeOf(s.shape(last));
      if (size < 2 || size > 40 || last === s.input) break;
      return s.node("Flatten", [last]);
    }
  }
  return denseEnd(s, parts, classes);
}

function denseEnd(s: Sketch, parts: readonly string[], classes: number): string {
  const flat = parts.map((name) => (s.shape(name).length === 2 ? name : s.node("Flatten", [name])));
  const joined = flat.length > 1 ? s.node("Concat", flat, { axis: 1 }) : (flat[0] as string);
  const of = s.shape(joined)[1] as number;
  const w = s.layer([classes, of], of);
  return s.node("Gemm", [joined, w, s.weights([classes], 0.3)], { transB: 1 });
}

function textOf(s: Sketch, output: string): string {
  const lines = s.builder.model.nodes.map(({ op, inputs, outputs, attributes = {} }) => {
    const given = inputs.map((name) => (name ? `${name}[${s.shape(name)}]` : "none"));
    const made = outputs.map((name) => `${name}[${s.shape(name)}]`);
    const rest = Object.entries(attributes).map(([name, value]) => `${name} ${value}`);
    return `${made.join(", ")} = ${op}(${given.join(", ")})${rest.map((each) => `; ${each}`).join("")}`;
  });
  return [...lines, `explained: ${output}`].join("\n");
}
