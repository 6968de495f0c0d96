// What a procedure is: how a method turns passes through the network into a map. The rules by which operators send gradients
// back are a separate table (rules.ts).
//
// How to think of it: a sample takes one pass or several. `passes` says which ones, and `write` is the procedure itself, top to
// bottom: what goes into the network, the forward pass, the way back, and where that leaves each pass's part of the map. The
// other members answer questions that plans, settings and the sampling loop have about every method. Each file in procedures/
// has one procedure, or a few of a kind.

import type { Graph } from "../ops/types.js";
import type { Quadrature } from "../options/sampling.js";
import type { BufferId, Step, View } from "../shaders/step.js";
import type { Extent, Layout, Size } from "../tensor/types.js";
import type { PathNode } from "./quadrature.js";
import type { Family, RuleTable } from "./rules.js";

/** How a method makes its maps. `Option` names the options it reads, of those that not every method reads. */
export interface Procedure<Option extends string = string> {
  readonly options: readonly Option[];
  /** Where a reader would look for it; if not given, its rules decide. */
  readonly family?: Family;
  /** What a value of the map comes from, which explains a map of zeros. */
  readonly made: "gradient" | "path" | "activation" | "occlusion";
  /** Throws if the options ask for something that it cannot do. */
  check?(options: CheckedOptions): void;
  /** The baselines that it takes. */
  readonly baselines: Baselines;
  /** Where the passes of a sample lie. Throws if the options do not fit together. */
  path(options: PathOptions): Path;
  /** The passes of each sample, for an input of this size. */
  passes(options: PassOptions, input: Size): Passes;
  /** True if passes lie on a path from a baseline to the sample, or on a path of the procedure's own (sample.wgsl). */
  readonly hasPath: boolean;
  /** What the graph becomes before it is planned; unchanged if not given. */
  prepare?(graph: Graph, options: PreparingOptions): Prepared;
  /** Whether the graph has what it needs; true if not given. */
  fits?(graph: Graph): boolean;
  /** A warning about all of its maps of the graph. */
  warning?(graph: Graph, layer: string | undefined): string | undefined;
  /**
   * Writes down all steps: what goes into the network, the forward pass, and what follows. Returns where the parts of the
   * map are then, one for each pass, each shaped like the input.
   */
  write(plan: MapPlanning): View;
  /** True if there is no backward pass, so that the forward pass need not save anything for it. */
  readonly isForward?: boolean;
  /** True if it reads other logits than those of the explained classes, or reads them for more than their gradient. */
  readonly readsLogits?: boolean;
  /** True if it divides by activations or their differences, which half precision rounds away. */
  readonly divides?: boolean;
  /** True if its rules compare with a forward pass of the baseline. They start from what is explained, a probability too. */
  readonly compares?: boolean;
  /** True if one backward pass serves all samples, after all forward passes. */
  readonly gathers?: boolean;
}

/** The baselines that a procedure takes. */
export interface Baselines {
  /** The default. */
  readonly usual: "zero" | "noise";
  /** The largest number of them. */
  readonly most: number;
  /** Whether each sample may have a random one. */
  readonly drawn: boolean;
}

/** The options that say where passes lie. */
export interface PathOptions {
  readonly method: string;
  readonly steps: number;
  readonly quadrature: Quadrature;
}

/** Where passes lie: at the sample; at the nodes or at a random place of the path from a baseline; or on the procedure's own. */
export interface Path {
  readonly kind: "none" | "nodes" | "random" | "own";
  readonly nodes: readonly PathNode[];
}

/** The options that say which passes there are. */
export interface PassOptions {
  readonly path: Path["kind"];
  readonly nodes: readonly PathNode[];
  readonly maxSigma?: number | undefined;
  readonly window?: number | Extent | undefined;
  readonly stride?: number | Extent | undefined;
}

/** The options that a procedure may have to refuse. */
export interface CheckedOptions {
  readonly method: string;
  readonly of: string;
  readonly estimator: string;
  readonly stop?: unknown;
  readonly weightNoise: number;
}

/** The passes of each sample. */
export interface Passes {
  /** How many there are. */
  readonly points: number;
  /**
   * Rows of up to four numbers that sample.wgsl, blur.wgsl and occlusion.wgsl read: for a straight path, α and weight of
   * each point; for a path of blurs, σ and weight of each point; for windows one row, their height, width and strides.
   */
  readonly table: readonly (readonly number[])[];
  /** The row for the start of the path, if attributions add up to what the target gains from there. */
  readonly start: readonly number[] | undefined;
}

/** The options that change the graph. */
export interface PreparingOptions {
  readonly layer?: string;
  readonly of?: "probability" | "log-probability";
}

/** A graph ready for the planner. */
export interface Prepared {
  readonly graph: Graph;
  /** A tensor that the procedure will read, so that nothing may be fused over it. */
  readonly kept?: string;
}

/** The fixed buffers of a plan that the outside writes and reads. */
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

/** What a procedure may ask of a plan while it writes its steps down. */
export interface MapPlanning {
  readonly method: string;
  readonly graph: Graph;
  readonly ports: Ports;
  /** The tensor named by `prepare`. */
  readonly kept: string;
  /** A buffer with so many bytes for each pass. */
  buffer(label: string, bytes: number): BufferId;
  /** A tensor for each pass. */
  tensor(label: string, layout: Layout): View;
  /** The values of a tensor of the graph. */
  value(name: string): View;
  /** A place for the parts of the map: where a pass back to the input leaves its gradient. */
  map(): View;
  step(step: Step): void;
  /** Makes the noisy samples, each at the place of its pass; they go into the network unless told otherwise. Returns where. */
  noise(into?: View): View;
  /** The forward pass; to be called once, after what goes into the network. */
  forward(): void;
  /** A backward pass; returns the gradient at its end. */
  goBack(way?: Way): View;
  /** The score that is explained, for each pass. */
  scores(): BufferId;
  /** The product of two tensors, element by element. */
  product(label: string, a: View, b: View): View;
}

/** How a backward pass differs from the usual one, which goes by the method's rules from the target's gradient to the input. */
export interface Way {
  readonly rules?: RuleTable;
  /** The tensor where it ends. */
  readonly end?: string;
  /** A step that changes the gradient that it begins with. */
  seed?(logits: View, seeds: View): Step;
}
