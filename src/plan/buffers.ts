// The buffers of a plan in the making. A fixed buffer is shared by all samples and known by its key; the others hold some bytes
// for each sample. Here every buffer is separate; memory.ts finds out which ones can share memory once all steps are known.

import type { Node, Planning } from "../ops/types.js";
import type { BufferId, View } from "../shaders/step.js";
import { VEC4_BYTES, vec4s } from "../tensor/layout.js";
import type { Contents, Layout, Precision } from "../tensor/types.js";
import { remembered } from "./remembered.js";
import type { PlanBuffer } from "./types.js";

/** The buffers so far, and ways to make more. `Planning` describes those that operators use. */
export interface Buffers extends Pick<Planning, "saved" | "savedTensor" | "baseline" | "stored"> {
  readonly list: readonly PlanBuffer[];
  /** A fixed buffer with its first contents, which are rounded if the precision is half. */
  fixed(key: string, bytes: number, contents: () => Contents, precision?: Precision): BufferId;
  /** A fixed buffer without first contents. `begin` is called if there was none with this key yet. */
  empty(key: string, bytes: number, begin: (id: BufferId) => void): BufferId;
  /** A buffer with so many bytes for each sample. */
  perSample(label: string, bytes: number): BufferId;
  /** A per-sample buffer that holds one tensor. */
  view(label: string, layout: Layout): View;
  /** Says which buffer takes the place of another one in the forward pass of the baseline. */
  setBaseline(buffer: BufferId, baseline: BufferId): void;
}

/** Starts without buffers; tensors and weights will be stored in this precision. */
export function makeBuffers(precision: Precision): Buffers {
  const list: PlanBuffer[] = [];
  const fixedIds = new Map<string, BufferId>();
  const savedIds = new Map<string, BufferId>();
  const baselineIds = new Map<BufferId, BufferId>();
  const bytesOf = (vec4s: number) => vec4s * VEC4_BYTES[precision];

  const add = (buffer: PlanBuffer): BufferId => list.push(buffer) - 1;
  const perSample = (label: string, bytes: number): BufferId =>
    add({ label, bytes: Math.ceil(bytes / 4) * 4, fixed: false });
  const fixed: Buffers["fixed"] = (key, bytes, contents, precision = "single") =>
    remembered(fixedIds, key, () => {
      const rounded = precision === "half" && { precision };
      return add({ label: key, bytes, fixed: true, contents, ...rounded });
    });
  const saved = (node: Node, name: string, bytes: number): BufferId => {
    const key = `${name} of ${node.name}`;
    return remembered(savedIds, key, () => perSample(key, bytes));
  };

  return {
    list,
    fixed,
    perSample,
    saved,
    stored: (key, vec4s, contents) => fixed(key, bytesOf(vec4s), contents, precision),
    empty: (key, bytes, begin) =>
      remembered(fixedIds, key, () => {
        const id = add({ label: key, bytes, fixed: true });
        begin(id);
        return id;
      }),
    view(label, layout) {
      const stride = vec4s(layout);
      return { buffer: perSample(label, bytesOf(stride)), layout, offset: 0, stride };
    },
    savedTensor(node, name, layout) {
      const stride = vec4s(layout);
      return { buffer: saved(node, name, bytesOf(stride)), layout, offset: 0, stride };
    },
    baseline: (buffer) =>
      remembered(baselineIds, buffer, () => {
        const { label, bytes } = list[buffer] as PlanBuffer;
        return add({ label: `${label} for the baseline`, bytes, fixed: true });
      }),
    setBaseline(buffer, baseline) {
      baselineIds.set(buffer, baseline);
    },
  };
}
