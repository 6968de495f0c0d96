// Einsum: two operands at a time, as a product of stacks of matrices. What both have and the result has is the stack,
// what both have and nobody after them wants is summed over, and what only one has are its rows or columns.

import { elements } from "../../tensor/layout.js";
import type { Shape } from "../../tensor/types.js";
import { inputOf, nodeError, stringOf } from "../attributes.js";
import type { Composition, Node, Writing } from "../types.js";

/** A tensor whose axes have labels: letters, and "…0" for the last axis of an ellipsis, "…1" for the one before. */
interface Labeled {
  readonly name: string;
  readonly labels: readonly string[];
}

type Lengths = ReadonlyMap<string, number>;

const ELLIPSIS = "...";

function labelsOf(node: Node, term: string, hidden: number): string[] {
  const pieces = term.replace(ELLIPSIS, "…").split("");
  if (pieces.some((piece) => !/[A-Za-z…]/.test(piece))) {
    throw nodeError(node, `its equation has the term "${term}": not understood`);
  }
  const rest = Array.from({ length: hidden }, (_, i) => `…${hidden - 1 - i}`);
  return pieces.flatMap((piece) => (piece === "…" ? rest : [piece]));
}

/** The labels of every operand and of the result, and how long each is. */
function parse(node: Node, shapes: readonly Shape[]) {
  const equation = stringOf(node, "equation", "").replaceAll(" ", "");
  const [left = "", right] = equation.split("->");
  const terms = left.split(",");
  if (terms.length !== shapes.length) {
    throw nodeError(node, `its equation "${equation}" is for ${terms.length} operands`);
  }
  const lengths = new Map<string, number>();
  const operands = terms.map((term, k) => {
    const shape = shapes[k] as Shape;
    const letters = term.replace(ELLIPSIS, "").length;
    const labels = labelsOf(node, term, term.includes(ELLIPSIS) ? shape.length - letters : 0);
    if (labels.length !== shape.length) {
      throw nodeError(node, `the term "${term}" does not fit an operand of shape [${shape}]`);
    }
    labels.forEach((label, axis) => {
      const length = shape[axis] as number;
      if ((lengths.get(label) ?? length) !== length) {
        throw nodeError(node, `"${label}" in "${equation}" is ${lengths.get(label)} and ${length}`);
      }
      lengths.set(label, length);
    });
    return labels;
  });
  const all = operands.flat();
  const hidden = Math.max(0, ...all.map((l) => (l.startsWith("…") ? Number(l.slice(1)) + 1 : 0)));
  // Without an arrow: what occurs once, in the order of the alphabet, after an ellipsis.
  const once = all.filter((l) => l.length === 1 && all.filter((other) => other === l).length === 1);
  const output = labelsOf(
    node,
    right ?? `${hidden ? ELLIPSIS : ""}${once.sort().join("")}`,
    hidden,
  );
  for (const label of output) {
    if (!lengths.has(label)) throw nodeError(node, `"${label}" of "${equation}" is in no operand`);
  }
  return { operands, output, lengths };
}

function transposed({ name, labels }: Labeled, order: readonly string[], write: Writing): Labeled {
  const perm = order.map((label) => labels.indexOf(label));
  if (perm.every((axis, i) => axis === i)) return { name, labels: order };
  return { name: write.node("Transpose", [name], { perm }), labels: order };
}

const product = (labels: readonly string[], lengths: Lengths): number =>
  elements(labels.map((label) => lengths.get(label) as number));

/** The diagonal of axes with the same label. */
function diagonal(x: Labeled, lengths: Lengths, write: Writing): Labeled {
  const twice = x.labels.find((label, axis) => x.labels.indexOf(label) < axis);
  if (twice === undefined) return x;
  const others = x.labels.filter((label) => label !== twice);
  const own = x.labels.flatMap((label, axis) => (label === twice ? [axis] : []));
  const perm = [...others.map((label) => x.labels.indexOf(label)), ...own];
  const [length, count] = [lengths.get(twice) as number, own.length];
  const shape = others.map((label) => lengths.get(label) as number);
  const turned = write.node("Transpose", [x.name], { perm });
  const flat = write.node("Reshape", [turned, write.integers([...shape, length ** count])]);
  const step = Array.from({ length: count }, (_, k) => length ** k).reduce((a, b) => a + b, 0);
  const places = Array.from({ length }, (_, i) => i * step);
  const name = write.node("Gather", [flat, write.integers(places)], { axis: others.length });
  return diagonal({ name, labels: [...others, twice] }, lengths, write);
}

/** Summed over what nobody else wants. */
function summed(x: Labeled, wanted: ReadonlySet<string>, write: Writing): Labeled {
  const axes = x.labels.flatMap((label, axis) => (wanted.has(label) ? [] : [axis]));
  if (axes.length === 0) return x;
  const inputs = write.opset >= 13 ? [x.name, write.integers(axes)] : [x.name];
  const attributes = { keepdims: 0, ...(write.opset < 13 && { axes }) };
  const name = write.node("ReduceSum", inputs, attributes);
  return { name, labels: x.labels.filter((label) => wanted.has(label)) };
}

/** Axes in groups, each group as one axis. */
function grouped(
  x: Labeled,
  groups: readonly (readonly string[])[],
  lengths: Lengths,
  write: Writing,
): string {
  const { name } = transposed(x, groups.flat(), write);
  if (groups.every((group) => group.length === 1)) return name;
  return write.node("Reshape", [
    name,
    write.integers(groups.map((group) => product(group, lengths))),
  ]);
}

function contract(
  a: Labeled,
  b: Labeled,
  wanted: ReadonlySet<string>,
  lengths: Lengths,
  write: Writing,
): Labeled {
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const stack = shared.filter((label) => wanted.has(label));
  const inner = shared.filter((label) => !wanted.has(label));
  const rows = a.labels.filter((label) => !shared.includes(label));
  const columns = b.labels.filter((label) => !shared.includes(label));
  const each = stack.map((label) => [label]);
  const labels = [...stack, ...rows, ...columns];
  const left = grouped(a, [...each, rows, inner], lengths, write);
  const right = grouped(b, [...each, inner, columns], lengths, write);
  const op = inner.length === 0 ? "Mul" : "MatMul";
  const y = write.node(op, [left, right]);
  if (rows.length === 1 && columns.length === 1) return { name: y, labels };
  const shape = write.integers(labels.map((label) => lengths.get(label) as number));
  return { name: write.node("Reshape", [y, shape]), labels };
}

export const einsum: Composition = (node, write) => {
  const { operands, output, lengths } = parse(
    node,
    node.inputs.map((_, k) => write.shape(k)),
  );
  const wantedAfter = (k: number) => new Set([...output, ...operands.slice(k + 1).flat()]);
  const ready = (k: number, also: readonly string[]) => {
    const x = { name: inputOf(node, k), labels: operands[k] as string[] };
    const wanted = new Set([...wantedAfter(k), ...also]);
    return summed(diagonal(x, lengths, write), wanted, write);
  };
  let result = ready(0, []);
  for (let k = 1; k < operands.length; k++) {
    result = contract(result, ready(k, result.labels), wantedAfter(k), lengths, write);
  }
  const { name } = transposed(result, output, write);
  // Something has to stand for the node, even if it does nothing.
  return name === node.inputs[0] ? write.node("Identity", [name]) : name;
};
