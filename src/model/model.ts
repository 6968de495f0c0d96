// A model on a device: the graph of an ONNX file, its weights, and the engines that play its plans.

import { whileAlive } from "../gpu/device.js";
import { breathe } from "../gpu/slices.js";
import { DEFAULT_SUBMIT_TIME, Submits } from "../gpu/submits.js";
import { type GraphOptions, loadOperators, makeGraph } from "../graph/graph.js";
import { type Guess, guessPreprocess, readCardLabels } from "../image/guess.js";
import {
  type ImageSource,
  type InputShape,
  type InputTensor,
  imageKernels,
  toTensor,
} from "../image/image.js";
import { type ResolvedPreprocess, resolvePreprocess } from "../image/preprocess.js";
import { checkChannels, checkPreprocess, isGuessed } from "../image/preprocess-check.js";
import { layersOf } from "../methods/plane-layers.js";
import type { OnnxModel } from "../onnx/types.js";
import type { Graph, Tiling } from "../ops/types.js";
import { checkImage } from "../options/arguments.js";
import { checkGiven } from "../options/check.js";
import { classifying, tuning } from "../options/loading.js";
import type { PreprocessOption } from "../options/preprocess.js";
import { preparePictures } from "../picture/picture.js";
import { probabilitiesOf } from "../plan/scores.js";
import type { Tuning } from "../plan/types.js";
import { channels, positions } from "../tensor/layout.js";
import type { Layout, Precision } from "../tensor/types.js";
import { assumptions } from "./assumed.js";
import { playClean, readLogits } from "./engine.js";
import type { LabelsSource } from "./labels.js";
import { Plans } from "./plans.js";
import type { TuneOptions } from "./tune.js";

/** Where a model comes from: the bytes of an ONNX file, or where to fetch them. */
export type ModelSource = Uint8Array | ArrayBuffer | Response | URL | string;

/** Options of `loadModel`: what the file does not say, and how to store and run the network. */
export interface ModelOptions extends GraphOptions {
  /**
   * Names of the classes, in the order of the logits; by default those of the card. A network of 1000 or 1001 classes and
   * three channels is assumed to have ImageNet's.
   */
  readonly labels?: readonly string[];
  /**
   * How photos become the network's input. "auto", the default, takes what the card, the file's metadata or the graph
   * says, or else guesses from axes, classes and channels; `model.preprocess.from` says which.
   */
  readonly preprocess?: PreprocessOption;
  /** The parsed JSON of a model card: Hugging Face's preprocessor_config.json or config.json, or timm's config.json. */
  readonly card?: unknown;
  /** The name of the model's file, where its address does not have it: Keras's first networks are known by theirs. */
  readonly name?: string | undefined;
  /** How much one GPU invocation computes; by default what suits the adapter. */
  readonly tiling?: Tiling;
  /**
   * "half" stores activations, gradients and weights as 16-bit floats: half the memory, with an error that
   * `precisionError` measures. Sums are computed and kept in single precision. "single" by default.
   */
  readonly precision?: Precision;
  /** What `model.tune` found for the layers of this model, or of others, on the same adapter. */
  readonly tuning?: Tuning;
  /**
   * Bytes of GPU memory that the model may take and keep: weights, activations, and what lets the next map of a method
   * start at once. What was used least recently makes room. 1 GiB by default.
   */
  readonly maxMemory?: number;
  /**
   * Gives the data file of this name, for a model that keeps its weights in files beside it. By default it is fetched
   * from where the model was.
   */
  readonly external?: (name: string) => ModelSource | Promise<ModelSource>;
  /** Aborts the loading. */
  readonly signal?: AbortSignal;
}

/** One class, as the network scores it for an image. */
export interface ClassScore {
  /** Index of the class, from 0. */
  readonly index: number;
  /** Name of the class, or "class 7" where there are no labels. */
  readonly label: string;
  /** The network's output before a final Softmax or Sigmoid. */
  readonly logit: number;
  /** By a Softmax over all classes or, where the network ends in a Sigmoid, of this class alone; NaN if not known. */
  readonly probability: number;
}

