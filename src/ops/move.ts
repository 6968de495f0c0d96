// Operators that only move elements: Reshape and its kin, Transpose, Slice, Pad, Split, Expand. Each says
// which element of its input every element of its output is; gather.wgsl does the rest. Where nothing has to
// move in memory (most Reshapes, many Transposes) the plan sees it from the same answer and makes no step.

import { elements, places, positions, vec4s } from "../layout.js";
import type { Constant, Layout, Node, Op, Planning, Shape } from "../types.js";
import {
  axisOf,
  constantInput,
  integers,
  nodeError,
  numberOf,
  numbersOf,
  stringOf,
} from "./attributes.js";
import { mapped } from "./broadcast.js";
import { gradientTo, join, layer, result, source } from "./epilogue.js";

const NOTHING = 0xffffffff;

export type Constants = ReadonlyMap<string, Constant>;

const inOrder = (output: Layout): Int32Array =>
  Int32Array.from({ length: elements(output.shape) }, (_, e) => e);

/** True if an output that takes its elements so lies in memory just as the input does. */
export function staysInPlace(from: Int32Array, input: Layout, output: Layout): boolean {
  if (vec4s(input) !== vec4s(output) || positions(input) !== positions(output)) return false;
  const there = places(input);
  const here = places(output);
  if (there.length !== here.length) return false;
  return from.every((e, o) => e >= 0 && there[e] === here[o]);
}

/** The layout of a reshaped tensor: the one that leaves everything in place, if there is one. */
function reshaped(node: Node, input: Layout, shape: Shape): Layout {
  if (elements(shape) !== elements(input.shape)) {
    throw nodeError(node, `[${input.shape}] cannot be reshaped to [${shape}]`);
  }
  const from = inOrder({ shape, channel: 0 });
  for (let channel = 0; channel < shape.length; channel++) {
    if (staysInPlace(from, input, { shape, channel })) return { shape, channel };
  }
  return { shape, channel: usualChannel(shape) };
}

/** Where the channels of a tensor of this shape most likely are. */
export function usualChannel(shape: Shape): number {
  return shape.length === 4 ? 1 : Math.max(0, shape.length - 1);
}

/** The table that gather.wgsl reads: for every float of `to`, the float of `from`, or NOTHING. */
function gatherTable(source: Int32Array, from: Layout, to: Layout): Uint32Array {
  const table = new Uint32Array(vec4s(to) * 4).fill(NOTHING);
  const there = places(from);
  places(to).forEach((place, o) => {
    const e = source[o] as number;
    if (e >= 0) table[place] = there[e] as number;
  });
  return table;
}

/** The transposed table: for every float of the input, the floats of the output that it went to. */
function scatterLists(source: Int32Array, input: Layout, output: Layout) {
  const size = vec4s(input) * 4;
  const [there, here] = [places(input), places(output)];
  const starts = new Uint32Array(size + 1);
  for (const e of source) if (e >= 0) (starts[(there[e] as number) + 1] as number)++;
  for (let i = 0; i < size; i++) (starts[i + 1] as number) += starts[i] as number;
  const next = starts.slice();
  const table = new Uint32Array(Math.max(1, starts[size] as number));
  source.forEach((e, o) => {
    if (e < 0) return;
    const at = there[e] as number;
    table[next[at] as number] = here[o] as number;
    next[at] = (next[at] as number) + 1;
  });
  return { starts, table };
}

/** What stands where an output takes no element of the input. */
export function fillOf(node: Node, constants: Constants): number {
  if (node.op !== "Pad") return 0;
  const value = constantInput(node, 2, constants, "its fill value");
  return value?.data[0] ?? numberOf(node, "value", 0);
}

/** An operator that only moves elements, from the layouts and the moves of its outputs. */
export function move(
  infer: (node: Node, x: Layout, constants: Constants) => Layout[],
  moves: (node: Node, x: Layout, y: Layout, constants: Constants, k: number) => Int32Array,
): Op {
  return {
    infer(node, [x], constants) {
      if (!x) throw nodeError(node, "its input is constant: it should have been folded");
      return infer(node, x, constants);
    },
    moves: (node, k, x, y, constants) => moves(node, x, y, constants, k),
    forward(node, plan) {
      const x = plan.value(node.inputs[0] as string);
      node.outputs.forEach((name, k) => {
        const y = plan.value(name);
        const from = () => moves(node, x.layout, y.layout, plan.graph.constants, k);
        const size = vec4s(y.layout);
        const parts = join(source("x", x), result(y));
        plan.step({
          label: node.name,
          shader: "gather",
          entry: "forward",
          uniforms: join(parts, layer({ vec4s: size, fill: fillOf(node, plan.graph.constants) }))
            .uniforms,
          bindings: {
            ...parts.bindings,
            table: plan.fixed(`${node.name} ${k} table`, size * 16, () =>
              gatherTable(from(), x.layout, y.layout),
            ),
          },
          workgroups: [Math.ceil(size / 64), 1, 1],
          samples: 1,
        });
      });
    },
    rules: {
      gradient(node, plan) {
        for (let k = 0; k < node.outputs.length; k++) back(node, plan, k, moves);
      },
    },
  };
}

