// The bounds of the image for the z-box rule, which shares relevance out in the first layer by how far its input lies above the
// lowest possible image and below the highest. The input of that layer may be the image with its elements moved.

import { inputOf } from "../ops/attributes.js";
import { rearrangementOf } from "../ops/move/move.js";
import { ops } from "../ops/table.js";
import type { Rearrangement } from "../ops/types.js";
import type { View } from "../shaders/step.js";
import { elements, places as placesOf, vec4s } from "../tensor/layout.js";
import type { Box } from "../tensor/types.js";
import type { Buffers } from "./buffers.js";
import type { Places } from "./places.js";

/** One bound of a tensor; undefined if the tensor is more than the image with its elements moved. */
export function boundOf(
  which: "low" | "high",
  name: string,
  { places, buffers, box, method }: { places: Places; buffers: Buffers; box?: Box; method: string },
): View | undefined {
  const moves = movesOfImage(places, name);
  if (!moves) return undefined;
  if (!box) throw new Error(`the method "${method}" needs the box that images lie in`);
  const [layout, image] = [places.layout(name), places.layout(places.graph.input)];
  const values = box[which];
  const keys = moves.map(({ key }) => key).join("; ");
  const key = `${which} image of ${layout.shape} by ${layout.channel}: ${values}; ${keys}`;
  const buffer = buffers.stored(key, vec4s(layout), () => {
    const tables = moves.map(({ table }) => table());
    const inner = elements(image.shape.slice(image.channel + 1));
    const result = new Float32Array(vec4s(layout) * 4);
    placesOf(layout).forEach((place, e) => {
      const source = tables.reduce((from, table) => (table ? (table[from] as number) : from), e);
      result[place] = values[Math.floor(source / inner) % values.length] as number;
    });
    return result;
  });
  return { buffer, layout, offset: 0, stride: 0 };
}

/** The moves from the image to a tensor, the last one first; undefined if anything else happens on the way. */
function movesOfImage(places: Places, name: string): Rearrangement[] | undefined {
  const { graph, producer, layout } = places;
  if (name === graph.input) return [];
  const node = producer(name);
  const op = node && node.op !== "Pad" && !node.activation ? ops[node.op] : undefined;
  if (!node || !op?.moves) return undefined;
  const source = inputOf(node);
  const k = node.outputs.indexOf(name);
  const move = rearrangementOf(node, k, layout(source), layout(name), graph.constants, op);
  const before = movesOfImage(places, source);
  return move && before && [move, ...before];
}
