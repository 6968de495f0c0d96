// What every kernel has in common at its end: the TypeScript side of activation.wgsl (how a forward kernel
// leaves its result) and of gradient.wgsl (how a backward kernel leaves its gradient).

import { positions } from "../layout.js";
import type { BufferId, Mask, Node, Planning, Sink, View } from "../types.js";

/** Overrides and bindings that a step takes over. */
export interface Part {
  readonly overrides: Record<string, number>;
  readonly bindings: Record<string, BufferId>;
}

// WebGPU takes only finite overrides.
const finite = (value: number): number => Math.max(-3.4e38, Math.min(3.4e38, value));

/** For kernels that only write y. */
export function result(view: View): Part {
  return {
    overrides: { Y_OFFSET: view.offset, Y_STRIDE: view.stride },
    bindings: { y: view.buffer },
  };
}

/** For kernels that apply the node's activation and leave its mask, whose rows have `width` positions. */
export function activated(
  node: Node,
  plan: Planning,
  width: number,
  tile: number,
): Part & { mask: Mask | undefined } {
  const { overrides, bindings } = result(plan.value(node.outputs[0] as string));
  const mask = plan.mask(node, width, tile);
  bindings.mask = mask ? mask.buffer : plan.fixed("no mask", 4, () => new Uint32Array(1));
  if (node.activation) {
    const { low, high, slope } = node.activation;
    Object.assign(overrides, {
      ACTIVATE: 1,
      LOW_F: finite(low),
      HIGH_F: finite(high),
      SLOPE_F: slope,
    });
  }
  if (mask) Object.assign(overrides, { KEEP_MASK: 1, MASK_STRIDE: mask.stride });
  return { overrides, bindings, mask };
}

const GATES = { gradient: 1, guided: 2, deconvnet: 3 } as const;

/** For kernels that leave a gradient. */
export function gradientTo(sink: Sink, plan: Planning): Part {
  const overrides: Record<string, number> = {
    DX_OFFSET: sink.offset,
    DX_STRIDE: sink.stride,
    DX_POSITIONS: positions(sink.layout),
    ADD: sink.add ? 1 : 0,
  };
  const bindings: Record<string, BufferId> = { dx: sink.buffer };
  const { gate } = sink;
  if (gate) {
    Object.assign(overrides, { GATE: GATES[gate.rule], GATE_SLOPE_F: gate.slope });
    if (gate.mask) {
      const { width, tile, stride } = gate.mask;
      Object.assign(overrides, { GATE_WIDTH: width, GATE_TILE: tile, GATE_STRIDE: stride });
    }
  }
  bindings.gate_mask = gate?.mask
    ? gate.mask.buffer
    : plan.fixed("no mask", 4, () => new Uint32Array(1));
  return { overrides, bindings };
}

/** Where a kernel reads x, or dy in its place. */
export function source(name: "x" | "dy", view: View): Part {
  return {
    overrides: { X_OFFSET: view.offset, X_STRIDE: view.stride },
    bindings: { [name]: view.buffer },
  };
}

/** Several parts as one. */
export function join(...parts: Part[]): Part {
  return {
    overrides: Object.assign({}, ...parts.map((part) => part.overrides)),
    bindings: Object.assign({}, ...parts.map((part) => part.bindings)),
  };
}
