// Residual connections: what a layer of weights adds to its result before the activation. The graph has them as nodes
// of their own, Add; graph/join-residuals.ts makes them a fourth input of their layers, and here is what kernels do with it.

import { outputOf } from "./attributes.js";
import type { Arguments } from "./epilogue.js";
import { gateInPlace, passTo } from "./relu.js";
import type { Node, Planning, Sink } from "./types.js";

/** The operators that are layers of weights, and can add a residual. */
export const LINEAR: readonly string[] = ["Conv", "Gemm", "MatMul"];

/** The input of theirs that is added, behind the bias. */
export const RESIDUAL = 3;

/** True if a node's k-th input is what a layer adds. */
export function isResidual({ op }: Node, k: number): boolean {
  return k === RESIDUAL && LINEAR.includes(op);
}

/** For forward kernels of layers: reads the node's residual; none where the result is left `bare`, elsewhere. */
export function residual(node: Node, plan: Planning, bare?: unknown): Arguments {
  const name = bare ? undefined : node.inputs[RESIDUAL];
  if (!name) {
    const none = plan.fixed("no residual", 16, () => new Float32Array(4));
    return { uniforms: { out: { RESIDUAL: 0 } }, bindings: { residual: none } };
  }
  const [from, to] = [plan.value(name), plan.value(outputOf(node))];
  const way = {
    RESIDUAL: 1,
    residual_offset: from.offset - to.offset,
    residual_stride: from.stride - to.stride,
  };
  return { uniforms: { out: way }, bindings: { residual: from.buffer } };
}

/** Passes the gradient of a layer's result on to its residual, once nobody reads it any more. */
export function residualBack(node: Node, plan: Planning): void {
  const sink: Sink | undefined = node.inputs[RESIDUAL] ? plan.sink(node, RESIDUAL) : undefined;
  if (!sink) return;
  if (!sink.inPlace) passTo(node, plan, sink);
  else if (sink.gate) gateInPlace(`${node.name} gate`, plan, sink);
}