/** The result of `model.classify`. */
export interface Classification {
  /** The most probable classes, the most probable first. */
  readonly top: readonly ClassScore[];
  /** The logit of every class, [classes]. */
  readonly logits: Float32Array;
  /** The probability of every class, [classes]; where the network ends in a Sigmoid they need not add up to 1. */
  readonly probabilities: Float32Array;
}

/** Options of `model.classify`. */
export interface ClassifyOptions {
  /** How many classes `top` has; 5 by default. */
  readonly top?: number;
  /** How the photo becomes the input; by default as the model was loaded with. */
  readonly preprocess?: PreprocessOption;
}

/** What a model holds on its device, in bytes. */
export interface ModelMemory {
  /** All of its buffers. */
  readonly bytes: number;
  /** The part of it for activations, gradients and masks. */
  readonly activations: number;
  /** The limit that `maxMemory` sets. */
  readonly limit: number;
}

/** Default memory budget: what integrated graphics can spare. */
const DEFAULT_MEMORY = 2 ** 30;

/** What is known of a network besides its graph. */
interface Known {
  readonly guess: Guess;
  readonly labels?: readonly string[] | undefined;
  readonly labelsFrom?: LabelsSource | undefined;
}

/** The model of a decoded file, with the kernels of its gradient and of pictures compiled. Rejects as `loadModel` does. */
export async function makeModel(
  device: GPUDevice,
  decoded: OnnxModel,
  options: ModelOptions = {},
): Promise<Model> {
  const prepared = Promise.all([imageKernels(device), preparePictures(device)]);
  prepared.catch(() => {});
  await loadOperators(decoded, options);
  const graph = makeGraph(decoded, options);
  await breathe();
  const model = Model.of(device, graph, options, await knownOf(decoded, graph, options));
  await model.plans.engine({ method: "gradient" }, 1);
  await whileAlive(device, prepared);
  return model;
}

async function knownOf(decoded: OnnxModel, graph: Graph, options: ModelOptions): Promise<Known> {
  const { name, card, labels } = options;
  const [classes, depth] = [graph.output, graph.input].map((tensor) =>
    channels(graph.layouts.get(tensor) as Layout),
  ) as [number, number];
  const guess = guessPreprocess(decoded, { name, channels: depth, classes, card });
  const { isBinary } = graph;
  if (labels) {
    return { guess, labels: isBinary ? labelsOfTwo(labels) : labels, labelsFrom: "given" };
  }
  const told = readCardLabels(card);
  if (told?.length === classes) return { guess, labels: told, labelsFrom: "card" };
  if (isBinary) return { guess, labels: ["no", "yes"], labelsFrom: "binary" };
  if (depth !== 3 || (classes !== 1000 && classes !== 1001)) return { guess };
  const { imagenetLabels } = await import("./imagenet.js");
  return { guess, labels: imagenetLabels(classes), labelsFrom: "imagenet" };
}

/** A classifier on a device, ready to classify images and to be explained. Made by `loadModel`. */
export class Model {
  /** Name of the model's file; undefined where it is not known. */
  readonly name: string | undefined;
  /** [C,H,W] of the network's input. */
  readonly input: InputShape;
  /** Number of classes; 2, "no" and "yes", for a network whose one output is the probability of "yes". */
  readonly classes: number;
  /** Names of the classes, in the order of the logits; undefined where nothing names them. */
  readonly labels: readonly string[] | undefined;
  /** Name of the output that is explained, as in the file. */
  readonly output: string;
  /** Where the labels come from; "imagenet" is assumed from the number of classes. */
  readonly labelsFrom: LabelsSource | undefined;
  /** How photos become the network's input, and what says so. */
  readonly preprocess: ResolvedPreprocess;
  /** How activations, gradients and weights are stored. */
  readonly precision: Precision;
  /** What was assumed about the model: one sentence each, with the option that says otherwise. Every map repeats them. */
  readonly warnings: readonly string[];
  /** @internal What the model plays, and when. */
  readonly plans: Plans;
  private readonly maxMemory: number;

