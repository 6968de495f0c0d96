// Which part of a test is data. The first graph input is, and its axis 0 counts the samples; all other inputs are
// constants. Whether that is a sensible reading is found out by the f64 twins: a network treats samples one by
// one exactly if its result for the whole batch is that of its samples, one after the other.
//
// A constant may belong to the samples too: the second operand of an addition has as many rows as the first, and
// a Reshape names the length of the batch. So four readings are tried.

import type { OnnxModel } from "../../src/onnx/types.js";
import type { Constant, Shape } from "../../src/tensor/types.js";
import { forward } from "../reference/index.js";
import { sizeOf, type Tensor } from "../reference/twin.js";

/** A test with its first input as data: for each sample the model that it goes through. */
export interface Reading {
  readonly models: readonly OnnxModel[];
  /** True if that is the same model for all samples. */
  readonly shared: boolean;
}

type Rewrite = (constant: Constant, sample: number, count: number, rank: number) => Constant;

/** A constant with a row for each sample: the row of one. */
const row: Rewrite = (constant, sample, count, rank) => {
  const { type, shape, data } = constant;
  if (count === 1 || shape[0] !== count || shape.length !== rank) return constant;
  const size = data.length / count;
  return {
    type,
    shape: [1, ...shape.slice(1)],
    data: data.slice(sample * size, (sample + 1) * size),
  };
};

/** A list of lengths that begins with the number of samples: the same for one sample. */
const one: Rewrite = (constant, _sample, count) => {
  const { type, shape, data } = constant;
  const isList = type.startsWith("int") && shape.length === 1 && data[0] === count;
  return isList ? { type, shape, data: data.with(0, 1) } : constant;
};

const READINGS: readonly (readonly Rewrite[])[] = [[], [row], [one], [row, one]];

/** The elements of one sample. */
export function sampleOf({ shape, data }: Tensor, sample: number): Tensor {
  const size = sizeOf(shape.slice(1));
  return {
    shape: [1, ...shape.slice(1)],
    data: data.slice(sample * size, (sample + 1) * size),
  };
}

/** The given outputs of a model in f64. */
export function outputsOf(
  model: OnnxModel,
  { shape, data }: Tensor,
  names: readonly string[],
): Tensor[] {
  const values = forward(model, data, shape);
  return names.map((name) => {
    const value = values.get(name);
    if (!value) throw new Error(`there is no output "${name}"`);
    return value;
  });
}

function stacked(samples: readonly Tensor[]): Tensor {
  const [first] = samples as [Tensor];
  if (first.shape[0] !== 1) throw new Error("a sample's result has no sample axis");
  const shape: Shape = [samples.length, ...first.shape.slice(1)];
  const data = new Float64Array(sizeOf(shape));
  for (const [s, sample] of samples.entries()) data.set(sample.data, s * sample.data.length);
  return { shape, data };
}

function same(a: Tensor, b: Tensor): boolean {
  if (a.shape.join() !== b.shape.join()) return false;
  return a.data.every((v, e) => {
    const other = b.data[e] as number;
    return Object.is(v, other) || Math.abs(v - other) <= 1e-9 * (1 + Math.abs(other));
  });
}

/** The first reading under which the samples are treated one by one; if there is none, what is in the way. */
export function read(model: OnnxModel, input: Tensor, names: readonly string[]): Reading | string {
  const whole = outputsOf(model, input, names);
  const count = input.shape[0] as number;
  const [data] = model.inputs;
  for (const rewrites of READINGS) {
    const models = Array.from({ length: count }, (_, s) => {
      const constants = new Map(model.constants);
      for (const [name, constant] of constants) {
        const rewritten = rewrites.reduce(
          (c, rewrite) => rewrite(c, s, count, input.shape.length),
          constant,
        );
        constants.set(name, rewritten);
      }
      const shape = [1, ...input.shape.slice(1)];
      return { ...model, constants, inputs: [{ ...data!, shape }] };
    });
    try {
      const each = models.map((m, s) => outputsOf(m, sampleOf(input, s), names));
      const isSame = whole.every((value, k) =>
        same(value, stacked(each.map((outputs) => outputs[k] as Tensor))),
      );
      if (isSame) return { models, shared: !rewrites.includes(row) };
    } catch {
      // The shapes do not fit under this reading.
    }
  }
  if (whole.some(({ shape }) => shape[0] !== count)) {
    return `its result has no axis 0 of ${count} samples`;
  }
  return "it mixes samples: its result for a batch is not that of its samples";
}
