// From a graph to a plan: every step of a map and the buffers it needs, as plain data.
//
// The forward pass is written down node by node, then the backward pass in reverse. The gradient of a tensor
// is the sum of what the nodes that read it send back: the first writes, the others add, and the last passes
// the sum through the activation that made the tensor, so that whoever reads a gradient finds it complete.

import { joinResiduals } from "../graph/join-residuals.js";
import { layerOf } from "../graph/plane-layers.js";
import { type TargetFunction, withTarget } from "../graph/target.js";
import { unfused } from "../graph/unfuse.js";
import { type Cam, type Method, methodOf, RELEVANCE, ruleOf } from "../methods/methods.js";
import { MAX_POINTS } from "../methods/quadrature.js";
import { inputOf, outputOf, RuleError } from "../ops/attributes.js";
import { slots } from "../ops/concat.js";
import { compiled } from "../ops/epilogue.js";
import { rearrangementOf, staysInPlace } from "../ops/move/move.js";
import { gateInPlace } from "../ops/relu.js";
import { isResidual, LINEAR } from "../ops/residual.js";
import { multiply } from "../ops/rules/lrp.js";
import { tallyGates } from "../ops/rules/mean-gates.js";
import { ops } from "../ops/table.js";
import type {
  Activation,
  Change,
  Gate,
  Graph,
  Mask,
  Node,
  Op,
  Planning,
  Rearrangement,
  RelevanceNumbers,
  Sink,
  Tiling,
} from "../ops/types.js";
import type { BufferId, Step, View } from "../shaders/step.js";
import { uniformBytes } from "../shaders/step.js";
import {
  elements,
  maskWords,
  places,
  positions,
  quads,
  VEC4_BYTES,
  vec4s,
} from "../tensor/layout.js";
import type { Constant, Contents, Layout, Precision } from "../tensor/types.js";
import { kindOf } from "./layer-kind.js";
import { share } from "./memory.js";
import { OF_ACTIVATIONS, refusalOf } from "./refusal.js";
import {
  accumulateStep,
  classStep,
  noiseStep,
  rangeStep,
  relevanceStep,
  scoreStep,
  seedStep,
  spreadStep,
} from "./steps/around.js";
import { blurSteps } from "./steps/blur.js";
import { enlargeStep, heatSteps } from "./steps/cam.js";
import { hideStep, shareSteps } from "./steps/occlusion.js";
import { perturbStep } from "./steps/perturb.js";
import type { Plan, PlanBuffer, Ports } from "./types.js";

/** What the plan is for. */
export interface PlanOptions {
  /** Key of methods.ts; without one the plan is for the forward pass alone. */
  readonly method?: string;
  /** For class activation maps: the layer, by default the last convolution over more than one pixel. */
  readonly layer?: string;
  /** The least and the greatest value of each channel of the image; for the z-box rule. */
  readonly box?: Box;
  /** The network is played with noise on its weights: all samples of a batch see the same. */
  readonly noisyWeights?: boolean;
  /** The numbers in the rules of relevance, where they are not zennit's. */
  readonly relevance?: Partial<RelevanceNumbers>;
  /** How much one invocation or workgroup makes; what suits a real GPU if not given. */
  readonly tiling?: Tiling;
  /**
   * Every place of a plane is computed in the same way, so that equal pixels make equal sums. Noise leaves no equals, but
   * in a flat background a rule such as "the first of the largest" is about nothing else. Where a baseline takes part it
   * is so in any case.
   */
  readonly exact?: boolean;
  /** How many baselines a path may start from; 1. */
  readonly baselines?: number;
  /** The backward pass is played once for each of several targets: it spares what the forward pass left. */
  readonly several?: boolean;
  /** How tensors and weights are stored; single if not given. */
  readonly precision?: Precision;
  /** Noise, forward and backward pass in one dispatch (single-dispatch.ts). */
  readonly singleDispatch?: boolean;
  /**
   * What of the output may have a gradient: "classes", its channels, of which one or two are explained, if not given;
   * "all", any element.
   */
  readonly explains?: "classes" | "all";
  /** For rules that compare with a baseline: what of the classes is explained, if not their logits. */
  readonly of?: TargetFunction;
}

