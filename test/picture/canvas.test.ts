// Where on a canvas a picture lies.

import * as assert from "uvu/assert";
import { fitted } from "../../src/picture/canvas.js";
import { suite } from "../support/harness.js";

const test = suite("canvas");

const lengths = [1, 2, 3, 7, 28, 100, 101, 224, 1000];

const sizes = lengths.flatMap((width) => lengths.map((height) => ({ width, height })));

test("a picture takes all of one side, and of the other as much as its shape asks", () => {
  for (const picture of sizes) {
    for (const canvas of sizes) {
      const { x, y, width, height } = fitted(picture, canvas, "contain");
      const words = JSON.stringify([picture, canvas, { x, y, width, height }]);
      assert.ok(width === canvas.width || height === canvas.height, words);
      const asked =
        width === canvas.width
          ? [(width * picture.height) / picture.width, height]
          : [(height * picture.width) / picture.height, width];
      // There is no less than a pixel, and one is not worth a margin.
      const isWhole = width === canvas.width && height === canvas.height;
      if (!isWhole) assert.ok(Math.abs(Math.max(1, asked[0]!) - asked[1]!) <= 0.5 + 1e-9, words);
      const margins = [x, canvas.width - width - x, y, canvas.height - height - y];
      assert.ok(
        margins.every((margin) => margin >= 0 && Number.isInteger(margin)),
        words,
      );
      const [left = 0, right = 0, above = 0, below = 0] = margins;
      assert.ok(Math.abs(left - right) <= 1 && Math.abs(above - below) <= 1, words);
    }
  }
});

test("nothing is left beside a picture whose shape the canvas has as nearly as pixels can", () => {
  for (const picture of sizes) {
    for (const zoom of [0.3, 1, 1.7, 4]) {
      const canvas = {
        width: Math.max(1, Math.round(zoom * picture.width)),
        height: Math.max(1, Math.round(zoom * picture.height)),
      };
      assert.equal(fitted(picture, canvas, "contain"), { x: 0, y: 0, ...canvas });
    }
  }
});

test("a picture may be stretched", () => {
  for (const canvas of sizes) {
    assert.equal(fitted({ width: 3, height: 2 }, canvas, "fill"), { x: 0, y: 0, ...canvas });
  }
});

test.run();
