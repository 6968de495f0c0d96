// From a graph to a plan: every step of a map and the buffers it needs, as plain data.
//
// How to think of it: a prologue for each image; then, for each batch of its noisy samples, the forward pass node by node,
// the backward pass in reverse, and the moments that take in what comes out. This file has the order; planner.ts is what
// operators write their steps down in, backward.ts one way back through the network.

import { joinResiduals } from "../graph/join-residuals.js";
import { layerOf } from "../graph/plane-layers.js";
import { withTarget } from "../graph/target.js";
import { unfused } from "../graph/unfuse.js";
import { type Cam, type Method, methodOf, ruleOf } from "../methods/methods.js";
import { MAX_POINTS } from "../methods/quadrature.js";
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
import { blurSteps } from "./steps/blur.js";
import { enlargeStep, heatSteps } from "./steps/cam.js";
import { hideStep, shareSteps } from "./steps/occlusion.js";
import type { Plan, PlanOptions, Ports } from "./types.js";

/** Moments kept of every element: mean, M2, M3, M4, mean of |a|, M2 of groups, and the scale of the sums of powers. */
export const MOMENTS = 7;

/** A graph as it is planned, with the name of its logits and of the layer of a class activation map. */
interface Prepared {
  readonly graph: Graph;
  readonly logits: string;
  readonly layer?: string;
}

/** Makes the plan of a graph. Throws where a method asks an operator for a rule that it has not, or the output is no list of classes. */
export function makePlan(graph: Graph, options: PlanOptions = {}): Plan {
  const { baselines = 1, explains = "classes" } = options;
  const method = options.method === undefined ? undefined : methodOf(options.method);
  if (method && explains === "classes") refuseMaps(graph);
  const prepared = prepare(graph, options);
  const planner = makePlanner(prepared.graph, options);
  const { planning, places } = planner;
  const ports = makePorts(planner, baselines);
  const input = places.layout(graph.input);
  const logits = planning.value(prepared.logits);
  const prologue = [rangeStep(ports, input), spreadStep(ports, input)];

  let slopes: View | undefined;
  const network = planner.written(() => {
    slopes = begin(planner, ports, method);
    for (const node of places.stepping) planner.forward(node);
  });
  let gradient: View | undefined;
  const backward = planner.written(() => {
    if (!method) return;
    gradient = end(planner, ports, method, prepared, slopes);
    planning.step(accumulateStep(ports, input, gradient.buffer, method.path !== undefined));
  });
  const ofBaseline = method?.baseline ? baselineSteps(planner, network.slice(1)) : [];
  // With noise on the weights the baseline is seen by the same weights as the samples.
  const forward = [...planner.perturbing.values(), ...network, ...planner.tallies];
  if (options.noisyWeights) forward.splice(planner.perturbing.size, 0, ...ofBaseline);
  else prologue.push(...ofBaseline);
  const kept = [prepared.graph.output, prepared.logits].map((name) => planning.value(name).buffer);
  const steps = { prologue, classify: [classStep(ports.target, logits)], forward, backward };
  return {
    ...inMemory(planner, steps, new Set(kept), options.several),
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

function prepare(graph: Graph, options: PlanOptions): Prepared {
  const { method } = options;
  const { baseline, cam } = method === undefined ? ({} as Partial<Method>) : methodOf(method);
  if (baseline) {
    const whole = unfused(options.of ? withTarget(graph, options.of) : graph);
    return { graph: whole, logits: graph.output };
  }
  const layer = cam && layerOf(graph, options.layer);
  const whole = layer?.graph ?? graph;
  const joined = addsAsGradient(method) ? joinResiduals(whole, layer?.tensor) : whole;
  return { graph: joined, logits: graph.output, ...(layer && { layer: layer.tensor }) };
}

/** True if a method's rules for layers and sums are the gradient's, so that both may be one node. */
function addsAsGradient(method: string | undefined): boolean {
  if (method === undefined) return true;
  const rules = ["Add", ...LINEAR].map((op) => ruleOf(method, op));
  return rules.every((rule) => rule === "gradient" || rule === "linear");
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

// --- what methods add ---

/** The inputs of the passes; where they lie on a path of their own, its slopes. */
function begin(planner: Planner, ports: Ports, method: Method | undefined): View | undefined {
  const { buffers, planning, places } = planner;
  const { layout, buffer: shown } = planning.value(places.graph.input);
  if (method?.path !== "blur") {
    planning.step(noiseStep(ports, layout, shown, method?.path !== undefined));
    if (method?.occlusion) planning.step(hideStep(ports, picture(planner), shown));
    return undefined;
  }
  const sharp = buffers.view("sharp image", layout).buffer;
  const slopes = buffers.view("slopes of the path", layout);
  planning.step(noiseStep(ports, layout, sharp, true));
  const passing = { sharp, shown, slopes: slopes.buffer };
  for (const step of blurSteps(ports, picture(planner), passing, buffers.perSample)) {
    planning.step(step);
  }
  return slopes;
}

/** The way back, and what a method makes of the gradient of the input: where that is. */
function end(
  planner: Planner,
  ports: Ports,
  method: Method,
  { logits, layer }: Prepared,
  slopes: View | undefined,
): View {
  const { planning, places, pass } = planner;
  const { method: name } = pass;
  const { input } = places.graph;
  const { cam } = method;
  const enlarge = cam && heat(planner, cam, layer as string);
  if (method.occlusion) compareScores(planner, ports, logits);
  else if (cam?.role !== "map") goBack(planner, name);
  if (enlarge) planning.step(enlarge());
  return slopes ? timesSlopes(planner, slopes) : planning.gradient(input);
}

/** Multiplies the gradient at each place of a path by the change of the input there. */
function timesSlopes({ buffers, planning, places }: Planner, slopes: View): View {
  const gradient = planning.gradient(places.graph.input);
  const map = buffers.view("part of the map", slopes.layout);
  const node = { name: "input", op: "", inputs: [], outputs: [], attributes: {} };
  multiply(node, planning, slopes, gradient, 1, { ...map, add: false });
  return map;
}

/** In place of a backward pass: the scores of the passes, and their parts of the map. */
function compareScores({ buffers, planning, places }: Planner, ports: Ports, logits: string): void {
  const { graph } = places;
  const scores = buffers.perSample("scores", 4);
  planning.step(scoreStep(ports.target, planning.value(logits), scores, graph.head));
  const { layout, buffer } = planning.gradient(graph.input);
  for (const step of shareSteps(ports, layout, scores, buffer)) planning.step(step);
}

/** The layout of the input, if it is a picture. */
function picture({ places, pass }: Planner): Layout {
  const layout = places.layout(places.graph.input);
  if (layout.shape.length === 4) return layout;
  throw new Error(`${pass.method} is for pictures of four axes, the input is [${layout.shape}]`);
}

/** The class activation map of the layer; what it returns is the step that brings it to the image. */
function heat(planner: Planner, cam: Cam, layer: string): () => Step {
  const { buffers, planning, places, gradients } = planner;
  const { output, input } = places.graph;
  goBack(planner, "gradient", layer);
  const a = planning.value(layer);
  if (!gradients.isOnPath([output])) {
    throw new Error(`the layer "${layer}" does not lead to the logits`);
  }
  const means = buffers.perSample("mean gradient", quads(a.layout) * 16);
  const warm = buffers.perSample("heat", positions(a.layout) * 4);
  for (const step of heatSteps(cam, a, planning.gradient(layer), means, warm)) planning.step(step);
  return () => enlargeStep(cam, a.layout, warm, planning.gradient(input));
}
