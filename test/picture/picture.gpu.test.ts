// Statistics, scores, ranges and pixels of maps whose samples are known.

import * as assert from "uvu/assert";
import { mat3 } from "wgpu-matrix";
import { toTensor } from "../../src/image/image.js";
import type { Estimator, PictureOptions, Reduction } from "../../src/options/drawing.js";
import { createPicture, type Picture } from "../../src/picture/picture.js";
import { packChannels } from "../../src/tensor/channels.js";
import * as twin from "../reference/picture.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";

const test = suite("picture");

interface Case {
  /** Gradients [C,H,W] of each sample. */
  samples: Float32Array[];
  channels: number;
  height: number;
  width: number;
  input?: Float32Array;
}

/** Puts the moments of samples where the sampling kernel would, with rubbish in the padding lanes. */
async function withPicture(
  device: GPUDevice,
  { samples, channels, height, width, input }: Case,
  body: (picture: Picture) => Promise<void> | void,
) {
  const planes = twin.moments(samples).map((plane) => packChannels(plane, channels));
  for (const plane of planes) {
    const padding = plane.length - height * width * 4;
    for (let i = padding; i < plane.length; i++) {
      if (padding / height / width + (i % 4) >= channels) plane[i] = 1e9;
    }
  }
  const bytes = planes[0]!.byteLength;
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
  const moments = device.createBuffer({ label: "moments", size: 7 * bytes, usage });
  for (const [i, plane] of planes.entries()) device.queue.writeBuffer(moments, i * bytes, plane);
  const data = input ?? randn(channels * height * width, 99);
  const shape = { channels, height, width };
  const raw = { data, shape: [channels, height, width] };
  const tensor = await toTensor(device, raw, shape);
  const picture = await createPicture(device, { moments, samples: samples.length, input: tensor });
  try {
    await body(picture);
  } finally {
    picture.destroy();
    tensor.destroy();
    moments.destroy();
  }
}

function randomCase(channels: number, height: number, width: number, n: number): Case {
  const size = channels * height * width;
  const common = randn(size, 1);
  const samples = Array.from({ length: n }, (_, i) =>
    randn(size, 10 + i).map((g, e) => 0.01 * (g + common[e]!)),
  );
  return { samples, channels, height, width };
}

/** A map with one channel whose scores are the values themselves. */
function mapOf(values: readonly number[], width: number): Case {
  const height = values.length / width;
  return { samples: [Float32Array.from(values)], channels: 1, height, width };
}

const estimators: Estimator[] = ["mean", "squared", "absolute", "variance"];
const reductions: Reduction[] = [
  ...(["abs", "signed", "positive", "negative", "max", "l2", "abs-sum", "mean"] as const),
];

for (const [channels, height, width, n] of [
  [1, 1, 1, 2],
  [1, 7, 5, 3],
  [3, 7, 5, 9],
  [5, 5, 7, 20],
  [3, 40, 33, 4],
] as const) {
  const title = `[${channels},${height},${width}] of ${n} samples`;
  testWithDevice(test, `the estimators and their errors, ${title}`, async (device) => {
    const random = randomCase(channels, height, width, n);
    await withPicture(device, random, async (picture) => {
      for (const estimator of estimators) {
        const expected = twin.attribution(random.samples, estimator);
        close(await picture.attribution(estimator), expected, { rtol: 1e-5, atol: 1e-9 });
        const error = twin.relativeError(random.samples, estimator);
        // The variance of two equal sizes is a difference that f32 cannot see.
        const { standardError, norm } = await picture.size(estimator);
        close([standardError], [error], { rtol: 1e-4, atol: 1e-4 });
        close([norm], [Math.hypot(...expected)], { rtol: 1e-5, atol: 0 });
      }
    });
  });
}

testWithDevice(test, "one sample: no variance, and an error that nobody knows", async (device) => {
  await withPicture(device, randomCase(3, 4, 4, 1), async (picture) => {
    close(await picture.attribution("variance"), new Float32Array(48));
    for (const estimator of estimators) {
      assert.is((await picture.size(estimator)).standardError, Infinity);
    }
  });
});

