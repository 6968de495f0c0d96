// Softmax and LogSoftmax of before opset 13, which ran over several axes as one.

import { elements } from "../../tensor/layout.js";
import { axisOf, inputOf, numberOf } from "../attributes.js";
import type { Composition } from "../types.js";

/** Before opset 13 a Softmax ran over all axes from `axis` on as one. */
export const oldSoftmax: Composition = (node, write) => {
  if (numberOf(node, "opset", 13) >= 13) return undefined;
  const shape = write.shape(0);
  const axis = axisOf(node, numberOf(node, "axis", 1), shape.length);
  if (shape.slice(axis).filter((n) => n > 1).length < 2) return undefined;
  const rows = [elements(shape.slice(0, axis)), elements(shape.slice(axis))];
  const flat = write.node("Reshape", [inputOf(node), write.integers(rows)]);
  const y = write.node(node.op, [flat], { axis: 1 });
  return write.node("Reshape", [y, write.integers([...shape])]);
};
