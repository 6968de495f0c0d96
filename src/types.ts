// The vocabulary of the program, on one page. Nothing here imports anything or does anything.
//
// How to think of it: an ONNX file becomes a `Graph` of `Node`s over named tensors. An `Op` knows, for one
// kind of node, the shape of its output and how to write it down as `Step`s: one kernel launch each, plain
// data. A `Plan` is the list of all steps of a map, with the buffers they need. The GPU plays the plan.
//
// The graph describes ONE sample (batch axis 1). The n noisy samples are n copies of that graph, one behind
// the other in every buffer, so no operator ever sees more than one sample.

/** Lengths of the axes of a tensor of one sample, as ONNX orders them (batch axis first, of length 1). */
export type Shape = readonly number[];

/** Element types of ONNX that the decoder reads. Floats are widened to f32, integers and booleans to f64. */
export type ElementType =
  | "float32"
  | "float16"
  | "bfloat16"
  | "float64"
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "uint8"
  | "uint16"
  | "uint32"
  | "uint64"
  | "bool";

/** A tensor whose values are known before any image is: a weight, an axis list, a folded constant. Row-major. */
export interface Constant {
  readonly type: ElementType;
  readonly shape: Shape;
  /** Float32Array for float types, Float64Array (holding integers; ±2^53 at most) for the others. */
  readonly data: Float32Array | Float64Array;
}

/** The value of a node's attribute. */
export type Attribute = number | string | number[] | string[] | Constant | Subgraph;

/**
 * The body of an If or a Loop. All names in it are its own in the whole file, but those of tensors outside that it
 * reads; these stand behind the node's inputs, too.
 */
export interface Subgraph {
  readonly inputs: readonly string[];
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, Constant>;
  readonly outputs: readonly string[];
}

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

/** One operation of the graph. An absent optional input is the empty string. */
export interface Node {
  readonly name: string;
  /** ONNX operator type, "Conv". */
  readonly op: string;
  /** ONNX's; in a plan a layer may have one more, behind its bias, that is added to its result (ops/residual.ts). */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** ONNX's, and "detached" where the graph wants no gradient to go through the node. */
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** A piecewise linear activation that the node applies to its own output (see graph.ts, fusing). */
  readonly activation?: Activation;
  /** Of a node that stands for several that only moved elements (see rearrange.ts). */
  readonly rearrangement?: Rearrangement;
}

