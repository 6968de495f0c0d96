// The global names in the published declarations that a compiler may not know. TypeScript has WebGPU in lib.dom from
// version 6 on; before, @webgpu/types has it, which clashes with that lib.dom. Workers and Node have no elements.
// Interfaces of the same name merge, so each name is declared here with one member that all its definitions share:
// where the compiler knows the name, this changes nothing, and elsewhere the declarations still compile. Type aliases
// do not merge, so the published declarations must use none of WebGPU's.

// biome-ignore lint/suspicious/noEmptyInterface: its definitions share no property
interface GPU {}
interface GPUDevice {
  readonly queue: GPUQueue;
}
interface GPUQueue {
  label: string;
}
interface GPUBuffer {
  readonly size: number;
}
interface GPUTexture {
  readonly width: number;
}
interface GPUTextureView {
  label: string;
}
interface GPUBindGroup {
  label: string;
}
interface GPUCommandEncoder {
  label: string;
}
interface GPUComputePassEncoder {
  label: string;
}
interface GPUComputePipeline {
  label: string;
}
interface GPURenderPipeline {
  label: string;
}

interface HTMLCanvasElement {
  height: number;
}
interface HTMLImageElement {
  readonly naturalHeight: number;
}
interface HTMLVideoElement {
  readonly videoHeight: number;
}
interface OffscreenCanvas {
  height: number;
}
interface ImageBitmap {
  readonly height: number;
}
interface ImageData {
  readonly height: number;
}
interface VideoFrame {
  readonly codedHeight: number;
}
