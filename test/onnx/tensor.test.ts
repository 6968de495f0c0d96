// Every element type in every way that a file may hold it, in the file and beside it.

import * as assert from "uvu/assert";
import { decodeModel, externalFiles } from "../../src/onnx/decode.js";
import { decodeTensor } from "../../src/onnx/tensor.js";
import { writeTensorFile } from "../../src/onnx/write.js";
import { type Encoding, rawBytes, type TensorSpec } from "../../src/onnx/write-tensor.js";
import type { Constant, ElementType } from "../../src/tensor/types.js";
import { tinyModel } from "../models/tiny.js";
import { suite } from "../support/harness.js";

const test = suite("onnx/tensor");

const encodings = ["raw", "typed", "unpacked"] as const;

function throughFile(type: ElementType, values: (number | bigint)[], encoding: Encoding): Constant {
  return decodeTensor(writeTensorFile({ type, shape: [values.length], values, encoding }));
}

const cases: [ElementType, number[]][] = [
  ["float32", [0, -1.5, 2 ** 127, Number.POSITIVE_INFINITY]],
  ["float64", [0, -1.5, 2 ** -100]],
  ["float16", [0, -1.5, 65504, 2 ** -24, Number.NEGATIVE_INFINITY]],
  ["bfloat16", [0, -1.5, 2 ** 100, 1 + 2 ** -7]],
  ["int8", [0, -128, 127]],
  ["uint8", [0, 128, 255]],
  ["int16", [0, -32768, 32767]],
  ["uint16", [0, 32768, 65535]],
  ["int32", [0, -(2 ** 31), 2 ** 31 - 1]],
  ["uint32", [0, 2 ** 31, 2 ** 32 - 1]],
  ["bool", [0, 1, 1]],
  ["int64", [0, -1, 2 ** 40, -(2 ** 40)]],
  ["uint64", [0, 1, 2 ** 40]],
];

for (const [type, values] of cases) {
  test(`reads ${type}, raw, packed and unpacked`, () => {
    const isFloat = type.includes("float");
    const data = isFloat ? Float32Array.from(values) : Float64Array.from(values);
    for (const encoding of encodings) {
      const expected = { name: "", type, shape: [values.length], data };
      assert.equal(throughFile(type, values, encoding), expected, encoding);
    }
  });
}

test("rounds float64 to float32", () => {
  for (const encoding of encodings) {
    assert.equal([...throughFile("float64", [0.1], encoding).data], [Math.fround(0.1)]);
  }
});

test("reads any other byte than zero as true", () => {
  assert.equal([...throughFile("bool", [0, 2, 255], "raw").data], [0, 1, 1]);
});

test("reads every float16", () => {
  const values: number[] = [];
  for (let exponent = -14; exponent < 16; exponent++) {
    for (let i = 0; i < 1024; i++) values.push((1 + i / 1024) * 2 ** exponent);
  }
  for (let i = 0; i < 1024; i++) values.push(i * 2 ** -24);
  values.push(...values.map((value) => -value));
  assert.equal(throughFile("float16", values, "raw").data, Float32Array.from(values));
  assert.equal([...throughFile("float16", [Number.NaN], "raw").data], [Number.NaN]);
});

test("clamps 64-bit integers to ±(2^53 − 1)", () => {
  const most = Number.MAX_SAFE_INTEGER;
  for (const encoding of encodings) {
    const ends = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n - 1n, -1n];
    assert.equal([...throughFile("int64", ends, encoding).data], [most, -most, most, -1]);
    assert.equal([...throughFile("uint64", [2n ** 64n - 1n], encoding).data], [most]);
  }
});

test("reads scalars and empty tensors", () => {
  const scalar = { type: "float32" as const, shape: [], values: [3] };
  const empty = { type: "int64" as const, shape: [0], values: [] };
  for (const encoding of encodings) {
    assert.equal([...decodeTensor(writeTensorFile({ ...scalar, encoding })).data], [3]);
    assert.is(decodeTensor(writeTensorFile({ ...empty, encoding })).data.length, 0);
  }
});

