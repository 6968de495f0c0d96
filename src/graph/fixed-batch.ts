// A file whose batch is fixed (64, say) for one sample at a time: where the samples stand in every tensor, and which
// numbers of the file hold their count.
//
// How to think of it: as exported, every tensor that depends on the image is 64 blocks of equal size, one for each
// sample, side by side along one axis; in the graph it is one block. Nodes are visited in order; sample-axis.ts knows what
// each does to that axis.

import type { OnnxModel } from "../onnx/types.js";
import type { Node } from "../ops/types.js";
import type { Layout } from "../tensor/types.js";

/** What is known of the samples while the graph is being made. */
export interface FixedBatch {
  /** Samples in the file. */
  readonly size: number;
  /** The axis of each tensor along which the samples stand. */
  readonly axes: Map<string, number>;
  /** Constants that come from the shape of a tensor, and so have the lengths of one sample already. */
  readonly lengths: Set<string>;
}

/**
 * Does the work on the nodes of a fixed batch, with `forOneSample`; the input is the file's. Throws, with the way to
 * another file, where the work does, and where the samples do not stand one after the other in the output.
 */
export function withBatch(
  input: OnnxModel["inputs"][number],
  output: string,
  batch: FixedBatch,
  layouts: ReadonlyMap<string, Layout>,
  work: () => Node[],
): Node[] {
  try {
    const nodes = work();
    checkSamples(output, batch, layouts);
    return nodes;
  } catch (error) {
    throw new Error(
      `the input "${input.name}" has a fixed batch of ${batch.size}, which cannot be made 1: ` +
        `${(error as Error).message}; ${exportAnew(input.name, input.shape)}`,
      { cause: error },
    );
  }
}

/** Throws where the samples of a fixed batch do not stand one after the other in the output. */
function checkSamples(
  output: string,
  { axes }: FixedBatch,
  layouts: ReadonlyMap<string, Layout>,
): void {
  const axis = axes.get(output) ?? 0;
  const isFirst = layouts.get(output)?.shape.every((n, k) => k >= axis || n === 1) ?? true;
  if (!isFirst) throw new Error(`the output "${output}" has the samples on axis ${axis}`);
}

/** How to make a file without a fixed batch; the shape is that of the input in the file. */
function exportAnew(input: string, shape: readonly (number | null)[]): string {
  const one = [1, ...shape.slice(1).map((n) => n ?? 224)].join(", ");
  const torch = `torch.onnx.export(model, torch.zeros(${one}), "model.onnx", input_names=["${input}"]`;
  return (
    `export the model with an open batch axis: ${torch}, dynamic_axes={"${input}": {0: "batch"}}), or with ` +
    `dynamo=True and dynamic_shapes=({0: torch.export.Dim("batch")},); or, if no node needs the fixed one, open it ` +
    `in the file: m = onnx.load("model.onnx"); ` +
    `m.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "batch"; onnx.save(m, "open.onnx")`
  );
}
