// A graph while it is drawn: every node is computed by its twin as it is added, so that its shape is known without
// arithmetic of its own, which could only repeat the mistakes of the library's.

import type { Attribute } from "../../src/onnx/types.js";
import type { Node } from "../../src/ops/types.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { type Tensor, twins } from "../reference/index.js";
import { type Call, sizeOf } from "../reference/twin.js";
import { randn } from "../support/randn.js";
import type { Draw, Draws } from "./draws.js";

const OPSET = 17;

/** A graph under construction. */
export class Sketch {
  readonly builder = new OnnxBuilder({ opset: OPSET });
  readonly draw: Draw;
  /** The names of the tensors that depend on the input, in the order in which they were drawn. */
  readonly tensors: string[] = [];
  readonly input = "x";
  private readonly values = new Map<string, Tensor>();
  private readonly read = new Set<string>();
  private constants = 0;

  constructor(draws: Draws, shape: readonly number[]) {
    this.draw = draws.draw;
    this.builder.input(this.input, ["N", ...shape.slice(1)]);
    this.keep(this.input, { shape, data: Float64Array.from(randn(sizeOf(shape), 1)) });
  }

  shape(name: string): readonly number[] {
    return (this.values.get(name) as Tensor).shape;
  }

  /** The largest of the values that a tensor has for one image. */
  size(name: string): number {
    return (this.values.get(name) as Tensor).data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  }

  /** The tensors that no node has read. */
  get ends(): string[] {
    return this.tensors.filter((name) => !this.read.has(name));
  }

  /** The tensors of some kind, the latest first. */
  those(isWanted: (shape: readonly number[], name: string) => boolean): string[] {
    return this.tensors.filter((name) => isWanted(this.shape(name), name)).reverse();
  }

  /** One of several, mostly an early one. */
  pick<T>(choices: readonly T[]): T {
    return choices[Math.min(this.draw(choices.length), this.draw(choices.length))] as T;
  }

  /** 1 to 19, multiples of four about every second time. */
  channels(): number {
    return this.draw(5) < 3 ? 1 + this.draw(19) : 4 * (1 + this.draw(4));
  }

  /** Random weights of this deviation. */
  weights(shape: number[], std: number, mean = 0): string {
    const name = `c${this.constants++}`;
    this.builder.weight(name, shape, { std, mean });
    const { values } = this.builder.model.initializers.at(-1) as { values: ArrayLike<number> };
    this.values.set(name, { shape, data: Float64Array.from(new Float32Array(values)) });
    return name;
  }

  /** The weights of a layer that keeps the size of what it reads. */
  layer(shape: number[], inputs: number): string {
    return this.weights(shape, Math.sqrt(1.5 / inputs));
  }

  scalar(value: number): string {
    const name = `c${this.constants++}`;
    this.builder.constant(name, value);
    this.values.set(name, { shape: [], data: Float64Array.of(Math.fround(value)) });
    return name;
  }

  list(...numbers: number[]): string {
    const name = `c${this.constants++}`;
    this.builder.constant(name, numbers);
    this.values.set(name, { shape: [numbers.length], data: Float64Array.from(numbers) });
    return name;
  }

  integers(...list: number[]): string {
    const name = `c${this.constants++}`;
    this.builder.int64(name, list);
    const [shape, data] = [[list.length], Float64Array.from(list)];
    this.values.set(name, { shape, data, type: "int64" });
    return name;
  }

  node(
    op: string,
    inputs: string[],
    attributes: Record<string, number | number[] | string> = {},
    output?: string,
  ): string {
    return this.nodes(op, inputs, attributes, output === undefined ? 1 : [output])[0] as string;
  }

  nodes(
    op: string,
    inputs: string[],
    attributes: Record<string, number | number[] | string>,
    outputs: number | string[],
  ): string[] {
    const count = typeof outputs === "number" ? outputs : outputs.length;
    const at = this.builder.model.nodes.length;
    const names =
      typeof outputs === "number"
        ? Array.from({ length: count }, (_, k) => (count > 1 ? `t${at}.${k}` : `t${at}`))
        : outputs;
    const node: Node = {
      name: `${op}${at}`,
      op,
      inputs,
      outputs: names,
      attributes: attributes as Record<string, Attribute>,
    };
    const given = inputs.map((name) => this.values.get(name));
    const twin = twins[op];
    if (!twin) throw new Error(`${op} has no twin`);
    const made = twin.forward({ node, opset: OPSET, inputs: given as unknown as Call["inputs"] });
    this.builder.nodes(op, inputs, attributes, names, { name: node.name });
    for (const name of inputs) this.read.add(name);
    names.forEach((name, k) => {
      this.keep(name, made[k] as Tensor);
    });
    return names;
  }

  private keep(name: string, value: Tensor): void {
    this.values.set(name, value);
    this.tensors.push(name);
  }
}
