// Pictures become tensors: against the twin, and against what PIL made of the same pixels.

import * as assert from "uvu/assert";
import { read } from "../../src/gpu/play.js";
import {
  type FileInput,
  type ImageSource,
  type InputShape,
  toTensor,
} from "../../src/image/image.js";
import { type Preprocess, presets } from "../../src/options/preprocess.js";
import { unpackChannels } from "../../src/tensor/channels.js";
import { normalize, type Pixels, resample } from "../reference/image.js";
import { close, data, randn, suite, testWithDevice } from "../support/harness.js";

const test = suite("image");

/** The tensor [C,H,W] that the GPU makes. */
async function tensorOf(
  device: GPUDevice,
  image: ImageSource,
  shape: InputShape,
  preprocess: Preprocess,
): Promise<Float32Array> {
  const input = await toTensor(device, image, shape, preprocess);
  const packed = new Float32Array(await read(device, input.buffer));
  input.destroy();
  return unpackChannels(packed, shape.channels);
}

// Waves that do not repeat; the numbers from PIL below are of this picture, 37 × 23.
function pattern(width = 37, height = 23): ImageData {
  const image = new ImageData(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const color = [x * 7 + y * 13, x * x + 3 * y, 1280 + 255 - x * 5 + y * 2];
      image.data.set([...color.map((value) => value % 256), 255], (y * width + x) * 4);
    }
  }
  return image;
}

const rgb = (tensor: ArrayLike<number>) =>
  Array.from(tensor, (_, i) => tensor[(i % 3) * (tensor.length / 3) + Math.floor(i / 3)]!);

function meanDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  assert.is(actual.length, expected.length);
  const total = Array.from(actual).reduce((sum, a, i) => sum + Math.abs(a - expected[i]!), 0);
  return total / actual.length;
}

// The resized colors are rounded to 8 bits, where f32 and f64 may fall on different sides.
function closeColors(actual: ArrayLike<number>, colors: ArrayLike<number>) {
  close(actual, Array.from(colors, Math.round), { rtol: 0, atol: 1 });
  assert.ok(meanDifference(actual, Array.from(colors, Math.round)) < 0.002);
}

const bytes: Preprocess = { scale: 1 };

for (const [name, photo, size, resized, left, top] of [
  ["made smaller", pattern(), [8, 8], [9, 14], 3, 0],
  ["made larger", pattern(), [40, 40], [46, 74], 17, 3],
  ["with odd sizes", pattern(7, 5), [3, 9], [3, 4], -2, 0],
  ["of one pixel", pattern(1, 1), [3, 2], [2, 2], 0, 0],
] as const) {
  testWithDevice(test, `a picture ${name} agrees with its twin`, async (device) => {
    const [height, width] = size;
    const shape = { channels: 3, height, width };
    const preprocess = { ...bytes, shortSide: resized[0] };
    const actual = await tensorOf(device, photo, shape, preprocess);
    const [rows, columns] = resized;
    const offset = { left, top };
    closeColors(rgb(actual), resample(photo, { height: rows, width: columns }, offset, shape));
  });
}

testWithDevice(test, "stretching agrees with its twin", async (device) => {
  const shape = { channels: 3, height: 7, width: 5 };
  const actual = await tensorOf(device, pattern(), shape, { ...bytes, resize: "stretch" });
  closeColors(rgb(actual), resample(pattern(), shape, { left: 0, top: 0 }, shape));
});

testWithDevice(test, "transparent parts lie on white", async (device) => {
  const photo = pattern(12, 12);
  for (let i = 3; i < photo.data.length; i += 4) photo.data[i] = i % 256;
  const shape = { channels: 3, height: 12, width: 12 };
  const actual = await tensorOf(device, photo, shape, bytes);
  const expected = resample(photo, shape, { left: 0, top: 0 }, shape);
  // The texture's colors are multiplied by alpha and rounded.
  close(rgb(actual), expected, { rtol: 0, atol: 1.01 });
});

testWithDevice(test, "every preset, three channels and one", async (device) => {
  const photo: Pixels = pattern(6, 4);
  const colors = resample(photo, photo, { left: 0, top: 0 }, photo);
  for (const preprocess of Object.values(presets) as Preprocess[]) {
    for (const channels of typeof preprocess.mean === "object" ? [3] : [1, 3]) {
      const shape = { channels, height: 4, width: 6 };
      const actual = await tensorOf(device, pattern(6, 4), shape, preprocess);
      close(actual, normalize(colors, channels, preprocess), { rtol: 1e-5, atol: 1e-4 });
    }
  }
});