testWithDevice(test, "a map that is zero in all samples has no error", async (device) => {
  const zero: Case = {
    ...randomCase(3, 4, 4, 3),
    samples: new Array(3).fill(new Float32Array(48)),
  };
  await withPicture(device, zero, async (picture) => {
    for (const estimator of estimators) {
      assert.equal(await picture.size(estimator), { standardError: 0, norm: 0, largest: 0 });
    }
  });
});

for (const channels of [1, 3, 5]) {
  testWithDevice(test, `the reductions of ${channels} channels`, async (device) => {
    const input = randn(channels * 35, 50);
    const random = { ...randomCase(channels, 7, 5, 4), input };
    const attributions = twin.attribution(random.samples, "mean");
    const products = attributions.map((a, e) => a * input[e]!);
    await withPicture(device, random, async (picture) => {
      for (const reduce of reductions) {
        const plain = await picture.scores({ reduce });
        close(plain, twin.scores(attributions, channels, reduce), { rtol: 1e-5, atol: 1e-8 });
        const product = await picture.scores({ reduce, multiplyInput: true });
        close(product, twin.scores(products, channels, reduce), { rtol: 1e-5, atol: 1e-8 });
      }
      const squares = await picture.scores({ estimator: "squared" });
      const expected = twin.scores(twin.attribution(random.samples, "squared"), channels, "abs");
      close(squares, expected, { rtol: 1e-5, atol: 1e-9 });
    });
  });
}

testWithDevice(test, "the range: percentiles, symmetric, or as given", async (device) => {
  const random = randomCase(3, 20, 20, 2);
  const attributions = twin.attribution(random.samples, "mean");
  const sizes = twin.scores(attributions, 3, "abs");
  const signed = twin.scores(attributions, 3, "signed");
  const span = twin.percentile(signed.map(Math.abs), 99);
  await withPicture(device, random, async (picture) => {
    const expectations: [PictureOptions, number, number][] = [
      [{}, Math.min(...sizes), twin.percentile(sizes, 99)],
      [{ percentile: 100 }, Math.min(...sizes), Math.max(...sizes)],
      [{ percentile: [5, 90] }, twin.percentile(sizes, 5), twin.percentile(sizes, 90)],
      [{ reduce: "signed" }, -span, span],
      [{ reduce: "signed", palette: "viridis" }, Math.min(...signed), twin.percentile(signed, 99)],
      [{ scale: { low: -1, high: 2 } }, -1, 2],
    ];
    for (const [options, low, high] of expectations) {
      const range = await picture.range(options);
      close([range.low, range.high], [low, high], { rtol: 1e-5, atol: 0 });
    }
  });
});

const reds = (image: ImageData) => Array.from(image.data).filter((_, i) => i % 4 === 0);

testWithDevice(test, "scores become gray levels, capped above", async (device) => {
  await withPicture(device, mapOf([0, 1, 2, 3, 4, 8], 3), async (picture) => {
    const scale = { low: 0, high: 4 };
    const image = await picture.pixels({ scale });
    assert.is(image.width, 3);
    close(reds(image), [0, 64, 128, 191, 255, 255], { rtol: 0, atol: 0 });
    assert.ok(image.data.every((value, i) => i % 4 < 3 || value === 255));
    const large = await picture.pixels({ scale, width: 6, height: 4 });
    close(reds(large).slice(0, 6), [0, 0, 64, 64, 128, 128], { rtol: 0, atol: 0 });
    const wide = { scale, width: 6, height: 2, fit: "fill" } as const;
    const smooth = await picture.pixels({ ...wide, smooth: true });
    close(reds(smooth).slice(0, 6), [0, 16, 48, 80, 112, 128], { rtol: 0, atol: 1 });
  });
});

