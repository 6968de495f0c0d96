// Files that are no model, and models that cannot be right: each ends in one sentence.

import { gzipSync } from "node:zlib";
import { PbfWriter } from "pbf";
import * as assert from "uvu/assert";
import { decodeModel } from "../../src/onnx/decode.js";
import type { NodeSpec, ValueSpec } from "../../src/onnx/write.js";
import { smallNetwork, tinyModel } from "../models/tiny.js";
import { suite } from "../support/harness.js";

const test = suite("onnx/refusals");

function refuses(name: string, bytes: Uint8Array, sentence: string): void {
  test(`refuses ${name}`, () => {
    assert.throws(
      () => decodeModel(bytes),
      (e: Error) => e.message === sentence,
    );
  });
}

const latin = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const padded = (start: string) => latin(start + "\0\x01\x02\x03".repeat(20));

const pointer = `version https://git-lfs.github.com/spec/v1
oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
size 46623384
`;

const EXPORT = 'export it to ONNX in Python: torch.onnx.export(model, image, "model.onnx")';

for (const [name, bytes, kind] of [
  ["an empty file", new Uint8Array(), "the file is empty"],
  [
    "a Git LFS pointer",
    latin(pointer),
    "it is a Git LFS pointer, not the file of 46,623,384 bytes that it stands for; " +
      'run "git lfs pull"',
  ],
  ...["<!DOCTYPE html><html>", "\n  <html>", "\xef\xbb\xbf<?xml version='1.0'?>"].map((start) => [
    `a page that begins with ${JSON.stringify(start)}`,
    latin(`${start}${"text ".repeat(100)}`),
    "it is a web page (HTML); save the file itself, not the page about it",
  ]),
  ["a text", latin("Entry not\nfound"), 'it is a text that begins with "Entry not found"'],
  ["a ZIP archive", padded("PK\x03\x04"), "it is a ZIP archive; unpack it first"],
  [
    "a file of PyTorch's",
    padded("PK\x03\x04\0\0\x08\0squeezenet/data.pkl"),
    `it is a PyTorch file; ${EXPORT}`,
  ],
  [
    "a file of Keras'",
    padded("PK\x03\x04\0\0\x08\0metadata.json"),
    'it is a Keras file; export it in Python: model.export("model.onnx", format="onnx")',
  ],
  [
    "a graph of TensorFlow's",
    padded("\x0a\x2f\x0a\x05input\x12\x0bPlaceholder"),
    "it is a TensorFlow graph or a Caffe model; convert a graph: python -m tf2onnx.convert --graphdef model.pb --output model.onnx --inputs NAME:0 --outputs NAME:0",
  ],
  [
    "a GGUF file",
    padded("GGUF\x03\0"),
    "it is a GGUF file, a language model's weights; only classifiers of images will do",
  ],
  [
    "a pickle",
    padded("\x80\x02\x8a"),
    `it is a Python pickle, an old PyTorch checkpoint; ${EXPORT}`,
  ],
  [
    "a gzip file",
    new Uint8Array(gzipSync(new Uint8Array(100))),
    "it is compressed with gzip; unpack it first: gunzip",
  ],
  [
    "an HDF5 file",
    padded("\x89HDF\r\n"),
    "it is an HDF5 file, as Keras saves them; convert it: python -m tf2onnx.convert --keras model.h5 --output model.onnx",
  ],
  [
    "a TensorFlow Lite model",
    padded("\x1c\0\0\0TFL3"),
    "it is a TensorFlow Lite model; convert it: python -m tf2onnx.convert --tflite model.tflite --output model.onnx",
  ],
  [
    "a model of ONNX Runtime",
    padded("\x1c\0\0\0ORTM"),
    "it is a model in ONNX Runtime's own format; use the .onnx file it was made from",
  ],
  [
    "safetensors",
    padded('\x40\0\0\0\0\0\0\0{"w":'),
    `it is a safetensors file, weights without a network; load it and ${EXPORT}`,
  ],
  ["a NumPy array", padded("\x93NUMPY"), "it is a NumPy array"],
  ["a PNG picture", padded("\x89PNG"), "it is a PNG picture"],
  ["a JPEG picture", padded("\xff\xd8\xff"), "it is a JPEG picture"],
] as [string, Uint8Array, string][]) {
  refuses(name, bytes, `not an ONNX model: ${kind}`);
}

/** A message of protobuf, field by field. */
function message(write: (w: PbfWriter) => void): Uint8Array {
  const w = new PbfWriter();
  w.writeVarintField(1, 8);
  write(w);
  return w.finish().slice();
}

