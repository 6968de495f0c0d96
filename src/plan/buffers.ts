// The buffers of a plan that is being made. A fixed one is shared by all samples and known by a key; the others hold so many
// bytes of each sample. Each is its own here: which of them can be one is found out when all steps are there (memory.ts).

import type { Node, Planning } from "../ops/types.js";
import type { BufferId, View } from "../shaders/step.js";
import { VEC4_BYTES, vec4s } from "../tensor/layout.js";
import type { Contents, Layout, Precision } from "../tensor/types.js";
import type { PlanBuffer } from "./types.js";

/** Makes buffers; what operators may ask of it is described at `Planning`. */
export interface Buffers extends Pick<Planning, "saved" | "savedTensor" | "baseline" | "stored"> {
  readonly list: readonly PlanBuffer[];
  /** A fixed buffer, its contents rounded where a precision is given. */
  fixed(key: string, bytes: number, contents: () => Contents, precision?: Precision): BufferId;
  /** A fixed buffer that begins empty and is filled on the way; `isNew` is called once, when there was none of the key. */
  filled(key: string, bytes: number, isNew: (id: BufferId) => void): BufferId;
  perSample(label: string, bytes: number): BufferId;
  /** A tensor of each sample in a buffer of its own. */
  view(label: string, layout: Layout): View;
  /** Lets one buffer be what another one holds in the forward pass of the baseline. */
  setBaseline(buffer: BufferId, baseline: BufferId): void;
}

/** No buffers yet. */
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
    filled: (key, bytes, isNew) =>
      remembered(fixedIds, key, () => {
        const id = add({ label: key, bytes, fixed: true });
        isNew(id);
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

/** What a map has for a key, made where it has nothing yet. */
export function remembered<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  if (!map.has(key)) map.set(key, make());
  return map.get(key) as V;
}