testWithDevice(test, "a map keeps its shape, and nothing is beside it", async (device) => {
  const input = Float32Array.of(0.2, 0.4, 0.6, 0.8, 1, 0.1);
  const wide = { ...mapOf([0, 1, 2, 3, 4, 8], 3), input };
  await withPicture(device, wide, async (picture) => {
    const view = mat3.translation([1 / 3, 0]);
    for (const options of [{}, { overlay: "fade" }, { overlay: "mask", view }] as const) {
      const { data } = await picture.pixels(options);
      for (const [width, height, left, top] of [
        [9, 2, 3, 0],
        [8, 2, 2, 0],
        [3, 6, 0, 2],
        [3, 5, 0, 1],
      ] as const) {
        const expected = new Uint8ClampedArray(4 * width * height);
        for (const y of [0, 1]) {
          const row = data.slice(12 * y, 12 * (y + 1));
          expected.set(row, 4 * ((top + y) * width + left));
        }
        const image = await picture.pixels({ ...options, width, height });
        close(image.data, expected, { rtol: 0, atol: 1 });
      }
    }
  });
});

testWithDevice(test, "a signed map is blue, gray and red", async (device) => {
  await withPicture(device, mapOf([-1, 0, 1, 0.5], 2), async (picture) => {
    const { data } = await picture.pixels({ reduce: "signed", percentile: 100 });
    assert.equal(Array.from(data.slice(0, 3)), [33, 92, 175]);
    close(data.slice(4, 7), [221, 221, 221], { rtol: 0, atol: 2 });
    assert.equal(Array.from(data.slice(8, 11)), [186, 24, 40]);
  });
});

testWithDevice(test, "a flat map paints as zero in every palette", async (device) => {
  for (const value of [0, 5, -0.1]) {
    await withPicture(device, mapOf(new Array(12).fill(value), 4), async (picture) => {
      for (const [palette, color] of [
        ["grayscale", [0, 0, 0]],
        ["viridis", [0x44, 0x01, 0x54]],
        ["inferno", [0, 0, 4]],
      ] as const) {
        for (const reduce of reductions) {
          const { data } = await picture.pixels({ palette, reduce });
          assert.equal(Array.from(data.slice(20, 23)), color);
        }
      }
    });
  }
  await withPicture(device, mapOf(new Array(12).fill(0), 4), async (picture) => {
    const { data } = await picture.pixels({ reduce: "signed" });
    close(data.slice(20, 23), [221, 221, 221], { rtol: 0, atol: 2 });
  });
});

testWithDevice(
  test,
  "a map with less than 1 % of its pixels above zero still shows them",
  async (device) => {
    const values = new Array(400).fill(0);
    values[7] = 3;
    await withPicture(device, mapOf(values, 20), async (picture) => {
      assert.equal(await picture.range(), { low: 0, high: 0 });
      const levels = reds(await picture.pixels());
      assert.is(levels[7], 255);
      assert.is(levels[8], 0);
    });
  },
);

testWithDevice(
  test,
  "the palette's gamma bends what is between the zero and the ends",
  async (device) => {
    const scale = { low: 0, high: 1 };
    await withPicture(device, mapOf([0, 0.25, 0.5, 1], 2), async (picture) => {
      for (const [paletteGamma, levels] of [
        [1, [0, 64, 128, 255]],
        [0.5, [0, 128, 180, 255]],
        [2, [0, 16, 64, 255]],
      ] as const) {
        close(reds(await picture.pixels({ paletteGamma, scale })), levels, { rtol: 0, atol: 1 });
      }
    });
    // A diverging palette is bent on both sides of its gray.
    const signed = { reduce: "signed", scale: { low: -1, high: 1 } } as const;
    await withPicture(device, mapOf([-0.25, 0.25, -0.5, 0.5], 2), async (picture) => {
      const bent = reds(await picture.pixels({ ...signed, paletteGamma: 0.5 }));
      const plain = reds(await picture.pixels(signed));
      close(bent.slice(0, 2), plain.slice(2), { rtol: 0, atol: 2 });
    });
  },
);

