// A plan that plays its passes in one dispatch: for networks so small that launching their kernels counts.
//
// A workgroup takes a few samples through all steps, with a barrier after each. The kernels are the same functions, each
// step's under names of its own (wgsl-linker.ts): the fields of its uniforms are variables, and its buffers are ranges of a few
// large ones, because a launch may bind only so many. What a workgroup's samples have lies together, so that ranges are
// shared by lifetime, as buffers were.
//
// The moments stay a launch of their own: they take all samples in order, and nothing in WGSL lets a workgroup see what
// another one wrote before their launch ends.

import dispatchText from "../../../shaders/single/dispatch.wgsl";
import matricesText from "../../../shaders/single/matrices.wgsl";
import type { Tiling } from "../../ops/types.js";
import { addShaders, loadShaders } from "../../shaders/registry.js";
import type { BufferId, Step } from "../../shaders/step.js";
import { fieldsOf, shaderText, withConstants } from "../../shaders/text.js";
import type { Plan } from "../types.js";
import {
  type Arena,
  CONSTANTS,
  type Place,
  placeArrays,
  refuse,
  SIZES,
  type StoredArray,
} from "./arena.js";
import {
  asFunction,
  type Declaration,
  declarations,
  neededBy,
  pruned,
  type Replacement,
  renamed,
} from "./wgsl-linker.js";

/** Invocations of a workgroup: as many as those kernels have whose invocations meet. */
const WORKGROUP = 64;

/** Beyond these a network is not small: launches are not what it waits for, and it would compile for minutes. */
const MOST_STEPS = 64;
const MOST_BYTES = 2 ** 21;

/** A step and what is needed of its shader. */
interface NeededShader {
  readonly step: Step;
  /** What its names begin with in the whole. */
  readonly prefix: string;
  readonly directives: readonly string[];
  readonly needed: readonly Declaration[];
  readonly arrays: readonly StoredArray[];
}

/**
 * The plan whose noise, forward and backward pass of all samples are one launch, and the moments another. Its forward
 * steps are all of it, and stop half-way where a batch is for its forward pass alone. Rejects in one sentence where that
 * cannot be.
 */
export async function inOneDispatch(plan: Plan, limits: SingleLimits): Promise<Plan> {
  if (plan.precision !== "single") refuse("its tensors are not in single precision");
  const end = plan.backward.findIndex(({ samples }) => samples === 0);
  const backward = end < 0 ? plan.backward : plan.backward.slice(0, end);
  const rest = end < 0 ? [] : plan.backward.slice(end);
  const steps = [...plan.forward, ...backward];
  check(steps);
  await loadShaders(steps);
  const kernels = steps.map(kernelOf);
  const outside = new Set([
    ...Object.values(plan.ports),
    ...[plan.logits, plan.gradient].flatMap((view) => (view ? [view.buffer] : [])),
    ...rest.flatMap(({ bindings }) => Object.values(bindings)),
  ]);
  const arena = placeArrays(
    plan,
    kernels.flatMap(({ arrays }) => arrays),
    outside,
  );
  const samples = steps.reduce((least, step) => leastCommonMultiple(least, step.samples), 1);
  const halfway = plan.forward.length;
  const text = textOf(kernels, arena, { samples, halfway });
  const bindings = Object.fromEntries(arena.variables.map(({ name, buffer }) => [name, buffer]));
  const { perSample } = arena.plan.memory;
  if (perSample > MOST_BYTES)
    refuse(`a sample takes ${perSample} bytes, at most ${MOST_BYTES} are few`);
  const count = arena.variables.length;
  if (count > limits.maxStorageBuffersPerShaderStage) {
    refuse(
      `it needs ${count} buffers, the device allows ${limits.maxStorageBuffersPerShaderStage}`,
    );
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
  return { ...plan, ...arena.plan, forward: [step], backward: rest };
}

/** The same without tiles whose workgroups share memory: those of a single dispatch are of one size. */
export function withoutSharing({ shared: _, layers = {}, ...own }: Tiling): Tiling {
  const each = Object.entries(layers).map(
    ([kind, { shared: _, ...tiling }]) => [kind, tiling] as const,
  );
  return { ...own, layers: Object.fromEntries(each) };
}

/** What a launch may have of a device. */
export interface SingleLimits {
  readonly maxStorageBuffersPerShaderStage: number;
}

function check(steps: readonly Step[]): void {
  if (steps.length > MOST_STEPS) refuse(`of ${steps.length} steps, at most ${MOST_STEPS} are few`);
  for (const { label, samples, workgroups } of steps) {
    if (samples === 0 || workgroups[2] !== 1) refuse(`"${label}" is not for single samples`);
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

function kernelOf(step: Step, index: number): NeededShader {
  const text = shaderText(step);
  // They stand before everything else.
  const [head] = text.match(/^((enable|diagnostic)[^;]*;)*/) as [string];
  const directives = head.match(/[^;]+;/g) ?? [];
  const needed = neededBy(step.entry, pruned(declarations(text)));
  const aliases = new Map(
    needed.flatMap(({ kind, name, tokens }) => {
      const type = tokens.join("").match(/=\s*(\w+)\s*;$/)?.[1];
      return kind === "alias" && type ? [[name, type] as const] : [];
    }),
  );
  const arrays = needed.flatMap((declaration) => {
    const { space, access, type } = variableOf(declaration);
    if (declaration.kind !== "var" || space !== "storage") return [];
    const named = type.match(/^array<(\w+)/)?.[1] ?? type;
    const element = aliases.get(named) ?? named;
    const { name } = declaration;
    if (!SIZES[element]) refuse(`"${step.label}" has an ${type}`);
    const isWritten = access === "read_write";
    return [{ name, element, isWritten, buffer: step.bindings[name] as BufferId }];
  });
  return { step, prefix: `s${index}_`, directives, needed, arrays };
}

// --- the text ---

function textOf(
  kernels: readonly NeededShader[],
  { variables, places }: Arena,
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
  const hasConstants = variables.some(({ name }) => name === CONSTANTS);
  const directives = new Set(kernels.flatMap((kernel) => kernel.directives));
  return [
    ...directives,
    withConstants(dispatchText, { SAMPLES: samples, THREADS: WORKGROUP }),
    bindings.join("\n"),
    hasConstants ? `\n${matricesText}` : "",
    ...parts.map(({ text }) => text),
    `\nfn play_steps(thread: u32, begin: u32, end: u32) {\n${calls.join("")}}\n`,
  ].join("");
}

/** What all steps share, and dispatch.wgsl imports: what is known of the batch. */
const RUN = ["Run", "run"];

/** What a step is in the whole: its declarations, and the lines that play it. */
function partOf(
  { step, prefix, needed, arrays }: NeededShader,
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
    refuse(`"${step.label}" has workgroups of ${size} that meet, not of ${WORKGROUP}`);
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
  { label, shader, entry, workgroups, samples }: Step,
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
    (builtin) => ids[builtin] ?? refuse(`"${label}" asks for its ${builtin}`),
  );
  const call = `${name}(${values.join(", ")});`;
  const head = `  // ${shader}.${entry}\n`;
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
