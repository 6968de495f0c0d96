// Scores become colors: a render pass over a canvas or a texture (shaders/picture/paint.wgsl).

import { mat3 } from "wgpu-matrix";
import paintText from "../../shaders/picture/paint.wgsl";
import { bindGroup, type Kernel, perDevice } from "../gpu/kernel.js";
import type { Photo } from "../image/image.js";
import type { Mat3 } from "../image/preprocess.js";
import { paletteNames } from "../options/drawing.js";
import { bindingNumbers, numbersIn } from "../shaders/text.js";
import type { Size } from "../tensor/types.js";
import { fitted, type Rectangle } from "./canvas.js";
import type { Look } from "./look.js";
import { palettes, paletteTable } from "./palettes.js";

/** The texture formats that a canvas may prefer. */
export type CanvasFormat = "bgra8unorm" | "rgba8unorm";

/** Paints one buffer of scores, any number of times. */
export interface Painter {
  /** Compiles for a texture format. */
  prepare(format: CanvasFormat): Promise<void>;
  /** Encodes a painting of the whole of a texture, whose format must have been prepared. */
  encode(encoder: GPUCommandEncoder, target: GPUTexture, look: Look): void;
  destroy(): void;
}

/** The format that canvases like best; where there are none (Node), that of most screens. */
export const canvasFormat = () =>
  (globalThis.navigator?.gpu?.getPreferredCanvasFormat() ?? "bgra8unorm") as CanvasFormat;

/** What every painter's buffer of palettes holds. */
let colors: ReturnType<typeof paletteTable> | undefined;

const BACKDROP = "rgba8unorm";

const modules = perDevice((device) =>
  device.createShaderModule({ label: "paint", code: paintText }),
);

const pipelines = perDevice(() => new Map<string, Promise<Kernel<GPURenderPipeline>>>());

// The pipeline of one fragment shader and one texture format, made once per device.
function pipelineFor(device: GPUDevice, entryPoint: string, format: CanvasFormat) {
  const made = pipelines(device);
  const key = `${entryPoint} ${format}`;
  let kernel = made.get(key);
  if (!kernel) made.set(key, (kernel = compile(device, entryPoint, format)));
  return kernel;
}

async function compile(device: GPUDevice, entryPoint: string, format: CanvasFormat) {
  const module = modules(device);
  const pipeline = await device.createRenderPipelineAsync({
    label: entryPoint,
    layout: "auto",
    vertex: { module },
    fragment: { module, entryPoint, targets: [{ format }] },
  });
  return { pipeline, bindings: bindingNumbers(paintText) };
}

/** The pipelines for canvases, compiled once for a device. */
export const paintKernels = (device: GPUDevice) =>
  Promise.all([
    pipelineFor(device, "backdrop", BACKDROP),
    pipelineFor(device, "paint", canvasFormat()),
  ]);

function fill(
  encoder: GPUCommandEncoder,
  target: GPUTexture,
  pipeline: GPURenderPipeline,
  group: GPUBindGroup,
  part?: Rectangle,
) {
  const pass = encoder.beginRenderPass({
    label: pipeline.label,
    colorAttachments: [{ view: target.createView(), loadOp: "clear", storeOp: "store" }],
  });
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  if (part) pass.setScissorRect(part.x, part.y, part.width, part.height);
  pass.draw(3);
  pass.end();
}