// Half of the map is 0 and half 1, over a photo that is black on top and white below.
const halves: Case = { ...mapOf([0, 1, 0, 1], 2), input: new Float32Array([0, 0, 1, 1]) };

testWithDevice(test, "the overlays", async (device) => {
  await withPicture(device, halves, async (picture) => {
    for (const [options, levels] of [
      [{ overlay: "fade" }, [0, 255, 255, 255]],
      [{ overlay: true, palette: "diverging", reduce: "signed" }, [0, 186, 255, 186]],
      [{ overlay: "blend" }, [0, 128, 128, 255]],
      [{ overlay: "blend", opacity: 0.25 }, [0, 64, 191, 255]],
      [{ overlay: "mask" }, [0, 0, 0, 255]],
      [{ overlay: false }, [0, 255, 0, 255]],
    ] as [PictureOptions, number[]][]) {
      const image = await picture.pixels({ ...options, percentile: 100 });
      close(reds(image), levels, { rtol: 0, atol: 1 });
    }
  });
});

testWithDevice(test, "a view pans and zooms map and photo together", async (device) => {
  await withPicture(device, halves, async (picture) => {
    const view = mat3.translation([0.5, 0]);
    const scale = { low: 0, high: 1 };
    const moved = await picture.pixels({ view, scale });
    close(Array.from(moved.data).slice(0, 8), [255, 255, 255, 255, 0, 0, 0, 0], { atol: 0 });
    const over = await picture.pixels({ view, scale, overlay: "mask" });
    close(reds(over), [0, 0, 255, 0], { atol: 1 });
  });
});

testWithDevice(test, "the map lies in its place on the whole photo", async (device) => {
  const photo = new ImageData(new Uint8ClampedArray(16 * 8 * 4).fill(255), 16, 8);
  const shape = { channels: 1, height: 4, width: 4 };
  const input = await toTensor(device, photo, shape, { shortSide: 4 });
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
  const moments = device.createBuffer({ size: 7 * 16 * 16, usage });
  const ones = packChannels(new Float32Array(16).fill(1), 1);
  // The mean and the scale.
  for (const plane of [0, 6]) device.queue.writeBuffer(moments, plane * 16 * 16, ones);
  const picture = await createPicture(device, { moments, samples: 1, input });
  const options = { frame: "photo", width: 16, height: 8, scale: { low: 0, high: 1 } } as const;
  const over = await picture.pixels({ ...options, overlay: "mask" });
  const row = [102, 102, 102, 102, ...new Array(8).fill(255), 102, 102, 102, 102];
  close(reds(over).slice(0, 16), row, { rtol: 0, atol: 1 });
  const alone = await picture.pixels(options);
  assert.equal(Array.from(alone.data.slice(12, 20)), [0, 0, 0, 0, 255, 255, 255, 255]);
  const square = await picture.pixels({ ...options, overlay: "mask", height: 16 });
  assert.equal(square.data.slice(0, 4), new Uint8ClampedArray(4));
  assert.equal(square.data.slice(4 * 64, 12 * 64), over.data);
  const canvas = document.createElement("canvas");
  picture.draw(canvas, { frame: "photo" });
  assert.equal([canvas.width, canvas.height], [288, 144]);
  picture.draw(canvas);
  assert.equal([canvas.width, canvas.height], [300, 300]);
  picture.destroy();
  input.destroy();
  moments.destroy();
});

testWithDevice(test, "a canvas shows what the pixels say", async (device) => {
  await withPicture(device, randomCase(3, 9, 7, 3), async (picture) => {
    const canvas = new OffscreenCanvas(21, 30);
    const onPage = document.createElement("canvas");
    onPage.width = 21;
    onPage.height = 30;
    for (const options of [
      {},
      { reduce: "signed" },
      { palette: "inferno", smooth: true },
    ] as const) {
      const expected = await picture.pixels({ ...options, width: 21, height: 30 });
      for (const each of [canvas, onPage]) {
        picture.draw(each, options);
        const copy = new OffscreenCanvas(21, 30).getContext("2d")!;
        copy.drawImage(each, 0, 0);
        close(copy.getImageData(0, 0, 21, 30).data, expected.data, { rtol: 0, atol: 1 });
      }
    }
  });
});

