// What ordinary convolutional networks do without, as one part: the uncommon operators, the compositions, the rules by
// which constants are computed, and the rewrites that only unusual files need.

import { compositions } from "../ops/composed/table.js";
import { build } from "../ops/fold/build.js";
import { elementwise } from "../ops/fold/elementwise.js";
import { addFolds } from "../ops/fold/fold.js";
import { quantized } from "../ops/fold/quantize.js";
import { reductions } from "../ops/fold/reduce.js";
import { addOperators } from "../ops/table.js";
import { uncommonOps } from "../ops/table-uncommon.js";
import { withBatch } from "./fixed-batch.js";
import { chooseOutput } from "./outputs.js";
import { recognize } from "./recognize.js";
import { addRewrites } from "./rewrites.js";
import { refuseUnsupported, rewriteNode, unrollModel } from "./uncommon-files.js";

/** Adds all of it to the tables. */
export function addUncommon(): void {
  addOperators(uncommonOps, compositions);
  addFolds({ ...build, ...elementwise, ...quantized, ...reductions });
  addRewrites({
    chooseOutput,
    unrollModel,
    recognize,
    refuse: refuseUnsupported,
    withBatch,
    rewriteNode,
  });
}
