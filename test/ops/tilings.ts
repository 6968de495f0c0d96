// The same map of the same network, however its layers are cut into tiles.

import { sensitivity } from "../../src/explain/sensitivity.js";
import { Model } from "../../src/model/model.js";
import type { Graph, Tiling } from "../../src/ops/types.js";
import { randn, skip } from "../support/harness.js";

/** The mean of seven samples of a random image, whole or in batches; skips where the adapter cannot have the tiling. */
export async function mapOf(
  device: GPUDevice,
  graph: Graph,
  size: number,
  tiling: Tiling,
  batch?: number,
): Promise<Float32Array> {
  if (tiling.together && !device.features.has("subgroups")) skip("there are no subgroups");
  const model = Model.of(device, graph, { tiling });
  const image = { data: randn(3 * size * size, 3), shape: [1, 3, size, size] };
  const map = await sensitivity(model, image, { samples: 7, target: 2, ...(batch && { batch }) });
  const data = await map.data("mean");
  map.destroy();
  model.destroy();
  return data;
}