/** For each channel of the image. */
export interface Box {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** Register blocks small enough for the registers of a real GPU. */
export const HARDWARE_TILING: Tiling = { pixels: 8, quads: 2, workgroup: 64 };

/** Where registers are plenty, and memory on the chip is near. Costs were measured on an H200. */
export const SHARING_TILING: Tiling = {
  pixels: 8,
  quads: 4,
  workgroup: 64,
  shared: [
    { across: 8, down: 16, quads: 2, cost: 1 },
    { across: 8, down: 16, quads: 1, cost: 1.1 },
    { across: 16, down: 8, quads: 1, cost: 1.2 },
  ],
};

/** Where memory is a cache and a load costs more than sixteen products: much per load. */
export const SOFTWARE_TILING: Tiling = { pixels: 16, quads: 4, workgroup: 16, winograd: true };

/** Moments kept of every element: mean, M2, M3, M4, mean of |a|, M2 of groups, and the scale of the sums of powers. */
export const MOMENTS = 7;

/** The bytes of run.wgsl's struct. */
const RUN_BYTES = 64;

/** Makes the plan of a graph. Throws where a method asks an operator for a rule that it has not, or the output is no list of classes. */
export function makePlan(graph: Graph, options: PlanOptions = {}): Plan {
  const { method, baselines = 1, explains = "classes" } = options;
  if (method !== undefined && explains === "classes") refuseMaps(graph);
  if (method === undefined) return new Planner(joinResiduals(graph), options).plan(baselines);
  const { baseline, cam } = methodOf(method);
  if (baseline) {
    const whole = unfused(options.of ? withTarget(graph, options.of) : graph);
    return new Planner(whole, options, undefined, graph.output).plan(baselines);
  }
  if (!cam)
    return new Planner(addsAsGradient(method) ? joinResiduals(graph) : graph, options).plan(
      baselines,
    );
  const layer = layerOf(graph, options.layer);
  return new Planner(joinResiduals(layer.graph, layer.tensor), options, layer.tensor).plan(
    baselines,
  );
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
function addsAsGradient(method: string): boolean {
  const rules = ["Add", ...LINEAR].map((op) => ruleOf(method, op));
  return rules.every((rule) => rule === "gradient" || rule === "linear");
}

/**
 * The tiling of the options, without what makes places differ where they must not, and without what half precision
 * rounds too much.
 */
function tilingOf({ tiling = HARDWARE_TILING, exact, method, precision }: PlanOptions): Tiling {
  const isExact =
    exact || precision === "half" || method === undefined || methodOf(method).baseline;
  if (!isExact) return tiling;
  const layers = Object.entries(tiling.layers ?? {}).map(
    ([kind, each]) => [kind, { ...each, winograd: false }] as const,
  );
  return { ...tiling, winograd: false, layers: Object.fromEntries(layers) };
}

/** The precision of the options. Throws for methods whose quotients of small differences need all bits. */
function precisionOf({ precision = "single", method }: PlanOptions): Precision {
  if (precision === "half" && method !== undefined) {
    const { baseline, relevance } = methodOf(method);
    if (baseline || relevance) {
      throw new Error(
        `${method} divides by differences that half precision rounds away: load the model with precision "single"`,
      );
    }
  }
  return precision;
}

export class Planner implements Planning {
  private readonly tilings: Tiling;
  /** The kind of the layer whose steps are being written down. */
  private kind: string | undefined;
  readonly relevance: RelevanceNumbers;
  readonly precision: Precision;
  /** Of a stored vec4. */
  private readonly bytes: number;
  readonly backward: boolean;
  readonly changingWeights: boolean;
  /** The method whose rules are followed: that of the options, or "gradient" for a class activation map. */
  private method: string | undefined;
  /** The tensor at which a backward pass ends, if it does not go through to the input. */
  private end: string | undefined;
  /** The tensors that the present backward pass goes through. */
  protected path: ReadonlySet<string> = new Set();
  private readonly firstLinear: Node | undefined;
  protected readonly buffers: PlanBuffer[] = [];
  private readonly fixedIds = new Map<string, BufferId>();
  private readonly baselineIds = new Map<BufferId, BufferId>();
  private readonly answers = new Map<string, unknown>();
  /** The steps that put noise on weights, by what they make. */
  private readonly perturbing = new Map<string, Step>();
  private readonly savedIds = new Map<string, BufferId>();
  private readonly masks = new Map<string, Mask>();
  private readonly values = new Map<string, View>();
  private readonly gradients = new Map<string, View>();
  /** The tensor whose memory a tensor is: another one where a node moves nothing. */
  private readonly roots = new Map<string, string>();
  private readonly producers = new Map<string, Node>();
  private readonly readers = new Map<string, Node[]>();
  private readonly tallies: Step[] = [];
  private readonly carried: BufferId[] = [];
  protected readonly contributions = new Map<string, { expected: number; done: number }>();
  protected steps: Step[] = [];
  readonly run: BufferId;

  constructor(
    readonly graph: Graph,
    private readonly options: PlanOptions,
    /** The tensor of which a class activation map is made. */
    private readonly layer?: string,
    /** The tensor of the logits. */
    private readonly logits = graph.output,
  ) {
    this.method = options.method;
    this.tilings = tilingOf(options);
    this.changingWeights = options.noisyWeights ?? false;
    this.backward = this.method !== undefined && !methodOf(this.method).occlusion;
    this.precision = precisionOf(options);
    this.bytes = VEC4_BYTES[this.precision];
    this.relevance = { ...RELEVANCE, ...options.relevance };
    this.firstLinear = graph.nodes.find(({ op }) => LINEAR.includes(op));
    this.run = this.fixed("run", RUN_BYTES, () => new Uint32Array(1));
    for (const node of graph.nodes) {
      for (const name of node.outputs) this.producers.set(name, node);
    }
    this.findRoots();
    for (const node of this.stepping()) {
      node.inputs.forEach((name) => {
        if (!name || graph.constants.has(name)) return;
        const root = this.root(name);
        this.readers.set(root, [...(this.readers.get(root) ?? []), node]);
      });
    }
    this.placeValues();
  }

  plan(count: number): Plan {
    const { graph } = this;
    const input = this.layout(graph.input);
    const image = this.fixed("image", vec4s(input) * 16, () => new Float32Array(vec4s(input) * 4));
    const range = this.fixed("range", 8, () => new Float32Array(2));
    const target = this.target();
    // Behind the moments stands what is unfinished between two batches (moments.wgsl, occlusion.wgsl).
    const fixed = (name: string, vec4s: number) =>
      this.fixed(name, vec4s * 16, () => new Float32Array(1));
    const moments = fixed("moments", (MOMENTS + 2) * vec4s(input) + 1);
    const spread = fixed("spread", vec4s(input));
    const baselines = fixed("baselines", count * vec4s(input));
    const table = fixed("table", 2 * quads(input) + MAX_POINTS);
    this.baselineIds.set(this.value(graph.input).buffer, baselines);
    const ports = { run: this.run, image, range, target, moments, spread, baselines, table };
    const logits = this.value(this.logits);
    const prologue = [rangeStep(ports, input), spreadStep(ports, input)];
    const classify = [classStep(target, logits)];

    const method = this.method === undefined ? undefined : methodOf(this.method);
    const slopes = this.begin(ports, method);
    for (const node of this.stepping()) this.advance(node);
    const network = this.steps;

    this.steps = [];
    if (method) {
      const { cam } = method;
      const map = cam && this.heat(cam, target);
      if (method.occlusion) this.compareScores(ports);
      else if (cam?.role !== "map") this.goBack(target, this.options.method as string);
      if (map) this.step(map());
      if (slopes) this.timesSlopes(slopes);
      const { buffer } = this.gradient(graph.input);
      this.step(accumulateStep(ports, input, buffer, method.path !== undefined));
    }
    const backward = this.steps;
    const baselineSteps = method?.baseline ? this.baselineSteps(network.slice(1)) : [];
    // With noise on the weights the baseline is seen by the same weights as the samples.
    const forward = [...this.perturbing.values(), ...network, ...this.tallies];
    if (this.options.noisyWeights) forward.splice(this.perturbing.size, 0, ...baselineSteps);
    else prologue.push(...baselineSteps);
    const all = [...forward, ...backward];
    const { places, physical } = share(this.buffers, all, this.kept(forward, backward));
    const sum = (bytes: readonly number[]) => bytes.reduce((a, b) => a + b, 0);
    const steps = [...prologue, ...classify, ...all];
    const used = new Set(steps.flatMap((step) => Object.values(step.bindings)));
    const shared = this.buffers.filter((b, id) => b.fixed && used.has(id));
    const memory = {
      fixed: sum(shared.map(({ bytes }) => bytes)) + uniformBytes(steps),
      perSample: sum(physical),
      unshared: sum(this.buffers.filter((b) => !b.fixed).map((b) => b.bytes)),
    };
    const { precision } = this;
    const inPrecision = (steps: readonly Step[]) =>
      precision === "single" ? steps : steps.map((step) => ({ ...step, precision }));
    return {
      prologue: inPrecision(prologue),
      classify: inPrecision(classify),
      forward: inPrecision(forward),
      backward: inPrecision(backward),
      precision,
      buffers: this.buffers,
      places,
      physical,
      memory,
      ports,
      carried: this.carried,
      gradient: method && this.gradient(graph.input),
      logits,
      input,
    };
  }

  /** What must outlive its last reader: the logits, which are read from outside, and what is read again. */
  private kept(forward: readonly Step[], backward: readonly Step[]): Map<BufferId, number> {
    const kept = new Map(
      [this.graph.output, this.logits].map((name) => [this.value(name).buffer, forward.length]),
    );
    if (!this.options.several) return kept;
    const named = (steps: readonly Step[]) =>
      new Set(steps.flatMap((step) => Object.values(step.bindings)));
    const again = named(backward);
    for (const id of named(forward)) {
      if (again.has(id)) kept.set(id, forward.length + backward.length);
    }
    return kept;
  }

  /** One backward pass, from the target to the input or to a tensor on the way. */
  private goBack(target: BufferId, method: string, end?: string): void {
    this.method = method;
    this.gradients.clear();
    this.contributions.clear();
    this.end = end && this.root(end);
    this.path = this.dependents(this.end ?? this.root(this.graph.input));
    this.countContributions();
    this.seed(target);
    for (const node of this.stepping().reverse()) {
      if (this.isOnPath(node)) this.propagate(node, method);
    }
    this.checkContributions();
  }

  /** Puts the gradient of the target, or for relevance its logits, where the backward pass begins. */
  private seed(target: BufferId): void {
    const root = this.root(this.graph.output);
    const logits = this.value(this.graph.output);
    const seeds = this.gradient(this.graph.output);
    this.step(seedStep(target, logits, seeds, this.graph.head));
    if (methodOf(this.method as string).relevance) this.step(relevanceStep(logits, seeds));
    const count = this.contributions.get(root) as { expected: number; done: number };
    count.done = 1;
    const gate = this.gateOf(root);
    if (gate)
      gateInPlace("seed gate", this, { ...seeds, layout: this.layout(root), add: false, gate });
  }

  /** A forward pass of the baseline, into buffers of its own; the first step, the noise, is left out. */
  private baselineSteps(forward: readonly Step[]): Step[] {
    const run = this.fixed("run of the baseline", RUN_BYTES, () => new Uint32Array([1]));
    return forward.map((step) => {
      const bindings = Object.entries(step.bindings).map(([name, id]) => {
        if (id === this.run) return [name, run];
        return [name, this.buffers[id]?.fixed ? id : this.baseline(id)];
      });
      return {
        ...step,
        label: `${step.label} of the baseline`,
        samples: 0,
        bindings: Object.fromEntries(bindings),
      };
    });
  }

  /** The inputs of the passes; where they lie on a path of their own, its slopes. */
  private begin(ports: Ports, method: Method | undefined): View | undefined {
    const { layout, buffer: shown } = this.value(this.graph.input);
    if (method?.path !== "blur") {
      this.steps = [noiseStep(ports, layout, shown, method?.path !== undefined)];
      if (method?.occlusion) this.step(hideStep(ports, this.picture(), shown));
      return undefined;
    }
    const sharp = this.ownView("sharp image", layout).buffer;
    const slopes = this.ownView("slopes of the path", layout);
    const buffers = { sharp, shown, slopes: slopes.buffer };
    const make = (label: string, bytes: number) => this.perSample(label, bytes);
    this.steps = [noiseStep(ports, layout, sharp, true)];
    for (const step of blurSteps(ports, this.picture(), buffers, make)) this.step(step);
    return slopes;
  }

  /** Multiplies the gradient at each place of a path by the change of the input there. */
  private timesSlopes(slopes: View): void {
    const gradient = this.gradient(this.graph.input);
    const map = this.ownView("part of the map", slopes.layout);
    const node = { name: "input", op: "", inputs: [], outputs: [], attributes: {} };
    multiply(node, this, slopes, gradient, 1, { ...map, add: false });
    this.gradients.set(this.root(this.graph.input), map);
  }

  /** In place of a backward pass: the scores of the passes, and their parts of the map. */
  private compareScores(ports: Ports): void {
    const scores = this.perSample("scores", 4);
    this.step(scoreStep(ports.target, this.value(this.logits), scores, this.graph.head));
    const { layout, buffer } = this.gradient(this.graph.input);
    for (const step of shareSteps(ports, layout, scores, buffer)) this.step(step);
  }

  /** The layout of the input, if it is a picture. */
  private picture(): Layout {
    const layout = this.layout(this.graph.input);
    if (layout.shape.length === 4) return layout;
    throw new Error(
      `${this.options.method} is for pictures of four axes, the input is [${layout.shape}]`,
    );
  }

  /** The class activation map of the layer; what it returns is the step that brings it to the image. */
  private heat(cam: Cam, target: BufferId): () => Step {
    const layer = this.layer as string;
    this.goBack(target, "gradient", layer);
    const a = this.value(layer);
    if (!this.path.has(this.root(this.graph.output))) {
      throw new Error(`the layer "${layer}" does not lead to the logits`);
    }
    const means = this.perSample("mean gradient", quads(a.layout) * 16);
    const heat = this.perSample("heat", positions(a.layout) * 4);
    for (const step of heatSteps(cam, a, this.gradient(layer), means, heat)) this.step(step);
    return () => enlargeStep(cam, a.layout, heat, this.mapView(cam));
  }

  private mapView({ role }: Cam): View {
    if (role === "map") this.gradients.clear();
    return this.gradient(this.graph.input);
  }

  /** The tensors to which the gradient of one leads, and it itself. */
  protected dependents(root: string): Set<string> {
    const found = new Set([root]);
    for (const { inputs, outputs, attributes } of this.stepping()) {
      if (attributes.detached || !inputs.some((name) => found.has(this.root(name)))) continue;
      for (const name of outputs) found.add(this.root(name));
    }
    return found;
  }

  private isOnPath({ inputs, attributes }: Node): boolean {
    return !attributes.detached && inputs.some((name) => this.path.has(this.root(name)));
  }

  // --- what operators ask ---

  constant(name: string): Constant | undefined {
    return this.graph.constants.get(name);
  }

  value(name: string): View {
    const view = this.values.get(this.root(name));
    if (!view) throw new Error(`there is no tensor "${name}"`);
    return { ...view, layout: this.layout(name) };
  }

  gradient(name: string): View {
    const root = this.root(name);
    let view = this.gradients.get(root);
    if (!view) {
      view = this.gradientSlot(root) ?? this.ownView(`gradient of ${root}`, this.layout(root));
      this.gradients.set(root, view);
    }
    return { ...view, layout: this.layout(name) };
  }

  classesOf(name: string): BufferId | undefined {
    if (this.options.explains === "all") return undefined;
    let root = this.root(this.graph.output);
    while (root !== this.root(name)) {
      const node = this.producers.get(root);
      if (node?.op !== "GlobalAveragePool") return undefined;
      root = this.root(inputOf(node));
      if (this.readers.get(root)?.length !== 1) return undefined;
    }
    return this.target();
  }

  wantedOf(name: string): BufferId | undefined {
    if (this.method === undefined || this.options.several) return undefined;
    const { baseline, relevance, occlusion, averages, cam } = methodOf(this.method);
    const wantsAll = baseline || relevance || occlusion || averages || cam;
    return wantsAll ? undefined : this.classesOf(name);
  }

  private target(): BufferId {
    return this.fixed("target", 16, () => new Uint32Array(4));
  }

  hasGradient(name: string): boolean {
    return (this.contributions.get(this.root(name))?.done ?? 0) > 0;
  }

  sink(node: Node, k: number): Sink | undefined {
    const name = node.inputs[k];
    if (!name || this.graph.constants.has(name)) return undefined;
    const root = this.root(name);
    if (!this.path.has(root)) return undefined;
    const count = this.contributions.get(root);
    if (!count) throw new Error(`${node.name} (${node.op}): no gradient is expected for "${name}"`);
    count.done++;
    const gate = count.done === count.expected ? this.gateOf(root) : undefined;
    const inPlace =
      this.inPlaceConcat(root) === node || (isResidual(node, k) && this.takesOver(root, node));
    return { ...this.gradient(name), add: count.done > 1, inPlace, ...(gate && { gate }) };
  }

  mask(node: Node, width: number): Mask | undefined {
    const root = this.root(outputOf(node));
    const { activation } = node;
    if (!this.backward || !activation) return undefined;
    const rule = this.activationRule(activation);
    if (rule !== "gradient" && rule !== "guided" && rule !== "mean") return undefined;
    let mask = this.masks.get(root);
    if (!mask) {
      mask = this.jointMask(root, width) ?? this.newMask(`mask of ${node.name}`, root, width);
      this.masks.set(root, mask);
    }
    return mask;
  }

  isInPlace(node: Node, k: number): boolean {
    const name = inputOf(node, k);
    if (this.graph.constants.has(name)) return false;
    const { buffer, offset } = this.value(name);
    const whole = this.value(outputOf(node));
    const slot = slots(node, this.inputLayouts(node), this.layout(outputOf(node)))?.[k];
    if (slot === undefined || buffer !== whole.buffer) return false;
    return offset === whole.offset + slot * positions(whole.layout);
  }

  saved(node: Node, name: string, bytes: number): BufferId {
    const key = `${name} of ${node.name}`;
    let id = this.savedIds.get(key);
    if (id === undefined) {
      id = this.perSample(key, bytes);
      this.savedIds.set(key, id);
    }
    return id;
  }

  savedTensor(node: Node, name: string, layout: Layout): View {
    const stride = vec4s(layout);
    const buffer = this.saved(node, name, stride * this.bytes);
    return { buffer, layout, offset: 0, stride };
  }

  fixed(
    key: string,
    bytes: number,
    contents: () => Contents,
    precision: Precision = "single",
  ): BufferId {
    let id = this.fixedIds.get(key);
    if (id === undefined) {
      const rounded = precision === "half" && { precision };
      id = this.buffers.push({ label: key, bytes, fixed: true, contents, ...rounded }) - 1;
      this.fixedIds.set(key, id);
    }
    return id;
  }

  stored(key: string, vec4s: number, contents: () => Contents): BufferId {
    return this.fixed(key, vec4s * this.bytes, contents, this.precision);
  }

  weights(key: string, vec4s: number, contents: () => Contents, change?: Change): BufferId {
    const name = change ? `${key}, ${change.name}` : key;
    // What is 1, whatever the weights are, has no noise.
    if (!this.options.noisyWeights || change?.power === 0)
      return this.stored(name, vec4s, contents);
    const id = this.fixed(`${name} with noise`, vec4s * this.bytes, () => new Float32Array(1));
    if (!this.perturbing.has(name)) {
      // What is changed was there before the change: it took part in the forward pass.
      const weights = this.stored(key, vec4s, contents);
      const buffers = { run: this.run, weights, perturbed: id };
      this.perturbing.set(name, perturbStep(key, vec4s, buffers, change));
    }
    return id;
  }

  baseline(buffer: BufferId): BufferId {
    let id = this.baselineIds.get(buffer);
    if (id === undefined) {
      const { label, bytes } = this.buffers[buffer] as PlanBuffer;
      id = this.buffers.push({ label: `${label} for the baseline`, bytes, fixed: true }) - 1;
      this.baselineIds.set(buffer, id);
    }
    return id;
  }

  bound(which: "low" | "high", name: string): View | undefined {
    const { box } = this.options;
    const moves = this.movesOfImage(name);
    if (!moves) return undefined;
    if (!box) throw new Error(`the method "${this.method}" needs the box that images lie in`);
    const [layout, image] = [this.layout(name), this.layout(this.graph.input)];
    const values = box[which];
    const keys = moves.map(({ key }) => key).join("; ");
    const key = `${which} image of ${layout.shape} by ${layout.channel}: ${values}; ${keys}`;
    const buffer = this.stored(key, vec4s(layout), () => {
      const tables = moves.map(({ table }) => table());
      const inner = elements(image.shape.slice(image.channel + 1));
      const result = new Float32Array(vec4s(layout) * 4);
      places(layout).forEach((place, e) => {
        const source = tables.reduce((from, table) => (table ? (table[from] as number) : from), e);
        result[place] = values[Math.floor(source / inner) % values.length] as number;
      });
      return result;
    });
    return { buffer, layout, offset: 0, stride: 0 };
  }

  /** How a tensor's elements come from the image, the last move first; undefined where it is anything but moved. */
  private movesOfImage(name: string): Rearrangement[] | undefined {
    if (name === this.graph.input) return [];
    const node = this.producers.get(name);
    const op = node && node.op !== "Pad" && !node.activation ? ops[node.op] : undefined;
    if (!node || !op?.moves) return undefined;
    const source = inputOf(node);
    const [from, to] = [this.layout(source), this.layout(name)];
    const k = node.outputs.indexOf(name);
    const move = rearrangementOf(node, k, from, to, this.graph.constants, op);
    const before = this.movesOfImage(source);
    return move && before && [move, ...before];
  }

  once<T>(key: string, make: () => T): T {
    if (!this.answers.has(key)) this.answers.set(key, make());
    return this.answers.get(key) as T;
  }

  get tiling(): Tiling {
    return this.tilings.layers?.[this.kind ?? ""] ?? this.tilings;
  }

  step(step: Step): void {
    this.steps.push({ ...compiled(step), ...(this.kind !== undefined && { layer: this.kind }) });
  }

  tally(key: string, vec4s: number, step: (counts: BufferId) => Step): BufferId {
    let id = this.fixedIds.get(key);
    if (id === undefined) {
      id = this.buffers.push({ label: key, bytes: (1 + vec4s) * 16, fixed: true }) - 1;
      this.fixedIds.set(key, id);
      this.carried.push(id);
      this.tallies.push(compiled(step(id)));
    }
    return id;
  }

  // --- where tensors are ---

  protected op(node: Node): Op {
    const op = ops[node.op];
    if (!op) throw new Error(`${node.name} (${node.op}): not supported`);
    return op;
  }

  protected layout(name: string): Layout {
    const layout = this.graph.layouts.get(name);
    if (!layout) throw new Error(`there is no tensor "${name}"`);
    return layout;
  }

  protected root(name: string): string {
    return this.roots.get(name) ?? name;
  }

  private perSample(label: string, bytes: number): BufferId {
    return this.buffers.push({ label, bytes: Math.ceil(bytes / 4) * 4, fixed: false }) - 1;
  }

  private ownView(label: string, layout: Layout): View {
    const stride = vec4s(layout);
    return { buffer: this.perSample(label, stride * this.bytes), layout, offset: 0, stride };
  }

  /** The nodes that take steps: all but those that move nothing. */
  protected stepping(): Node[] {
    return this.graph.nodes.filter((node) => !node.outputs.every((name) => this.roots.has(name)));
  }

  private findRoots(): void {
    for (const node of this.graph.nodes) {
      const from = inputOf(node);
      const to = outputOf(node);
      if (node.outputs.length > 1 || !this.op(node).moves) continue;
      const [x, y] = [this.layout(from), this.layout(to)];
      const move = rearrangementOf(node, 0, x, y, this.graph.constants, this.op(node));
      const key = `${move?.key} in place from channel ${x.channel} to ${y.channel}`;
      if (move && this.once(key, () => staysInPlace(move, x, y)))
        this.roots.set(to, this.root(from));
    }
  }

  private inputLayouts(node: Node): (Layout | undefined)[] {
    return node.inputs.map((name) => this.graph.layouts.get(name));
  }

  /** Gives every tensor its memory: its own, or a slot in a Concat that reads it. */
  private placeValues(): void {
    for (const node of this.stepping().reverse()) {
      for (const name of node.outputs) {
        if (!this.values.has(name)) this.values.set(name, this.ownView(name, this.layout(name)));
      }
      if (node.op !== "Concat") continue;
      const whole = this.values.get(outputOf(node)) as View;
      slots(node, this.inputLayouts(node), whole.layout)?.forEach((slot, k) => {
        const root = this.root(inputOf(node, k));
        if (this.values.has(root) || root === this.graph.input || this.graph.constants.has(root))
          return;
        if (this.wouldMeet(root, node, whole.buffer)) return;
        const layout = this.layout(root);
        const offset = whole.offset + slot * positions(whole.layout);
        this.values.set(root, { buffer: whole.buffer, layout, offset, stride: whole.stride });
      });
    }
    this.values.set(
      this.graph.input,
      this.ownView(this.graph.input, this.layout(this.graph.input)),
    );
  }

  /** True if a launch would read and write one buffer, were a tensor to live there for a Concat. */
  private wouldMeet(root: string, concat: Node, buffer: BufferId): boolean {
    const isThere = (name: string) => this.values.get(this.root(name))?.buffer === buffer;
    const readers = this.readers.get(root) as Node[];
    const others = readers.filter((node) => node !== concat);
    const isTwice = readers.length - others.length > 1;
    const written = others.flatMap(({ outputs }) => outputs);
    return isTwice || [...(this.producers.get(root)?.inputs ?? []), ...written].some(isThere);
  }

  // --- the way back ---

  private activationRule({ op, node }: Activation): Gate["rule"] | "pass" | "rescale" {
    const method = this.method ?? "gradient";
    const rule = ruleOf(method, op);
    const known = OF_ACTIVATIONS.find((name) => name === rule);
    if (known) return known;
    const named = { name: node, op, inputs: [], outputs: [], attributes: {} };
    throw refusalOf(method, new RuleError(named, `has no rule for ${op}`), this.graph);
  }

  private newMask(label: string, root: string, width: number): Mask {
    const stride = maskWords(this.layout(root), width);
    return { buffer: this.perSample(label, stride * 4), width, offset: 0, stride };
  }

  /** A slot in the mask of the Concat that a tensor lives in, if all that live there have masks alike. */
  private jointMask(root: string, width: number): Mask | undefined {
    const concat = this.inPlaceConcat(root);
    const isAlike = (name: string) => {
      const part = this.root(name);
      return this.producers.get(part)?.activation && this.inPlaceConcat(part) === concat;
    };
    if (!concat?.inputs.every(isAlike)) return undefined;
    const whole = this.root(outputOf(concat));
    const mask = this.masks.get(whole) ?? this.newMask(`mask of ${concat.name}`, whole, width);
    this.masks.set(whole, mask);
    if (mask.width !== width) return undefined;
    const before = (this.value(root).offset - this.value(whole).offset) / width;
    return { ...mask, offset: before * Math.ceil(width / 8) };
  }

  protected gateOf(root: string): Gate | undefined {
    const concat = this.inPlaceConcat(root);
    if (concat && this.jointGate(concat)) return undefined;
    const producer = this.producers.get(root);
    return producer?.op === "Concat" ? this.jointGate(producer) : this.ownGate(root);
  }

  /** The gates of all parts of a Concat as one, if they live in it and alone, and let pass alike. */
  private jointGate(concat: Node): Gate | undefined {
    const whole = this.root(outputOf(concat));
    if (whole === this.end) return undefined;
    const [first, ...others] = concat.inputs.map((name) => {
      const part = this.root(name);
      return this.inPlaceConcat(part) === concat ? this.ownGate(part) : undefined;
    });
    const mask = this.masks.get(whole);
    const isAlike = (gate: Gate | undefined) =>
      gate?.rule === first?.rule &&
      gate?.slope === first?.slope &&
      gate?.mask?.buffer === mask?.buffer;
    if (!first || first.counts || ![first, ...others].every(isAlike)) return undefined;
    return { rule: first.rule, slope: first.slope, ...(mask && { mask }) };
  }

  private ownGate(root: string): Gate | undefined {
    const activation = this.producers.get(root)?.activation;
    // At the end of a pass the gradient is wanted as it comes.
    if (!activation || root === this.end) return undefined;
    const rule = this.activationRule(activation);
    if (rule === "pass" || rule === "rescale") return undefined;
    const mask = this.masks.get(root);
    const gate: Gate = { rule, slope: activation.slope, ...(mask && { mask }) };
    if (rule !== "mean") return gate;
    return { ...gate, counts: tallyGates(activation.node, this, gate, this.layout(root)) };
  }

  /** The Concat that alone reads a tensor from its slot, so that their gradients can be one too. */
  private inPlaceConcat(root: string): Node | undefined {
    const [reader, another] = this.readers.get(root) ?? [];
    if (!reader || another || reader.op !== "Concat" || root === this.graph.output)
      return undefined;
    const k = reader.inputs.findIndex((name) => this.root(name) === root);
    return this.isInPlace(reader, k) ? reader : undefined;
  }

  private gradientSlot(root: string): View | undefined {
    const concat = this.inPlaceConcat(root);
    if (!concat) return undefined;
    const output = outputOf(concat);
    const whole = this.gradient(output);
    const layout = this.layout(root);
    const offset = whole.offset + (this.value(root).offset - this.value(output).offset);
    return { buffer: whole.buffer, layout, offset, stride: whole.stride };
  }

  /**
   * Lets a residual's gradient be that of the sum, which its layer has read by now, and to which others then add: true
   * if nobody, the layer neither, has contributed to it, and the sum's has a buffer of its own.
   */
  private takesOver(root: string, sum: Node): boolean {
    const y = outputOf(sum);
    if (this.gradients.has(root) || this.inPlaceConcat(this.root(y))) return false;
    this.gradients.set(root, this.gradient(y));
    return true;
  }

  protected countContributions(): void {
    for (const node of this.stepping()) {
      if (!this.isOnPath(node)) continue;
      const times = this.op(node).moves
        ? node.outputs.filter((name) => this.isRead(name)).length
        : 1;
      for (const name of node.inputs) {
        if (!name || this.graph.constants.has(name)) continue;
        const root = this.root(name);
        if (!this.path.has(root)) continue;
        const count = this.contributions.get(root) ?? { expected: 0, done: 0 };
        count.expected += times;
        this.contributions.set(root, count);
      }
    }
    this.contributions.set(this.root(this.graph.output), { expected: 1, done: 0 });
  }

  private isRead(name: string): boolean {
    const root = this.root(name);
    return this.readers.has(root) || root === this.root(this.graph.output);
  }

  /** What suits a kind of layer in one precision need not suit it in the other. */
  private kindOf(node: Node, way: "forward" | "back"): string | undefined {
    const kind = kindOf(this.graph, node, way);
    return kind && this.precision === "half" ? `${kind}, half precision` : kind;
  }

  protected advance(node: Node): void {
    this.kind = this.kindOf(node, "forward");
    this.op(node).forward(node, this);
    this.kind = undefined;
  }

  protected propagate(node: Node, method: string): void {
    const { rules, moves } = this.op(node);
    const name = moves ? "gradient" : ruleOf(method, node.op, node === this.firstLinear);
    const rule = rules[name];
    this.kind = this.kindOf(node, "back");
    try {
      if (!rule) throw new RuleError(node, `has no rule for ${node.op}`);
      rule(node, this);
    } catch (error) {
      throw error instanceof RuleError ? refusalOf(method, error, this.graph) : error;
    }
    this.kind = undefined;
  }

  protected checkContributions(): void {
    for (const [name, { expected, done }] of this.contributions) {
      if (done !== expected) {
        throw new Error(`the gradient of "${name}" got ${done} of ${expected} contributions`);
      }
    }
  }
}