/** Prepares the painting of scores [H,W] between two ends (low, high), over the photo they belong to. */
export async function createPainter(
  device: GPUDevice,
  { scores, ends, photo, map }: { scores: GPUBuffer; ends: GPUBuffer; photo: Photo; map: Size },
): Promise<Painter> {
  const settings = device.createBuffer({
    label: "paint settings",
    size: 16 * Math.ceil((MATRICES + FIELDS.length) / 4),
    usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
  });
  const backdropKernel = await pipelineFor(device, "backdrop", BACKDROP);
  const backdropGroup = bindGroup(device, backdropKernel, {
    settings,
    photo: photo.texture.createView(),
  });
  colors ??= paletteTable();
  const palette = device.createBuffer({
    label: "palettes",
    size: colors.byteLength,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(palette, 0, colors);
  const ready = new Map<string, Kernel<GPURenderPipeline>>();
  const groups = new Map<string, GPUBindGroup>();
  let backdrop = backdropTexture(device, { width: 1, height: 1 });
  let backdropPlace = "";

  // Draws the backdrop anew only where the canvas or the view is another one.
  function prepareBackdrop(encoder: GPUCommandEncoder, target: Size, toPhoto: Mat3) {
    if (backdrop.width !== target.width || backdrop.height !== target.height) {
      backdrop.destroy();
      groups.clear();
      backdrop = backdropTexture(device, target);
      backdropPlace = "";
    }
    const place = toPhoto.join();
    if (place === backdropPlace) return;
    backdropPlace = place;
    fill(encoder, backdrop, backdropKernel.pipeline, backdropGroup);
  }

  return {
    async prepare(format) {
      ready.set(format, await pipelineFor(device, "paint", format));
    },
    encode(encoder, target, look) {
      const part = fitted(frameOf(map, photo, look), target, look.fit);
      const places = matrices(part, map, photo, look);
      device.queue.writeBuffer(settings, 0, paintSettings(map, places, look));
      if (look.overlay !== "none") prepareBackdrop(encoder, target, places.toPhoto);
      const kernel = ready.get(target.format)!;
      let group = groups.get(target.format);
      if (!group) {
        const behind = backdrop.createView();
        const resources = { scores, ends, palette, settings, behind };
        groups.set(target.format, (group = bindGroup(device, kernel, resources)));
      }
      fill(encoder, target, kernel.pipeline, group, part);
    },
    destroy() {
      settings.destroy();
      palette.destroy();
      backdrop.destroy();
    },
  };
}

function backdropTexture(device: GPUDevice, { width, height }: Size): GPUTexture {
  return device.createTexture({
    label: "backdrop",
    size: [width, height],
    format: BACKDROP,
    usage: GPUTextureUsage.RENDER_ATTACHMENT | GPUTextureUsage.TEXTURE_BINDING,
  });
}

type Matrices = ReturnType<typeof matrices>;

/** Floats of the two matrices and the size, which come first. */
const MATRICES = 26;

const FIELDS = numbersIn(paintText, "Settings").map(({ name }) =>
  name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
);

// The matrices, the size, and the numbers by the names of their fields: a drawing option of that name is one of them.
function paintSettings(
  map: Size,
  { toMap, toPhoto }: Matrices,
  look: Look,
): Float32Array<ArrayBuffer> {
  const { palette, overlay, opacity, smooth } = look;
  const numbers: Readonly<Record<string, unknown>> = {
    ...look,
    palette: paletteNames.indexOf(palette),
    zero: palettes[palette].diverging ? 0.5 : 0,
    blend: overlay === "none" ? 1 : overlay === "blend" ? opacity : 0,
    fade: overlay === "fade" ? opacity : 0,
    mask: overlay === "mask" ? opacity : 0,
    photoShown: overlay === "none" ? 0 : 1,
    interpolated: smooth ? 1 : 0,
  };
  const named = FIELDS.map((name) => numbers[name] as number);
  return new Float32Array([...toMap, ...toPhoto, map.width, map.height, ...named]);
}

/** The size of what is shown: the whole photo, or what the network saw of it. */
export const frameOf = (map: Size, photo: Photo, { frame }: Look): Size =>
  frame === "photo" ? photo.texture : map;

// From pixels of the target.
function matrices(
  { x, y, width, height }: Rectangle,
  map: Size,
  photo: Photo,
  { frame, view }: Look,
) {
  const toUnit = mat3.scaling([1 / width, 1 / height]);
  toUnit.set([-x / width, -y / height], 8);
  const toFrame = view ? mat3.multiply(view, toUnit) : toUnit;
  if (frame === "photo") {
    const { width, height } = photo.texture;
    const toPhoto = mat3.multiply(mat3.scaling([width, height]), toFrame);
    return { toMap: mat3.multiply(mat3.inverse(photo.place), toPhoto), toPhoto };
  }
  const toMap = mat3.multiply(mat3.scaling([map.width, map.height]), toFrame);
  return { toMap, toPhoto: mat3.multiply(photo.place, toMap) };
}