/** What a model file says, as it says it. */
export interface OnnxModel {
  /** Version of the default operator set. */
  readonly opset: number;
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, Constant>;
  /** Graph inputs that are not constants; an unknown or symbolic length is null. */
  readonly inputs: readonly {
    name: string;
    type: ElementType;
    shape: readonly (number | null)[];
  }[];
  readonly outputs: readonly string[];
  /** What the file says of its outputs, by name, as far as it says anything. */
  readonly declared?: ReadonlyMap<string, Declared>;
  /** Constants that could not be read, by name, each with the sentence that says why. */
  readonly unreadable?: ReadonlyMap<string, string>;
  /** metadata_props of the file. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a file says of an output. */
export interface Declared {
  /** "other" for strings, sequences, maps and whatever else is no tensor of numbers. */
  readonly type?: ElementType | "other";
  /** An unknown or symbolic length is null. */
  readonly shape?: readonly (number | null)[];
}

/**
 * How the probability p of a class follows from the graph's output z: a softmax over all classes; its own σ(z); p is z
 * itself, or e^z, where the file's own last activation was kept; or nobody knows.
 */
export type Head = "softmax" | "sigmoid" | "probability" | "log-probability" | "unknown";

/**
 * Where the elements of one sample lie. One axis, the channel axis, is packed in fours: element (c, p) of
 * channel c and position p (row-major index over all other axes) is lane c % 4 of vec4 (c / 4 | 0) · P + p.
 * C is padded to a multiple of four; what stands in the padding lanes is finite but otherwise unspecified.
 */
export interface Layout {
  readonly shape: Shape;
  /** Index of the channel axis in `shape`; 0 for a scalar. */
  readonly channel: number;
}

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

/** Names a buffer of a plan. */
export type BufferId = number;

/** How the tensors of samples and the weights are stored: with 32 or 16 bits an element. Sums are always single. */
export type Precision = "single" | "half";

/** What a buffer holds at first, or how it is made piece by piece, for whoever has something else to do in between. */
export type Contents = Float32Array | Uint32Array | Generator<void, Float32Array | Uint32Array>;

/** A buffer that a plan needs. */
export interface PlanBuffer {
  readonly label: string;
  /** Bytes for each sample of a batch; the whole buffer's bytes where `fixed`. */
  readonly bytes: number;
  /** True for what all samples share: weights, tables, sums, settings. */
  readonly fixed: boolean;
  /** First contents of a fixed buffer, made when it is first needed. */
  readonly contents?: () => Contents;
  /** What they are rounded to; they are floats then. */
  readonly precision?: Precision;
}

/** Some channels of one tensor of every sample in a buffer. Offset and stride count vec4s. */
export interface View {
  readonly buffer: BufferId;
  readonly layout: Layout;
  /** From the start of a sample to the first vec4 of the view. */
  readonly offset: number;
  /** From one sample to the next. */
  readonly stride: number;
}

/** One kernel launch. Everything the GPU needs to know, and nothing it has to understand. */
export interface Step {
  readonly label: string;
  /** Name in shaders.ts, and the entry point in it. */
  readonly shader: string;
  readonly entry: string;
  /** `const NAME = value;` lines put before the text: what sizes a workgroup or a private array. */
  readonly constants?: Readonly<Record<string, number>>;
  /** How the tensors that it reads and leaves are stored; single if not given. */
  readonly precision?: Precision;
  /** Uniform variable name → its fields: everything else that differs from step to step; absent ones are 0. */
  readonly uniforms: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** WGSL variable name → buffer. */
  readonly bindings: Readonly<Record<string, BufferId>>;
  readonly workgroups: readonly [number, number, number];
  /** The kind of the layer that it is of (kinds.ts), if of one with weights. */
  readonly layer?: string;
  /** Samples that one workgroup covers: the third count is multiplied by ⌈batch / samples⌉; 0: it is not. */
  readonly samples: number;
  /** Floating-point operations for each sample (of the whole launch where samples is 0). */
  readonly flops?: number;
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

/** The most that one invocation of a convolution makes: much on a processor that plays a GPU, less on a real one. */
export interface Tiling {
  /** 8 or 16 pixels, and 1, 2 or 4 channel quads. */
  readonly pixels: number;
  readonly quads: number;
  readonly workgroup: number;
  /**
   * Convolutions of 3 × 3 and 5 × 5 have fewer products, and pass through memory more often. They round about six times
   * as much, each place of a tile in its own way: only for plans that need not be exact.
   */
  readonly winograd?: boolean;
  /** Where there is memory for a workgroup on the chip: tiles that it shares, by implicit.wgsl. */
  readonly shared?: readonly SharedTile[];
  /** The tilings of some kinds of layers, in place of this one (kinds.ts). */
  readonly layers?: Readonly<Record<string, Tiling>>;
  /** Four invocations load together what they all need: where the device has subgroups, and they are of four. */
  readonly together?: boolean;
}

/** The tiling that each kind of layer was fastest with. Plain data, to be kept as JSON. */
export interface Tuning {
  readonly adapter: string;
  readonly layers: Readonly<Record<string, Tiling>>;
  /** The networks that were faster in a single dispatch, each by the kinds of its layers. */
  readonly single?: readonly string[];
}

/** A tile of a workgroup of across × down invocations: 8 · across pixels of quads · down channel quads. */
export interface SharedTile {
  readonly across: number;
  readonly down: number;
  readonly quads: 1 | 2;
  /** Time for each product, next to that of the best tile. */
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

/** How much memory a plan takes, in bytes. */
export interface Memory {
  /** Weights, tables, sums, uniforms. */
  readonly fixed: number;
  /** Activations, gradients and masks of one sample. */
  readonly perSample: number;
  /** The same if every activation were kept for the backward pass and no buffer used twice. */
  readonly unshared: number;
}

/** A list of steps and the buffers they need: everything about a map but the device. */
export interface Plan {
  /** Once for an image: what must be known of it before the first sample. */
  readonly prologue: readonly Step[];
  /** After a forward pass of the image itself: the target is its class. */
  readonly classify: readonly Step[];
  /** For each batch of samples: noise and forward pass; seed, backward pass and statistics. */
  readonly forward: readonly Step[];
  readonly backward: readonly Step[];
  readonly precision: Precision;
  /** All buffers by id, and for each per-sample buffer the physical one it shares with others. */
  readonly buffers: readonly PlanBuffer[];
  readonly places: readonly number[];
  /** Bytes for each sample of every physical buffer. */
  readonly physical: readonly number[];
  readonly memory: Memory;
  /** Fixed buffers that are written and read from outside. */
  readonly ports: Ports;
  /** Fixed buffers in which a batch adds to what the batch before left; the moments are not among them. */
  readonly carried: readonly BufferId[];
  /** Where the gradients of the input are after the backward pass of a batch; of class activation maps, the maps. */
  readonly gradient: View | undefined;
  /** Where the logits of a batch are after its forward pass. */
  readonly logits: View;
  readonly input: Layout;
}

/** The plan's ends: ids of its fixed buffers. */
export interface Ports {
  readonly run: BufferId;
  readonly image: BufferId;
  readonly range: BufferId;
  readonly target: BufferId;
  readonly moments: BufferId;
  /** σ of every element for a noise of 1. */
  readonly spread: BufferId;
  /** Where paths start, and the places on them (sample.wgsl). */
  readonly baselines: BufferId;
  readonly table: BufferId;
}