testWithDevice(test, "agrees with PIL and torchvision", async (device) => {
  const small = await tensorOf(device, pattern(), { channels: 3, height: 8, width: 8 }, bytes);
  assert.ok(meanDifference(rgb(small), resizedTo9Cropped8) < 0.3);
  close(rgb(small), resizedTo9Cropped8, { rtol: 0, atol: 1 });
  const large = await tensorOf(device, pattern(), { channels: 3, height: 40, width: 40 }, bytes);
  const colors = rgb(large);
  const sampled = [0, 13, 26, 39].flatMap((y) =>
    [0, 13, 26, 39].flatMap((x) => colors.slice((y * 40 + x) * 3, (y * 40 + x) * 3 + 3)),
  );
  close(sampled, resizedTo46Cropped40, { rtol: 0, atol: 1 });
});

testWithDevice(
  test,
  "agrees with PIL on photos, with and without a color profile",
  async (device) => {
    const shape = { channels: 3, height: 4, width: 4 };
    for (const [name, expected] of Object.entries(photosTo5Cropped4)) {
      const file = new Blob([await data(`photos/${name}`)]);
      const actual = rgb(await tensorOf(device, file, shape, bytes));
      close(actual, expected, { rtol: 0, atol: 1 });
    }
  },
);

testWithDevice(test, "all kinds of sources give the same tensor", async (device) => {
  const image = pattern();
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext("2d")!.putImageData(image, 0, 0);
  const file = await canvas.convertToBlob();
  const element = document.createElement("img");
  element.src = URL.createObjectURL(file);
  const onPage = document.createElement("canvas");
  onPage.width = image.width;
  onPage.height = image.height;
  onPage.getContext("2d")!.putImageData(image, 0, 0);
  const bitmap = await createImageBitmap(image);
  const frame = new VideoFrame(canvas, { timestamp: 0 });
  const shape = { channels: 3, height: 8, width: 8 };
  const expected = await tensorOf(device, image, shape, bytes);
  for (const source of [bitmap, canvas, onPage, file, element, frame]) {
    close(await tensorOf(device, source, shape, bytes), expected, { rtol: 0, atol: 1 });
  }
  frame.close();
  URL.revokeObjectURL(element.src);
});

testWithDevice(test, "a picture larger than any texture is made smaller first", async (device) => {
  const width = device.limits.maxTextureDimension2D * 2;
  const canvas = new OffscreenCanvas(width, 8);
  const context = canvas.getContext("2d")!;
  context.fillStyle = "rgb(200 100 50)";
  context.fillRect(0, 0, width, 8);
  const actual = await tensorOf(device, canvas, { channels: 3, height: 2, width: 2 }, bytes);
  close(actual, [200, 200, 200, 200, 100, 100, 100, 100, 50, 50, 50, 50], { rtol: 0, atol: 1 });
});

testWithDevice(test, "an SVG picture needs a viewBox alone", async (device) => {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 30">
    <rect width="20" height="30" fill="white"/><circle cx="10" cy="20" r="7"/></svg>`;
  const element = document.createElement("img");
  element.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  const shape = { channels: 1, height: 30, width: 20 };
  const input = await toTensor(device, element, shape, { resize: "stretch" });
  const { width, height } = input.photo.texture;
  const values = unpackChannels(new Float32Array(await read(device, input.buffer)), 1);
  input.destroy();
  assert.equal([width, height], [683, 1024]);
  // A black disk, 7 pixels around (10, 20), on white to all edges.
  for (const [x, y, value] of [
    [10, 20, 0],
    [10, 14, 0],
    [4, 20, 0],
    [10, 11, 1],
    [1, 20, 1],
    [0, 0, 1],
  ] as const) {
    close([values[y * 20 + x]!], [value], { rtol: 0, atol: 0.02 });
  }
});

testWithDevice(
  test,
  "a picture that the page may not read is refused with the way out",
  async (device) => {
    // Chrome keeps a file's picture with HTML in it to itself, as it does one of another site.
    const words = `<foreignObject width="9" height="9"><p xmlns="http://www.w3.org/1999/xhtml">a</p></foreignObject>`;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">${words}</svg>`;
    const element = document.createElement("img");
    element.src = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    const shape = { channels: 3, height: 9, width: 9 };
    const said = await toTensor(device, element, shape).catch((error: Error) => error.message);
    URL.revokeObjectURL(element.src);
    assert.match(
      said as string,
      /this picture of another site: load it with crossorigin="anonymous"/,
    );
  },
);

testWithDevice(test, "a raw tensor is used as it is", async (device) => {
  for (const channels of [1, 3, 5]) {
    const values = randn(channels * 35);
    const shape = { channels, height: 7, width: 5 };
    for (const axes of [
      [channels, 7, 5],
      [1, channels, 7, 5],
    ]) {
      const input = await toTensor(device, { data: values, shape: axes }, shape);
      const packed = new Float32Array(await read(device, input.buffer));
      close(unpackChannels(packed, channels), values, { rtol: 0, atol: 0 });
      assert.is(input.photo.texture.width, 5);
      input.destroy();
    }
  }
});

