// What a model takes for granted where nobody says it: preprocessing and names, and where both are from.

import * as assert from "uvu/assert";
import { sensitivity } from "../../src/explain/sensitivity.js";
import type { SensitivityOptions } from "../../src/explain/settings.js";
import type { ImageSource } from "../../src/image/image.js";
import { loadModel } from "../../src/model/load.js";
import type { ModelOptions } from "../../src/model/model.js";
import { suggestPreprocess } from "../../src/model/suggest.js";
import { presets } from "../../src/options/preprocess.js";
import { caffeNetwork, meanNetwork } from "../models/colors.js";
import { close, suite, testWithDevice } from "../support/harness.js";

const test = suite("auto");

const warm = () =>
  new ImageData(new Uint8ClampedArray(Array(64).fill([200, 30, 30, 255]).flat()), 8);

testWithDevice(test, "preprocessing is what comes with the model, else a guess", async (device) => {
  const loaded = async (options: ModelOptions, classes = 5, channels = 3) => {
    const model = await loadModel(device, meanNetwork(classes, channels), options);
    model.destroy();
    return model.preprocess;
  };
  assert.equal(await loaded({}), { ...presets.imagenet, from: "channels" });
  assert.equal(await loaded({ preprocess: "auto" }), { ...presets.imagenet, from: "channels" });
  assert.equal(await loaded({}, 5, 1), { from: "channels" });
  assert.equal(await loaded({}, 1001), { ...presets.tf, from: "classes" });
  const card = { preprocess: { mean: 0.25 } };
  assert.equal(await loaded({ card }), { mean: 0.25, from: "card" });
  assert.equal(await loaded({ card, preprocess: "caffe" }), { ...presets.caffe, from: "given" });
  assert.equal(await loaded({ preprocess: { mean: 3 } }), { mean: 3, from: "given" });
});

testWithDevice(test, "a map says how its photo became the input", async (device) => {
  const model = await loadModel(device, meanNetwork(5));
  const of = async (
    ...[image, preprocess]: [Parameters<typeof sensitivity>[1], ("auto" | "tf")?]
  ) => {
    const map = await sensitivity(model, image, {
      samples: 1,
      ...(preprocess && { preprocess }),
    });
    map.destroy();
    return map.preprocess;
  };
  assert.equal(await of(warm()), { ...presets.imagenet, from: "channels" });
  assert.equal(await of(warm(), "tf"), { ...presets.tf, from: "given" });
  assert.equal(await of(warm(), "auto"), { ...presets.imagenet, from: "channels" });
  // How a tensor was made cannot be guessed.
  const tensor = { data: new Float32Array(192).fill(0.5), shape: [1, 3, 8, 8] };
  assert.is(await of(tensor), undefined);
  assert.equal(await of(tensor, "tf"), { ...presets.tf, from: "given" });
  model.destroy();
});

testWithDevice(test, "a map repeats what was assumed, where it matters", async (device) => {
  const model = await loadModel(device, meanNetwork(1000));
  const starts = (warnings: readonly string[]) => warnings.map((text) => text.match(/^[^.]+/)?.[0]);
  const guess = "Preprocessing: imagenet, guessed from the 3 channels";
  const names = "The class names are ImageNet's, assumed from the 1000 classes";
  assert.equal(starts(model.warnings), [guess, names]);
  const of = async (...[image, options = {}]: [ImageSource, SensitivityOptions?]) => {
    const map = await sensitivity(model, image, { samples: 2, ...options });
    map.destroy();
    return starts(map.warnings).filter((start) => start === guess || start === names);
  };
  assert.equal(await of(warm()), [guess, names]);
  assert.equal(await of(warm(), { preprocess: "imagenet" }), [names]);
  assert.equal(await of({ data: new Float32Array(192), shape: [1, 3, 8, 8] }), [names]);
  model.destroy();
});

testWithDevice(test, "what fits no network is refused as soon as it is known", async (device) => {
  const refusal = (options: unknown) =>
    loadModel(device, meanNetwork(5), options as ModelOptions).then(
      () => "nothing is wrong",
      (error: Error) => error.message,
    );
  assert.is(
    await refusal({ preprocess: { means: [0, 0, 0] } }),
    'preprocess has no option "means"; did you mean "mean"?',
  );
  assert.match(
    await refusal({ preprocess: { mean: [0, 0] } }),
    "mean has 2 values, the network 3 channels",
  );
  const model = await loadModel(device, meanNetwork(5));
  const late = await sensitivity(model, warm(), { preprocess: { std: [1] } }).catch(
    (error: Error) => error.message,
  );
  assert.is(late, "std has 1 values, the network 3 channels");
  const unknown = { channel: "bgr" } as object;
  const asked = await model
    .classify(warm(), { preprocess: unknown })
    .catch((error: Error) => error.message);
  assert.is(asked, 'preprocess has no option "channel"; did you mean "channels"?');
  model.destroy();
});

