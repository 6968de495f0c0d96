// The vocabulary of operators: types only.
//
// How to think of it: a `Graph` is a list of `Node`s over named tensors. An `Op` knows one kind of node: the layout of its
// outputs, and how to write its forward and backward passes as `Step`s, kernel launches as plain data. While it writes, it
// asks the plan (`Planning`) where tensors are and where gradients go. A `Composition` is an operator that is written with
// others, and needs neither kernels nor rules.

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

/** Where a backward rule writes its gradient: in place of what is there or added to it, gated or not. */
export interface Sink extends View {
  readonly add: boolean;
  readonly gate?: Gate;
  /** The gradient is there already, as a slot of a Concat's or that of a residual's sum: only the gate is missing. */
  readonly inPlace?: boolean;
}

/**
 * One bit per element, set where the activation was in its linear part. A word has the bits of 8 positions × 4 lanes;
 * positions are counted in rows of `width`, each of which starts a new word.
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
  /** What the rule "mean" reads in place of a mask. */
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

/** What a rule makes of a layer's weights w: above · max(w, 0) + below · min(w, 0), or w² (power 2), or 1 (power 0). */
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

/** What an operator may ask of the plan while it writes its steps. */
export interface Planning {
  readonly graph: Graph;
  readonly precision: Precision;
  /** How kernels are cut for the adapter, for the layer that is being written. */
  readonly tiling: Tiling;
  /** True if a backward pass will run, so that what it needs must be saved. */
  readonly backward: boolean;
  /** True if weights change on the GPU, by noise or training: nothing may be computed from them beforehand. */
  readonly changingWeights: boolean;
  /** The numbers of the relevance rules. */
  readonly relevance: RelevanceNumbers;
  /** The uniform buffer of run.wgsl. */
  readonly run: BufferId;

  /** Adds a kernel launch to the pass that is being written. */
  step(step: Step): void;

  /** A tensor of the model that does not depend on the image. */
  constant(name: string): Constant | undefined;
  /** Where the values of a tensor are. */
  value(name: string): View;
  /** Where the gradient with respect to a tensor is, complete and gated. */
  gradient(name: string): View;
  /** True if the gradient reaches a tensor at all. */
  hasGradient(name: string): boolean;
  /** Where the gradient with respect to a node's k-th input goes; undefined if it is not needed. */
  sink(node: Node, k: number): Sink | undefined;
  /** The mask that a node's activation must write for the backward pass; undefined if none is read. */
  mask(node: Node, width: number): Mask | undefined;
  /** True if a Concat's k-th input is written straight into its slot of the result. */
  isInPlace(node: Node, k: number): boolean;
  /**
   * The explained classes, if the channels of a tensor are classes, so that the gradient of a logit is 0 in all other
   * channels; undefined if they are not.
   */
  classesOf(name: string): BufferId | undefined;
  /** The explained classes, if their logits are all that is needed of a tensor while samples are played. */
  wantedOf(name: string): BufferId | undefined;
  /** What a buffer holds in a forward pass of the baseline: one sample, shared by all. */
  baseline(buffer: BufferId): BufferId;
  /** The lowest or highest values that the image can have, for a tensor that is the image; undefined for others. */
  bound(which: "low" | "high", name: string): View | undefined;

  /** A buffer that a node's forward steps leave to its backward steps, by a name of the node's choice. */
  saved(node: Node, name: string, bytes: number): BufferId;
  /** A tensor that a node's steps leave to later ones, by a name of the node's choice. */
  savedTensor(node: Node, name: string, layout: Layout): View;
  /** A buffer shared by all samples and kept as long as the plan. Equal keys give the same buffer. */
  fixed(key: string, bytes: number, contents: () => Contents): BufferId;
  /** A fixed buffer of vec4s stored at the plan's precision. */
  stored(key: string, vec4s: number, contents: () => Contents): BufferId;
  /** A stored buffer of trained parameters, or of what a rule makes of them. */
  weights(key: string, vec4s: number, contents: () => Contents, change?: Change): BufferId;
  /** A result computed once for all nodes that ask with the same key. */
  once<T>(key: string, make: () => T): T;
  /**
   * A buffer of counts over the samples of all batches, preceded by the number of these samples. The step, which adds a
   * batch to the counts, runs after each forward pass. Equal keys give the same buffer.
   */
  tally(key: string, vec4s: number, step: (counts: BufferId) => Step): BufferId;
}

/** What an operator may ask of a plan for training, besides (train/learning.ts). */
export interface TrainingPlanning extends Planning {
  /** Samples per training step. */
  readonly batch: number;
  /** True if a parameter, a buffer from `weights`, is to be learned. */
  isLearned(parameter: BufferId): boolean;
  /** Where a parameter's gradient goes: this many parts, each as long as the parameter, which are summed later. */
  partsOf(parameter: BufferId, parts: number): BufferId;
}

/** Writes the steps of the gradient of the loss with respect to a node's parameters. */
export type WeightGradient = (node: Node, plan: TrainingPlanning) => void;

/** One kind of node: the layout of its outputs, its forward steps, and its backward steps by rule. */
export interface Op {
  /** The channel axis that input k must have, if any; the graph inserts a Relayout where it has another. */
  channel?(node: Node, k: number, inputs: readonly (Layout | undefined)[]): number | undefined;
  /** The shape that input k must have, if any; the graph broadcasts it where it has another. */
  shape?(
    node: Node,
    k: number,
    inputs: readonly (Layout | undefined)[],
    constants: ReadonlyMap<string, Constant>,
  ): Shape | undefined;
  /** The layouts of the outputs; throws a sentence if the node cannot be. Constant inputs have no layout. */
  infer(
    node: Node,
    inputs: readonly (Layout | undefined)[],
    constants: ReadonlyMap<string, Constant>,
  ): Layout[];
  /** Writes the forward steps. */
  forward(node: Node, plan: Planning): void;
  /** By rule, "gradient" and what methods ask for besides: writes the backward steps. */
  readonly rules: Readonly<Record<string, (node: Node, plan: Planning) => void>>;
  /** How many of its inputs, the first ones, may depend on the image; 1 if not given. */
  readonly activations?: number;
  /** True if the node can apply an `Activation` to its own output. */
  readonly fusesActivation?: boolean;
  /**
   * For an operator that only moves elements: for each element of its k-th output in row-major order, its index in the
   * input, or −1 for the fill value; undefined if all stay in order. The graph merges moves by these tables, and the plan
   * skips those that move nothing.
   */
  moves?(
    node: Node,
    k: number,
    input: Layout,
    output: Layout,
    constants: ReadonlyMap<string, Constant>,
  ): Int32Array | undefined;
}

/** What a composition may ask about its node, and how it adds nodes to the graph. */
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

/** Adds the nodes that a node stands for and returns the names of its outputs; undefined if it stands for itself. */
export type Composition = (node: Node, write: Writing) => string | readonly string[] | undefined;
