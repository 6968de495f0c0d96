// A plan that plays its passes in one dispatch: for networks so small that launching their kernels counts.
//
// A workgroup takes a few samples through all steps, with a barrier after each. The kernels are the same functions, each
// step's under names of its own (link.ts): the fields of its uniforms are variables, and its buffers are ranges of a few
// large ones, because a launch may bind only so many. What a workgroup's samples have lies together, so that ranges are
// shared by lifetime, as buffers were.
//
// The moments stay a launch of their own: they take all samples in order, and nothing in WGSL lets a workgroup see what
// another one wrote before their launch ends.

import { fieldsOf, shaderText } from "./gpu.js";
import {
  asFunction,
  type Declaration,
  declarations,
  neededBy,
  pruned,
  type Replacement,
  renamed,
} from "./link.js";
import { addShaders, loadShaders } from "./shaders.js";
import type { BufferId, Contents, Plan, PlanBuffer, Step } from "./types.js";

/** Invocations of a workgroup: as many as those kernels have whose invocations meet. */
const WORKGROUP = 64;

/** Beyond these a network is not small: launches are not what it waits for, and it would compile for minutes. */
const MOST_STEPS = 64;
const MOST_BYTES = 2 ** 21;

/** Bytes of the elements that arrays may have. */
const SIZES: Readonly<Record<string, number>> = { f32: 4, u32: 4, vec4f: 16, mat4x4f: 64 };

/** An array of a kernel: a buffer of the plan. */
interface StoredArray {
  readonly name: string;
  readonly element: string;
  readonly isWritten: boolean;
  readonly buffer: BufferId;
}

/** A step and what is needed of its shader. */
interface Kernel {
  readonly step: Step;
  /** What its names begin with in the whole. */
  readonly prefix: string;
  readonly needed: readonly Declaration[];
  readonly arrays: readonly StoredArray[];
}

/** Where the elements of a buffer are: the element at an index, as text. */
type Place = (element: string, index: string) => string;

/**
 * The plan whose noise, forward and backward pass of all samples are one launch, and the moments another. Its forward
 * steps are all of it, and stop half-way where a batch is for its forward pass alone. Rejects in one sentence where that
 * cannot be.
 */
export async function inOneDispatch(plan: Plan, limits: SingleLimits): Promise<Plan> {
  const end = plan.backward.findIndex(({ samples }) => samples === 0);
  const backward = end < 0 ? plan.backward : plan.backward.slice(0, end);
  const rest = end < 0 ? [] : plan.backward.slice(end);
  const steps = [...plan.forward, ...backward];
  check(steps);
  await loadShaders(steps.map(({ shader }) => shader));
  const kernels = steps.map(kernelOf);
  const outside = new Set([
    ...Object.values(plan.ports),
    ...[plan.logits, plan.gradient].flatMap((view) => (view ? [view.buffer] : [])),
    ...rest.flatMap(({ bindings }) => Object.values(bindings)),
  ]);
  const memory = place(plan, kernels, outside);
  const samples = steps.reduce((least, step) => leastCommonMultiple(least, step.samples), 1);
  const halfway = plan.forward.length;
  const text = textOf(kernels, memory, { samples, halfway });
  const bindings = Object.fromEntries(memory.variables.map(({ name, buffer }) => [name, buffer]));
  const count = memory.variables.length;
  if (count > limits.maxStorageBuffersPerShaderStage) {
    fail(`it needs ${count} buffers, the device allows ${limits.maxStorageBuffersPerShaderStage}`);
  }
  const step: Step = {
    label: "all in one",
    shader: nameOf(text),
    entry: "single_dispatch",
    uniforms: {},
    bindings: { ...bindings, run: plan.ports.run },
    workgroups: [1, 1, 1],
    samples,
    flops: steps.reduce((sum, { flops = 0 }) => sum + flops, 0),
  };
  return { ...plan, ...memory.plan, forward: [step], backward: rest };
}

/** What a launch may have of a device. */
export interface SingleLimits {
  readonly maxStorageBuffersPerShaderStage: number;
}

function fail(reason: string): never {
  throw new Error(`this cannot be played in a single dispatch: ${reason}`);
}

function check(steps: readonly Step[]): void {
  if (steps.length > MOST_STEPS) fail(`of ${steps.length} steps, at most ${MOST_STEPS} are few`);
  for (const { label, samples, workgroups } of steps) {
    if (samples === 0 || workgroups[2] !== 1) fail(`"${label}" is not for single samples`);
  }
}