test("shares the memory of raw floats where they are aligned", () => {
  const shared = new Set<boolean>();
  for (const name of ["w", "w1", "w12", "w123"]) {
    const bytes = writeTensorFile({ name, type: "float32", shape: [2], values: [1, 2] });
    const { data } = decodeTensor(bytes);
    assert.equal([...data], [1, 2]);
    shared.add(data.buffer === bytes.buffer);
  }
  assert.is(shared.size, 2);
});

function withWeights(...initializers: TensorSpec[]): Uint8Array {
  return tinyModel({ initializers });
}

const outside = (name: string, external: TensorSpec["external"]): TensorSpec => {
  return { name, type: "float32", shape: [2], values: [], external };
};

test("reads weights from other files", () => {
  const bytes = withWeights(
    outside("a", { location: "weights.bin" }),
    outside("b", { location: "weights.bin", offset: 8, length: 8 }),
    outside("c", { location: "more/weights.bin", offset: 4 }),
  );
  assert.equal(externalFiles(bytes), ["weights.bin", "more/weights.bin"]);
  const asked: string[] = [];
  const external = (location: string) => {
    asked.push(location);
    return rawBytes("float32", location === "weights.bin" ? [1, 2, 3, 4] : [5, 6, 7]);
  };
  const { constants } = decodeModel(bytes, { external });
  const values = [...constants.values()].map(({ data }) => [...data]);
  assert.equal(values, [
    [1, 2],
    [3, 4],
    [6, 7],
  ]);
  assert.equal(asked, ["weights.bin", "more/weights.bin"]);
  assert.equal(externalFiles(tinyModel()), []);
});

test("names all files that are missing", () => {
  const bytes = withWeights(
    outside("a", { location: "a.bin" }),
    outside("b", { location: "b.bin" }),
  );
  const sentence =
    'the model keeps its weights in "a.bin", "b.bin"; give that too (option "external")';
  assert.throws(() => decodeModel(bytes), sentence);
});

const faults: [string, Uint8Array, string][] = [
  [
    "a data file that is too short",
    withWeights(outside("w", { location: "f", offset: 8 })),
    'weight "w": needs bytes 8 to 16 of "f", which has 12',
  ],
  [
    "a length that is not that of the shape",
    withWeights(outside("w", { location: "f", length: 12 })),
    'weight "w": float32 [2] needs 8 bytes, the file has 12',
  ],
  [
    "an offset that is no number",
    withWeights(outside("w", { location: "f", offset: "x" })),
    'weight "w": needs bytes NaN to NaN of "f", which has 12',
  ],
  ...["", "/etc/passwd", "../f", "a/../../f", "C:\\f", "http://f"].map(
    (location): [string, Uint8Array, string] => [
      `a location of "${location}"`,
      withWeights(outside("w", { location })),
      `weight "w": its values lie in "${location}", which is no path inside the folder of the model`,
    ],
  ),
  [
    "too little raw data",
    withWeights({ name: "w", type: "float16", shape: [3], values: [1, 2] }),
    'weight "w": float16 [3] needs 6 bytes, the file has 4',
  ],
  [
    "too many typed values",
    withWeights({ name: "w", type: "int64", shape: [], values: [1, 2], encoding: "typed" }),
    'weight "w": int64 [] needs 1 values, the file has 2',
  ],
  [
    "no values at all",
    withWeights({ name: "w", type: "float32", shape: [1e6, 1e6], values: [] }),
    'weight "w": float32 [1000000, 1000000] needs 1000000000000 values, the file has none',
  ],
  [
    "a negative length",
    withWeights({ name: "w", type: "float32", shape: [-2, -1], values: [1, 2] }),
    'weight "w": a shape of [-2, -1] is not possible',
  ],
  [
    "an absurd shape",
    withWeights({ name: "w", type: "float32", shape: [2 ** 40, 2 ** 40], values: [] }),
    'weight "w": a shape of [1099511627776, 1099511627776] is not possible',
  ],
];

for (const [name, bytes, sentence] of faults) {
  test(`refuses ${name}`, () => {
    const external = () => new Uint8Array(12);
    assert.throws(
      () => decodeModel(bytes, { external }),
      (e: Error) => e.message === sentence,
    );
  });
}

test.run();
