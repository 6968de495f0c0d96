// What the plan of a method is told: from the settings of a map and the model it is made with.

import { colorRange } from "../image/preprocess.js";
import { type MethodOption, methodOf } from "../methods/methods.js";
import type { Model } from "../model/model.js";
import type { PlayOptions } from "../plan/single/playable.js";
import type { Settings } from "./settings.js";

/** What the plan of a method must be told: the layer of an activation map, the box of the z-box rule. */
export function planOptions(
  model: Model,
  {
    method,
    baselines,
    layer,
    box,
    preprocess,
    of,
    relevance: numbers,
    noise,
    weightNoise,
    singleDispatch,
    targets,
  }: Settings,
): PlayOptions {
  const several = targets.length > 1;
  const { options, procedure } = methodOf(method);
  const reads = (...names: readonly MethodOption[]) => names.some((name) => options.includes(name));
  if (of !== "logit" && model.graph.head === "unknown") {
    throw new Error(
      `the probability of the output "${model.output}" is not known, since it is one number and no Sigmoid makes it: ` +
        'explain its "logit"',
    );
  }
  const plain = {
    method,
    baselines: baselines.length,
    ...(reads("epsilon", "gamma", "alpha") && { relevance: numbers }),
    ...(weightNoise > 0 && { noisyWeights: true }),
    ...(noise === 0 && { exact: true }),
    ...(singleDispatch && { singleDispatch }),
    ...(several && { several }),
  };
  if (procedure.compares && of !== "logit") return { ...plain, of };
  if (reads("layer")) return { ...plain, ...(layer !== undefined && { layer }) };
  if (!reads("box")) return plain;
  const { channels } = model.input;
  if (box && (box.low.length !== channels || box.high.length !== channels)) {
    throw new Error(
      `the box must have ${channels} numbers low and high, one for each channel, got ` +
        `${box.low.length} and ${box.high.length}`,
    );
  }
  return { ...plain, box: box ?? colorRange(model.resolved(preprocess), channels) };
}