/** Texts are kept by the shaders' table; the same one has the same name. */
const names = new Map<string, string>();

function nameOf(text: string): string {
  const name = names.get(text) ?? `single dispatch ${names.size}`;
  names.set(text, name);
  addShaders({ [name]: text });
  return name;
}

function leastCommonMultiple(a: number, b: number): number {
  let multiple = a;
  while (multiple % b !== 0) multiple += a;
  return multiple;
}

// --- what is read of a kernel ---

/** `var<space, access> name: type;` */
const VARIABLE = /\bvar\s*<\s*(\w+)\s*,?\s*(\w*)\s*>\s*\w+\s*:\s*([^;]*?)\s*;$/;

function variableOf({ tokens }: Declaration): { space: string; access: string; type: string } {
  const [, space = "", access = "", type = ""] = tokens.join("").match(VARIABLE) ?? [];
  return { space, access, type };
}

function kernelOf(step: Step, index: number): Kernel {
  const needed = neededBy(step.entry, pruned(declarations(shaderText(step))));
  const arrays = needed.flatMap((declaration) => {
    const { space, access, type } = variableOf(declaration);
    if (declaration.kind !== "var" || space !== "storage") return [];
    const element = type.match(/^array<(\w+)/)?.[1] ?? type;
    const { name } = declaration;
    if (!SIZES[element]) fail(`"${step.label}" has an ${type}`);
    const isWritten = access === "read_write";
    return [{ name, element, isWritten, buffer: step.bindings[name] as BufferId }];
  });
  return { step, prefix: `s${index}_`, needed, arrays };
}

// --- where buffers are ---

/** What the launch binds: an array. */
interface Variable {
  readonly name: string;
  readonly type: "vec4f" | "vec4u" | "u32";
  readonly isWritten: boolean;
  readonly buffer: BufferId;
}

