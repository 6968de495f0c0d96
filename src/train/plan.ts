// From a graph to a plan for training: the steps of one update and the buffers they need, as plain data.
//
// It is the plan of a map with other ends. The inputs are a batch of images, moved and with noise; the backward pass
// begins with the gradient of the loss, leaves that of every learned parameter on its way, and does not go where
// nothing is learned any more, which is before the first layer. The optimizer then steps. Evaluation is the
// beginning of the same list, up to the loss.
//
// The graph's parameters hold the numbers 1, 2, 3 … in place of values. How an operator packs them into a buffer then
// tells where each weight lies, and neither the plan nor the operators need know the weights.

import { complete } from "../gpu/slices.js";
import { weightGradients } from "../ops/conv/weight-gradient.js";
import { gateInPlace } from "../ops/relu.js";
import type { Graph, Tiling, TrainingPlanning } from "../ops/types.js";
import { share } from "../plan/memory.js";
import { Planner } from "../plan/plan.js";
import { hashOf } from "../plan/steps/perturb.js";
import type { PlanBuffer } from "../plan/types.js";
import type { BufferId, Step, View } from "../shaders/step.js";

import { channels, plane, positions, quads, vec4s } from "../tensor/layout.js";
import type { Contents } from "../tensor/types.js";

/** How weights follow their gradients. */
export type Optimizer = "adam" | "momentum";

/** What a plan for training is told. */
export interface TrainingPlanOptions {
  /** Samples of a step. */
  readonly batch: number;
  readonly optimizer: Optimizer;
  readonly tiling: Tiling;
  /** Tensor → the part of its elements that are set to 0 while training. */
  readonly dropout?: Readonly<Record<string, number>>;
  /** How bytes become inputs: x = pixel · scale + shift. */
  readonly scale: number;
  readonly shift: number;
  /** By how many pixels images may be moved while training. */
  readonly margin: number;
  /** Whether half of them are mirrored. */
  readonly mirror: boolean;
}

/** A learned parameter as it lies on the GPU. */
export interface Parameter {
  readonly buffer: BufferId;
  /** What the optimizer remembers of it: m and v of Adam, m of momentum. */
  readonly memories: readonly BufferId[];
  /** For every float of the buffer, the weight that it is in the order of all weights; −1 for padding. */
  readonly places: Int32Array;
  /** The parts of its gradient. */
  readonly parts: BufferId;
  readonly partCount: number;
}

/** Fixed buffers that are written and read from outside. */
export interface TrainingPorts {
  /** run.wgsl and training.wgsl. */
  readonly run: BufferId;
  readonly training: BufferId;
  /** Bytes of the images of a batch, four to a word, and their classes. */
  readonly pixels: BufferId;
  readonly labels: BufferId;
  /** Loss, right ones and samples, summed up over steps. */
  readonly totals: BufferId;
}

/** A list of steps and the buffers they need: everything about training but the device and the data. */
export interface TrainingPlan {
  /** From the bytes of a batch to its loss; for evaluation without dropout. */
  readonly forward: readonly Step[];
  readonly evaluation: readonly Step[];
  /** From the loss to the gradients of all parameters, and what the optimizer makes of them. */
  readonly backward: readonly Step[];
  readonly update: readonly Step[];
  readonly parameters: readonly Parameter[];
  readonly buffers: readonly PlanBuffer[];
  /** For each per-sample buffer the physical one it shares with others, and the bytes for a sample of each. */
  readonly places: readonly number[];
  readonly physical: readonly number[];
  readonly ports: TrainingPorts;
  readonly logits: View;
  readonly batch: number;
}

/** The bytes of training.wgsl's struct. */
const TRAINING_BYTES = 32;
/** Beyond it not every number is a float32. */
const MOST_WEIGHTS = 2 ** 24;

/** Makes the plan for training a graph whose float constants hold the numbers from 1 on (`numbered`). */
export function makeTrainingPlan(graph: Graph, options: TrainingPlanOptions): TrainingPlan {
  return new TrainingPlanner(graph, options).train();
}

class TrainingPlanner extends Planner implements TrainingPlanning {
  readonly batch: number;
  override readonly changingWeights = true;
  private readonly learned = new Map<BufferId, Float32Array>();
  private readonly gradientParts = new Map<BufferId, { buffer: BufferId; count: number }>();
  private readonly training: BufferId;

  constructor(
    graph: Graph,
    private readonly settings: TrainingPlanOptions,
  ) {
    super(graph, { method: "gradient", tiling: settings.tiling });
    this.batch = settings.batch;
    this.training = this.room("training", TRAINING_BYTES);
  }

