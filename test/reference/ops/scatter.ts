// Operators that put elements at places, keep those of some places, or add them up on the way.

import {
  type Call,
  positionsOf,
  positiveAxis,
  sizeOf,
  stridesOf,
  type Twin,
  tensor,
} from "../twin.js";
import { number, text } from "./attributes.js";
import { moving } from "./move.js";

const flat = (position: readonly number[], strides: readonly number[]) =>
  position.reduce((sum, index, axis) => sum + index * strides[axis]!, 0);

/** A twin from the places that updates go to, in the order of the updates. */
function scattering(placesOf: (call: Call) => readonly number[]): Twin {
  const how = ({ node }: Call) => text(node, "reduction", "none");
  return {
    forward(call) {
      const [x, , updates] = call.inputs;
      const data = x.data.slice();
      placesOf(call).forEach((place, u) => {
        const [a, b] = [data[place]!, updates!.data[u]!];
        const values: Record<string, number> = { none: b, add: a + b, mul: a * b };
        data[place] = values[how(call)]!;
      });
      return [tensor(x.shape, data)];
    },
    // Of updates to one place the last one stays.
    backward(call, [dy]) {
      const [x, , updates] = call.inputs;
      const dx = dy!.slice();
      const du = new Float64Array(updates!.data.length);
      const places = placesOf(call);
      places.forEach((place, u) => {
        if (how(call) === "none") dx[place] = 0;
        if (how(call) === "mul") dx[place]! *= updates!.data[u]!;
        if (how(call) === "none" && places.lastIndexOf(place) > u) return;
        du[u] = dy![place]! * (how(call) === "mul" ? x.data[place]! : 1);
      });
      return [dx, undefined, du];
    },
  };
}

/** The last axis of the indices is the position of a slice. */
export const ScatterND = scattering(({ inputs: [x, indices] }) => {
  const depth = indices!.shape.at(-1)!;
  const strides = stridesOf(x.shape);
  const size = sizeOf(x.shape.slice(depth));
  return Array.from({ length: indices!.data.length / depth }, (_, u) =>
    flat(
      Array.from({ length: depth }, (_, k) =>
        positiveAxis(indices!.data[u * depth + k]!, x.shape[k]!),
      ),
      strides,
    ),
  ).flatMap((start) => Array.from({ length: size }, (_, i) => start + i));
});

/** An index takes the place of one axis of its own position. */
export const ScatterElements = scattering(({ node, inputs: [x, indices] }) => {
  const axis = positiveAxis(number(node, "axis", 0), x.shape.length);
  return positionsOf(indices!.shape).map((position, e) =>
    flat(position.with(axis, positiveAxis(indices!.data[e]!, x.shape[axis]!)), stridesOf(x.shape)),
  );
});

export const Scatter = ScatterElements;

/** The slices, or the elements of all, at which the condition holds. */
export const Compress = moving(({ node, inputs: [x, condition] }) => {
  const kept = [...condition!.data.keys()].filter((i) => condition!.data[i] !== 0);
  const axis = node.attributes.axis as number | undefined;
  if (axis === undefined) return { shape: [kept.length], from: kept };
  const along = positiveAxis(axis, x.shape.length);
  const shape = x.shape.with(along, kept.length);
  const from = positionsOf(shape).map((p) =>
    flat(p.with(along, kept[p[along]!]!), stridesOf(x.shape)),
  );
  return { shape, from };
});

/** The sum of all elements up to each, or before it, or from the end. */
export const CumSum: Twin = {
  forward(call) {
    const [x] = call.inputs;
    const y = tensor(x.shape);
    visit(call, (o, i) => (y.data[o]! += x.data[i]!));
    return [y];
  },
  backward(call, [dy]) {
    const dx = new Float64Array(dy!.length);
    visit(call, (o, i) => (dx[i]! += dy![o]!));
    return [dx];
  },
};

function visit({ node, inputs: [x, axis] }: Call, each: (o: number, i: number) => void): void {
  const along = positiveAxis(axis!.data[0]!, x.shape.length);
  const [exclusive, reverse] = [number(node, "exclusive", 0), number(node, "reverse", 0)];
  const strides = stridesOf(x.shape);
  for (const position of positionsOf(x.shape)) {
    for (let k = 0; k < x.shape[along]!; k++) {
      const ahead = reverse ? k - position[along]! : position[along]! - k;
      if (ahead >= (exclusive ? 1 : 0)) {
        each(flat(position, strides), flat(position.with(along, k), strides));
      }
    }
  }
}
