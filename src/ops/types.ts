// The vocabulary of operators. Nothing here does anything.
//
// How to think of it: an ONNX file becomes a `Graph` of `Node`s over named tensors. An `Op` knows, for one kind of node,
// the shape of its output and how to write it down as `Step`s: one kernel launch each, plain data. What it may ask
// while it does so is `Planning`.

import type { Attribute, OnnxNode } from "../onnx/types.js";
import type { BufferId, Step, View } from "../shaders/step.js";
import type { Constant, Contents, Layout, Precision, Shape } from "../tensor/types.js";

/** How the elements of a tensor come from another one. */
export interface Rearrangement {
  /** Equal keys mean equal tables. */
  readonly key: string;
  /**
   * Makes the table: for every element in row-major order, the element of the source that it is, −1 for none;
   * undefined if they are all elements of the source in their order.
   */
  readonly table: () => Int32Array | undefined;
}

/** One operation of the graph. A layer may have one more input, behind its bias, that is added to its result. */
export interface Node extends OnnxNode {
  /** @internal A piecewise linear activation that the node applies to its own output (graph/fuse.ts). */
  readonly activation?: Activation;
  /** @internal Of a node that stands for several that only moved elements (graph/merge-moves.ts). */
  readonly rearrangement?: Rearrangement;
}

/**
 * How the probability p of a class follows from the graph's output z: a softmax over all classes; its own σ(z); p is z
 * itself, or e^z, where the file's own last activation was kept; or nobody knows.
 */
export type Head = "softmax" | "sigmoid" | "probability" | "log-probability" | "unknown";

/** A model ready to be planned: dead nodes gone, constants folded, activations fused, every layout known. */
export interface Graph {
  readonly opset: number;
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, Constant>;
  /** The name of the image tensor and of the logits. */
  readonly input: string;
  readonly output: string;
  readonly layouts: ReadonlyMap<string, Layout>;
  /** True where the file leaves the height or the width of the image open. */
  readonly isOpen?: boolean;
  /** The final activation that was taken off so that the logit is explained, if there was one. */
  readonly stripped?: "Softmax" | "LogSoftmax" | "Sigmoid";
  /** The final activation that stayed, as `keepSoftmax` has it. */
  readonly kept?: string;
  readonly head: Head;
  /** The file has one output, the logit z of "yes"; the graph's are −z and z, of "no" and "yes". */
  readonly isBinary?: boolean;
  /** The file's name of the output that is explained. */
  readonly explained: string;
  /** What was assumed about the file, in sentences with a way out; the first of the model's warnings. */
  readonly warnings: readonly string[];
}

/** y = x between `low` and `high`, `slope`·(x − edge) beyond; Relu is (0, ∞, 0), ReLU6 is (0, 6, 0). */
export interface Activation {
  /** The ONNX operator it came from, by which methods choose its rule: Relu, Clip, LeakyRelu. */
  readonly op: string;
  readonly node: string;
  readonly low: number;
  readonly high: number;
  readonly slope: number;
}

/** Where a backward rule puts its gradient: over what stands there or added to it, gated or not. */
export interface Sink extends View {
  readonly add: boolean;
  readonly gate?: Gate;
  /**
   * The gradient stands there already, in a slot of a Concat's gradient or as that of a sum with a residual: only the
   * gate is left to do.
   */
  readonly inPlace?: boolean;
}

/**
 * One bit per element: the activation was in its linear part. Bits lie in words of 8 positions × 4 lanes;
 * positions are seen as rows of `width`, each starting a new word.
 */
export interface Mask {
  readonly buffer: BufferId;
  readonly width: number;
  /** Words from the start of a sample to the first, and from one sample to the next. */
  readonly offset: number;
  readonly stride: number;
}

/** How a gradient passes an activation on its way back. */
export interface Gate {
  readonly mask?: Mask;
  readonly rule: "gradient" | "guided" | "deconvnet" | "mean";
  /** What the rule "mean" takes the mask's place with. */
  readonly counts?: BufferId;
  readonly slope: number;
}

