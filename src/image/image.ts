// A picture, or a tensor prepared elsewhere, becomes the input of a network on the GPU.
//
// The picture is copied into a texture as it is (sRGB values, no linearization; transparent parts lie on
// white), and one kernel resizes, crops and normalizes it. The texture is kept, so that an overlay can show
// the photo itself under the map at any size.

import { mat3 } from "wgpu-matrix";
import imageText from "../../shaders/picture/image.wgsl";
import { dispatch, kernels, perDevice, run } from "../gpu/kernel.js";
import type { Preprocess, Preset } from "../options/preprocess.js";
import { packChannels } from "../tensor/channels.js";
import type { RawTensor, Size } from "../tensor/types.js";
import type { Mat3, ResolvedPreprocess } from "./preprocess.js";
import { coloring, placement, resolvePreprocess, tensorPixels } from "./preprocess.js";

/**
 * An image to explain or classify. Files (Blob) and image elements are decoded without their color profile, as the programs
 * do that networks are trained with. Of a video, the current frame is taken.
 */
export type ImageSource =
  | Blob
  | ImageBitmap
  | ImageData
  | HTMLImageElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | HTMLVideoElement
  | VideoFrame
  | RawTensor;

/** The size of a network's input. */
export interface InputShape extends Size {
  /** 3 for color, 1 for gray. */
  readonly channels: number;
}

/** The photo behind a tensor. */
export interface Photo {
  readonly texture: GPUTexture;
  /** From pixels of the tensor to pixels of the texture; centers are at halves. */
  readonly place: Mat3;
}

/** A network's input on the GPU. */
export interface InputTensor extends InputShape {
  /** [1,C,H,W] packed as in channels.ts; padding lanes are 0. */
  readonly buffer: GPUBuffer;
  /** How it was made from a photo; undefined for a raw tensor that came without. */
  readonly preprocess: Preprocess | ResolvedPreprocess | undefined;
  readonly photo: Photo;
  /** True when the buffer and the photo are gone. */
  readonly isDestroyed: boolean;
  /** Frees the buffer and the photo. */
  destroy(): void;
}

/** What the model's file says of its input. */
export interface FileInput {
  /** Height or width are open: the model could be loaded with another size. */
  readonly isOpen?: boolean | undefined;
  /** Its order of colors and pixels is another than ours. */
  readonly isChannelsLast?: boolean;
}

/** The kernel, compiled once for a device. */
export const imageKernels = perDevice((device) => kernels(device, imageText, ["image"]));

/**
 * Makes the input tensor of a network from a picture or a raw tensor. A raw tensor is not preprocessed, but
 * if `preprocess` is given it is undone to show the tensor as a photo. Throws where picture and shape do not fit.
 */
