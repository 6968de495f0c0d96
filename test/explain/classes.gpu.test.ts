// The maps of several classes from one run: what they share must not show.

import type { SensitivityMap } from "../../src/explain/map.js";
import { sensitivities, sensitivity } from "../../src/explain/sensitivity.js";
import type { SensitivityOptions } from "../../src/explain/settings.js";
import { Engine } from "../../src/model/engine.js";
import { loadModel } from "../../src/model/load.js";
import type { Model } from "../../src/model/model.js";
import type { SamplingOptions } from "../../src/options/sampling.js";
import { squeezeNet } from "../models/architectures/branches.js";
import { smallNetwork } from "../models/tiny.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";

const image = { data: randn(192, 11), shape: [1, 3, 8, 8] };
// One of each kind of backward pass.
const METHODS = [
  ...[
    "gradient",
    "smoothdiff",
    "integrated-gradients",
    "expected-gradients",
    "guided-backprop",
    "grad-cam",
  ],
  ...["guided-grad-cam", "blur-ig", "occlusion", "deeplift", "lrp-gamma", "lrp-epsilon-gamma-box"],
];
// What keeps the passes of a sample few.
const FEWER: Record<string, SamplingOptions> = {
  "integrated-gradients": { steps: 3 },
  "blur-ig": { steps: 3 },
  occlusion: { window: 4 },
};

const same = { rtol: 0, atol: 0 };

async function compare(model: Model, targets: (number | string)[], options: SensitivityOptions) {
  const maps = await sensitivity(model, image, { ...options, target: targets });
  for (const [i, target] of targets.entries()) {
    const map = maps[i] as SensitivityMap;
    const alone = await sensitivity(model, image, { ...options, target });
    for (const estimator of ["mean", "squared", "absolute", "variance"] as const) {
      close(await map.data(estimator), await alone.data(estimator), same);
      close([await map.errorOf(estimator)], [await alone.errorOf(estimator)], same);
    }
    if (map.target.index !== alone.target.index) {
      throw new Error(
        `${target} is class ${map.target.index} in one run, else ${alone.target.index}`,
      );
    }
    close([map.completeness?.gap ?? 0], [alone.completeness?.gap ?? 0], same);
    for (const each of [map, alone]) each.destroy();
  }
}

const test = suite("classes");

testWithDevice(
  test,
  "by every kind of method, each class gets the bits that it gets alone",
  async (device) => {
    const model = await loadModel(device, smallNetwork().bytes());
    try {
      for (const method of METHODS) {
        await compare(model, [4, "top1", 1], {
          ...{ method, samples: 3, batch: 2, ...FEWER[method] },
        } as SensitivityOptions);
      }
      await compare(model, [2, 5], { samples: 6, batch: 3, antithetic: true, versus: 0 });
    } finally {
      model.destroy();
    }
  },
);

testWithDevice(test, "a forward pass serves all classes", async (device) => {
  const model = await loadModel(device, smallNetwork().bytes());
  const { play } = Engine.prototype;
  const parts: string[] = [];
  Engine.prototype.play = function (submits, played, samples) {
    parts.push(...played);
    return play.call(this, submits, played, samples);
  };
  try {
    const maps = await sensitivity(model, image, {
      target: [1, 2, 3],
      ...{ samples: 4, batch: 2, submitTime: Number.POSITIVE_INFINITY },
    });
    const count = (part: string) => parts.filter((played) => played === part).length;
    // One more forward pass is that of the image itself.
    close([count("forward"), count("backward")], [3, 6], same);
    for (const map of maps) map.destroy();
  } finally {
    Engine.prototype.play = play;
    model.destroy();
  }
});

testWithDevice(
  test,
  "samples make the logits of their classes alone, the image itself makes all",
  async (device) => {
    // More classes than invocations make together.
    const model = await loadModel(device, squeezeNet({ size: 43, width: 2, classes: 300 }));
    const photo = { data: randn(3 * 43 * 43, 5), shape: [1, 3, 43, 43] };
    try {
      const { top } = await model.classify(photo, { top: 5 });
      // Two classes of one block, of two, and none that is held against another.
      const pairs = [{ target: 7, versus: 9 }, { target: 299, versus: 2 }, { target: 150 }];
      for (const { target, versus } of pairs) {
        const options = { samples: 3, batch: 2, ...(versus !== undefined && { versus }) };
        const map = await sensitivity(model, photo, { ...options, target });
        // Maps that take turns have all logits made.
        const [other] = await sensitivity(model, photo, { ...options, target: [target, 30] });
        close(await map.data("mean"), await other!.data("mean"), same);
        close(await map.data("variance"), await other!.data("variance"), same);
        const numbers = [top, map.top, other!.top].map((scores) =>
          scores.flatMap(({ index, logit }) => [index, logit]),
        );
        close(numbers[0]!, numbers[2]!, same);
        close(numbers[1]!, numbers[2]!, same);
        for (const each of [map, other!]) each.destroy();
      }
    } finally {
      model.destroy();
    }
  },
  { long: true },
);

testWithDevice(test, "a series goes on for all classes at once", async (device) => {
  const model = await loadModel(device, smallNetwork().bytes());
  try {
    const samples: number[][] = [];
    let maps: SensitivityMap[] = [];
    for await (maps of sensitivities(model, image, { target: [1, 4], samples: 4, batch: 2 })) {
      samples.push(maps.map((map) => map.samples));
    }
    close(samples.flat(), [2, 2, 4, 4], same);
    for (const map of maps) map.destroy();
  } finally {
    model.destroy();
  }
});

testWithDevice(test, "a snapshot stays as it is while the map goes on", async (device) => {
  const model = await loadModel(device, smallNetwork().bytes());
  try {
    let kept: SensitivityMap | undefined;
    let maps: SensitivityMap[] = [];
    for await (maps of sensitivities(model, image, { target: [1], samples: 6, batch: 2 })) {
      kept ??= await maps[0]!.snapshot();
    }
    const alone = await sensitivity(model, image, { target: 1, samples: 2 });
    close(await kept!.data("variance"), await alone.data("variance"), same);
    close([kept!.samples, kept!.standardError], [2, alone.standardError], same);
    for (const each of [kept!, ...maps, alone]) each.destroy();
  } finally {
    model.destroy();
  }
});

test.run();
