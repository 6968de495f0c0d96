// The epilogue that kernels share: the TypeScript side of activation.wgsl (how a forward kernel writes its result) and of
// gradient.wgsl (how a backward kernel writes its gradient), and how the arguments of a launch are put together.

import type { BufferId, Step, View } from "../shaders/step.js";
import { positions } from "../tensor/layout.js";
import { outputOf } from "./attributes.js";
import type { Mask, Node, Planning, Sink } from "./types.js";

/**
 * Some of a kernel's arguments: fields of its uniform structs, and buffers for its bindings. A field with a name in capitals
 * becomes a constant of the shader (`compiled`).
 */
export interface Arguments {
  readonly uniforms: Record<string, Record<string, number>>;
  readonly bindings: Record<string, BufferId>;
}

// WGSL need not keep infinities.
const finite = (value: number): number => Math.max(-3.4e38, Math.min(3.4e38, value));

/** For kernels that only write y. */
export function result(view: View): Arguments {
  return {
    uniforms: { out: { offset: view.offset, stride: view.stride } },
    bindings: { y: view.buffer },
  };
}

/** As in activation.wgsl. */
const IDENTITY = 0;
const PIECEWISE = 1;
const RECTIFIER = 2;

/**
 * For kernels that apply the node's activation and leave its mask, whose rows have `width` positions. Without
 * activation and mask, and elsewhere, where `bare` is given.
 */
export function activated(
  node: Node,
  plan: Planning,
  width: number,
  bare?: View,
): Arguments & { mask: Mask | undefined } {
  if (bare) {
    const none = plan.fixed("no mask", 4, () => new Uint32Array(1));
    return { ...join(result(bare), { uniforms: {}, bindings: { mask: none } }), mask: undefined };
  }
  const { uniforms, bindings } = result(plan.value(outputOf(node)));
  const mask = plan.mask(node, width);
  bindings.mask = mask ? mask.buffer : plan.fixed("no mask", 4, () => new Uint32Array(1));
  const { low, high, slope } = node.activation ?? { low: 0, high: 0, slope: 0 };
  const isRectifier = low === 0 && high === Number.POSITIVE_INFINITY && slope === 0;
  Object.assign(uniforms.out as object, {
    ACTIVATE: node.activation ? (isRectifier ? RECTIFIER : PIECEWISE) : IDENTITY,
    low: finite(low),
    high: finite(high),
    slope,
    KEEP_MASK: mask ? 1 : 0,
    mask_offset: mask?.offset ?? 0,
    mask_stride: mask?.stride ?? 0,
  });
  return { uniforms, bindings, mask };
}

const GATES = { gradient: 1, guided: 2, deconvnet: 3, mean: 4 } as const;

/** For kernels that leave a gradient. */
export function gradientTo(sink: Sink, plan: Planning): Arguments {
  const { gate } = sink;
  const row = positions(sink.layout);
  const { width = row, offset = 0, stride = 0 } = gate?.mask ?? {};
  const back = {
    ADD: sink.add ? 1 : 0,
    GATE: gate ? GATES[gate.rule] : 0,
    ROWS: width === row ? 0 : 1,
    offset: sink.offset,
    stride: sink.stride,
    positions: row,
    slope: gate?.slope ?? 0,
    mask_width: width,
    mask_offset: offset,
    mask_stride: stride,
  };
  const none = () => plan.fixed("no mask", 4, () => new Uint32Array(1));
  const gate_mask = gate?.counts ?? gate?.mask?.buffer ?? none();
  return { uniforms: { back }, bindings: { dx: sink.buffer, gate_mask } };
}

/** The step with what is to be compiled in among its constants, not its uniforms. */
export function compiled(step: Step): Step {
  const constants: Record<string, number> = { ...step.constants };
  const uniforms: Record<string, Record<string, number>> = {};
  for (const [struct, fields] of Object.entries(step.uniforms)) {
    const left: Record<string, number> = {};
    for (const [name, value] of Object.entries(fields)) {
      if (name === name.toUpperCase()) constants[name] = value;
      else left[name] = value;
    }
    uniforms[struct] = left;
  }
  return { ...step, constants, uniforms };
}

/** Where a kernel reads x, or dy in its place. */
export function source(name: "x" | "dy", view: View): Arguments {
  return {
    uniforms: { layer: { x_offset: view.offset, x_stride: view.stride } },
    bindings: { [name]: view.buffer },
  };
}

/** What differs from layer to layer: fields of the kernel's own uniform struct. */
export function layer(fields: Record<string, number>): Arguments {
  return { uniforms: { layer: fields }, bindings: {} };
}

/** The arguments of several together. */
export function join(...args: Arguments[]): Arguments {
  const uniforms: Arguments["uniforms"] = {};
  for (const { uniforms: own } of args) {
    for (const [name, fields] of Object.entries(own)) {
      uniforms[name] = { ...uniforms[name], ...fields };
    }
  }
  return { uniforms, bindings: Object.assign({}, ...args.map(({ bindings }) => bindings)) };
}
