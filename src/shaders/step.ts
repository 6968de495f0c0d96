// One kernel launch as plain data: what plans are lists of, and what the GPU plays.

import type { Layout, Precision } from "../tensor/types.js";

/** Names a buffer of a plan. */
export type BufferId = number;

/** One kernel launch. Everything the GPU needs to know, and nothing it has to understand. */
export interface Step {
  readonly label: string;
  /** The name of a .wgsl file (registry.ts), and the entry point in it. */
  readonly shader: string;
  readonly entry: string;
  /** Other values for constants that the shader declares: what sizes a workgroup or a private array, and which of two ways. */
  readonly constants?: Readonly<Record<string, number>>;
  /** How the tensors that it reads and leaves are stored; single if not given. */
  readonly precision?: Precision;
  /** Uniform variable name → its fields: everything else that differs from step to step; absent ones are 0. */
  readonly uniforms: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** WGSL variable name → buffer. */
  readonly bindings: Readonly<Record<string, BufferId>>;
  readonly workgroups: readonly [number, number, number];
  /** The kind of the layer that it is of (plan/layer-kind.ts), if of one with weights. */
  readonly layer?: string;
  /** Samples that one workgroup covers: the third count is multiplied by ⌈batch / samples⌉; 0: it is not. */
  readonly samples: number;
  /** Floating-point operations for each sample (of the whole launch where samples is 0). */
  readonly flops?: number;
}

/** Some channels of one tensor of every sample in a buffer. Offset and stride count vec4s. */
export interface View {
  readonly buffer: BufferId;
  readonly layout: Layout;
  /** From the start of a sample to the first vec4 of the view. */
  readonly offset: number;
  /** From one sample to the next. */
  readonly stride: number;
}

/** Uniforms of steps lie at multiples of this many bytes; none is longer. */
const UNIFORM = 256;

/** The bytes that the uniforms of steps take at most. */
export function uniformBytes(steps: readonly Step[]): number {
  return UNIFORM * steps.reduce((count, { uniforms }) => count + Object.keys(uniforms).length, 0);
}
