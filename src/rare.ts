// What ordinary convolutional networks do without, as one part: the rarer operators, the compositions, and the rules by
// which constants are computed.

import { build } from "./fold/build.js";
import { elementwise } from "./fold/elementwise.js";
import { quantized } from "./fold/quantize.js";
import { reductions } from "./fold/reduce.js";
import { addFolds } from "./fold.js";
import { compositions } from "./ops/compositions.js";
import { addOperators } from "./ops/index.js";
import { rareOps } from "./ops/rare.js";

/** Adds all of it to the tables. */
export function addRare(): void {
  addOperators(rareOps, compositions);
  addFolds({ ...build, ...elementwise, ...quantized, ...reductions });
}
