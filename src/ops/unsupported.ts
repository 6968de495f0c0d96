// What to do about operators that are not supported: the nearest ones that are, and the ways to another file.

import leven from "leven";

/** An operator, and the nodes of the file that are of it. */
export type Refused = ReadonlyMap<string, readonly string[]>;

interface Way {
  readonly of: RegExp;
  readonly way: string;
}

// What an operator's presence says about the export, and what helps then.
const WAYS: readonly Way[] = [
  {
    of: /^com\.microsoft/,
    way: "operators of com.microsoft come from onnxruntime's optimizer: take the file from before it",
  },
  {
    of: /^(If|Loop|Scan|Sequence|Optional|SplitToSequence|ConcatFromSequence)/,
    way: "control flow that depends on the image cannot be unrolled: export with the sizes fixed, so that it is constant",
  },
  {
    of: /^(Random|Bernoulli|Multinomial)/,
    way: "random numbers belong to training: export in evaluation mode (model.eval())",
  },
  {
    of: /^(NonMaxSuppression|RoiAlign|MaxRoiPool|TopK|NonZero|Unique)$/,
    way: "boxes and lists are made behind a classifier's logits: cut the file before them (onnx.utils.extract_model)",
  },
];

/** One sentence with every unsupported operator, its nodes, and the ways out. */
export function unsupportedError(
  refused: Refused,
  supported: readonly string[],
  otherOutputs: readonly string[],
): Error {
  const list = [...refused].map(([op, nodes]) => {
    const more = nodes.length > 3 ? ` and ${nodes.length - 3} more` : "";
    return `${op} (${nodes.slice(0, 3).join(", ")}${more})`;
  });
  const ops = [...refused.keys()];
  const near = [...new Set(ops.flatMap((op) => nearest(op, supported)))].slice(0, 3);
  const ways = WAYS.filter(({ of }) => ops.some((op) => of.test(op))).map(({ way }) => way);
  ways.push(
    "what is constant in them folds away with onnxsim (onnxsim model.onnx simple.onnx) or onnxruntime's optimizer, " +
      "and another opset_version of the export may write them with other operators",
  );
  if (otherOutputs.length > 0) {
    const names = otherOutputs.slice(0, 3).map((name) => `"${name}"`);
    ways.push(`another output may not need them (output: ${names.join(" or ")})`);
  }
  return new Error(
    `the model uses operators that are not supported: ${list.join("; ")}${
      near.length > 0 ? `; supported ones of like names: ${near.join(", ")}` : ""
    }; ways out: ${ways.join("; ")}`,
  );
}

/** The names that differ from an operator's in few letters, the nearest first. */
function nearest(op: string, supported: readonly string[]): string[] {
  const name = op.replace(/^.*::/, "");
  const most = Math.max(1, Math.floor(name.length / 3));
  return supported
    .map((other) => ({ other, distance: leven(name, other.replace(/^.*::/, "")) }))
    .filter(({ other, distance }) => distance <= most && other !== op)
    .sort((a, b) => a.distance - b.distance)
    .map(({ other }) => other);
}
