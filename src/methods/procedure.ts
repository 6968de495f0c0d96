// What a procedure is: the way a method's map is made of passes through the network. Its rules, which are a table apart
// (rules.ts), say how each operator sends a gradient back.
//
// How to think of it: a sample takes one pass or several; a procedure says which (`passes`), and writes down what goes into the
// network, and what their way back leaves as their part of the map (`write`). Everything else is an answer to what a plan or
// a loop asks of every method. Each file of procedures/ is one, or a few that are kin.

import type { Graph } from "../ops/types.js";
import type { Quadrature } from "../options/sampling.js";
import type { BufferId, Step, View } from "../shaders/step.js";
import type { Extent, Layout } from "../tensor/types.js";
import type { PathNode } from "./quadrature.js";
import type { Family, RuleTable } from "./rules.js";

/** How the maps of some methods are made; `Option` are the options that it reads of those that not every method does. */
export interface Procedure<Option extends string = string> {
  readonly options: readonly Option[];
  /** Where a reader would look for it, if not where its rules are. */
  readonly family?: Family;
  /** What a map is, as far as the reason for its zeros is concerned. */
  readonly made: "gradient" | "path" | "activation" | "occlusion";
  /** Throws where the options ask for what it cannot do. */
  check?(options: CheckedOptions): void;
  /** The baselines that it starts from. */
  readonly baselines: Baselines;
  /** Where the passes of a sample lie. Throws where the options do not go together. */
  path(options: PathOptions): Path;
  /** The passes of each sample, for an input of a size. */
  passes(options: PassOptions, input: Size): Passes;
  /** True where the passes are put on a straight way from a baseline to the sample, or one of their own (sample.wgsl). */
  readonly hasPath: boolean;
  /** What the graph becomes before it is planned; itself if not given. */
  prepare?(graph: Graph, options: PreparingOptions): Prepared;
  /** Whether a map can be made of the graph; true if not given. */
  fits?(graph: Graph): boolean;
  /** What is to be said of every map of the graph. */
  warning?(graph: Graph, layer: string | undefined): string | undefined;
  /**
   * Writes down what goes into the network, the forward pass, and what comes after it; gives where the parts of the map are
   * then, one for each pass and like the input.
   */
  write(plan: MapPlanning): View;
  /** There is no backward pass, so that the forward pass leaves nothing for it. */
  readonly isForward?: boolean;
  /** It needs the logits of other classes, too, or in other ways than the gradient does. */
  readonly readsLogits?: boolean;
  /** It divides by activations or their differences, which half precision rounds away. */
  readonly divides?: boolean;
  /** A forward pass of the baseline takes part, with which its rules compare; and they go on to a probability. */
  readonly compares?: boolean;
  /** One backward pass serves all samples, after their forward passes: the map is of one sample. */
  readonly gathers?: boolean;
}

/** Which baselines a procedure takes. */
export interface Baselines {
  /** Where nothing is said. */
  readonly usual: "zero" | "noise";
  /** How many there may be. */
  readonly most: number;
  /** Whether they may be drawn anew for each sample. */
  readonly drawn: boolean;
}

/** What of the options says where passes lie. */
export interface PathOptions {
  readonly method: string;
  readonly steps: number;
  readonly quadrature: Quadrature;
}

/** Where passes lie: at the sample alone; at the nodes or a random place of the way from a baseline; or as the procedure has it. */
export interface Path {
  readonly kind: "none" | "nodes" | "random" | "own";
  readonly nodes: readonly PathNode[];
}

/** What of the options says which passes there are. */
export interface PassOptions {
  readonly path: Path["kind"];
  readonly nodes: readonly PathNode[];
  readonly maxSigma?: number | undefined;
  readonly window?: number | Extent | undefined;
  readonly stride?: number | Extent | undefined;
}

/** What of the options may be more than a procedure can do. */
export interface CheckedOptions {
  readonly method: string;
  readonly of: string;
  readonly estimator: string;
  readonly stop?: unknown;
  readonly weightNoise: number;
}

/** Of a picture, in pixels. */
export interface Size {
  readonly height: number;
  readonly width: number;
}

/** What every sample goes through. */
export interface Passes {
  /** Trips through the network. */
  readonly points: number;
  /**
   * Rows of up to four numbers, which sample.wgsl, blur.wgsl and occlusion.wgsl read: α and weight of each point of a straight
   * path; σ and weight of each point of a path of blurs; of windows one row, their height and width and their strides.
   */
  readonly table: readonly (readonly number[])[];
  /** The row of a path's start, where attributions add up to what the target gains from there. */
  readonly start: readonly number[] | undefined;
}

/** What a graph's making may ask of the options. */
export interface PreparingOptions {
  readonly layer?: string;
  readonly of?: "probability" | "log-probability";
}

/** A graph as it is planned. */
export interface Prepared {
  readonly graph: Graph;
  /** A tensor that the procedure reads. */
  readonly kept?: string;
}

/** Fixed buffers of a plan that are written and read from outside. */
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

/** What a procedure may ask of the plan of a map while it writes its steps down. */
export interface MapPlanning {
  readonly method: string;
  readonly graph: Graph;
  readonly ports: Ports;
  /** The tensor that it asked for when the graph was prepared. */
  readonly kept: string;
  /** So many bytes of each pass. */
  buffer(label: string, bytes: number): BufferId;
  /** A tensor of each pass. */
  tensor(label: string, layout: Layout): View;
  /** The values of a tensor of the graph. */
  value(name: string): View;
  /** Where the parts of the map may be, like the input; a pass back to the input leaves its gradient there. */
  map(): View;
  step(step: Step): void;
  /** The noisy samples, each at the place of its pass, as what goes into the network, or elsewhere; gives where they are. */
  noise(into?: View): View;
  /** The forward pass: once, behind what goes into the network. */
  forward(): void;
  /** A backward pass; gives the gradient at its end. */
  goBack(way?: Way): View;
  /** The score that is explained, of each pass. */
  scores(): BufferId;
  /** The product of two tensors of a layout. */
  product(label: string, a: View, b: View): View;
}

/** How a backward pass differs from one by the method's rules, from the gradient of the target to the input. */
export interface Way {
  readonly rules?: RuleTable;
  /** The tensor at which it ends. */
  readonly end?: string;
  /** What becomes of the gradient that it begins with. */
  seed?(logits: View, seeds: View): Step;
}
