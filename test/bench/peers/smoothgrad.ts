// Ourselves at the task. The noise is made anew in each run, on the GPU; the others get theirs ready-made.

import { loadModel, requestDevice, sensitivity } from "../../../src/index.js";
import type { Peer, Task } from "./peer.js";

/** The library itself, on a device of its own. */
export async function smoothGrad({ bytes, image, shape, target, noise }: Task): Promise<Peer> {
  const device = await requestDevice({ gpu: navigator.gpu });
  const model = await loadModel(device, bytes);
  const [samples = 1, ...rest] = shape;
  const source = { data: image, shape: [1, ...rest] };
  // Nobody scrolls here, and the others submit everything at once, too.
  const options = { samples, target, noise, seed: 0, submitTime: Number.POSITIVE_INFINITY };
  return {
    name: "smoothgrad",
    async run() {
      const map = await sensitivity(model, source, options);
      const data = await map.data("mean");
      map.destroy();
      return data;
    },
  };
}
