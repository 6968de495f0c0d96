// The benchmarks, as they run in a page or in Node. What is measured is reported row by row, as it comes.

import { adapterName, requestDevice } from "../../src/gpu/device.js";
import { tilingOf } from "../../src/model/plans.js";
import { isOfSoftware } from "../../src/model/tune.js";
import type { Precision } from "../../src/tensor/types.js";
import { type Ceilings, measureCeilings } from "./ceilings.js";
import { benchNetwork, networkNames, samplesOf } from "./networks.js";
import { benchPeers, PEER_NETWORKS } from "./peers.js";

/** One line of the table. */
export interface Row {
  readonly name: string;
  readonly milliseconds?: number;
  readonly gflops?: number;
  /** Of the operations that the adapter can do in registers. */
  readonly share?: number;
  readonly note?: string;
}

export type Report = (row: Row) => unknown;

/** What is to be measured. */
export interface BenchOptions {
  /** Parts of the names of the networks; all without. */
  readonly patterns: readonly string[];
  /** Samples of every map, if not what suits the network. */
  readonly samples?: number;
  /** Measures the libraries that can do the same in a browser, instead of our kernels. */
  readonly peers?: boolean;
  /** How tensors are stored. */
  readonly precision?: Precision;
  /** Chooses tiles by measuring before the maps are timed. */
  readonly tune?: boolean;
  /** Times maps by one dispatch, too. */
  readonly single?: boolean;
}

/** What it was measured on. */
export interface Measured {
  readonly adapter: string;
  readonly ceilings: Ceilings;
}

/** Measures the ceilings of the adapter, then the networks. */
export async function run(gpu: GPU, options: BenchOptions, report: Report): Promise<Measured> {
  const device = await requestDevice({ gpu });
  const adapter = adapterName(device);
  const isSoftware = isOfSoftware(tilingOf(device));
  const ceilings = await measureCeilings(device);
  device.destroy();
  await report({ name: "adapter: operations in registers", gflops: ceilings.gflops, share: 1 });
  await report({
    name: "adapter: loads from storage",
    note: `${ceilings.bandwidth.toFixed(2)} GB/s`,
  });
  await report({ name: "adapter: a submit with one launch", milliseconds: ceilings.submit });
  await report({ name: "adapter: one more launch", milliseconds: ceilings.launch });
  const { patterns, tune = false, single = false, precision = "single" } = options;
  for (const name of networkNames) {
    if (patterns.length > 0 && !patterns.some((pattern) => name.includes(pattern))) continue;
    const samples = options.samples ?? samplesOf(name, isSoftware);
    if (!options.peers)
      await benchNetwork(gpu, { name, samples, tune, single, precision }, ceilings, report);
    else if (PEER_NETWORKS.includes(name)) await benchPeers(name, samples, report);
  }
  return { adapter, ceilings };
}
