// Says what a file is that is no ONNX model, by its first bytes: people drop web pages that they
// saved in its place, Git LFS pointers, PyTorch checkpoints. An ONNX file begins with byte 8, the
// tag of its version number, which none of these does. A file of TensorFlow's or Caffe's begins with byte 10.

const EXPORT = 'export it to ONNX in Python: torch.onnx.export(model, image, "model.onnx")';

const kinds: { at?: number; magic: string; kind: string }[] = [
  { magic: "\x80", kind: `it is a Python pickle, an old PyTorch checkpoint; ${EXPORT}` },
  { magic: "\x1f\x8b", kind: "it is compressed with gzip; unpack it first: gunzip" },
  {
    magic: "\x89HDF",
    kind: "it is an HDF5 file, as Keras saves them; convert it: python -m tf2onnx.convert --keras model.h5 --output model.onnx",
  },
  {
    at: 4,
    magic: "TFL3",
    kind: "it is a TensorFlow Lite model; convert it: python -m tf2onnx.convert --tflite model.tflite --output model.onnx",
  },
  {
    at: 4,
    magic: "ORTM",
    kind: "it is a model in ONNX Runtime's own format; use the .onnx file it was made from",
  },
  {
    at: 8,
    magic: '{"',
    kind: `it is a safetensors file, weights without a network; load it and ${EXPORT}`,
  },
  {
    magic: "GGUF",
    kind: "it is a GGUF file, a language model's weights; only classifiers of images will do",
  },
  {
    magic: "\x0a",
    kind: "it is a TensorFlow graph or a Caffe model; convert a graph: python -m tf2onnx.convert --graphdef model.pb --output model.onnx --inputs NAME:0 --outputs NAME:0",
  },
  { magic: "\x93NUMPY", kind: "it is a NumPy array" },
  { magic: "\x89PNG", kind: "it is a PNG picture" },
  { magic: "\xff\xd8\xff", kind: "it is a JPEG picture" },
];

// What PyTorch and Keras save are archives; the names of their files stand in them as they are.
function archiveKind(bytes: Uint8Array): string {
  const names = new TextDecoder("latin1").decode(bytes.subarray(0, 4096));
  if (/\/data\.pkl|\/version|\/byteorder/.test(names)) return `it is a PyTorch file; ${EXPORT}`;
  if (/config\.json|metadata\.json/.test(names)) {
    return 'it is a Keras file; export it in Python: model.export("model.onnx", format="onnx")';
  }
  return "it is a ZIP archive; unpack it first";
}

/** What else the bytes are ("it is a web page, …"), or undefined if nothing known. */
export function foreignKind(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return "the file is empty";
  const start = String.fromCharCode(...bytes.subarray(0, 200));
  const text = textStart(bytes);
  if (text !== undefined) return textKind(text);
  if (start.startsWith("PK\x03\x04")) return archiveKind(bytes);
  return kinds.find(({ at = 0, magic }) => start.startsWith(magic, at))?.kind;
}

/** The first words, if there is no control character in them. */
export function textStart(bytes: Uint8Array): string | undefined {
  const start = bytes.subarray(0, 200);
  const isText = start.every((byte) => byte >= 32 || (byte >= 9 && byte <= 13));
  return isText ? new TextDecoder().decode(start).trim() : undefined;
}

/** What a text is that was taken for another file. */
export function textKind(text: string): string {
  if (text.startsWith("version https://git-lfs")) {
    const size = /\nsize (\d+)/.exec(text)?.[1];
    const whole = size ? ` of ${Number(size).toLocaleString("en")} bytes` : "";
    return `it is a Git LFS pointer, not the file${whole} that it stands for; run "git lfs pull"`;
  }
  if (text.startsWith("<")) {
    return "it is a web page (HTML); save the file itself, not the page about it";
  }
  const words = text.slice(0, 40).replace(/\s+/g, " ");
  return `it is a text that begins with "${words}"`;
}
