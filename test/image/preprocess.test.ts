// Where a tensor's pixels lie in the photo, and what becomes of colors; without a GPU.

import * as assert from "uvu/assert";
import { vec3 } from "wgpu-matrix";
import {
  coloring,
  type Mat3,
  placement,
  type ResolvedPreprocess,
  resolvePreprocess,
  tensorPixels,
} from "../../src/image/preprocess.js";
import {
  checkPreprocess,
  preprocessInWords,
  presetName,
} from "../../src/image/preprocess-check.js";
import { type Preprocess, type PreprocessOption, presets } from "../../src/options/preprocess.js";
import { normalize } from "../reference/image.js";
import { close, suite } from "../support/harness.js";

const test = suite("preprocess");

function place(matrix: Mat3, x: number, y: number): number[] {
  return Array.from(vec3.transformMat3([x, y, 1], matrix)).slice(0, 2);
}

const square = { height: 224, width: 224 };

test("the short side becomes 256 and the middle 224 are taken", () => {
  // 500 × 375 → 341 × 256, as torchvision; offsets round(58.5) = 58, half to even, and 16.
  const matrix = placement({ width: 500, height: 375 }, square, presets.imagenet);
  close(place(matrix, 0, 0), [(58 * 500) / 341, (16 * 375) / 256]);
  close(place(matrix, 224, 224), [(282 * 500) / 341, (240 * 375) / 256]);
});

test("the margin grows with the tensor", () => {
  const matrix = placement({ width: 600, height: 600 }, { height: 299, width: 299 }, {});
  close(place(matrix, 0, 0), [(22 * 600) / 342, (22 * 600) / 342]); // round(21.5) = 22
});

test("a photo of the tensor's size is taken as it is, unless a short side is asked", () => {
  close(place(placement(square, square, {}), 3, 5), [3, 5]);
  close(place(placement(square, square, { shortSide: 256 }), 0, 0), [14, 14]);
});

test("stretch and a rectangle", () => {
  const photo = { width: 448, height: 112 };
  close(place(placement(photo, square, { resize: "stretch" }), 10, 10), [20, 5]);
  const crop = { left: 100, top: 10, width: 56, height: 28 };
  close(place(placement(photo, square, { crop }), 224, 112), [156, 24]);
});

test("each preset's colors", () => {
  const colors = [10, 100, 250];
  for (const preprocess of Object.values(presets)) {
    const { matrix, shift } = coloring(preprocess, 3);
    const values = vec3.add(vec3.transformMat3(colors, matrix), shift);
    close(values, normalize(colors, 3, preprocess));
  }
  close(normalize(colors, 3, presets.caffe), [146.061, -16.779, -113.68]);
});

test("one channel is the luminance", () => {
  const { matrix, shift } = coloring({ mean: 0.5 }, 1);
  const [gray] = vec3.add(vec3.transformMat3([10, 100, 250], matrix), shift);
  close([gray!], [90.19 / 255 - 0.5]);
});

test("what does not fit is refused in a sentence", () => {
  assert.throws(() => coloring({}, 5), /a photo has 1 or 3 channels, the network wants 5/);
  assert.throws(() => coloring(presets.imagenet, 1), /mean has 3 values, the network 1 channels/);
  assert.throws(
    () => resolvePreprocess("torch" as "tf", 3),
    /there are: auto, imagenet, tf, caffe, unit/,
  );
});

test("a key that a preprocessing has not is refused with the nearest one", () => {
  const check = (preprocess: unknown) => () => checkPreprocess(preprocess as Preprocess);
  assert.throws(
    check({ means: [1, 2, 3] }),
    'preprocess has no option "means"; did you mean "mean"?',
  );
  assert.throws(
    check({ shortside: 8 }),
    'preprocess has no option "shortside"; did you mean "shortSide"?',
  );
  assert.throws(
    check({ normalize: true }),
    /^preprocess has no option "normalize"; it has: resize, shortSide, .*, std, from$/,
  );
  assert.throws(
    check({ size: 224 }),
    'preprocess has no option "size": size is an option of loadModel',
  );
  assert.throws(check("imagnet"), '"imagnet" is not a preprocessing; did you mean "imagenet"?');
});