/** How much one invocation of a convolution computes: much on a software adapter, less on a GPU. */
export interface Tiling {
  /** Pixels per invocation: 8 or 16. */
  readonly pixels: number;
  /** Channel quads (fours of channels) per invocation: 1, 2 or 4. */
  readonly quads: number;
  /** Invocations per workgroup. */
  readonly workgroup: number;
  /**
   * Winograd's algorithm for convolutions of 3 × 3 and 5 × 5 (Lavin and Gray 2016): fewer products, more traffic to
   * memory. Its rounding error is about six times as large and differs between the places of a tile, so it is used only
   * for plans that need not be exact.
   */
  readonly winograd?: boolean;
  /** Tiles that a workgroup shares, where the chip has memory for it (conv-shared.wgsl). */
  readonly shared?: readonly SharedTile[];
  /** Tilings of some kinds of layers, in place of this one (plan/layer-kind.ts). */
  readonly layers?: Readonly<Record<string, Tiling>>;
  /** Four invocations load together what they all need, on devices with subgroups of four. */
  readonly together?: boolean;
}

/** A tile of a workgroup of across × down invocations: 8 · across pixels of quads · down channel quads. */
export interface SharedTile {
  /** Invocations along the pixels. */
  readonly across: number;
  /** Invocations along the channels. */
  readonly down: number;
  /** Channel quads per invocation. */
  readonly quads: 1 | 2;
  /** Time per product, relative to the best tile. */
  readonly cost: number;
}

/** What a rule makes of a layer's weights: above · max(w, 0) + below · min(w, 0); w² for a power of 2; 1 for 0. */
export interface Change {
  readonly name: string;
  readonly above: number;
  readonly below: number;
  readonly power: 0 | 1 | 2;
}

/** The numbers in the rules of relevance. */
export interface RelevanceNumbers {
  /** Of LRP-ε; the other rules have a stabilizer of their own. */
  readonly epsilon: number;
  readonly gamma: number;
  /** β is α − 1. */
  readonly alpha: number;
}

/** What an operator may ask of the plan that is being made while it writes its steps down. */
export interface Planning {
  readonly graph: Graph;
  constant(name: string): Constant | undefined;
  /** The values of a tensor. */
  value(name: string): View;
  /** The gradient of the target with respect to a tensor, complete and gated. */
  gradient(name: string): View;
  /** Where the gradient with respect to a node's k-th input goes; undefined if nobody wants it. */
  sink(node: Node, k: number): Sink | undefined;
  /** The mask that a node's activation must leave for the backward pass; undefined if none is read. */
  mask(node: Node, width: number): Mask | undefined;
  /**
   * The classes that are explained, if the channels of a tensor stand for classes, so that of a logit's gradient only
   * theirs are not 0; undefined if not.
   */
  classesOf(name: string): BufferId | undefined;
  /** The same where nothing but the logits of these classes is made of the tensor while samples are played. */
  wantedOf(name: string): BufferId | undefined;
  /** True if the gradient reaches a tensor at all. */
  hasGradient(name: string): boolean;
  /** True if a Concat's k-th input is written straight into its slot of the result. */
  isInPlace(node: Node, k: number): boolean;
  /** True if the backward pass will run, so that what it needs must be saved. */
  readonly backward: boolean;
  readonly tiling: Tiling;
  /** True if the weights change on the GPU, by noise or training: nothing may be made of them beforehand. */
  readonly changingWeights: boolean;
  /** The uniform buffer of run.wgsl. */
  readonly run: BufferId;
  /** A buffer that a node's forward steps leave to its backward steps, by a name of the node's choice. */
  saved(node: Node, name: string, bytes: number): BufferId;
  /** The same for a tensor. */
  savedTensor(node: Node, name: string, layout: Layout): View;
  /** What a buffer holds in a forward pass of the baseline: one sample, the same for all. */
  baseline(buffer: BufferId): BufferId;
  readonly relevance: RelevanceNumbers;
  readonly precision: Precision;
  /** The lowest or highest that a tensor can be which is the image, its elements moved at most; undefined for others. */
  bound(which: "low" | "high", name: string): View | undefined;
  /** A buffer shared by all samples and kept as long as the plan; the same key gives the same buffer. */
  fixed(key: string, bytes: number, contents: () => Contents): BufferId;
  /** Something that is found out once for all nodes alike: the same key gives the same answer. */
  once<T>(key: string, make: () => T): T;
  /** The same for so many vec4s that kernels read as they read tensors. */
  stored(key: string, vec4s: number, contents: () => Contents): BufferId;
  /** The same for trained parameters, and for what a rule makes of them. */
  weights(key: string, vec4s: number, contents: () => Contents, change?: Change): BufferId;
  step(step: Step): void;
  /**
   * A buffer for so many vec4s of counts over the samples of all batches, behind one that says how many samples they
   * are. The step, which adds a batch to them, is played after each forward pass; the same key gives the same buffer.
   */
  tally(key: string, vec4s: number, step: (counts: BufferId) => Step): BufferId;
}