function back(node: Node, plan: Planning, k: number, moves: Parameters<typeof move>[1]): void {
  const output = node.outputs[k] as string;
  if (!plan.hasGradient(output)) return;
  const sink = plan.sink(node, 0);
  if (!sink) return;
  const dy = plan.gradient(output);
  const from = moves(node, sink.layout, dy.layout, plan.graph.constants, k);
  const { starts, table } = scatterLists(from, sink.layout, dy.layout);
  const size = vec4s(sink.layout);
  const single = starts.every((start, i) => i === 0 || start - (starts[i - 1] as number) <= 1);
  const key = `${node.name} ${k} back`;
  const parts = join(source("dy", dy), gradientTo(sink, plan));
  const { dy: x, ...bindings } = parts.bindings;
  const one = () => {
    const direct = new Uint32Array(size * 4).fill(NOTHING);
    for (let i = 0; i < size * 4; i++) {
      if ((starts[i] as number) < (starts[i + 1] as number))
        direct[i] = table[starts[i] as number] as number;
    }
    return direct;
  };
  plan.step({
    label: `${node.name} back`,
    shader: "gather",
    entry: single ? "backward_one" : "backward_list",
    uniforms: join(parts, layer({ vec4s: size })).uniforms,
    bindings: {
      ...bindings,
      x: x as number,
      ...(single
        ? { table: plan.fixed(key, size * 16, one) }
        : {
            table: plan.fixed(key, table.byteLength, () => table),
            starts: plan.fixed(`${key} starts`, starts.byteLength, () => starts),
          }),
    },
    workgroups: [Math.ceil(size / 64), 1, 1],
    samples: 1,
  });
}

function reshapeTarget(node: Node, x: Layout, constants: Constants): number[] {
  const asked = integers(node, "shape", 1, constants);
  if (!asked) throw nodeError(node, "it says no shape");
  const zeroStays = !numberOf(node, "allowzero", 0);
  const shape = asked.map((n, axis) => (n === 0 && zeroStays ? (x.shape[axis] ?? 0) : n));
  const open = shape.indexOf(-1);
  if (open >= 0) {
    const rest = shape.reduce((product, n, axis) => (axis === open ? product : product * n), 1);
    shape[open] = elements(x.shape) / rest;
  }
  return shape;
}

export const Reshape: Op = move(
  (node, x, constants) => [reshaped(node, x, reshapeTarget(node, x, constants))],
  (_node, _x, y) => inOrder(y),
);

export const Flatten: Op = move(
  (node, x) => {
    const rank = x.shape.length;
    const axis = numberOf(node, "axis", 1);
    const at = axis < 0 ? axis + rank : axis;
    return [reshaped(node, x, [elements(x.shape.slice(0, at)), elements(x.shape.slice(at))])];
  },
  (_node, _x, y) => inOrder(y),
);

export const Squeeze: Op = move(
  (node, x, constants) => {
    const axes = integers(node, "axes", 1, constants)?.map((a) => axisOf(node, a, x.shape.length));
    const shape = x.shape.filter((n, axis) => (axes ? !axes.includes(axis) : n !== 1));
    return [reshaped(node, x, shape)];
  },
  (_node, _x, y) => inOrder(y),
);

export const Unsqueeze: Op = move(
  (node, x, constants) => {
    const asked = integers(node, "axes", 1, constants) ?? [];
    const rank = x.shape.length + asked.length;
    const axes = asked.map((a) => axisOf(node, a, rank));
    const rest = [...x.shape];
    const shape = Array.from({ length: rank }, (_, axis) =>
      axes.includes(axis) ? 1 : (rest.shift() as number),
    );
    return [reshaped(node, x, shape)];
  },
  (_node, _x, y) => inOrder(y),
);

/** Identity, and Dropout, which does nothing once the network is trained. */
export const Identity: Op = move(
  (_node, x) => [x],
  (_node, _x, y) => inOrder(y),
);

/** Made by the graph, not by ONNX: the same tensor with its channels on another axis. */
export const Relayout: Op = move(
  (node, x) => [{ shape: x.shape, channel: numberOf(node, "channel", 0) }],
  (_node, _x, y) => inOrder(y),
);

function permutation(node: Node, x: Layout): readonly number[] {
  return numbersOf(node, "perm", x.shape.map((_, axis) => axis).reverse());
}