testWithDevice(
  test,
  "a network that reads its channels last takes tensors of both orders",
  async (device) => {
    const shape = { channels: 3, height: 2, width: 2 };
    const first = Float32Array.of(1, 2, 3, 4, 10, 20, 30, 40, 100, 200, 300, 400);
    const last = Float32Array.of(1, 10, 100, 2, 20, 200, 3, 30, 300, 4, 40, 400);
    for (const [data, axes] of [
      [first, [1, 3, 2, 2]],
      [last, [1, 2, 2, 3]],
      [last, [2, 2, 3]],
    ] as const) {
      const input = await toTensor(device, { data, shape: axes }, shape, undefined, {
        isChannelsLast: true,
      });
      const packed = new Float32Array(await read(device, input.buffer));
      close(unpackChannels(packed, 3), first, { rtol: 0, atol: 0 });
      input.destroy();
    }
  },
);

testWithDevice(test, "what does not fit is refused in a sentence", async (device) => {
  const shape = { channels: 3, height: 7, width: 5 };
  const refusal = (image: ImageSource, file?: FileInput) =>
    toTensor(device, image, shape, undefined, file).then(
      () => "nothing",
      (error: Error) => error.message,
    );
  const raw = { data: new Float32Array(105), shape: [1, 3, 5, 7] };
  assert.is(
    await refusal(raw),
    "the tensor has shape [1,3,5,7] and 105 values, the network wants [1,3,7,5]",
  );
  const flat = { data: raw.data, shape: [1, 105] };
  assert.match(await refusal(flat, { isChannelsLast: true }), /wants \[1,3,7,5\] or \[1,7,5,3\]$/);
  assert.match(await refusal(new OffscreenCanvas(0, 9)), /the picture is empty: 0×9/);
  assert.match(await refusal(new Blob(["no picture"])), /decoded/);
});

// torchvision 0.14.1 with PIL 9.4.0: Resize(9), CenterCrop(8) of the pattern.
const resizedTo9Cropped8 = [
  74, 81, 213, 93, 133, 200, 111, 177, 187, 130, 64, 173, 148, 120, 161, 167, 152, 147, 185, 101,
  134, 204, 130, 121, 104, 88, 218, 123, 140, 205, 141, 184, 192, 160, 71, 178, 178, 127, 166, 197,
  159, 152, 215, 108, 139, 220, 137, 126, 138, 96, 223, 157, 148, 210, 175, 192, 197, 194, 79, 183,
  212, 135, 171, 214, 167, 157, 164, 116, 144, 81, 145, 131, 170, 103, 228, 189, 155, 215, 207, 199,
  202, 217, 86, 188, 172, 142, 176, 81, 160, 162, 36, 123, 149, 45, 152, 136, 204, 111, 233, 220,
  163, 220, 203, 166, 207, 111, 69, 193, 37, 150, 181, 41, 97, 167, 59, 128, 154, 78, 153, 141, 202,
  119, 238, 128, 171, 225, 53, 155, 212, 38, 66, 198, 56, 158, 186, 75, 97, 172, 93, 129, 159, 112,
  94, 146, 53, 126, 240, 37, 178, 230, 51, 162, 217, 70, 73, 203, 88, 165, 191, 107, 104, 177, 125,
  135, 164, 144, 87, 151, 48, 134, 218, 67, 186, 235, 85, 149, 222, 104, 81, 208, 122, 173, 196,
  141, 112, 182, 159, 143, 169, 178, 95, 156,
];

// The same: Resize(46), CenterCrop(40), every thirteenth pixel.
const resizedTo46Cropped40 = [
  74, 72, 217, 119, 222, 184, 165, 200, 152, 210, 70, 119, 159, 91, 230, 204, 241, 197, 202, 219,
  165, 39, 89, 132, 227, 111, 243, 32, 69, 210, 78, 175, 178, 123, 45, 145, 72, 130, 112, 117, 24,
  223, 163, 194, 191, 208, 64, 158,
];

// The same: Resize(5), CenterCrop(4) of photos. The second has a color profile that is not sRGB.
const photosTo5Cropped4 = {
  "coral_cat_720p.jpg": [
    198, 129, 97, 181, 145, 113, 190, 150, 115, 186, 152, 119, 198, 166, 139, 181, 143, 113, 178,
    127, 94, 178, 136, 104, 160, 130, 113, 143, 93, 71, 169, 99, 66, 156, 117, 91, 113, 69, 52, 126,
    72, 54, 160, 92, 64, 158, 115, 91,
  ],
  "n01614925_bald_eagle.jpg": [
    189, 193, 196, 182, 185, 189, 128, 128, 132, 159, 161, 165, 183, 187, 189, 141, 141, 142, 64,
    59, 58, 163, 165, 168, 173, 177, 175, 119, 116, 112, 64, 60, 59, 174, 178, 180, 168, 175, 179,
    146, 151, 154, 81, 80, 81, 154, 159, 162,
  ],
};

test.run();
