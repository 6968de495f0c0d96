// Reductions along axes, and the normalization along axes that LayerNormalization, InstanceNormalization and
// GroupNormalization are made of, by reduce.wgsl. Reductions keep their axes here, with length 1: what drops them
// is a Squeeze (composed/reduce.ts).

import { channels, packVector, positions, quads, strides } from "../tensor/layout.js";
import type { Constant, Layout } from "../tensor/types.js";
import {
  axisOf,
  constantInput,
  inputOf,
  integers,
  nodeError,
  numberOf,
  outputOf,
} from "./attributes.js";
import { type Arguments, gradientTo, join, layer, result, source } from "./epilogue.js";
import type { Node, Op, Planning } from "./types.js";

const OPERATIONS = { ReduceSum: 0, ReduceMean: 1, ReduceMax: 2, ReduceMin: 3 } as const;

/** Axes that a node reduces, in order; all of them where it names none. */
export function reducedAxes(
  node: Node,
  rank: number,
  constants: ReadonlyMap<string, Constant>,
): number[] {
  const given = integers(node, "axes", 1, constants) ?? [];
  const all = Array.from({ length: rank }, (_, axis) => axis);
  if (given.length === 0) return numberOf(node, "noop_with_empty_axes", 0) ? [] : all;
  const axes = given.map((axis) => axisOf(node, axis, rank));
  return all.filter((axis) => axes.includes(axis));
}

/** Places of all combinations of indices along some axes, in vec4s within a channel quad. */
function placesAlong({ shape, channel }: Layout, axes: readonly number[]): Uint32Array {
  const step = strides({ shape, channel });
  let places = [0];
  for (const axis of axes) {
    if (axis === channel) continue;
    const along = Array.from({ length: shape[axis] as number }, (_, i) => (i * step[axis]!) / 4);
    places = places.flatMap((place) => along.map((more) => place + more));
  }
  return Uint32Array.from(places);
}

/** What both kinds of kernel know of the groups: the fields of the struct and the two lists. */
function grouping(_node: Node, plan: Planning, x: Layout, axes: readonly number[]) {
  const others = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const [kept, reduced] = [placesAlong(x, others), placesAlong(x, axes)];
  const across = axes.includes(x.channel);
  const list = (name: string, places: Uint32Array) =>
    plan.fixed(`${name} of [${x.shape}] by ${x.channel}, ${axes}`, places.byteLength, () => places);
  const args: Arguments = {
    uniforms: {
      layer: {
        channels: channels(x),
        positions: positions(x),
        kept: kept.length,
        reduced: reduced.length,
        across: across ? 1 : 0,
      },
    },
    bindings: { kept: list("kept", kept), reduced: list("reduced", reduced) },
  };
  const workgroups: [number, number, number] = [
    Math.ceil(kept.length / 64),
    across ? 1 : quads(x),
    1,
  ];
  return { args, workgroups, groups: kept.length * workgroups[1] };
}

const Reduce: Op = {
  infer(node, [x], constants) {
    if (!x) throw nodeError(node, "its input is constant: it should have been folded");
    const axes = reducedAxes(node, x.shape.length, constants);
    const shape = x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
    return [{ shape, channel: x.channel }];
  },
  forward(node, plan) {
    const x = plan.value(inputOf(node));
    const axes = reducedAxes(node, x.layout.shape.length, plan.graph.constants);
    const { args, workgroups, groups } = grouping(node, plan, x.layout, axes);
    const OPERATION = OPERATIONS[node.op as keyof typeof OPERATIONS];
    const y = plan.value(outputOf(node));
    const keep = layer({ keep: plan.backward ? 1 : 0 });
    const { uniforms, bindings } = join(source("x", x), result(y), args, keep);
    if (OPERATION >= 2) bindings.winner = plan.saved(node, "winners", groups * 16);
    plan.step({
      label: node.name,
      shader: "reduce",
      entry: "forward",
      constants: { OPERATION },
      uniforms,
      bindings: { ...bindings, ...(OPERATION < 2 && { winner: noWinner(plan) }) },
      workgroups,
      samples: 1,
    });
  },
  rules: {
    gradient(node, plan) {
      const sink = plan.sink(node, 0);
      if (!sink) return;
      const axes = reducedAxes(node, sink.layout.shape.length, plan.graph.constants);
      const { args, workgroups, groups } = grouping(node, plan, sink.layout, axes);
      const OPERATION = OPERATIONS[node.op as keyof typeof OPERATIONS];
      const dy = plan.gradient(outputOf(node));
      const from = layer({ dy_offset: dy.offset, dy_stride: dy.stride });
      const { uniforms, bindings } = join(gradientTo(sink, plan), args, from);
      const winners = OPERATION >= 2 && { winners: plan.saved(node, "winners", groups * 16) };
      plan.step({
        label: `${node.name} back`,
        shader: "reduce",
        entry: winners ? "backward_best" : "backward",
        constants: { OPERATION },
        uniforms,
        bindings: { ...bindings, dy: dy.buffer, ...winners },
        workgroups,
        samples: 1,
      });
    },
  },
};