  train(): TrainingPlan {
    const { graph, batch } = this;
    const input = this.value(graph.input);
    const ports: TrainingPorts = {
      run: this.run,
      training: this.training,
      pixels: this.room("pixels", channels(input.layout) * positions(input.layout) * batch),
      labels: this.room("labels", batch * 4),
      totals: this.room("totals", 16),
    };
    this.steps = [this.inputStep(ports, input)];
    for (const node of this.stepping()) {
      this.advance(node);
      this.dropOut(node.outputs, (name) => this.value(name));
    }
    const dy = this.gradient(graph.output);
    this.steps.push(...this.lossSteps(ports, this.value(graph.output), dy));
    const forward = this.steps;

    this.steps = [];
    this.goBackToWeights(dy);
    const backward = this.steps;
    const parameters = this.parameters();
    const all = [...forward, ...backward];
    const logits = this.value(graph.output);
    const { places, physical } = share(this.buffers, all, new Map([[logits.buffer, all.length]]));
    return {
      forward,
      evaluation: forward.filter(({ shader }) => shader !== "dropout"),
      backward,
      update: parameters.map((parameter) => this.updateStep(parameter)),
      parameters,
      buffers: this.buffers,
      places,
      physical,
      ports,
      logits,
      batch,
    };
  }

  override weights(key: string, vec4s: number, contents: () => Contents): BufferId {
    const id = super.weights(key, vec4s, contents);
    if (!this.learned.has(id)) this.learned.set(id, complete(contents()) as Float32Array);
    return id;
  }

  isLearned(parameter: BufferId): boolean {
    return this.learned.get(parameter)?.some((number) => number !== 0) ?? false;
  }

  partsOf(parameter: BufferId, count: number): BufferId {
    const { label, bytes } = this.buffers[parameter] as PlanBuffer;
    if (this.gradientParts.has(parameter)) {
      throw new Error(`${label}: two layers that share their weights cannot be trained`);
    }
    const buffer = this.room(`gradient of ${label}`, bytes * count);
    this.gradientParts.set(parameter, { buffer, count });
    return buffer;
  }

  private room(label: string, bytes: number): BufferId {
    return this.fixed(label, bytes, () => new Float32Array(1));
  }

  private inputStep({ training, pixels }: TrainingPorts, { buffer, layout }: View): Step {
    const { scale, shift, margin, mirror } = this.settings;
    const { height, width } = plane(layout);
    return {
      label: "inputs",
      shader: "batch",
      entry: "make_inputs",
      uniforms: {
        layer: {
          ...{ channels: channels(layout), height, width, stride: vec4s(layout) },
          ...{ margin, mirror: mirror ? 1 : 0, scale, shift },
        },
      },
      bindings: { run: this.run, training, pixels, inputs: buffer },
      workgroups: [Math.ceil((height * width) / 64), quads(layout), 1],
      samples: 1,
    };
  }

  /** Sets a part of a tensor, or of its gradient, to 0, if it is to have dropout. */
  private dropOut(names: readonly string[], viewOf: (name: string) => View): void {
    for (const name of names) {
      const rate = this.settings.dropout?.[name];
      if (!rate) continue;
      const { buffer, layout, offset, stride } = viewOf(name);
      this.step({
        label: `dropout of ${name}`,
        shader: "dropout",
        entry: "drop",
        uniforms: { layer: { vec4s: vec4s(layout), offset, stride, name: hashOf(name), rate } },
        bindings: { run: this.run, elements: buffer },
        workgroups: [Math.ceil(vec4s(layout) / 64), 1, 1],
        samples: 1,
      });
    }
  }

  private lossSteps({ labels, totals }: TrainingPorts, y: View, dy: View): Step[] {
    const results = this.room("results", this.batch * 8);
    const loss = {
      label: "loss",
      shader: "loss",
      entry: "cross_entropy",
      uniforms: {
        layer: {
          ...{ channels: channels(y.layout), offset: y.offset, stride: y.stride },
          ...{ dy_offset: dy.offset, dy_stride: dy.stride },
        },
      },
      bindings: { run: this.run, logits: y.buffer, labels, dy: dy.buffer, results },
      workgroups: [Math.ceil(this.batch / 64), 1, 1] as const,
      samples: 0,
    };
    const bindings = { run: this.run, results, totals };
    const one = [1, 1, 1] as const;
    return [
      loss,
      { ...loss, label: "totals", entry: "add_up", uniforms: {}, bindings, workgroups: one },
    ];
  }

