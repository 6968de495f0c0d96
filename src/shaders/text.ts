// What is read of a shader's text: the text of a step as it is compiled, and the names in it that buffers and uniforms are
// bound by.

import { shader } from "./registry.js";
import type { Step } from "./step.js";

/** The text of a step's shader as it is compiled: with the step's precision and its constants. */
export function shaderText(step: Step): string {
  const text = shader(step.shader);
  if (text === undefined) throw new Error(`${step.label}: there is no shader "${step.shader}"`);
  const stored =
    step.precision === "half" ? text.replace(shader("f32") ?? "", () => shader("f16") ?? "") : text;
  try {
    return withConstants(stored, step.constants ?? {});
  } catch (error) {
    throw new Error(`${step.label}, ${step.shader}.wgsl: ${(error as Error).message}`);
  }
}

/** A shader's text with other values for some of the constants that it declares, all of which are whole numbers. */
export function withConstants(text: string, values: Readonly<Record<string, number>>): string {
  let changed = text;
  for (const [name, value] of Object.entries(values)) {
    if (!Number.isInteger(value)) throw new Error(`${name} must be an integer, got ${value}`);
    const declaration = new RegExp(`\\bconst ${name} ?=[^;]*;`);
    if (!declaration.test(changed)) throw new Error(`it declares no constant ${name}`);
    changed = changed.replace(declaration, `const ${name} = ${value}u;`);
  }
  return changed;
}

interface Field {
  readonly name: string;
  readonly type: string;
}

/** What a shader's text says of its bindings: their numbers, and the fields of its uniform structs. */
interface Interface {
  readonly numbers: ReadonlyMap<string, number>;
  readonly fields: ReadonlyMap<string, readonly Field[]>;
}

/** `@group(0) @binding(number) var<…> name: type` */
const VARIABLE = /@group\(0\)\s*@binding\((\d+)\)\s*var(?:<[^>]*>)?\s+(\w+)\s*:\s*(\w+)/g;

/** The binding number of each variable of group 0, read from the text of a shader. */
export function bindingNumbers(code: string): Map<string, number> {
  return new Map(
    Array.from(code.matchAll(VARIABLE), ([, number, name]) => [name!, Number(number)]),
  );
}

/** The numbers among the fields of a struct in a shader's text, in order. */
export function numbersIn(code: string, struct: string): Field[] {
  const text = code.match(new RegExp(`struct ${struct}\\s*\\{([^}]*)\\}`))?.[1] ?? "";
  const members = text.matchAll(/(\w+)\s*:\s*([uif]32)/g);
  return Array.from(members, ([, name = "", type = ""]) => ({ name, type }));
}

const interfaces = new Map<string, Interface>();

function interfaceOf(name: string): Interface {
  const known = interfaces.get(name);
  if (known) return known;
  const text = shader(name) ?? "";
  const fields = new Map<string, Field[]>();
  for (const [, , name, type] of text.matchAll(VARIABLE)) {
    const members = numbersIn(text, type as string);
    if (members.length > 0) fields.set(name as string, members);
  }
  const result = { numbers: bindingNumbers(text), fields };
  interfaces.set(name, result);
  return result;
}

/** The fields of a uniform struct of a step, in order. */
export function fieldsOf(step: Pick<Step, "label" | "shader">, name: string): readonly Field[] {
  const fields = interfaceOf(step.shader).fields.get(name);
  if (!fields) throw new Error(`${step.label}: ${step.shader} has no uniform "${name}"`);
  return fields;
}

/** The binding number of every variable of a step's shader. */
export function bindingsOf({ shader }: Step): ReadonlyMap<string, number> {
  return interfaceOf(shader).numbers;
}

/** The bytes of a uniform struct of a step. */
export function packUniform(step: Step, name: string): ArrayBuffer {
  return packed(step.label, fieldsOf(step, name), name, step.uniforms[name]);
}

/** The bytes of the struct of a variable in a shader that is loaded. Throws where a value has no field of its name. */
export function packStruct(
  shader: string,
  name: string,
  values: Readonly<Record<string, number>>,
): ArrayBuffer {
  return packed(shader, fieldsOf({ label: shader, shader }, name), name, values);
}

/** Four bytes for each field. */
function packed(
  label: string,
  fields: readonly Field[],
  name: string,
  values: Readonly<Record<string, number>> = {},
): ArrayBuffer {
  const bytes = new DataView(new ArrayBuffer(Math.ceil(fields.length / 4) * 16));
  for (const [field, value] of Object.entries(values)) {
    const i = fields.findIndex((f) => f.name === field);
    if (i < 0) throw new Error(`${label}: "${name}" has no field "${field}"`);
    if (fields[i]?.type === "f32") bytes.setFloat32(i * 4, value, true);
    else if (Number.isInteger(value)) bytes.setInt32(i * 4, value, true);
    else throw new Error(`${label}: ${name}.${field} must be an integer, got ${value}`);
  }
  return bytes.buffer;
}