test("a value that makes no image is refused in a sentence that has it", () => {
  const refused: [unknown, string][] = [
    [{ std: 0 }, "preprocess.std must be a number other than 0 or one per channel, got 0"],
    [
      { std: [1, 0, 1] },
      "preprocess.std must be a number other than 0 or one per channel, got [1, 0, 1]",
    ],
    [{ mean: "grey" }, 'preprocess.mean must be a number or one per channel, got "grey"'],
    [
      { mean: [0, Number.NaN, 0] },
      "preprocess.mean must be a number or one per channel, got [0, NaN, 0]",
    ],
    [{ scale: 0 }, "preprocess.scale must be a number other than 0, got 0"],
    [{ scale: Infinity }, "preprocess.scale must be a number other than 0, got Infinity"],
    [{ shortSide: 0 }, "preprocess.shortSide must be a number of pixels from 1, got 0"],
    [{ shortSide: "256" }, 'preprocess.shortSide must be a number of pixels from 1, got "256"'],
    [{ channels: "brg" }, 'preprocess.channels must be "rgb" or "bgr", got "brg"'],
    [{ resize: "fit" }, 'preprocess.resize must be "short-side" or "stretch", got "fit"'],
    [
      { crop: { left: 0, top: 0, width: 0, height: 4 } },
      'preprocess.crop must be "center" or {left, top, width, height} in pixels, got { left: 0, top: 0, width: 0, height: 4 }',
    ],
    [
      { crop: null },
      'preprocess.crop must be "center" or {left, top, width, height} in pixels, got null',
    ],
    [7, "preprocess is a name or an object, got 7"],
    [[1, 2], "preprocess is a name or an object, got [1, 2]"],
  ];
  for (const [preprocess, message] of refused) {
    let found = "nothing is wrong";
    try {
      checkPreprocess(preprocess as Preprocess);
    } catch (error) {
      found = (error as Error).message;
    }
    assert.is(found, message);
  }
});

test("names, numbers, and what a model says of its own preprocessing are accepted", () => {
  for (const preset of Object.values(presets)) checkPreprocess(preset);
  for (const name of ["auto", ...Object.keys(presets)] as const) {
    checkPreprocess(name as PreprocessOption);
  }
  checkPreprocess(undefined);
  checkPreprocess({ scale: -1 / 255, mean: -1, std: [2, 2, 2], shortSide: 28, resize: "stretch" });
  const told: ResolvedPreprocess = { ...presets.caffe, from: "channels" };
  checkPreprocess(told);
});

test("colors of a preset have its name, however they are written", () => {
  for (const [name, preset] of Object.entries(presets)) assert.is(presetName(preset), name);
  assert.is(presetName({ scale: 0.00392156862745098, mean: [0, 0, 0], std: 1 }), "unit");
  assert.is(presetName({ ...presets.imagenet, shortSide: 235 }), "imagenet");
  assert.is(presetName({ scale: 1 / 255, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] }), undefined);
  assert.is(presetName({ ...presets.tf, channels: "bgr" }), undefined);
});

test("a preprocessing is told with where it is from", () => {
  const told = (preprocess: ResolvedPreprocess, channels = 3) =>
    preprocessInWords(preprocess, { channels, classes: 1001 });
  assert.is(
    told({ ...presets.imagenet, from: "channels" }),
    "imagenet, guessed from the 3 channels",
  );
  assert.is(told({ from: "channels" }, 1), "unit, guessed from the 1 channel");
  assert.is(told({ ...presets.tf, from: "classes" }), "tf, guessed from the 1001 classes");
  assert.is(told({ mean: 0.25, from: "card" }), "from the model card");
});

test("a tensor is shown with its preprocessing undone", () => {
  const colors = [10, 100, 250, 0, 255, 31];
  for (const preprocess of Object.values(presets)) {
    const tensor = Float32Array.from(normalize(colors, 3, preprocess));
    close(tensorPixels(tensor, 3, preprocess), [10, 100, 250, 255, 0, 255, 31, 255]);
  }
  close(
    tensorPixels(new Float32Array([0, 1, 0.2]), 1, {}).slice(4, 12),
    [255, 255, 255, 255, 51, 51, 51, 255],
  );
});

test("and over its range where that is not known", () => {
  close(tensorPixels(new Float32Array([-2, 3]), 1), [0, 0, 0, 255, 255, 255, 255, 255]);
  close(tensorPixels(new Float32Array([7, 7]), 2), [0, 0, 0, 255]);
});

test.run();