  /** The gradient of a loss is in all classes. */
  override classesOf(): undefined {
    return undefined;
  }

  /** The gradients of the parameters, and of the tensors that depend on one. */
  private goBackToWeights(dy: View): void {
    this.path = this.learning();
    this.countContributions();
    const root = this.root(this.graph.output);
    const count = this.contributions.get(root) as { expected: number; done: number };
    count.done = 1;
    const gate = this.gateOf(root);
    if (gate) gateInPlace("loss gate", this, { ...dy, add: false, gate });
    for (const node of this.stepping().reverse()) {
      if (!node.outputs.some((name) => this.path.has(this.root(name)))) continue;
      this.dropOut(node.outputs, (name) => this.gradient(name));
      weightGradients[node.op]?.(node, this);
      if (node.inputs.some((name) => this.path.has(this.root(name)))) {
        this.propagate(node, "gradient");
      }
    }
    this.checkContributions();
  }

  /** The tensors that depend on a learned parameter. */
  private learning(): ReadonlySet<string> {
    const found = new Set<string>();
    for (const { op, inputs, outputs } of this.stepping()) {
      const learns = op in weightGradients && inputs.some((name) => this.isNumbered(name));
      if (!learns && !inputs.some((name) => found.has(this.root(name)))) continue;
      for (const name of outputs) found.add(this.root(name));
    }
    return found;
  }

  private isNumbered(name: string): boolean {
    return this.graph.constants.get(name)?.type.startsWith("float") ?? false;
  }

  private parameters(): Parameter[] {
    for (const id of this.learned.keys()) {
      if (!this.isLearned(id) || this.gradientParts.has(id)) continue;
      const { label } = this.buffers[id] as PlanBuffer;
      throw new Error(
        `"${label}" cannot be learned: only convolutions and dense layers can be trained`,
      );
    }
    return [...this.gradientParts].map(([id, { buffer, count }]) => {
      const { label, bytes } = this.buffers[id] as PlanBuffer;
      const memories = ["mean", "mean square"].slice(0, this.settings.optimizer === "adam" ? 2 : 1);
      const numbers = this.learned.get(id) as Float32Array;
      if (!isRearrangement(numbers)) {
        throw new Error(`"${label}" is no rearrangement of weights: it cannot be learned`);
      }
      return {
        buffer: id,
        memories: memories.map((name) => this.room(`${name} gradient of ${label}`, bytes)),
        places: Int32Array.from(numbers, (number) => number - 1),
        parts: buffer,
        partCount: count,
      };
    });
  }

  private updateStep({ buffer, memories, parts, partCount }: Parameter): Step {
    const { label, bytes } = this.buffers[buffer] as PlanBuffer;
    const vec4s = bytes / 16;
    const [mean, mean_square] = memories as [BufferId, BufferId?];
    return {
      label: `${label} update`,
      shader: "optimizer",
      entry: this.settings.optimizer,
      uniforms: { layer: { vec4s, parts: partCount } },
      bindings: {
        ...{ training: this.training, parts, weights: buffer, mean },
        ...(mean_square !== undefined && { mean_square }),
      },
      workgroups: [Math.min(Math.ceil(vec4s / 64), 65535), 1, 1],
      samples: 0,
    };
  }
}

/** True if the numbers are whole ones, each there at most once; 0 is padding. */
function isRearrangement(numbers: Float32Array): boolean {
  const seen = new Uint8Array(numbers.reduce((most, number) => Math.max(most, number), 0) + 1);
  return numbers.every((number) => {
    if (number === 0) return true;
    if (!Number.isInteger(number) || seen[number]) return false;
    seen[number] = 1;
    return true;
  });
}

/** The number of all weights of a graph, and the same graph with their numbers in place of their values. */
export function numbered(graph: Graph): { graph: Graph; count: number } {
  let count = 0;
  const constants = [...graph.constants].map(([name, constant]) => {
    if (!constant.type.startsWith("float")) return [name, constant] as const;
    const first = count + 1;
    count += constant.data.length;
    const data = Float32Array.from(constant.data, (_, i) => first + i);
    return [name, { ...constant, data }] as const;
  });
  if (count >= MOST_WEIGHTS) {
    throw new Error(`the network has ${count} weights, fewer than ${MOST_WEIGHTS} can be trained`);
  }
  return { graph: { ...graph, constants: new Map(constants) }, count };
}
