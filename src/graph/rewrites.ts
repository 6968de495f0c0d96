// The steps of making a graph that only some files need: several outputs, control flow, a fixed batch, nodes that are made
// of others. At first each of them changes nothing; uncommon.ts, which is loaded when a network needs it, puts the real
// ones in place (outputs.ts, uncommon-files.ts, fixed-batch.ts).

import type { OnnxModel } from "../onnx/types.js";
import type { Node } from "../ops/types.js";
import type { Constant, Layout } from "../tensor/types.js";
import type { FixedBatch } from "./fixed-batch.js";

/** What has been unrolled so far (unroll.ts). */
export interface Flow {
  /** Sequences as the names of their tensors. */
  readonly sequences: Map<string, readonly string[]>;
  /** Loops under way. */
  readonly loops: Map<string, Progress>;
  /** The nodes of bodies: all that they compute is bounded. */
  readonly unrolled: WeakSet<Node>;
  nodes: number;
  elements: number;
}

interface Progress {
  round: number;
  /** The tensors that each round leaves, by output. */
  readonly scans: string[][];
}

/** Nothing unrolled yet. */
export const newFlow = (): Flow => ({
  sequences: new Map(),
  loops: new Map(),
  unrolled: new WeakSet(),
  nodes: 0,
  elements: 0,
});

/** What is known of the graph while it is being made, and its nodes so far. */
export interface Unfinished {
  readonly opset: number;
  readonly layouts: Map<string, Layout>;
  readonly constants: Map<string, Constant>;
  readonly nodes: Node[];
  /** Where the samples of a fixed batch are. */
  readonly batch: FixedBatch | undefined;
  /** Nodes that no file has: they are written for one sample. */
  readonly composed: WeakSet<Node>;
  readonly flow: Flow;
}

/** The output that is explained, and what is to be said of the choice. */
export interface ChosenOutput {
  readonly name: string;
  readonly warnings: readonly string[];
}

/** The steps, in order. */
export interface Rewrites {
  /** Which output is explained: the one that is asked for, or that of the scores. */
  chooseOutput(model: OnnxModel, asked: string | undefined): ChosenOutput;
  /** The model without the control flow that depends on constants alone, among the nodes that are wanted. */
  unrollModel(model: OnnxModel, wanted: readonly Node[], flow: Flow): OnnxModel;
  /** The nodes with groups of them as the operators that they are. */
  recognize(nodes: readonly Node[], constants: ReadonlyMap<string, Constant>): readonly Node[];
  /** Throws where operators are not supported; the other outputs may do without. */
  refuse(
    nodes: readonly Node[],
    constants: ReadonlyMap<string, Constant>,
    otherOutputs: readonly string[],
  ): void;
  /** Does the work on the nodes of a fixed batch. Throws, with the way out, where its samples cannot be parted. */
  withBatch(
    input: OnnxModel["inputs"][number],
    output: string,
    batch: FixedBatch,
    layouts: ReadonlyMap<string, Layout>,
    work: () => Node[],
  ): Node[];
  /** A node as it is to be added to the graph, or the nodes to be added in its place: none where it was computed. */
  rewriteNode(node: Node, graph: Unfinished): Node | Node[];
}

const table: Rewrites = {
  chooseOutput: ({ outputs: [only = ""] }) => ({ name: only, warnings: [] }),
  unrollModel: (model) => model,
  recognize: (nodes) => nodes,
  refuse() {},
  withBatch: (_input, _output, _batch, _layouts, work) => work(),
  rewriteNode: (node) => node,
};

/** The steps as they are now. */
export const rewrites: Readonly<Rewrites> = table;

/** Puts other steps in the place of those that do nothing. */
export function addRewrites(real: Rewrites): void {
  Object.assign(table, real);
}