const noWinner = (plan: Planning): number => plan.fixed("no winner", 16, () => new Uint32Array(4));

export const ReduceSum: Op = Reduce;
export const ReduceMean: Op = Reduce;
export const ReduceMax: Op = Reduce;
export const ReduceMin: Op = Reduce;

/** γ and β, one number for each channel; 1 and 0 where there are none. */
function vectors(node: Node, plan: Planning, count: number): Record<"scale" | "shift", number> {
  const vector = (k: number, otherwise: number) => {
    const name = node.inputs[k];
    const data = () =>
      packVector(plan.constant(name ?? "")?.data ?? new Float32Array(count).fill(otherwise));
    const key = name ? `${name} as a vector` : `${count} times ${otherwise}`;
    return plan[name ? "weights" : "stored"](key, Math.ceil(count / 4), data);
  };
  return { scale: vector(1, 1), shift: vector(2, 0) };
}

const normalizedAxes = (node: Node): number[] => [...(node.attributes.axes as number[])];

/**
 * Made by composed/normalizations.ts, not by ONNX: mean 0 and variance 1 along `axes`, or, not `centered`, a mean square of 1;
 * then a scale and a shift for each channel, whose axis is `channel`.
 */
export const Standardize: Op = {
  channel: (node, k) =>
    k === 0 && "channel" in node.attributes ? numberOf(node, "channel", 1) : undefined,
  infer(node, [x], constants) {
    if (!x) throw nodeError(node, "its input is constant: not supported");
    for (const k of [1, 2]) {
      const vector = constantInput(node, k, constants, "its scale and bias");
      if (vector && vector.data.length !== channels(x)) {
        throw nodeError(
          node,
          `[${vector.shape}] does not fit the ${channels(x)} channels of its input`,
        );
      }
    }
    return [x];
  },
  forward(node, plan) {
    const x = plan.value(inputOf(node));
    const { args, workgroups, groups } = grouping(node, plan, x.layout, normalizedAxes(node));
    const fields = layer({
      keep: plan.backward ? 1 : 0,
      epsilon: numberOf(node, "epsilon", 1e-5),
      centered: numberOf(node, "centered", 1),
    });
    const y = plan.value(outputOf(node));
    const { uniforms, bindings } = join(source("x", x), result(y), args, fields);
    plan.step({
      label: node.name,
      shader: "reduce",
      entry: "standard_forward",
      constants: { OPERATION: 0 },
      uniforms,
      bindings: {
        ...bindings,
        ...vectors(node, plan, channels(x.layout)),
        moment: plan.saved(node, "moments", groups * 32),
      },
      workgroups,
      samples: 1,
    });
  },
  rules: {
    gradient: (node, plan) => standardizeBack(node, plan, false),
    fixed: (node, plan) => standardizeBack(node, plan, true),
  },
};

/** The gradient; where the deviation counts as a constant, not through that. */
function standardizeBack(node: Node, plan: Planning, isFixed: boolean): void {
  const sink = plan.sink(node, 0);
  if (!sink) return;
  const x = plan.value(inputOf(node));
  const { args, workgroups, groups } = grouping(node, plan, x.layout, normalizedAxes(node));
  const dy = plan.gradient(outputOf(node));
  const fields = layer({
    dy_offset: dy.offset,
    dy_stride: dy.stride,
    centered: numberOf(node, "centered", 1),
    fixed: isFixed ? 1 : 0,
  });
  const { uniforms, bindings } = join(source("x", x), gradientTo(sink, plan), args, fields);
  const { scale } = vectors(node, plan, channels(x.layout));
  plan.step({
    label: `${node.name} back`,
    shader: "reduce",
    entry: "standard_backward",
    constants: { OPERATION: 0 },
    uniforms,
    bindings: {
      ...bindings,
      dy: dy.buffer,
      scale,
      moments: plan.saved(node, "moments", groups * 32),
    },
    workgroups,
    samples: 1,
  });
}