  private constructor(
    /** @internal */
    readonly device: GPUDevice,
    /** @internal */
    readonly graph: Graph,
    private readonly options: ModelOptions,
    private readonly known: Known,
  ) {
    this.maxMemory = options.maxMemory ?? DEFAULT_MEMORY;
    const output = graph.layouts.get(graph.output) as Layout;
    if (positions(output) !== 1) {
      throw new Error(
        `the model's output has shape [${output.shape}]: a classifier's is [1, classes]`,
      );
    }
    this.classes = channels(output);
    const input = graph.layouts.get(graph.input) as Layout;
    const [, height = 1, width = 1] = input.shape.filter((_, axis) => axis !== input.channel);
    this.input = { channels: channels(input), height, width };
    this.precision = options.precision ?? "single";
    const { precision, maxMemory } = this;
    this.plans = new Plans(device, graph, { ...options, precision, maxMemory });
    this.name = options.name;
    this.output = graph.explained;
    this.labels = known.labels;
    this.labelsFrom = known.labelsFrom;
    this.preprocess = this.resolved(options.preprocess ?? "auto");
    this.warnings = this.warningsBy(this.preprocess);
    if (this.labels && this.labels.length !== this.classes) {
      throw new Error(
        `there are ${this.labels.length} labels, the model has ${this.classes} classes`,
      );
    }
  }

  /** @internal A model of a graph, which need not be a file's. */
  static of(
    device: GPUDevice,
    graph: Graph,
    options: ModelOptions = {},
    known: Known = knownOfGraph(graph, options),
  ): Model {
    return new Model(device, graph, options, known);
  }

  /** Names of the layers that class activation maps can be made of, for the option `layer`. */
  get layers(): string[] {
    return layersOf(this.graph);
  }

  /** What the model holds on the device now, in bytes; maps, which are their owner's, are not counted. */
  get memory(): ModelMemory {
    return { ...this.plans.memory, limit: this.maxMemory };
  }

  /** Classifies an image, by one forward pass. Rejects where the image does not fit the network's input. */
  async classify(image: ImageSource, options: ClassifyOptions = {}): Promise<Classification> {
    this.plans.ended.throwIfAborted();
    checkGiven("classify", classifying, options);
    const tensor = await this.tensor(image, options.preprocess);
    try {
      return await this.plans.alone(async () => {
        const engine = await this.plans.engine({ method: "gradient" }, 1);
        const submitTime = DEFAULT_SUBMIT_TIME;
        const submits = new Submits(this.device, { submitTime, signal: this.plans.ended });
        await playClean(submits, engine, tensor);
        const logits = await whileAlive(this.device, readLogits(engine, this.classes));
        return this.scores(logits, options.top ?? classifying.top.default);
      });
    } finally {
      tensor.destroy();
    }
  }

  /** @internal The input of the network for an image. */
  async tensor(image: ImageSource, preprocess?: PreprocessOption): Promise<InputTensor> {
    checkImage(image);
    const { isOpen, input, layouts } = this.graph;
    const file = { isOpen, isChannelsLast: layouts.get(input)?.channel === 3 };
    const resolved = this.resolved(preprocess);
    // Nobody knows whether a tensor was made by what is only guessed of photos.
    const isUnknown = "shape" in image && isGuessed(resolved);
    return whileAlive(
      this.device,
      toTensor(this.device, image, this.input, isUnknown ? undefined : resolved, file),
    );
  }

  /** @internal A preprocessing in numbers, the model's own where none is given. Throws where it does not fit. */
  resolved(preprocess?: PreprocessOption): ResolvedPreprocess {
    if (preprocess === undefined) return this.preprocess;
    checkPreprocess(preprocess);
    const { guess } = this.known;
    if (preprocess === "auto") return { ...guess.preprocess, from: guess.from };
    const numbers = resolvePreprocess(preprocess, this.input.channels);
    checkChannels(numbers, this.input.channels);
    return { ...numbers, from: "given" };
  }

