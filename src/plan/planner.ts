// A plan in the making. Operators ask it where their tensors lie, and write their steps down in it; plan.ts, backward.ts and
// train/plan.ts call them node by node, forward or back.
//
// How to think of it: it only puts parts together. buffers.ts has the memory, places.ts knows where tensors are in it, gates.ts
// what activations leave for the way back, and gradients.ts how the sums of a backward pass add up.

import { methodOf, RELEVANCE } from "../methods/methods.js";
import { GRADIENT, ruleOf } from "../methods/rules.js";
import { inputOf, RuleError } from "../ops/attributes.js";
import { compiled } from "../ops/epilogue.js";
import { LINEAR } from "../ops/residual.js";
import { tallyGates } from "../ops/rules/mean-gates.js";
import { opOf } from "../ops/table.js";
import type { Graph, Node, Planning, Tiling } from "../ops/types.js";
import type { BufferId, Step } from "../shaders/step.js";
import type { Precision } from "../tensor/types.js";
import { boundOf } from "./bounds.js";
import { type Buffers, makeBuffers } from "./buffers.js";
import { makeGates, type Pass } from "./gates.js";
import { type Gradients, makeGradients } from "./gradients.js";
import { kindOf } from "./layer-kind.js";
import { type Places, placeTensors } from "./places.js";
import { refusalOf } from "./refusal.js";
import { remembered } from "./remembered.js";
import { tilingFor } from "./tilings.js";
import type { PlanOptions } from "./types.js";
import { makeWeights } from "./weights.js";

/** The bytes of run.wgsl's struct. */
export const RUN_BYTES = 64;

/** A plan in the making. */
export interface Planner {
  /** What operators ask. */
  readonly planning: Planning;
  readonly buffers: Buffers;
  readonly places: Places;
  readonly gradients: Gradients;
  /** The backward pass whose rules count now; while forward steps are written, the one that they leave masks for. */
  readonly pass: Pass;
  /** The buffer that says which classes are explained (target.wgsl). */
  target(): BufferId;
  /** Calls `write` with a new list that `planning.step` fills, and returns what `write` leaves in it. */
  written(write: (steps: Step[]) => void): Step[];
  /** Writes down the forward steps of a node; its operator asks `planning`, by default the planner's own. */
  forward(node: Node, planning?: Planning): void;
  /** Writes down its backward steps, by the rules of the pass. */
  back(node: Node, planning?: Planning): void;
  /** The steps that put noise on weights, by the name of the result. */
  readonly perturbing: ReadonlyMap<string, Step>;
  /** The steps that count over all samples. */
  readonly tallies: readonly Step[];
  /** The buffers of their counts, which go on from batch to batch. */
  readonly carried: readonly BufferId[];
}

/** Begins a plan: every tensor has its place, and no step is there yet. Throws if the method does not work in the precision. */
export function makePlanner(graph: Graph, options: PlanOptions): Planner {
  const { noisyWeights = false, explains, several, box } = options;
  const precision = precisionOf(options);
  const tilings = tilingFor(options);
  const { method: name = "gradient" } = options;
  const method = options.method === undefined ? undefined : methodOf(options.method);
  const pass: Pass = { method: name, rules: method?.rules ?? GRADIENT, end: undefined };
  const buffers = makeBuffers(precision);
  const { fixed, stored, saved, savedTensor, baseline } = buffers;
  const run = fixed("run", RUN_BYTES, () => new Uint32Array(1));
  const weights = makeWeights(buffers, run, precision, noisyWeights);
  const places = placeTensors(graph, buffers);
  const gates = makeGates(places, buffers, pass, (activation, gate, layout) =>
    tallyGates(activation, planning, gate, layout),
  );
  const gradients = makeGradients(places, buffers, gates.gateOf);
  const firstLinear = graph.nodes.find(({ op }) => LINEAR.includes(op));
  const answers = new Map<string, unknown>();
  const tallies: Step[] = [];
  const carried: BufferId[] = [];
  let steps: Step[] = [];
  // The kind of the layer whose steps are being written down.
  let kind: string | undefined;

  const target = () => fixed("target", 16, () => new Uint32Array(4));

  const classesOf = (name: string) =>
    explains !== "all" && standsForClasses(places, name) ? target() : undefined;

  const planning: Planning = {
    ...{ graph, run, precision, changingWeights: noisyWeights },
    relevance: { ...RELEVANCE, ...options.relevance },
    constant: (name) => graph.constants.get(name),
    once: <T>(key: string, make: () => T) => remembered(answers, key, make) as T,

    // Where things lie.
    ...{ fixed, stored, saved, savedTensor, baseline, weights: weights.weights },
    value: places.value,
    isInPlace: places.isInPlace,
    bound: (which, name) =>
      boundOf(which, name, { places, buffers, method: pass.method, ...(box && { box }) }),

    // The way back.
    backward: method !== undefined && !method.procedure.isForward,
    mask: (node, width) => (planning.backward ? gates.mask(node, width) : undefined),
    gradient: gradients.gradient,
    sink: gradients.sink,
    hasGradient: gradients.hasGradient,
    classesOf,
    wantedOf: (name) =>
      !method || several || method.procedure.readsLogits ? undefined : classesOf(name),

    // What is written down.
    get tiling(): Tiling {
      return tilings.layers?.[kind ?? ""] ?? tilings;
    },
    step(step) {
      steps.push({ ...compiled(step), ...(kind !== undefined && { layer: kind }) });
    },
    tally: (key, vec4s, step) =>
      buffers.empty(key, (1 + vec4s) * 16, (id) => {
        carried.push(id);
        tallies.push(compiled(step(id)));
      }),
  };

  /** Marks the steps of a layer with its kind, by which tilings are chosen; each precision has kinds of its own. */
  function inKind(node: Node, way: "forward" | "back", write: () => void): void {
    const own = kindOf(graph, node, way);
    kind = own && precision === "half" ? `${own}, half precision` : own;
    write();
    kind = undefined;
  }

  return {
    ...{ planning, buffers, places, gradients, pass, target, tallies, carried },
    perturbing: weights.perturbing,
    written(write) {
      const before = steps;
      const own: Step[] = [];
      steps = own;
      write(own);
      steps = before;
      return own;
    },
    forward(node, own = planning) {
      inKind(node, "forward", () => opOf(node).forward(node, own));
    },
    back(node, own = planning) {
      const { rules, moves } = opOf(node);
      const name = moves ? "gradient" : ruleOf(pass.rules, node.op, node === firstLinear);
      const rule = rules[name];
      inKind(node, "back", () => {
        try {
          if (!rule) throw new RuleError(node, `has no rule for ${node.op}`);
          rule(node, own);
        } catch (error) {
          throw error instanceof RuleError ? refusalOf(pass.method, error, graph) : error;
        }
      });
    },
  };
}

/** True if the channels of a tensor are the classes: it is the network's output, or averaged over positions to become it. */
function standsForClasses(places: Places, name: string): boolean {
  const { graph, root, producer, readers } = places;
  let at = root(graph.output);
  while (at !== root(name)) {
    const node = producer(at);
    if (node?.op !== "GlobalAveragePool") return false;
    at = root(inputOf(node));
    if (readers(at).length !== 1) return false;
  }
  return true;
}

/** The precision of the options. Throws for methods whose quotients of small differences need all bits. */
function precisionOf({ precision = "single", method }: PlanOptions): Precision {
  if (precision === "half" && method !== undefined && methodOf(method).procedure.divides) {
    throw new Error(
      `${method} divides by differences that half precision rounds away: load the model with precision "single"`,
    );
  }
  return precision;
}