/** What an operator may ask besides of a plan for training (train/plan.ts). */
export interface TrainingPlanning extends Planning {
  /** Samples of a step. */
  readonly batch: number;
  /** True if a parameter is to be learned: a buffer that `weights` gave. */
  isLearned(parameter: BufferId): boolean;
  /** Where its gradient goes: so many parts one behind the other, each as long as the parameter, to be summed up. */
  partsOf(parameter: BufferId, parts: number): BufferId;
}

/** Writes down the gradient of the loss with respect to what a node has to learn. */
export type WeightGradient = (node: Node, plan: TrainingPlanning) => void;

/** One kind of node: what it makes, how forward, how backward by each rule it knows. */
export interface Op {
  /** Channel axis that input k must have, if it must have one: the graph is made to give it that. */
  channel?(node: Node, k: number, inputs: readonly (Layout | undefined)[]): number | undefined;
  /** Shape that input k must have, if it must have another: the graph broadcasts it. */
  shape?(
    node: Node,
    k: number,
    inputs: readonly (Layout | undefined)[],
    constants: ReadonlyMap<string, Constant>,
  ): Shape | undefined;
  /** Layouts of the outputs; throws a sentence where the node cannot be. Constants have no layout. */
  infer(
    node: Node,
    inputs: readonly (Layout | undefined)[],
    constants: ReadonlyMap<string, Constant>,
  ): Layout[];
  forward(node: Node, plan: Planning): void;
  readonly rules: Readonly<Record<string, (node: Node, plan: Planning) => void>>;
  /** How many of its inputs, the first ones, may depend on the image; 1 if not given. */
  readonly activations?: number;
  /** True if the node can apply an Activation to its own output. */
  readonly fusesActivation?: boolean;
  /**
   * For an operator that only moves elements: for every element of its k-th output in row-major order, the
   * element of its input that it is, −1 where it is the fill; undefined where all keep their order. The graph
   * and the plan use it to see what moves can be one, and where nothing moves.
   */
  moves?(
    node: Node,
    k: number,
    input: Layout,
    output: Layout,
    constants: ReadonlyMap<string, Constant>,
  ): Int32Array | undefined;
}

/** What an operator that is made of others may ask, and how it adds them, while the graph is being made. */
export interface Writing {
  /** Version of the default operator set. */
  readonly opset: number;
  /** Shape of the node's k-th input, constant or not. */
  shape(k: number): Shape;
  /** The node that makes the k-th input, if a node does. */
  source(k: number): Node | undefined;
  /** The node's k-th input if it is constant. */
  constant(k: number): Constant | undefined;
  /** Adds a node; gives the name of its output. */
  node(
    op: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
  ): string;
  /** Adds a constant; gives its name. */
  floats(shape: Shape, values: ArrayLike<number>): string;
  /** Adds a list of integers; gives its name. */
  integers(values: readonly number[]): string;
}

/**
 * An operator that is made of others: adds them, and gives the names of the tensors that are its outputs;
 * undefined where it is no composition after all.
 */
export type Composition = (node: Node, write: Writing) => string | readonly string[] | undefined;
