// Where the buffers of many steps are when one launch plays them all. It may bind only eight, so that most become ranges of
// three: what a workgroup's samples leave from step to step, as numbers and as words, and what never changes. Those ranges
// are shared by lifetime, as the plan's buffers are. What is written or read outside of the launch keeps a buffer.

import type { BufferId } from "../../shaders/step.js";
import type { Contents } from "../../tensor/types.js";
import type { Plan, PlanBuffer } from "../types.js";

/** Bytes of the elements that arrays may have. */
export const SIZES: Readonly<Record<string, number>> = { f32: 4, u32: 4, vec4f: 16, mat4x4f: 64 };

/** An array of a kernel: a buffer of the plan. */
export interface StoredArray {
  readonly name: string;
  readonly element: string;
  readonly isWritten: boolean;
  readonly buffer: BufferId;
}

/** What the launch binds: an array. */
export interface Variable {
  readonly name: string;
  readonly type: "vec4f" | "vec4u" | "u32";
  readonly isWritten: boolean;
  readonly buffer: BufferId;
}

/** Where the elements of a buffer are: the element at an index, as text. */
export type Place = (element: string, index: string) => string;

export interface Arena {
  readonly variables: readonly Variable[];
  readonly places: ReadonlyMap<BufferId, Place>;
  /** What the plan says of its buffers now. */
  readonly plan: Pick<Plan, "buffers" | "places" | "physical" | "memory">;
}

/** Says why there is no single dispatch. */
export function refuse(reason: string): never {
  throw new Error(`this cannot be played in a single dispatch: ${reason}`);
}

/** A buffer that the arrays name. */
interface Used {
  readonly id: BufferId;
  readonly bytes: number;
  readonly fixed: boolean;
  readonly kind: "own" | "constant" | "words" | "state";
}

/** An arena that is being made. */
interface Draft {
  readonly plan: Plan;
  readonly variables: Variable[];
  readonly places: Map<BufferId, Place>;
  readonly buffers: PlanBuffer[];
  readonly physical: number[];
  readonly physicalOf: number[];
}

/** Gives every array its place; those in `outside` keep their buffers. Refuses what samples write together. */
export function placeArrays(
  plan: Plan,
  arrays: readonly StoredArray[],
  outside: ReadonlySet<BufferId>,
): Arena {
  const ids = [...new Set(arrays.map(({ buffer }) => buffer))];
  const used = ids.map((id) => usedBuffer(plan, id, arrays, outside));
  const ofKind = (kind: Used["kind"]) => used.filter((each) => each.kind === kind);
  const draft: Draft = {
    ...{ plan, variables: [], places: new Map(), buffers: [...plan.buffers] },
    ...{ physical: [], physicalOf: plan.buffers.map(() => -1) },
  };
  for (const each of ofKind("own")) {
    const isWord = arrays.some(({ buffer, element }) => buffer === each.id && element === "u32");
    placeOwn(draft, each, isWord ? "u32" : "vec4f");
  }
  placeSteps(draft, ofKind("state"), "single_state", "vec4f");
  placeSteps(draft, ofKind("words"), "single_words", "u32");
  placeConstants(draft, ofKind("constant"));
  const { variables, places, buffers, physical, physicalOf } = draft;
  const perSample = physical.reduce((sum, bytes) => sum + bytes, 0);
  const memory = { ...plan.memory, perSample };
  return { variables, places, plan: { buffers, places: physicalOf, physical, memory } };
}

function usedBuffer(
  plan: Plan,
  id: BufferId,
  arrays: readonly StoredArray[],
  outside: ReadonlySet<BufferId>,
): Used {
  const { label, fixed, bytes } = plan.buffers[id] as PlanBuffer;
  const own = arrays.filter(({ buffer }) => buffer === id);
  const isWord = own.some(({ element }) => element === "u32");
  if (isWord && own.some(({ element }) => element !== "u32")) {
    refuse(`"${label}" is of words and of numbers`);
  }
  if (fixed && own.some(({ isWritten }) => isWritten)) refuse(`samples share "${label}"`);
  const kind = outside.has(id) ? "own" : fixed ? "constant" : isWord ? "words" : "state";
  if (kind !== "constant" && own.some(({ element }) => element === "mat4x4f")) {
    refuse(`"${label}" is of matrices that change`);
  }
  return { id, bytes, fixed, kind };
}

/** A variable of its own, as it is. */
function placeOwn(draft: Draft, { id, bytes, fixed }: Used, type: "vec4f" | "u32"): void {
  const name = `single_own_${id}`;
  draft.variables.push({ name, type, isWritten: !fixed, buffer: id });
  if (!fixed) draft.physicalOf[id] = draft.physical.push(bytes) - 1;
  draft.places.set(id, (element, index) => elementOf(name, () => "0", element, index));
}

