// What operators may ask of a plan for training beside what a planner has: which parameters are learned, and where their
// gradients go.

import { complete } from "../gpu/slices.js";
import type { TrainingPlanning } from "../ops/types.js";
import type { Buffers } from "../plan/buffers.js";
import type { Planner } from "../plan/planner.js";
import type { PlanBuffer } from "../plan/types.js";
import type { BufferId } from "../shaders/step.js";
import type { Optimizer, Parameter } from "./types.js";

/** What is learned in a plan. */
export interface Learning {
  /** What operators ask: the planner, and what is only asked while training. */
  readonly planning: TrainingPlanning;
  /** The learned parameters with their gradients, when the backward pass is written down. */
  parameters(optimizer: Optimizer): Parameter[];
}

/** Lets weights be learned that a planner packs. */
export function learningOf(planner: Planner, batch: number): Learning {
  const { buffers } = planner;
  const room = roomIn(buffers);
  const learned = new Map<BufferId, Float32Array>();
  const gradients = new Map<BufferId, { buffer: BufferId; count: number }>();
  const bufferOf = (id: BufferId) => buffers.list[id] as PlanBuffer;
  const isLearned = (id: BufferId) => learned.get(id)?.some((number) => number !== 0) ?? false;

  const planning: TrainingPlanning = {
    ...planner.planning,
    // It changes from layer to layer.
    get tiling() {
      return planner.planning.tiling;
    },
    changingWeights: true,
    batch,
    isLearned,
    weights(key, vec4s, contents) {
      const id = planner.planning.weights(key, vec4s, contents);
      if (!learned.has(id)) learned.set(id, complete(contents()) as Float32Array);
      return id;
    },
    partsOf(parameter, count) {
      const { label, bytes } = bufferOf(parameter);
      if (gradients.has(parameter)) {
        throw new Error(`${label}: two layers that share their weights cannot be trained`);
      }
      const buffer = room(`gradient of ${label}`, bytes * count);
      gradients.set(parameter, { buffer, count });
      return buffer;
    },
  };

  function parameterOf(id: BufferId, optimizer: Optimizer): Parameter {
    const { label, bytes } = bufferOf(id);
    const { buffer, count } = gradients.get(id) as { buffer: BufferId; count: number };
    const names = ["mean", "mean square"].slice(0, optimizer === "adam" ? 2 : 1);
    const numbers = learned.get(id) as Float32Array;
    if (!isRearrangement(numbers)) {
      throw new Error(`"${label}" is no rearrangement of weights: it cannot be learned`);
    }
    return {
      buffer: id,
      memories: names.map((name) => room(`${name} gradient of ${label}`, bytes)),
      places: Int32Array.from(numbers, (number) => number - 1),
      parts: buffer,
      partCount: count,
    };
  }

  return {
    planning,
    parameters(optimizer) {
      for (const id of learned.keys()) {
        if (!isLearned(id) || gradients.has(id)) continue;
        throw new Error(
          `"${bufferOf(id).label}" cannot be learned: only convolutions and dense layers can be trained`,
        );
      }
      return [...gradients.keys()].map((id) => parameterOf(id, optimizer));
    },
  };
}

/** Makes fixed buffers that begin empty. */
export function roomIn({ fixed }: Buffers): (label: string, bytes: number) => BufferId {
  return (label, bytes) => fixed(label, bytes, () => new Float32Array(1));
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
