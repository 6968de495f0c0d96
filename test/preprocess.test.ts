// Where a tensor's pixels lie in the photo, and what becomes of colors; without a GPU.

import * as assert from "uvu/assert";
import { vec3 } from "wgpu-matrix";
import {
  coloring,
  type Mat3,
  placement,
  presets,
  resolvePreprocess,
  tensorPixels,
} from "../src/preprocess.js";
import { close, suite } from "./harness.js";
import { normalize } from "./reference/image.js";

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
    /there are: imagenet, tf, caffe, unit/,
  );
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
