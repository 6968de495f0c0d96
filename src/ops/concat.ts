// Concat. Where the parts lie one behind the other in memory anyway (channels, each a multiple of four) their
// producers write straight into the result and nothing is left to do; the plan decides that. What remains is
// copied element by element by gather.wgsl.

import type { BufferId, View } from "../shaders/step.js";
import { channels, multiples, places, positions, rowMajor, sums, vec4s } from "../tensor/layout.js";
import type { Layout, Shape } from "../tensor/types.js";
import { axisOf, inputOf, nodeError, numberOf, outputOf } from "./attributes.js";
import { gradientTo, join, layer, result, source } from "./epilogue.js";
import { gateInPlace } from "./relu.js";
import type { Node, Op, Planning } from "./types.js";

const NOTHING = 0xffffffff;

/** The axis along which a Concat joins. */
export function concatAxis(node: Node, rank: number): number {
  return axisOf(node, numberOf(node, "axis", 1), rank);
}

/**
 * Quads before each part if all parts are whole quads of the channel axis (the last may end anywhere), so that
 * each part can live inside the result; undefined otherwise.
 */
export function slots(
  node: Node,
  parts: readonly (Layout | undefined)[],
  y: Layout,
): number[] | undefined {
  if (concatAxis(node, y.shape.length) !== y.channel) return undefined;
  const offsets: number[] = [];
  let before = 0;
  for (const part of parts) {
    if (!part || part.channel !== y.channel || before % 4 !== 0) return undefined;
    offsets.push(before / 4);
    before += part.shape[part.channel] as number;
  }
  return offsets;
}

/** A buffer with, for every float of part k, its float in the result. */
function partTable(node: Node, plan: Planning, k: number, part: Layout, y: Layout): BufferId {
  const axis = concatAxis(node, y.shape.length);
  const start = startOf(node, plan, k, y);
  const key = `[${part.shape}] from ${start} on in [${y.shape}] by ${y.channel}, axis ${axis}`;
  return plan.fixed(key, vec4s(part) * 16, () => {
    const table = new Uint32Array(vec4s(part) * 4).fill(NOTHING);
    const place = placesIn(part, axis, start, y);
    places(part).forEach((float, e) => {
      table[float] = place[e] as number;
    });
    return table;
  });
}

/** For every element of a part that begins at `start` of an axis, its float in the result. */
function placesIn(part: Layout, axis: number, start: number, y: Layout): Int32Array {
  const all = places(y);
  const step = rowMajor(y.shape);
  const first = start * (step[axis] as number);
  return sums(part.shape, (a) => multiples(part.shape[a] as number, step[a] as number)).map(
    (e) => all[first + e] as number,
  );
}

/** Where the k-th part is; a constant one is uploaded once, for all samples. */
function partOf(node: Node, plan: Planning, k: number, y: Layout): View {
  const name = inputOf(node, k);
  const constant = plan.constant(name);
  if (!constant) return plan.value(name);
  const layout = { shape: constant.shape, channel: y.channel };
  const buffer = plan.weights(`${name} by ${y.channel}`, vec4s(layout), () => {
    const packed = new Float32Array(vec4s(layout) * 4);
    places(layout).forEach((place, e) => {
      packed[place] = constant.data[e] as number;
    });
    return packed;
  });
  return { buffer, layout, offset: 0, stride: 0 };
}

/** Puts the k-th part into the result vec4 by vec4: halves share words, which only one invocation may write. */
function mergePart(node: Node, plan: Planning, k: number, x: View, y: View): void {
  const size = vec4s(y.layout);
  const start = startOf(node, plan, k, y.layout);
  const axis = concatAxis(node, y.layout.shape.length);
  const key = `[${y.layout.shape}] by ${y.layout.channel} from [${x.layout.shape}] at ${start}, axis ${axis}`;
  const table = plan.fixed(key, size * 16, () => {
    const from = new Uint32Array(size * 4).fill(NOTHING);
    const place = placesIn(x.layout, axis, start, y.layout);
    places(x.layout).forEach((float, e) => {
      from[place[e] as number] = float;
    });
    return from;
  });
  const { uniforms, bindings } = join(source("x", x), result(y), layer({ vec4s: size }));
  plan.step({
    label: `${node.name} part ${k}`,
    shader: "gather",
    entry: "merge",
    uniforms,
    bindings: { ...bindings, table },
    workgroups: [Math.ceil(size / 64), 1, 1],
    samples: 1,
  });
}