/** One buffer for what goes from step to step; what a workgroup's samples have lies together. */
function placeSteps(
  draft: Draft,
  used: readonly Used[],
  name: string,
  type: "vec4f" | "u32",
): void {
  if (used.length === 0) return;
  const slotOf = (id: BufferId) => draft.plan.places[id] as number;
  const { starts, bytes } = layOut(used.map((each) => ({ ...each, slot: slotOf(each.id) })));
  const buffer = draft.buffers.push({ label: name, bytes, fixed: false }) - 1;
  draft.physicalOf[buffer] = draft.physical.push(bytes) - 1;
  draft.variables.push({ name, type, isWritten: true, buffer });
  for (const { id, bytes: own } of used) {
    const start = starts.get(id) as number;
    // Kernels count from the first of all samples, with the buffer's own bytes from one to the next.
    const from = (size: number) =>
      `single_count * ${start / size}u + single_first * ${(bytes - own) / size}u`;
    draft.places.set(id, (element, index) => elementOf(name, from, element, index));
  }
}

/** One buffer for weights and tables. Integers would not survive as floats; floats survive as integers. */
function placeConstants(draft: Draft, used: readonly Used[]): void {
  if (used.length === 0) return;
  const parts = used.map(({ id }) => draft.plan.buffers[id] as PlanBuffer);
  const missing = parts.find(({ contents }) => !contents);
  if (missing) refuse(`"${missing.label}" is made on the way`);
  const { starts, bytes } = layOut(used.map((each) => ({ ...each, slot: each.id })));
  const offsets = used.map(({ id }) => starts.get(id) as number);
  const label = `in one: ${parts.map((part) => part.label).join(", ")}`;
  const contents = () => join(parts, offsets, bytes);
  const buffer = draft.buffers.push({ label, bytes, fixed: true, contents }) - 1;
  draft.physicalOf[buffer] = -1;
  draft.variables.push({ name: CONSTANTS, type: "vec4u", isWritten: false, buffer });
  used.forEach(({ id }, i) => {
    draft.places.set(id, (element, index) => constantOf(offsets[i] as number, element, index));
  });
}

/** The variable of the constants. */
export const CONSTANTS = "single_constants";

/** Where buffers lie one behind the other, those of the same slot at the same place, and the bytes of all. */
function layOut(buffers: readonly { id: BufferId; slot: number; bytes: number }[]): {
  readonly starts: ReadonlyMap<BufferId, number>;
  readonly bytes: number;
} {
  const sizes = new Map<number, number>();
  for (const { slot, bytes } of buffers) {
    sizes.set(slot, Math.max(sizes.get(slot) ?? 0, Math.ceil(bytes / 16) * 16));
  }
  const slots = new Map<number, number>();
  let bytes = 0;
  for (const [slot, size] of sizes) {
    slots.set(slot, bytes);
    bytes += size;
  }
  const starts = new Map(buffers.map(({ id, slot }) => [id, slots.get(slot) as number]));
  return { starts, bytes };
}

/** The contents of buffers one behind the other. */
function* join(
  buffers: readonly PlanBuffer[],
  starts: readonly number[],
  bytes: number,
): Generator<void, Float32Array> {
  const words = new Uint32Array(bytes / 4);
  for (const [i, { contents }] of buffers.entries()) {
    const made = (contents as () => Contents)();
    const { buffer, byteOffset, length } = "next" in made ? yield* made : made;
    words.set(new Uint32Array(buffer, byteOffset, length), (starts[i] as number) / 4);
    yield;
  }
  return new Float32Array(words.buffer);
}

/** The element of an array from a byte on, which is told in elements of a size. */
function elementOf(
  array: string,
  from: (size: number) => string,
  element: string,
  index: string,
): string {
  const at = `${from(SIZES[element] as number)} + u32(${index})`;
  return element === "f32" ? `${array}[(${at}) >> 2][(${at}) & 3]` : `${array}[${at}]`;
}

/** The element of the constants from a byte on. */
function constantOf(start: number, element: string, index: string): string {
  if (element === "mat4x4f") return `single_matrix(${start / 16}u + 4 * u32(${index}))`;
  const at = `${start / (SIZES[element] as number)}u + u32(${index})`;
  if (element === "vec4f") return `bitcast<vec4f>(${CONSTANTS}[${at}])`;
  return `bitcast<${element}>(${CONSTANTS}[(${at}) >> 2][(${at}) & 3])`;
}