testWithDevice(test, "a canvas without a size takes the map's shape", async (device) => {
  await withPicture(device, randomCase(1, 40, 60, 2), async (picture) => {
    const canvas = document.createElement("canvas");
    picture.draw(canvas);
    assert.equal([canvas.width, canvas.height], [300, 200]);
    const copy = new OffscreenCanvas(300, 200).getContext("2d")!;
    copy.drawImage(canvas, 0, 0);
    const expected = await picture.pixels({ width: 300, height: 200 });
    close(copy.getImageData(0, 0, 300, 200).data, expected.data, { rtol: 0, atol: 1 });
    // The page's word is the last.
    canvas.width = 80;
    picture.draw(canvas);
    assert.equal([canvas.width, canvas.height], [80, 200]);
    const plain = document.createElement("canvas");
    picture.draw(plain, { fit: "fill" });
    assert.equal([plain.width, plain.height], [300, 150]);
  });
  await withPicture(device, randomCase(1, 4, 400, 2), async (picture) => {
    const canvas = document.createElement("canvas");
    picture.draw(canvas);
    assert.equal([canvas.width, canvas.height], [400, 4]);
  });
});

testWithDevice(test, "redrawing compiles and allocates nothing", async (device) => {
  await withPicture(device, randomCase(3, 9, 7, 3), async (picture) => {
    const canvas = new OffscreenCanvas(20, 20);
    picture.draw(canvas, { overlay: true });
    const made: string[] = [];
    const watched = new Set(["createBuffer", "createTexture", "createBindGroup"]);
    const own = device as unknown as Record<string, unknown>;
    for (const name of [...watched, "createComputePipeline", "createRenderPipeline"]) {
      own[name] = () => made.push(name);
    }
    try {
      picture.samples = 2;
      picture.draw(canvas, { overlay: "blend", palette: "viridis", opacity: 0.3 });
      picture.draw(canvas, { reduce: "signed", percentile: 95, estimator: "squared" });
      picture.draw(canvas, {
        view: mat3.scaling([0.5, 0.5]),
        overlay: true,
        scale: { low: 0, high: 1 },
      });
    } finally {
      for (const name of Object.keys(own)) delete own[name];
    }
    assert.equal(made, []);
  });
});

testWithDevice(test, "what there is not is refused in a sentence", async (device) => {
  await withPicture(device, randomCase(1, 2, 2, 1), async (picture) => {
    const refusal = (options: object) =>
      picture.pixels(options).then(
        () => "nothing",
        (error: Error) => error.message,
      );
    assert.match(await refusal({ palette: "jet" }), /^palette must be "grayscale", .* got "jet"$/);
    assert.match(await refusal({ reduce: "sum" }), /^reduce must be "abs", .* got "sum"$/);
    assert.match(await refusal({ estimator: "max" }), /^estimator must be "mean", .* got "max"$/);
    assert.match(await refusal({ overlay: "over" }), /^overlay must be "none", .* got "over"$/);
    assert.match(
      await refusal({ percentile: 101 }),
      /^percentile must be a number from 0 to 100, .* got 101$/,
    );
    assert.match(await refusal({ fit: "cover" }), /^fit must be "contain" or "fill", got "cover"$/);
    const largest = device.limits.maxTextureDimension2D;
    for (const [width, height] of [
      [0, 0],
      [0, 9],
      [largest + 1, 9],
    ] as const) {
      const size = `^the canvas has ${width}×${height} pixels: the device paints 1×1 to ${largest}×`;
      const draw = () => picture.draw(new OffscreenCanvas(width, height));
      assert.throws(draw, new RegExp(size));
    }
  });
});

test.run();
