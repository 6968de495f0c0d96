// Einsum as its equation says it: for every value of every label, the product of one element of each operand is added
// to one element of the result.

import { type Call, sizeOf, stridesOf, type Twin, tensor } from "../twin.js";
import { text } from "./attributes.js";

interface Walk {
  readonly shape: readonly number[];
  /** Visits the place in every operand, and in the result, of every product. */
  each(visit: (operands: readonly number[], y: number) => void): void;
}

function walkOf({ node, inputs }: Call): Walk {
  const equation = text(node, "equation", "").replaceAll(" ", "");
  const [left, right] = equation.split("->") as [string, string | undefined];
  const terms = left.split(",");
  const dots = Math.max(
    0,
    ...terms.map((t, k) => (t.includes("...") ? inputs[k]!.shape.length - t.length + 3 : 0)),
  );
  const letters = (term: string, count: number) => [
    ...term.replace("...", "0123456789".slice(10 - count)),
  ];
  const own = terms.map((term, k) =>
    letters(term, term.includes("...") ? inputs[k]!.shape.length - term.length + 3 : 0),
  );
  const all = [...new Set(own.flat())];
  const implied = () =>
    all.filter((l) => /\d/.test(l) || own.flat().filter((o) => o === l).length === 1).sort();
  const output = right === undefined ? implied() : letters(right, dots);
  const length = (label: string) => {
    const k = own.findIndex((labels) => labels.includes(label));
    return inputs[k]!.shape[own[k]!.indexOf(label)]!;
  };
  const lengths = all.map(length);
  const shape = output.map(length);
  // How far each label moves in a tensor; a label that stands twice moves along both axes.
  const moves = (labels: readonly string[], strides: readonly number[]) =>
    all.map((label) =>
      labels.reduce((sum, l, axis) => sum + (l === label ? strides[axis]! : 0), 0),
    );
  const steps = own.map((labels, k) => moves(labels, stridesOf(inputs[k]!.shape)));
  const stepsOut = moves(output, stridesOf(shape));
  return {
    shape,
    each(visit) {
      const strides = stridesOf(lengths);
      for (let e = 0; e < sizeOf(lengths); e++) {
        const index = lengths.map((n, i) => Math.floor(e / strides[i]!) % n);
        const place = (step: readonly number[]) => index.reduce((s, v, i) => s + v * step[i]!, 0);
        visit(steps.map(place), place(stepsOut));
      }
    },
  };
}

export const Einsum: Twin = {
  forward(call) {
    const { shape, each } = walkOf(call);
    const y = tensor(shape);
    each((places, o) => {
      y.data[o]! += places.reduce((product, p, k) => product * call.inputs[k]!.data[p]!, 1);
    });
    return [y];
  },
  backward(call, [dy]) {
    const dx = call.inputs.map((x) => new Float64Array(x!.data.length));
    walkOf(call).each((places, o) => {
      places.forEach((place, k) => {
        const others = places.reduce(
          (product, p, j) => (j === k ? product : product * call.inputs[j]!.data[p]!),
          1,
        );
        dx[k]![place]! += dy![o]! * others;
      });
    });
    return dx;
  },
};
