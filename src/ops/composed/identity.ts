// What comes to nothing here: Cast and CastLike between floats, and Dropout outside of training.

import { inputOf, nodeError, numberOf } from "../attributes.js";
import type { Composition } from "../types.js";

/** In training Dropout is random, unless it drops nothing. */
const dropout: Composition = (node, write) => {
  const training = write.constant(2)?.data[0] ?? 0;
  const ratio = write.constant(1)?.data[0] ?? 0.5;
  if (training && ratio > 0) throw nodeError(node, "in training mode it is random");
  return undefined;
};

/** Casts between floats change nothing here. */
const cast: Composition = (node, write) => {
  const to = numberOf(node, "to", 1);
  if ([1, 10, 11, 16].includes(to)) return write.node("Identity", node.inputs);
  throw nodeError(node, "a cast of what depends on the image to integers has no gradient");
};

const castLike: Composition = (node, write) => write.node("Identity", [inputOf(node)]);

/** By operator. */
export const identities: Readonly<Record<string, Composition>> = {
  Cast: cast,
  CastLike: castLike,
  Dropout: dropout,
};