export async function toTensor(
  device: GPUDevice,
  image: ImageSource,
  shape: InputShape,
  preprocess?: Preset | Preprocess,
  file: FileInput = {},
): Promise<InputTensor> {
  const { channels, height, width } = shape;
  if ("shape" in image) {
    checkFinite("the tensor", image);
    return rawToTensor(device, channelsFirst(image, shape, file), shape, preprocess);
  }
  const resolved = resolvePreprocess(preprocess, channels);
  const { matrix, shift } = coloring(resolved, channels);
  const { image: kernel } = await imageKernels(device);
  const texture = await upload(device, image);
  const place = placement(texture, shape, resolved);
  const buffer = tensorBuffer(device, height * width * 16);
  const settings = device.createBuffer({
    label: "image settings",
    size: 112,
    usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(settings, 0, new Float32Array([...place, ...matrix, ...shift, width]));
  const step = dispatch(
    device,
    kernel,
    { photo: texture.createView(), tensor: buffer, settings },
    Math.ceil((height * width) / 64),
  );
  const encoder = device.createCommandEncoder({ label: "image" });
  const pass = encoder.beginComputePass();
  run(pass, [step]);
  pass.end();
  device.queue.submit([encoder.finish()]);
  settings.destroy();
  return inputTensor(buffer, shape, resolved, { texture, place });
}

function inputTensor(
  buffer: GPUBuffer,
  { channels, height, width }: InputShape,
  preprocess: Preprocess | undefined,
  photo: Photo,
): InputTensor {
  const tensor = {
    buffer,
    channels,
    height,
    width,
    preprocess,
    photo,
    isDestroyed: false,
    destroy,
  };
  function destroy() {
    tensor.isDestroyed = true;
    buffer.destroy();
    photo.texture.destroy();
  }
  return tensor;
}

function tensorBuffer(device: GPUDevice, size: number): GPUBuffer {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  return device.createBuffer({ label: "input", size, usage });
}

function photoTexture(device: GPUDevice, { width, height }: Size): GPUTexture {
  return device.createTexture({
    label: "photo",
    size: [width, height],
    format: "rgba8unorm",
    usage:
      GPUTextureUsage.TEXTURE_BINDING |
      GPUTextureUsage.COPY_DST |
      GPUTextureUsage.RENDER_ATTACHMENT,
  });
}

type Picture = Exclude<ImageSource, RawTensor>;

async function upload(device: GPUDevice, image: Picture): Promise<GPUTexture> {
  const source = await decoded(image, device.limits.maxTextureDimension2D);
  const texture = photoTexture(device, source);
  try {
    device.queue.copyExternalImageToTexture(
      { source },
      { texture, colorSpace: "srgb", premultipliedAlpha: true },
      [texture.width, texture.height],
    );
    return texture;
  } catch (cause) {
    texture.destroy();
    if ((cause as Error).name !== "SecurityError") throw cause;
    throw new Error(
      'the page may not read this picture of another site: load it with crossorigin="anonymous"',
      { cause },
    );
  } finally {
    if (source !== image && source instanceof ImageBitmap) source.close();
  }
}

type Pixels = ImageBitmap | ImageData | HTMLCanvasElement | OffscreenCanvas;

// WebGPU takes video frames too, but not where there is no hardware behind it.
async function decoded(image: Picture, largest: number): Promise<Pixels> {
  if ("decode" in image) await image.decode();
  const isEncoded =
    image instanceof Blob || "decode" in image || "videoWidth" in image || "codedWidth" in image;
  const source = isEncoded
    ? await createImageBitmap(image, { colorSpaceConversion: "none" }).catch((cause) =>
        drawn(image, cause),
      )
    : image;
  const { width, height } = source;
  if (!(width > 0 && height > 0))
    throw new Error(`the picture is empty: ${width}×${height} pixels`);
  const shrink = largest / Math.max(width, height);
  if (shrink >= 1) return source;
  // A texture has a largest size, a camera none.
  return createImageBitmap(source, {
    resizeWidth: Math.max(1, Math.floor(width * shrink)),
    resizeHeight: Math.max(1, Math.floor(height * shrink)),
    resizeQuality: "high",
  });
}

/** Throws where a tensor holds NaN or Infinity, which a network would pass on, or hide behind a ReLU. */
export function checkFinite(name: string, { data, shape }: RawTensor): void {
  const place = data.findIndex((value) => !Number.isFinite(value));
  if (place < 0) return;
  throw new Error(
    `${name} of shape [${shape.join()}] holds ${data[place]} at index ${place}: every value must be a finite number`,
  );
}

/** Pixels of the longer side of an SVG picture that leaves its size open. */
const SIDE = 1024;

/** An SVG picture with a viewBox alone: it has a shape and no size, and no bitmap is made of it. */
function drawn(image: Picture, cause: unknown): OffscreenCanvas {
  if (!("naturalWidth" in image && image.naturalWidth > 0)) throw cause;
  const { naturalWidth, naturalHeight } = image;
  const times = SIDE / Math.max(naturalWidth, naturalHeight);
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.round(times * naturalWidth)),
    Math.max(1, Math.round(times * naturalHeight)),
  );
  const context = canvas.getContext("2d");
  context?.scale(canvas.width / naturalWidth, canvas.height / naturalHeight);
  context?.drawImage(image, 0, 0, naturalWidth, naturalHeight);
  return canvas;
}

/** The values of a tensor as [C,H,W]; throws one sentence where it is not the network's input. */
function channelsFirst(
  { data, shape: given }: RawTensor,
  shape: InputShape,
  { isOpen = false, isChannelsLast = false }: FileInput,
): Float32Array {
  const { channels, height, width } = shape;
  const long = (axes: readonly number[]) => axes.filter((n) => n !== 1).join();
  const wanted = [channels, height, width];
  const count = wanted.reduce((a, b) => a * b, 1);
  const isFlat = long(given) === String(count) && (channels === 1 || !isChannelsLast);
  if (data.length === count) {
    if (long(given) === long(wanted) || isFlat) return data;
    if (isChannelsLast && long(given) === long([height, width, channels])) {
      return transposed(data, channels);
    }
  }
  const isLast = isChannelsLast && given.length > 2 && given.at(-1) === channels;
  const plane = isLast ? given.slice(-3, -1) : given.slice(-2);
  const size = plane.map((n, k) => n ?? [height, width][k]);
  const others = isLast ? [...size, channels] : [channels, ...size];
  const isOther = isOpen && given.length > 1 && long(given) === long(others);
  throw new Error(
    `the tensor has shape [${given.join()}] and ${data.length} values, the network wants [1,${wanted}]${
      isChannelsLast && channels > 1 ? ` or [1,${height},${width},${channels}]` : ""
    }${
      isOther
        ? `; the file leaves height and width open: load the model with size: [${size.join(", ")}] (on the command line --size ${size})`
        : ""
    }`,
  );
}

/** [H·W,C] as [C,H·W]. */
function transposed(data: Float32Array, channels: number): Float32Array {
  const pixels = data.length / channels;
  return data.map((_, i) => data[(i % pixels) * channels + Math.floor(i / pixels)] as number);
}

function rawToTensor(
  device: GPUDevice,
  data: Float32Array,
  shape: InputShape,
  preprocess: Preset | Preprocess | undefined,
): InputTensor {
  const { channels, width, height } = shape;
  const packed = packChannels(data, channels);
  const resolved = preprocess && resolvePreprocess(preprocess, channels);
  const pixels = tensorPixels(data, channels, resolved);
  const buffer = tensorBuffer(device, packed.byteLength);
  device.queue.writeBuffer(buffer, 0, packed);
  const texture = photoTexture(device, shape);
  device.queue.writeTexture({ texture }, pixels, { bytesPerRow: width * 4 }, [width, height]);
  return inputTensor(buffer, shape, resolved, { texture, place: mat3.identity() });
}
