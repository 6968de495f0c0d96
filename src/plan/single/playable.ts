// The door to the single dispatch: nobody else asks for the option, and what makes such a plan is loaded with the first one.

import type { Tiling } from "../../ops/types.js";
import type { Plan, PlanOptions } from "../types.js";

/** What a plan is for, and whether its noise, forward and backward pass are one dispatch. */
export interface PlayOptions extends PlanOptions {
  readonly singleDispatch?: boolean;
}

/** Who makes plans, for a device. */
interface Planning {
  readonly device: { readonly limits: { readonly maxStorageBuffersPerShaderStage: number } };
  readonly tiling: Tiling;
  plan(options: PlanOptions): Plan;
}

/** Plans as one dispatch plays them. */
const singles = new WeakMap<Plan, Plan>();

/** The plan as it is played. Rejects in one sentence where it cannot be in a single dispatch. */
export async function playable(
  plans: Planning,
  { singleDispatch, ...options }: PlayOptions,
): Promise<Plan> {
  if (!singleDispatch) return plans.plan(options);
  if (options.several) {
    throw new Error("a single dispatch makes the map of one class: leave singleDispatch out");
  }
  const { inOneDispatch, withoutSharing } = await import("./single-dispatch.js");
  const plan = plans.plan({ ...options, tiling: withoutSharing(plans.tiling) });
  const single = singles.get(plan) ?? (await inOneDispatch(plan, plans.device.limits));
  singles.set(plan, single);
  return single;
}