export const Transpose: Op = move(
  (node, x) => {
    const perm = permutation(node, x);
    if (
      [...perm].sort((a, b) => a - b).some((axis, i) => axis !== i) ||
      perm.length !== x.shape.length
    ) {
      throw nodeError(node, `its perm [${perm}] is no permutation of the axes of [${x.shape}]`);
    }
    return [
      { shape: perm.map((axis) => x.shape[axis] as number), channel: perm.indexOf(x.channel) },
    ];
  },
  (node, x, y) => {
    const perm = permutation(node, x);
    const from = new Array<number>(perm.length).fill(0);
    return mapped(y.shape, x.shape, (i) => {
      perm.forEach((axis, k) => {
        from[axis] = i[k] as number;
      });
      return from;
    });
  },
);

/** First index, step and length along every axis. */
function sliceRanges(node: Node, x: Layout, constants: Constants) {
  const rank = x.shape.length;
  const starts = integers(node, "starts", 1, constants) ?? [];
  const ends = integers(node, "ends", 2, constants) ?? [];
  const axes = (integers(node, "axes", 3, constants) ?? starts.map((_, k) => k)).map((a) =>
    axisOf(node, a, rank),
  );
  const steps = integers(node, "steps", 4, constants) ?? starts.map(() => 1);
  const ranges = x.shape.map((n) => ({ start: 0, step: 1, length: n }));
  axes.forEach((axis, k) => {
    const n = x.shape[axis] as number;
    const step = steps[k] as number;
    if (step === 0) throw nodeError(node, "a step of 0 goes nowhere");
    const fromEnd = (v: number) => (v < 0 ? v + n : v);
    const [low, high] = step > 0 ? [0, n] : [-1, n - 1];
    const clamp = (v: number, least: number) => Math.max(least, Math.min(high, fromEnd(v)));
    const start = clamp(starts[k] as number, 0);
    const end = clamp(ends[k] as number, low);
    ranges[axis] = { start, step, length: Math.max(0, Math.ceil((end - start) / step)) };
  });
  return ranges;
}

export const Slice: Op = move(
  (node, x, constants) => {
    const shape = sliceRanges(node, x, constants).map((range) => range.length);
    return [{ shape, channel: x.channel }];
  },
  (node, x, y, constants) => {
    const ranges = sliceRanges(node, x, constants);
    return mapped(y.shape, x.shape, (i) =>
      ranges.map((r, axis) => r.start + (i[axis] as number) * r.step),
    );
  },
);

/** Elements added before and after, for every axis. */
function padAmounts(
  node: Node,
  x: Layout,
  constants: Constants,
): { before: number[]; after: number[] } {
  const rank = x.shape.length;
  const pads = integers(node, "pads", 1, constants) ?? [];
  const axes =
    integers(node, "axes", 3, constants)?.map((a) => axisOf(node, a, rank)) ??
    x.shape.map((_, a) => a);
  if (pads.length !== 2 * axes.length) {
    throw nodeError(node, `its pads [${pads}] should be ${2 * axes.length} numbers`);
  }
  const before = new Array<number>(rank).fill(0);
  const after = new Array<number>(rank).fill(0);
  axes.forEach((axis, k) => {
    before[axis] = pads[k] as number;
    after[axis] = pads[k + axes.length] as number;
  });
  return { before, after };
}

// The index within 0 … n − 1 that a padding mode takes for index i; −1 for the fill.
function padded(mode: string, i: number, n: number): number {
  if (i >= 0 && i < n) return i;
  if (mode === "edge") return i < 0 ? 0 : n - 1;
  if (mode === "wrap") return ((i % n) + n) % n;
  if (mode !== "reflect") return -1;
  const period = Math.max(1, 2 * (n - 1));
  const j = ((i % period) + period) % period;
  return j < n ? j : period - j;
}

export const Pad: Op = move(
  (node, x, constants) => {
    const mode = stringOf(node, "mode", "constant");
    if (!["constant", "edge", "reflect", "wrap"].includes(mode)) {
      throw nodeError(node, `its mode is "${mode}"; known are constant, edge, reflect, wrap`);
    }
    const { before, after } = padAmounts(node, x, constants);
    const shape = x.shape.map((n, axis) => n + (before[axis] as number) + (after[axis] as number));
    if (shape.some((n) => n < 0)) throw nodeError(node, `nothing is left of [${x.shape}]`);
    return [{ shape, channel: x.channel }];
  },
  (node, x, y, constants) => {
    const mode = stringOf(node, "mode", "constant");
    const { before } = padAmounts(node, x, constants);
    return mapped(y.shape, x.shape, (i) => {
      const from = i.map((v, axis) =>
        padded(mode, v - (before[axis] as number), x.shape[axis] as number),
      );
      return from.includes(-1) ? null : from;
    });
  },
);