for (const [name, bytes, fact] of [
  ["protobuf without a graph", message((w) => w.writeStringField(2, "?")), "it holds no graph"],
  [
    "half a file",
    smallNetwork().bytes().slice(0, 1000),
    "it is cut short or damaged at byte 17 of 1000 (what begins there goes on to byte 1796)",
  ],
  [
    "a varint of eleven bytes",
    message((w) => w.writeBytesField(7, new Uint8Array(12).fill(0xff))),
    "it is cut short or damaged at byte 14 of 16 (Expected varint not more than 10 bytes)",
  ],
  [
    "a field of number 0",
    message((w) => w.writeVarintField(0, 1)),
    "it is cut short or damaged at byte 3 of 4 (field number 0)",
  ],
  [
    "a group, which protobuf has given up",
    message((w) => w.writeTag(7, 3)),
    "it is cut short or damaged at byte 3 of 3 (wire type 3 instead of 2)",
  ],
  [
    "a number where a message must be",
    message((w) => w.writeVarintField(7, 1)),
    "it is cut short or damaged at byte 3 of 4 (wire type 0 instead of 2)",
  ],
  [
    "a message that is longer than its parent",
    message((w) => {
      w.writeBytesField(7, Uint8Array.of(0x0a, 8, 0x22, 0));
      w.writeStringField(2, "more");
    }),
    "it is cut short or damaged at byte 14 of 14 (a value ends at byte 14 instead of 8)",
  ],
  [
    "packed floats that are no multiple of four bytes",
    message((w) =>
      w.writeMessage(
        7,
        (_, graph) =>
          graph.writeMessage(5, (_, tensor) => tensor.writeBytesField(4, new Uint8Array(6)), null),
        null,
      ),
    ),
    "it is cut short or damaged at byte 14 of 14 (6 bytes are not a multiple of 4)",
  ],
] as [string, Uint8Array, string][]) {
  refuses(name, bytes, `not an ONNX model: ${fact}`);
}

for (const [opset, found] of [
  [0, "opset 0 is"],
  [25, "opset 25 is"],
] as const) {
  const advice = "not supported (1 to 24 are); export the model again with opset_version=17";
  refuses(`opset ${opset}`, tinyModel({ opset }), `${found} ${advice}`);
}

test("accepts opset 7 and 22", () => {
  assert.is(decodeModel(tinyModel({ opset: 7 })).opset, 7);
  assert.is(decodeModel(tinyModel({ opset: 22 })).opset, 22);
});

const node = (op: string, inputs: string[], outputs: string[]): NodeSpec => {
  return { op, inputs, outputs };
};

for (const [name, nodes, sentence] of [
  [
    "an input that nothing produces",
    [node("Add", ["x", "z"], ["y"])],
    'Add_0 (Add): nothing in the file produces its input "z"',
  ],
  [
    "a cycle",
    [node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"]), node("Relu", ["a"], ["y"])],
    'Relu_1 (Relu): its input "a" depends on its own output',
  ],
  [
    "a node that feeds itself",
    [node("Relu", ["y"], ["y"])],
    'Relu_0 (Relu): its input "y" depends on its own output',
  ],
  [
    "a tensor with two producers",
    [node("Relu", ["x"], ["y"]), node("Abs", ["x"], ["y"])],
    'Abs_1 (Abs): its output "y" is already that of Relu_0',
  ],
  [
    "a node that produces the graph input",
    [node("Relu", ["y"], ["x"]), node("Relu", ["x"], ["y"])],
    'Relu_0 (Relu): its output "x" is already that of a graph input',
  ],
  [
    "a Constant of the name of the graph input",
    [{ ...node("Constant", [], ["x"]), attributes: { value_int: 1 } }],
    'Constant_0 (Constant): the tensor "x" is already a graph input',
  ],
  [
    "a Constant of text",
    [{ ...node("Constant", [], ["y"]), attributes: { value_string: "a" } }],
    "Constant_0 (Constant): it holds no numbers (sparse and text constants are not supported)",
  ],
  [
    "a graph without its output",
    [node("Relu", ["x"], ["z"])],
    'output "y": nothing in the file produces it',
  ],
] as [string, NodeSpec[], string][]) {
  refuses(name, tinyModel({ nodes }), sentence);
}

for (const [name, inputs, sentence] of [
  ["an input without a shape", [{ name: "x" }], 'input "x": its number of axes is not given'],
  [
    "two inputs of one name",
    [
      { name: "x", shape: [1] },
      { name: "x", shape: [1] },
    ],
    'input "x": there are two of that name',
  ],
  ["an input without a name", [{ name: "", shape: [1] }], 'input "": it has no name'],
] as [string, ValueSpec[], string][]) {
  refuses(name, tinyModel({ inputs }), sentence);
}

refuses("a graph without outputs", tinyModel({ outputs: [] }), "the graph has no output");

const w = { name: "w", type: "float32" as const, shape: [1], values: [1] };
refuses(
  "two weights of one name",
  tinyModel({ initializers: [w, w] }),
  'weight "w": the tensor "w" is already a constant',
);

/** The tiny model with one more field of its graph, which protobuf merges into the first. */
function withGraphField(tag: number, ...value: number[]): Uint8Array {
  return Uint8Array.of(...tinyModel(), 0x3a, value.length + 2, tag, value.length, ...value);
}

refuses(
  "sparse weights",
  withGraphField(0x7a),
  "the file has sparse weights, which are not supported",
);

for (const [code, type] of [
  [0, "undefined"],
  [8, "string"],
  [17, "float8e4m3fn"],
  [99, "number 99"],
] as const) {
  refuses(
    `weights of type ${type}`,
    withGraphField(0x2a, 0x42, 1, 0x77, 0x10, code),
    `weight "w": element type ${type} is not supported; export the model in float32 or float16`,
  );
}

test.run();