  /** @internal The model's warnings where photos become its input so; undefined is of tensors. */
  warningsBy(preprocess: ResolvedPreprocess | undefined): readonly string[] {
    const { graph, labelsFrom, classes, input } = this;
    const assumed = assumptions({ preprocess, labelsFrom, classes, channels: input.channels });
    return [...new Set([...graph.warnings, ...assumed])];
  }

  /** @internal Logits as probabilities and a list of the best. */
  scores(logits: Float32Array, count: number): Classification {
    const probabilities = Float32Array.from(probabilitiesOf(this.graph.head, logits));
    const order = [...logits.keys()].sort(
      (a, b) => (logits[b] as number) - (logits[a] as number) || a - b,
    );
    const top = order.slice(0, count).map((index) => ({
      index,
      label: this.label(index),
      logit: logits[index] as number,
      probability: probabilities[index] as number,
    }));
    return { top, logits, probabilities };
  }

  /** @internal How many classes share a probability of 1; undefined where each has its own. */
  get competing(): number | undefined {
    return this.graph.head === "softmax" ? this.classes : undefined;
  }

  /** @internal The name of a class. */
  label(index: number): string {
    // One number is a score, and no class.
    if (this.classes === 1) return this.labels?.[index] ?? this.output;
    return this.labels?.[index] ?? `class ${index}`;
  }

  /** @internal The index of a class given by index or label; undefined for "top1". */
  classIndex(target: number | string): number | undefined {
    if (target === "top1") return undefined;
    if (typeof target === "number") {
      if (Number.isInteger(target) && target >= 0 && target < this.classes) return target;
      throw new Error(
        `there is no class ${target}: the model has the classes 0 to ${this.classes - 1}`,
      );
    }
    const wanted = target.trim().toLowerCase();
    const labels = this.labels ?? [];
    const exact = labels.findIndex((label) => label.toLowerCase() === wanted);
    if (exact >= 0) return exact;
    if (/^\d+$/.test(wanted)) return this.classIndex(Number(wanted));
    if (!this.labels)
      throw new Error(`"${target}" names no class: the model was loaded without labels`);
    const near = labels.filter((label) => label.toLowerCase().includes(wanted)).slice(0, 5);
    const hint = near.length > 0 ? `; did you mean ${near.map((l) => `"${l}"`).join(", ")}?` : "";
    throw new Error(`no class is labeled "${target}"${hint}`);
  }

  /**
   * Picks the fastest tiling of each layer by measuring, which takes some seconds, and uses it from then on. The choice
   * changes the last bits of maps: for the same bits again, keep the result and load the model with it as `tuning`. Within
   * a page no kind of layer is measured twice. Rejects where the device has no timestamps.
   */
  tune(options: TuneOptions = {}): Promise<Tuning> {
    checkGiven("tune", tuning, options);
    return this.plans.tune(options);
  }

  /** @internal The same model with its tensors stored in another way, and weights of its own. */
  inPrecision(precision: Precision): Model {
    const options = { ...this.options, tiling: this.plans.tiling, precision };
    return Model.of(this.device, this.graph, options, this.known);
  }

  /**
   * Ends everything that runs on the model with an error, and frees its weights and buffers. Resolves when nothing of it
   * is left on the device. Finished maps stay.
   */
  destroy(): Promise<void> {
    return this.plans.destroy(new Error("the model was destroyed: load it again"));
  }
}

/** What is known of a graph that was made by hand. */
function knownOfGraph({ layouts, input }: Graph, { labels }: ModelOptions): Known {
  const depth = channels(layouts.get(input) as Layout);
  const guess: Guess = { preprocess: resolvePreprocess(undefined, depth), from: "channels" };
  return { guess, labels, labelsFrom: labels && "given" };
}

/** The names of "no" and "yes"; one name is that of what may be there or not. */
function labelsOfTwo(labels: readonly string[]): readonly string[] {
  const [first] = labels;
  return labels.length === 1 ? [`not ${first}`, first as string] : labels;
}
