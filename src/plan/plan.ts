// From a graph to a plan: every step of a map and the buffers it needs, as plain data.
//
// How to think of it: a prologue for each image; then, for each batch of its noisy samples, the forward pass node by node,
// the backward pass in reverse, and the moments that take in what comes out. This file has the order; planner.ts is what
// operators write their steps down in, backward.ts one way back through the network.

import { joinResiduals } from "../graph/join-residuals.js";
import { type Method, methodOf } from "../methods/methods.js";
import type { MapPlanning, Ports } from "../methods/procedure.js";
import { MAX_POINTS } from "../methods/quadrature.js";
import { GRADIENT, ruleOf } from "../methods/rules.js";
import { LINEAR } from "../ops/residual.js";
import { multiply } from "../ops/rules/lrp.js";
import type { Graph } from "../ops/types.js";
import { type BufferId, type Step, uniformBytes, type View } from "../shaders/step.js";
import { positions, quads, vec4s } from "../tensor/layout.js";
import type { Layout } from "../tensor/types.js";
import { goBack } from "./backward.js";
import { share } from "./memory.js";
import { makePlanner, type Planner, RUN_BYTES } from "./planner.js";
import {
  accumulateStep,
  classStep,
  noiseStep,
  rangeStep,
  scoreStep,
  spreadStep,
} from "./steps/around.js";
import type { Plan, PlanOptions } from "./types.js";

/** Moments kept of every element: mean, M2, M3, M4, mean of |a|, M2 of groups, and the scale of the sums of powers. */
export const MOMENTS = 7;

/** Makes the plan of a graph. Throws where a method asks an operator for a rule that it has not, or the output is no list of classes. */
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
  let half = 0;
  const written = planner.written((steps) => {
    const forward = () => {
      for (const node of places.stepping) planner.forward(node);
      half = steps.length;
    };
    const procedure = method?.procedure;
    const mapping = mapPlanning(planner, { ports, logits, kept, forward, method });
    if (procedure) {
      gradient = procedure.write(mapping);
      planning.step(accumulateStep(ports, input, gradient.buffer, procedure.hasPath));
    } else {
      mapping.noise();
      forward();
    }
  });
  const network = written.slice(0, half);
  const backward = written.slice(half);
  const ofBaseline = method?.procedure.compares ? baselineSteps(planner, network.slice(1)) : [];
  // With noise on the weights the baseline is seen by the same weights as the samples.
  const forward = [...planner.perturbing.values(), ...network, ...planner.tallies];
  if (options.noisyWeights) forward.splice(planner.perturbing.size, 0, ...ofBaseline);
  else prologue.push(...ofBaseline);
  const read = [places.graph.output, graph.output].map((name) => planning.value(name).buffer);
  const steps = { prologue, classify: [classStep(ports.target, logits)], forward, backward };
  return {
    ...inMemory(planner, steps, new Set(read), options.several),
    ...{ ports, carried: planner.carried, gradient, logits, input },
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

/** True if a method's rules for layers and sums are the gradient's, so that both may be one node. */
function joinsSums(method: Method | undefined): boolean {
  const rules = method && ["Add", ...LINEAR].map((op) => ruleOf(method.rules, op));
  return rules?.every((rule) => rule === "gradient" || rule === "linear") ?? true;
}

/** What a procedure may ask. */
function mapPlanning(
  planner: Planner,
  { ports, logits, kept, forward, method }: Mapped,
): MapPlanning {
  const { buffers, planning, places, pass } = planner;
  const { graph } = places;
  const { value, gradient, step } = planning;
  const { procedure, rules = GRADIENT } = method ?? {};
  return {
    ...{ method: pass.method, graph, ports, kept, forward, value, step },
    buffer: buffers.perSample,
    tensor: buffers.view,
    map: () => gradient(graph.input),
    noise(into = value(graph.input)) {
      step(noiseStep(ports, into.layout, into.buffer, procedure?.hasPath ?? false));
      return into;
    },
    goBack: (way = {}) => goBack(planner, way.rules ?? rules, way),
    scores() {
      const scores = buffers.perSample("scores", 4);
      step(scoreStep(ports.target, logits, scores, graph.head));
      return scores;
    },
    product(label, a, b) {
      const made = buffers.view(label, a.layout);
      const node = { name: "input", op: "", inputs: [], outputs: [], attributes: {} };
      multiply(node, planning, a, b, 1, { ...made, add: false });
      return made;
    },
  };
}

/** What is known of a map besides its planner. */
interface Mapped extends Pick<MapPlanning, "ports" | "kept" | "forward"> {
  readonly logits: View;
  readonly method: Method | undefined;
}

/** The fixed buffers that are written and read from outside. */
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
    // Behind the moments stands what is unfinished between two batches (moments.wgsl, occlusion.wgsl).
    moments: room("moments", (MOMENTS + 2) * size + 1),
    spread: room("spread", size),
    baselines: room("baselines", baselines * size),
    table: room("table", 2 * quads(input) + MAX_POINTS),
  };
  buffers.setBaseline(planning.value(places.graph.input).buffer, ports.baselines);
  return ports;
}

/** A forward pass of the baseline, into buffers of its own; the first step, the noise, is left out. */
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

type Steps = Pick<Plan, "prologue" | "classify" | "forward" | "backward">;

/** The steps with the memory that they take. Buffers that are `kept` outlive the forward pass; they are read from outside. */
function inMemory(
  { buffers, planning }: Planner,
  steps: Steps,
  kept: ReadonlySet<BufferId>,
  several = false,
): Steps & Pick<Plan, "precision" | "buffers" | "places" | "physical" | "memory"> {
  const { prologue, classify, forward, backward } = steps;
  const { precision } = planning;
  const named = (steps: readonly Step[]) =>
    new Set(steps.flatMap((step) => Object.values(step.bindings)));
  const lasting = new Map([...kept].map((id) => [id, forward.length]));
  // Where there are several backward passes, what one reads of the forward pass the next one reads again.
  const again = several ? named(backward) : new Set<BufferId>();
  for (const id of named(forward)) {
    if (again.has(id)) lasting.set(id, forward.length + backward.length);
  }
  const { places, physical } = share(buffers.list, [...forward, ...backward], lasting);
  const all = [...prologue, ...classify, ...forward, ...backward];
  const used = named(all);
  const bytesOf = (counts: (isFixed: boolean, id: BufferId) => boolean) =>
    buffers.list.reduce((sum, { bytes, fixed }, id) => sum + (counts(fixed, id) ? bytes : 0), 0);
  const inPrecision = (steps: readonly Step[]) =>
    precision === "single" ? steps : steps.map((step) => ({ ...step, precision }));
  return {
    prologue: inPrecision(prologue),
    classify: inPrecision(classify),
    forward: inPrecision(forward),
    backward: inPrecision(backward),
    ...{ precision, buffers: buffers.list, places, physical },
    memory: {
      fixed: bytesOf((isFixed, id) => isFixed && used.has(id)) + uniformBytes(all),
      perSample: physical.reduce((sum, bytes) => sum + bytes, 0),
      unshared: bytesOf((isFixed) => !isFixed),
    },
  };
}