testWithDevice(
  test,
  "a thousand classes are taken for ImageNet's, unless they have names",
  async (device) => {
    const named = async (classes: number, options: ModelOptions = {}, channels = 3) => {
      const model = await loadModel(device, meanNetwork(classes, channels), options);
      const { top } = await model.classify({
        data: new Float32Array(64 * channels).fill(9),
        shape: [1, channels, 8, 8],
      });
      model.destroy();
      return [top[0]?.label, model.labelsFrom, model.label(classes - 1)];
    };
    assert.equal(await named(1000), ["tench", "imagenet", "toilet paper"]);
    assert.equal(await named(1001), ["background", "imagenet", "toilet paper"]);
    const labels = Array.from({ length: 1000 }, (_, i) => `thing ${i}`);
    assert.equal(await named(1000, { labels }), ["thing 0", "given", "thing 999"]);
    const card = { id2label: { ...labels } };
    assert.equal(await named(1000, { card }), ["thing 0", "card", "thing 999"]);
    // A card of another network has other names.
    assert.equal(await named(1000, { card: { labels: ["a"] } }), [
      "tench",
      "imagenet",
      "toilet paper",
    ]);
    assert.equal(await named(1000, {}, 1), ["class 0", undefined, "class 999"]);
    assert.equal(await named(999), ["class 0", undefined, "class 998"]);
  },
);

testWithDevice(test, "the colors that a network wants make it sure", async (device) => {
  const model = await loadModel(device, caffeNetwork());
  const suggestions = await suggestPreprocess(model, warm());
  assert.equal(suggestions.map(({ name }) => name).sort(), [
    "caffe",
    "caffe, RGB",
    "imagenet",
    "imagenet, BGR",
    "tf",
    "tf, BGR",
    "unit",
    "unit, BGR",
  ]);
  const [first] = suggestions;
  assert.is(first?.name, "caffe");
  assert.is(first?.preprocess, "caffe");
  assert.is(first?.top.index, 0);
  assert.ok(first && first.top.probability > 0.99);
  assert.equal(
    suggestions.filter(({ isMuchSurer }) => isMuchSurer).map(({ name }) => name),
    ["caffe"],
  );
  assert.equal(
    suggestions.filter(({ isCurrent }) => isCurrent).map(({ name }) => name),
    ["imagenet"],
  );
  // Each is what the network says by it.
  for (const { preprocess, top } of suggestions) {
    const {
      top: [again],
    } = await model.classify(warm(), { preprocess });
    close([top.probability], [again?.probability as number]);
  }
  model.destroy();
});

testWithDevice(
  test,
  "nothing is better than what is sure, or what nothing speaks for",
  async (device) => {
    const chosen = async (bytes: Uint8Array, options: ModelOptions = {}) => {
      const model = await loadModel(device, bytes, options);
      const suggestions = await suggestPreprocess(model, warm());
      model.destroy();
      return suggestions;
    };
    const isChosen = ({ isMuchSurer }: { isMuchSurer: boolean }) => isMuchSurer;
    const right = await chosen(caffeNetwork(), { preprocess: "caffe" });
    assert.not(right.some(isChosen));
    assert.is(right.find(({ isCurrent }) => isCurrent)?.name, "caffe");
    assert.not((await chosen(meanNetwork(3))).some(isChosen));
    // The cut stays what it was; other numbers have no name.
    const own = await chosen(caffeNetwork(), { preprocess: { mean: 0.25, resize: "stretch" } });
    const current = own.find(({ isCurrent }) => isCurrent);
    assert.equal(current?.preprocess, { mean: 0.25, resize: "stretch" });
    assert.is(current?.name, "as loaded");
    assert.equal(own.find(isChosen)?.preprocess, { ...presets.caffe, resize: "stretch" });
    assert.is(own.length, 9);
    const gray = await chosen(meanNetwork(5, 1));
    assert.equal(gray.map(({ name }) => name).sort(), ["negative", "unit", "−1 to 1"]);
  },
);

testWithDevice(test, "a tensor has no candidates", async (device) => {
  const model = await loadModel(device, caffeNetwork());
  const tensor = { data: new Float32Array(192), shape: [1, 3, 8, 8] };
  const refused = await suggestPreprocess(model, tensor).catch((error: Error) => error.message);
  assert.is(refused, "a tensor is preprocessed already: suggestPreprocess needs a photo");
  model.destroy();
});

test.run();