interface Memory {
  readonly variables: readonly Variable[];
  readonly places: ReadonlyMap<BufferId, Place>;
  readonly plan: Pick<Plan, "buffers" | "places" | "physical" | "memory">;
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

/** The element of the constants from a byte on. Integers would not survive as floats; floats survive as integers. */
function constantOf(start: number, element: string, index: string): string {
  if (element === "mat4x4f") return `single_matrix(${start / 16}u + 4 * u32(${index}))`;
  const at = `${start / (SIZES[element] as number)}u + u32(${index})`;
  if (element === "vec4f") return `bitcast<vec4f>(single_constants[${at}])`;
  return `bitcast<${element}>(single_constants[(${at}) >> 2][(${at}) & 3])`;
}

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

function place(plan: Plan, kernels: readonly Kernel[], outside: ReadonlySet<BufferId>): Memory {
  const arrays = kernels.flatMap((kernel) => kernel.arrays);
  const buffers = [...plan.buffers];
  const physical: number[] = [];
  const physicalOf = plan.buffers.map(() => -1);
  const variables: Variable[] = [];
  const places = new Map<BufferId, Place>();
  const used = [...new Set(arrays.map(({ buffer }) => buffer))].map((id) => {
    const own = arrays.filter(({ buffer }) => buffer === id);
    const isWord = own.some(({ element }) => element === "u32");
    const { label, fixed, bytes } = plan.buffers[id] as PlanBuffer;
    if (isWord && own.some(({ element }) => element !== "u32")) {
      fail(`"${label}" is of words and of numbers`);
    }
    const isWritten = own.some((array) => array.isWritten);
    const kind = outside.has(id) ? "own" : fixed ? "constant" : isWord ? "words" : "state";
    if (fixed && isWritten) fail(`samples share "${label}"`);
    return { id, bytes, kind, type: isWord ? "u32" : "vec4f", isWritten, fixed } as const;
  });
  const ofKind = (kind: string) => used.filter((each) => each.kind === kind);

  for (const { id, type, fixed, bytes } of ofKind("own")) {
    variables.push({ name: `single_own_${id}`, type, isWritten: !fixed, buffer: id });
    if (!fixed) physicalOf[id] = physical.push(bytes) - 1;
    places.set(id, (element, index) => elementOf(`single_own_${id}`, () => "0", element, index));
  }

  for (const kind of ["state", "words"] as const) {
    const inner = ofKind(kind).map(({ id, bytes }) => ({
      id,
      bytes,
      slot: plan.places[id] as number,
    }));
    if (inner.length === 0) continue;
    const { starts, bytes } = layOut(inner);
    const name = `single_${kind}`;
    const buffer = buffers.push({ label: `${kind} of all steps`, bytes, fixed: false }) - 1;
    physicalOf[buffer] = physical.push(bytes) - 1;
    variables.push({
      name,
      type: kind === "words" ? "u32" : "vec4f",
      isWritten: true,
      buffer,
    });
    for (const { id, bytes: own } of inner) {
      // Kernels count from the first of all samples, with the buffer's own bytes from one to the next.
      const from = (size: number) =>
        `single_count * ${(starts.get(id) as number) / size}u + single_first * ${(bytes - own) / size}u`;
      places.set(id, (element, index) => elementOf(name, from, element, index));
    }
  }

  const constants = ofKind("constant");
  const { starts, bytes } = layOut(constants.map(({ id, bytes }) => ({ id, bytes, slot: id })));
  const parts = constants.map(({ id }) => plan.buffers[id] as PlanBuffer);
  const missing = parts.find(({ contents }) => !contents);
  if (missing) fail(`"${missing.label}" is made on the way`);
  if (parts.length > 0) {
    const label = `in one: ${parts.map((part) => part.label).join(", ")}`;
    const offsets = constants.map(({ id }) => starts.get(id) as number);
    const contents = () => join(parts, offsets, bytes);
    const buffer = buffers.push({ label, bytes, fixed: true, contents }) - 1;
    physicalOf[buffer] = -1;
    variables.push({ name: "single_constants", type: "vec4u", isWritten: false, buffer });
  }
  for (const { id } of constants) {
    places.set(id, (element, index) => constantOf(starts.get(id) as number, element, index));
  }

  const perSample = physical.reduce((sum, each) => sum + each, 0);
  if (perSample > MOST_BYTES)
    fail(`a sample takes ${perSample} bytes, at most ${MOST_BYTES} are few`);
  const memory = { ...plan.memory, perSample };
  return { variables, places, plan: { buffers, places: physicalOf, physical, memory } };
}

// --- the text ---

const MATRIX = `
fn single_column(i: u32) -> vec4f {
  return bitcast<vec4f>(single_constants[i]);
}

fn single_matrix(i: u32) -> mat4x4f {
  return mat4x4f(single_column(i), single_column(i + 1), single_column(i + 2), single_column(i + 3));
}
`;

const VARIABLES = `
// The samples of the workgroup: how many, and the first.
var<private> single_count: u32;
var<private> single_first: u32;
`;

function textOf(
  kernels: readonly Kernel[],
  { variables, places }: Memory,
  { samples, halfway }: { samples: number; halfway: number },
): string {
  const bindings = variables.map(({ name, type, isWritten }, i) => {
    const access = isWritten ? "read_write" : "read";
    // The ninth is the run's.
    return `@group(0) @binding(${i < 9 ? i : i + 1}) var<storage, ${access}> ${name}: array<${type}>;`;
  });
  const parts = kernels.map((kernel) => partOf(kernel, places));
  const calls = parts.map(({ call }, i) => {
    const before = i === halfway ? "  if (run.forward_only != 0) {\n    return;\n  }\n" : "";
    return `${i > 0 ? "  storageBarrier();\n" : ""}${before}${call}`;
  });
  const hasConstants = variables.some(({ name }) => name === "single_constants");
  return [
    kernels.some(({ step }) => /by four|stem/.test(step.shader))
      ? "enable subgroups;\ndiagnostic(off, subgroup_uniformity);\n"
      : "",
    ...RUN.map((name) => textOfRun(kernels, name)),
    bindings.join("\n"),
    VARIABLES,
    hasConstants ? MATRIX : "",
    ...parts.map(({ text }) => text),
    `
@compute @workgroup_size(${WORKGROUP})
fn single_dispatch(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) workgroup: vec3u) {
  let begin = workgroup.z * ${samples}u;
  let end = min(begin + ${samples}u, run.samples);
  single_first = begin;
  single_count = end - begin;
${calls.join("")}}
`,
  ].join("");
}

/** What all steps share: what is known of the batch, as run.wgsl has it. */
const RUN = ["Run", "run"];

function textOfRun(kernels: readonly Kernel[], name: string): string {
  const all = kernels.flatMap(({ needed }) => needed);
  return `${all.find((each) => each.name === name)?.tokens.join("")}\n`;
}

/** What a step is in the whole: its declarations, and the lines that play it. */
function partOf(
  { step, prefix, needed, arrays }: Kernel,
  places: ReadonlyMap<BufferId, Place>,
): { text: string; call: string } {
  const entry = asFunction(needed.at(-1) as Declaration);
  const replaced = needed
    .filter(({ name }) => !RUN.includes(name))
    .map(({ name }) => [name, prefix + name] as const);
  const renames = new Map<string, Replacement>(replaced);
  for (const { name, element, buffer } of arrays) {
    renames.set(name, (index) => (places.get(buffer) as Place)(element, index));
  }
  const texts: string[] = [];
  const resets: string[] = [];
  const shared: string[] = [];
  for (const declaration of [...needed.slice(0, -1), entry.declaration]) {
    const { kind, name } = declaration;
    const { space, type } = variableOf(declaration);
    if (RUN.includes(name) || (kind === "var" && space === "storage")) continue;
    if (kind === "var" && space === "uniform") {
      texts.push(uniformText(step, name, prefix, type));
      continue;
    }
    const text = renamed(declaration, renames);
    texts.push(text);
    if (kind !== "var") continue;
    const [, , , own = ""] = text.match(VARIABLE) ?? [];
    if (space === "private") resets.push(`${prefix}${name} = ${own}();`);
    else if (own === "atomic<u32>") shared.push(`atomicStore(&${prefix}${name}, 0);`);
    else shared.push(`${prefix}${name} = ${own}();`);
  }
  const size = sizeOf(entry.workgroup, needed);
  const isMeeting = shared.length > 0;
  if (isMeeting && size !== WORKGROUP) {
    fail(`"${step.label}" has workgroups of ${size} that meet, not of ${WORKGROUP}`);
  }
  const call = callOf(step, prefix + step.entry, entry.builtins, { size, resets, shared });
  return { text: `\n${texts.join("\n")}\n`, call };
}

/** A variable in place of a step's uniforms. */
function uniformText(step: Step, name: string, prefix: string, type: string): string {
  const values = fieldsOf(step, name).map(({ name: field, type }) => {
    return `${type}(${step.uniforms[name]?.[field] ?? 0})`;
  });
  return `var<private> ${prefix}${name} = ${prefix}${type}(${values.join(", ")});`;
}

/** The invocations of a workgroup of a kernel. */
function sizeOf(workgroup: string, needed: readonly Declaration[]): number {
  const constant =
    needed.find(({ name }) => name === workgroup)?.tokens.join("") ?? `= ${workgroup}`;
  return Number(constant.match(/=\s*(\d+)/)?.[1]);
}

/** Plays a step for the samples of a workgroup: invocation by invocation, or where they meet workgroup by workgroup. */
function callOf(
  { label, workgroups, samples }: Step,
  name: string,
  builtins: readonly string[],
  { size, resets, shared }: { size: number; resets: readonly string[]; shared: readonly string[] },
): string {
  const [x, y] = workgroups;
  const from = `begin / ${samples}`;
  const to = `(end + ${samples - 1}) / ${samples}`;
  const isMeeting = shared.length > 0;
  const ids: Record<string, string> = isMeeting
    ? {
        local_invocation_index: "thread",
        workgroup_id: `vec3u(i % ${x}, i / ${x} % ${y}, ${from} + i / ${x * y})`,
      }
    : {
        global_invocation_id: `vec3u(i % ${x * size}, i / ${x * size} % ${y}, ${from} + i / ${x * size * y})`,
      };
  const values = builtins.map(
    (builtin) => ids[builtin] ?? fail(`"${label}" asks for its ${builtin}`),
  );
  const call = `${name}(${values.join(", ")});`;
  const head = `  // ${label}\n`;
  if (!isMeeting) {
    const all = `(${to} - ${from}) * ${x * size * y}`;
    const lines = [...resets, call].map((line) => `    ${line}\n`).join("");
    return `${head}  for (var i = thread; i < ${all}; i += ${WORKGROUP}) {\n${lines}  }\n`;
  }
  const all = `(${to} - ${from}) * ${x * y}`;
  const cleared = `    if (thread == 0) {\n      ${shared.join("\n      ")}\n    }\n    workgroupBarrier();\n`;
  const lines = [...resets, call, "workgroupBarrier();"].map((line) => `    ${line}\n`).join("");
  return `${head}  for (var i = 0u; i < ${all}; i++) {\n${cleared}${lines}  }\n`;
}