/**
 * Makes the padding lanes finite before the parts are copied. They are in the last quad of channels, which no part is
 * written into in place: the last part alone could be, and it is copied.
 */
function clearPadding(node: Node, plan: Planning, y: View): void {
  const size = positions(y.layout);
  const last = result({ ...y, offset: y.offset + vec4s(y.layout) - size });
  plan.step({
    label: `${node.name} padding`,
    shader: "gather",
    entry: "clear",
    uniforms: join(last, layer({ vec4s: size })).uniforms,
    bindings: last.bindings,
    workgroups: [Math.ceil(size / 64), 1, 1],
    samples: 1,
  });
}

/** The first index of a part along the axis. */
function startOf(node: Node, plan: Planning, k: number, y: Layout): number {
  const axis = concatAxis(node, y.shape.length);
  return node.inputs
    .slice(0, k)
    .reduce((start, name) => start + (shapeOf(plan, name)[axis] as number), 0);
}

function shapeOf(plan: Planning, name: string): Shape {
  const shape = plan.graph.layouts.get(name)?.shape ?? plan.constant(name)?.shape;
  if (!shape) throw new Error(`there is no tensor "${name}"`);
  return shape;
}

export const Concat: Op = {
  activations: Number.POSITIVE_INFINITY,
  channel(_node, k, inputs) {
    const first = inputs.find((input) => input !== undefined);
    return inputs[k] ? first?.channel : undefined;
  },
  infer(node, inputs, constants) {
    const shapes = node.inputs.map((name, k) => inputs[k]?.shape ?? constants.get(name)?.shape);
    const [first] = shapes;
    const main = inputs.find((input) => input !== undefined);
    if (!first || !main) throw nodeError(node, "it has no input");
    const axis = concatAxis(node, first.length);
    const shape = [...first];
    for (const next of shapes.slice(1)) {
      if (next?.length !== first.length || next.some((n, i) => i !== axis && n !== first[i])) {
        throw nodeError(node, `its inputs [${shapes.join("], [")}] do not fit along axis ${axis}`);
      }
      shape[axis] = (shape[axis] as number) + (next[axis] as number);
    }
    return [{ shape, channel: main.channel }];
  },
  forward(node, plan) {
    const y = plan.value(outputOf(node));
    const copied = node.inputs.map((_, k) => k).filter((k) => !plan.isInPlace(node, k));
    if (copied.includes(node.inputs.length - 1) && channels(y.layout) % 4 !== 0) {
      clearPadding(node, plan, y);
    }
    for (const k of copied) {
      const x = partOf(node, plan, k, y.layout);
      if (plan.precision === "half") {
        mergePart(node, plan, k, x, y);
        continue;
      }
      const size = vec4s(x.layout);
      const { uniforms, bindings } = join(source("x", x), result(y));
      plan.step({
        label: `${node.name} part ${k}`,
        shader: "gather",
        entry: "scatter",
        uniforms: join({ uniforms, bindings }, layer({ vec4s: size })).uniforms,
        bindings: {
          x: bindings.x as number,
          parts: bindings.y as number,
          table: partTable(node, plan, k, x.layout, y.layout),
        },
        workgroups: [Math.ceil((size * 4) / 64), 1, 1],
        samples: 1,
      });
    }
  },
  rules: {
    gradient(node, plan) {
      const dy = plan.gradient(outputOf(node));
      node.inputs.forEach((name, k) => {
        if (plan.constant(name)) return;
        const sink = plan.sink(node, k);
        if (!sink) return;
        if (sink.inPlace) {
          if (sink.gate) gateInPlace(`${node.name} gate ${k}`, plan, sink);
          return;
        }
        const { uniforms, bindings } = join(source("dy", dy), gradientTo(sink, plan));
        const size = vec4s(sink.layout);
        plan.step({
          label: `${node.name} back to ${k}`,
          shader: "gather",
          entry: "backward_one",
          uniforms: join({ uniforms, bindings }, layer({ vec4s: size })).uniforms,
          bindings: {
            x: bindings.dy as number,
            dx: bindings.dx as number,
            gate_mask: bindings.gate_mask as number,
            table: partTable(node, plan, k, sink.layout, dy.layout),
          },
          workgroups: [Math.ceil(size / 64), 1, 1],
          samples: 1,
        });
      });
    },
  },
};
