// From a graph to a plan: every step of a map and the buffers it needs, as plain data.
//
// How to think of it: a prologue for each image; then, for each batch of its noisy samples, the forward pass node by node,
// the backward pass in reverse, and the moments that take in what comes out. This file has the order; planner.ts is what
// operators write their steps down in, backward.ts one way back through the network.

import { joinResiduals } from "../graph/join-residuals.js";
import { type Method, methodOf } from "../methods/methods.js";
import type { Ports } from "../methods/procedure.js";
import { MAX_POINTS } from "../methods/quadrature.js";
import { ruleOf } from "../methods/rules.js";
import { LINEAR } from "../ops/residual.js";
import type { Graph } from "../ops/types.js";
import type { BufferId, Step, View } from "../shaders/step.js";
import { positions, quads, vec4s } from "../tensor/layout.js";
import type { Layout, Precision } from "../tensor/types.js";
import { mapPlanning } from "./map-planning.js";
import { inMemory, type Steps } from "./memory.js";
import { makePlanner, type Planner, RUN_BYTES } from "./planner.js";
import { accumulateStep, classStep, rangeStep, spreadStep } from "./steps/around.js";
import type { Plan, PlanOptions } from "./types.js";

/**
 * Moments kept of every element: mean, M2, M3, M4, mean of |a|, M2 of the means of dependent samples (antithetic pairs, shared
 * weights), and the scale by which the sums of powers are divided (moments.wgsl).
 */
export const MOMENTS = 7;

/** Makes the plan of a graph. Throws where an operator lacks a rule that the method needs, or the output is no list of classes. */
export function makePlan(graph: Graph, options: PlanOptions = {}): Plan {
  const { baselines = 1, explains = "classes" } = options;
  const method = options.method === undefined ? undefined : methodOf(options.method);
  if (method && explains === "classes") refuseMaps(graph);
  const { graph: own, kept = "" } = method?.procedure.prepare?.(graph, options) ?? { graph };
  const planner = makePlanner(joinsSums(method) ? joinResiduals(own, kept) : own, options);
  const { planning, places } = planner;
  const ports = makePorts(planner, baselines);
  const input = places.layout(graph.input);
  const logits = planning.value(graph.output);
  const prologue = [rangeStep(ports, input), spreadStep(ports, input)];

  let gradient: View | undefined;
  const network: Step[] = [];
  const backward = planner.written((steps) => {
    const forward = () => {
      for (const node of places.stepping) planner.forward(node);
      // The steps so far, noise and network, are the forward pass; what is written from here on is the backward pass.
      network.push(...steps.splice(0));
    };
    const asked = mapPlanning(planner, { ports, logits, kept, forward, method });
    if (method) {
      gradient = method.procedure.write(asked);
      planning.step(accumulateStep(ports, input, gradient.buffer, method.procedure.hasPath));
    } else {
      asked.noise();
      forward();
    }
  });
  // The first step is the noise, which the baseline has none of.
  const ofBaseline = method?.procedure.compares ? baselineSteps(planner, network.slice(1)) : [];
  // With noise on the weights the baseline is seen by the same weights as the samples.
  const forward = [...planner.perturbing.values(), ...network, ...planner.tallies];
  if (options.noisyWeights) forward.splice(planner.perturbing.size, 0, ...ofBaseline);
  else prologue.push(...ofBaseline);
  const read = [places.graph.output, graph.output].map((name) => planning.value(name).buffer);
  const steps = { prologue, classify: [classStep(ports.target, logits)], forward, backward };
  const { precision } = planning;
  return {
    ...inPrecision(steps, precision),
    ...inMemory(planner.buffers.list, steps, new Set(read), options.several),
    ...{ precision, ports, carried: planner.carried, gradient, logits, input },
  };
}

/** Refuses an output with several values for each channel, as of a network that segments: which one would be explained? */
function refuseMaps({ output, layouts }: Graph): void {
  const layout = layouts.get(output) as Layout;
  if (positions(layout) === 1) return;
  throw new Error(
    `the output "${output}" has shape [${layout.shape}], with several values for each class: ` +
      "pool it to [1, classes] before the export, or ask for another output",
  );
}

/** True if a method treats layers and sums as the gradient does: then a layer and the Add behind it may become one node. */
function joinsSums(method: Method | undefined): boolean {
  const rules = method && ["Add", ...LINEAR].map((op) => ruleOf(method.rules, op));
  return rules?.every((rule) => rule === "gradient" || rule === "linear") ?? true;
}

/** The fixed buffers that the outside writes and reads. */
function makePorts({ buffers, places, planning, target }: Planner, baselines: number): Ports {
  const input = places.layout(places.graph.input);
  const size = vec4s(input);
  const image = buffers.fixed("image", size * 16, () => new Float32Array(size * 4));
  const range = buffers.fixed("range", 8, () => new Float32Array(2));
  const words = target();
  const room = (name: string, vec4s: number) =>
    buffers.fixed(name, vec4s * 16, () => new Float32Array(1));
  const ports = {
    ...{ run: planning.run, image, range, target: words },
    // Behind the moments: the sums of a sample and of a group that a batch left unfinished (moments.wgsl), and one vec4, the
    // score of the whole image (occlusion.wgsl).
    moments: room("moments", (MOMENTS + 2) * size + 1),
    spread: room("spread", size),
    baselines: room("baselines", baselines * size),
    table: room("table", 2 * quads(input) + MAX_POINTS),
  };
  buffers.setBaseline(planning.value(places.graph.input).buffer, ports.baselines);
  return ports;
}

/** The network's forward steps once more, for the baseline, into buffers of its own. */
function baselineSteps({ buffers, planning }: Planner, forward: readonly Step[]): Step[] {
  const run = buffers.fixed("run of the baseline", RUN_BYTES, () => new Uint32Array([1]));
  const standIn = (id: BufferId) => {
    if (id === planning.run) return run;
    return buffers.list[id]?.fixed ? id : buffers.baseline(id);
  };
  return forward.map((step) => ({
    ...step,
    label: `${step.label} of the baseline`,
    samples: 0,
    bindings: Object.fromEntries(
      Object.entries(step.bindings).map(([name, id]) => [name, standIn(id)]),
    ),
  }));
}

/** The steps with their kernels in the plan's precision. */
function inPrecision(steps: Steps, precision: Precision): Steps {
  if (precision === "single") return steps;
  const each = (steps: readonly Step[]) => steps.map((step) => ({ ...step, precision }));
  const { prologue, classify, forward, backward } = steps;
  return {
    prologue: each(prologue),
    classify: each(classify),
    forward: each(forward),
    backward: each(backward),
  };
}
