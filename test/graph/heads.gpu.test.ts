// The ends of classifiers: whatever stands behind the logits, class, logits and probabilities are those of onnxruntime
// and the gradient is that of the plain logits. And what a Sigmoid means: several classes each with its own probability,
// or one output that is the probability of a yes.

import * as assert from "uvu/assert";
import { sensitivity } from "../../src/explain/sensitivity.js";
import type { SensitivityOptions } from "../../src/explain/settings.js";
import { loadModel } from "../../src/model/load.js";
import type { Model, ModelOptions } from "../../src/model/model.js";
import type { Head } from "../../src/ops/types.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { close, randn, suite, testWithDevice } from "../support/harness.js";
import { runOnnxRuntime } from "../support/onnxruntime.js";

const SHAPE = [1, 3, 8, 8];
const SIZE = 192;
const CLASSES = 5;
const image = { data: randn(SIZE, 3), shape: SHAPE };

type Ending = (g: OnnxBuilder, y: string) => string;

const pads = [1, 1, 1, 1];

/** A small network up to its logits. */
function logitsOf(g: OnnxBuilder, classes: number, activation = "Relu"): string {
  const x = g.input("x", ["N", ...SHAPE.slice(1)]);
  const a = g.node(activation, [g.node("Conv", [x, g.weight("w1", [8, 3, 3, 3])], { pads })]);
  const b = g.node(activation, [g.node("Conv", [a, g.weight("w2", [8, 8, 3, 3])], { pads })]);
  const flat = g.node("Flatten", [g.node("GlobalAveragePool", [b])]);
  const dense = [flat, g.weight("w3", [classes, 8], { std: 2 }), g.weight("b3", [classes])];
  return g.node("Gemm", dense, { transB: 1 });
}

function network(
  endings: readonly Ending[],
  { classes = CLASSES, opset = 17, activation = "Relu" } = {},
): Uint8Array {
  const g = new OnnxBuilder({ opset });
  g.output(endings.reduce((y, ending) => ending(g, y), logitsOf(g, classes, activation)));
  return g.bytes();
}

const plain =
  (op: string, attributes = {}): Ending =>
  (g, y) =>
    g.node(op, [y], attributes);

const withAxes =
  (op: string, axes: number[]): Ending =>
  (g, y) =>
    g.node(op, [y, g.int64(`axes of ${y}`, axes)]);

const clip =
  (low: number, high: number): Ending =>
  (g, y) =>
    g.node("Clip", [y, g.constant(`low of ${y}`, low), g.constant(`high of ${y}`, high)]);

const reshape =
  (shape: number[]): Ending =>
  (g, y) =>
    g.node("Reshape", [y, g.int64(`shape of ${y}`, shape)]);

const bounded: Ending = (g, y) => {
  const above = g.node("Max", [y, g.constant("least", 1e-7)]);
  return g.node("Min", [g.constant("most", 1 - 1e-7), above]);
};

const rounded: Ending = (g, y) => {
  const scale = [g.constant("scale", 1 / 255), g.constant("zero", [0], [], "uint8")];
  const q = g.node("QuantizeLinear", [y, ...scale]);
  return g.node("DequantizeLinear", [q, ...scale]);
};

/** What the output is, and which activation is taken off. */
interface HeadCase {
  readonly endings: readonly Ending[];
  readonly space: "logit" | "probability" | "log-probability";
  readonly stripped: string | undefined;
}

const HEADS: Readonly<Record<string, HeadCase>> = {
  none: { endings: [], space: "logit", stripped: undefined },
  Softmax: { endings: [plain("Softmax")], space: "probability", stripped: "Softmax" },
  LogSoftmax: { endings: [plain("LogSoftmax")], space: "log-probability", stripped: "LogSoftmax" },
  "Softmax, Log": {
    endings: [plain("Softmax", { axis: 1 }), plain("Log")],
    space: "log-probability",
    stripped: "LogSoftmax",
  },
  "LogSoftmax, Exp": {
    endings: [plain("LogSoftmax"), plain("Exp")],
    space: "probability",
    stripped: "Softmax",
  },
  Sigmoid: { endings: [plain("Sigmoid")], space: "probability", stripped: "Sigmoid" },
  "Sigmoid, Log": {
    endings: [plain("Sigmoid"), plain("Log")],
    space: "log-probability",
    stripped: "Sigmoid",
  },
};

const transposed = plain("Transpose", { perm: [1, 0] });
const half = plain("Cast", { to: 10 });
const single = plain("Cast", { to: 1 });

/** What follows; a clip is of probabilities. */
const TAILS: Readonly<Record<string, readonly Ending[]>> = {
  nothing: [],
  Cast: [half, single],
  "Cast to double": [plain("Cast", { to: 11 }), single],
  Transpose: [plain("Transpose", { perm: [0, 1] })],
  "Transpose to [K,N]": [transposed],
  Unsqueeze: [withAxes("Unsqueeze", [2, 3])],
  "Unsqueeze in front": [withAxes("Unsqueeze", [0])],
  Squeeze: [withAxes("Squeeze", [0])],
  Identity: [plain("Identity")],
  Dropout: [plain("Dropout")],
  Reshape: [reshape([-1])],
  Flatten: [plain("Flatten", { axis: 0 })],
  "Clip to [0,1]": [clip(0, 1)],
  "Clip of Keras": [clip(1e-7, 1 - 1e-7)],
  "Max, Min": [bounded],
  "Quantize, Dequantize": [rounded],
  "Clip, Transpose": [clip(0, 1), transposed],
  "Unsqueeze, Transpose, Squeeze": [
    withAxes("Unsqueeze", [1]),
    plain("Transpose", { perm: [2, 1, 0] }),
    withAxes("Squeeze", [1]),
  ],
  "Reshape, Cast, Dropout": [reshape([1, 1, -1]), half, single, plain("Dropout")],
  "Identity, Flatten, Clip": [plain("Identity"), plain("Flatten"), clip(0, 1)],
};

const ofProbabilities = (tail: string) => /Clip|Max|Quantize/.test(tail);

const test = suite("heads");

async function withModel(
  device: GPUDevice,
  bytes: Uint8Array,
  body: (model: Model) => Promise<void>,
  options: ModelOptions = {},
): Promise<void> {
  const model = await loadModel(device, bytes, options);
  try {
    await body(model);
  } finally {
    model.destroy();
  }
}

async function mapOf(model: Model, options: SensitivityOptions): Promise<Float32Array> {
  const map = await sensitivity(model, image, { samples: 2, noise: 0.1, ...options });
  const values = await map.data();
  map.destroy();
  return values;
}

for (const [head, { endings, space, stripped }] of Object.entries(HEADS)) {
  testWithDevice(test, `${head}, and what follows`, async (device) => {
    let logits: Float32Array | undefined;
    let gradient: Float32Array | undefined;
    await withModel(device, network([]), async (model) => {
      ({ logits } = await model.classify(image));
      gradient = await mapOf(model, { target: 3 });
    });
    for (const [tail, more] of Object.entries(TAILS)) {
      if (space !== "probability" && ofProbabilities(tail)) continue;
      const bytes = network([...endings, ...more]);
      const said = await runOnnxRuntime(bytes, image.data, SHAPE);
      await withModel(device, bytes, async (model) => {
        assert.is(model.graph.stripped, stripped, tail);
        const { top, ...found } = await model.classify(image);
        close(found.logits, logits!, { rtol: 0, atol: 0 });
        const isRounded = /Cast$|Cast,|Quantize/.test(tail);
        const tolerance = {
          rtol: isRounded ? 1e-3 : 1e-5,
          atol: /Quant/.test(tail) ? 1 / 255 : 1e-6,
        };
        const inSpace = {
          logit: found.logits,
          probability: found.probabilities,
          "log-probability": found.probabilities.map(Math.log),
        };
        close(inSpace[space], said, tolerance);
        assert.is(top[0]!.index, logits!.indexOf(Math.max(...logits!)));
        close(await mapOf(model, { target: 3 }), gradient!, { rtol: 0, atol: 0 });
      });
    }
  });
}

testWithDevice(test, "bounds of older opsets are attributes", async (device) => {
  for (const op of ["Softmax", "Sigmoid"]) {
    const bytes = network([plain(op), plain("Clip", { min: 0, max: 1 })], { opset: 9 });
    const said = await runOnnxRuntime(bytes, image.data, SHAPE);
    await withModel(device, bytes, async (model) => {
      assert.is(model.graph.stripped, op);
      close((await model.classify(image)).probabilities, said);
    });
  }
});

testWithDevice(test, "what changes the values stays", async (device) => {
  const cases: Ending[][] = [
    // Logits, half of which it holds back.
    [clip(0, 1)],
    [plain("Softmax"), clip(0.2, 1)],
    [plain("Sigmoid"), clip(0, 0.5)],
    [plain("LogSoftmax"), plain("Neg")],
    [plain("Exp")],
  ];
  for (const endings of cases) {
    const bytes = network(endings);
    const said = await runOnnxRuntime(bytes, image.data, SHAPE);
    await withModel(device, bytes, async (model) => {
      assert.is(model.graph.stripped, undefined);
      close((await model.classify(image)).logits, said, { rtol: 1e-4, atol: 1e-6 });
    });
  }
});

/** Twelve numbers as three groups of four. */
const grouped = reshape([-1, 3, 4]);

testWithDevice(test, "a Softmax over a part of the classes stays", async (device) => {
  // [title, endings, opset, stripped]
  const cases: [Ending[], number, string | undefined][] = [
    [[grouped, plain("Softmax"), plain("Flatten")], 17, undefined],
    [[grouped, plain("Softmax", { axis: 1 }), plain("Flatten")], 17, undefined],
    // Before opset 13 all axes from `axis` on were one.
    [[grouped, plain("Softmax", { axis: 1 }), plain("Flatten")], 9, "Softmax"],
    [[grouped, plain("Softmax", { axis: 2 }), plain("Flatten")], 9, undefined],
    [[grouped, plain("Sigmoid"), plain("Flatten")], 17, "Sigmoid"],
    // The order of the classes is that of the file's output.
    [
      [grouped, plain("Sigmoid"), plain("Transpose", { perm: [0, 2, 1] }), plain("Flatten")],
      17,
      "Sigmoid",
    ],
  ];
  for (const [endings, opset, stripped] of cases) {
    const bytes = network(endings, { classes: 12, opset });
    const said = await runOnnxRuntime(bytes, image.data, SHAPE);
    await withModel(device, bytes, async (model) => {
      assert.is(model.graph.stripped, stripped);
      close((await model.classify(image)).probabilities, said);
    });
  }
});

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

testWithDevice(test, "several labels: each has its own probability", async (device) => {
  const biased: Ending = (g, y) => g.node("Add", [y, g.constant("bias", [14, 12, -20, 0, 1], [5])]);
  await withModel(device, network([biased, plain("Sigmoid")]), async (model) => {
    assert.is(model.graph.head, "sigmoid" satisfies Head);
    assert.is(model.labels, undefined);
    const { top, logits, probabilities } = await model.classify(image);
    close(probabilities, Float64Array.from(logits, sigmoid), { rtol: 1e-6, atol: 0 });
    assert.ok(probabilities[0]! > 0.999 && probabilities[1]! > 0.999);
    const sorted = [...logits].sort((a, b) => b - a);
    assert.equal(
      top.map(({ logit }) => logit),
      sorted,
    );
  });
});

testWithDevice(test, "a probability, its logarithm, and the difference of two", async (device) => {
  // From where nothing is saturated to where 1 − p has no digit left beside 1.
  const spread: Ending = (g, y) => g.node("Add", [y, g.constant("bias", [0, 20, -20, 60, 2], [5])]);
  await withModel(device, network([spread, plain("Sigmoid")]), async (model) => {
    const options = { samples: 1, noise: 0 };
    const { logits } = await model.classify(image);
    const gradients: Float32Array[] = [];
    for (let k = 0; k < CLASSES; k++) gradients.push(await mapOf(model, { ...options, target: k }));
    const weight = {
      probability: (z: number) => sigmoid(z) * sigmoid(-z),
      "log-probability": (z: number) => sigmoid(-z),
    };
    for (const of of ["probability", "log-probability"] as const) {
      for (const [target, versus] of [[0], [1], [2], [3], [4, 0], [0, 2], [3, 1]] as const) {
        const expected = gradients[target]!.map((g, e) => {
          const other =
            versus === undefined ? 0 : weight[of](logits[versus]!) * gradients[versus]![e]!;
          return weight[of](logits[target]!) * g - other;
        });
        const against = versus === undefined ? {} : { versus };
        const actual = await mapOf(model, { ...options, target, of, ...against });
        const largest = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
        assert.ok(largest > 0);
        close(actual, expected, { rtol: 1e-4, atol: 1e-5 * largest });
      }
    }
  });
});

for (const classes of [1, CLASSES]) {
  for (const of of ["logit", "probability", "log-probability"] as const) {
    const what = classes === 1 ? "a yes or no" : "several labels";
    testWithDevice(test, `${what}: Σ of a path's ${of} is its gain`, async (device) => {
      // Without kinks a rule of an integral keeps all its digits.
      const bytes = network([plain("Sigmoid")], { classes, activation: "Tanh" });
      await withModel(device, bytes, async (model) => {
        const { logits } = await model.classify(image);
        const zeros = await model.classify({ data: new Float32Array(SIZE), shape: SHAPE });
        const score = (z: number) =>
          ({ logit: z, probability: sigmoid(z), "log-probability": -Math.log1p(Math.exp(-z)) })[of];
        for (const method of ["integrated-gradients", "deeplift"]) {
          for (const target of [0, 1]) {
            const options = { method, target, of, samples: 1, noise: 0 } as SensitivityOptions;
            const map = await sensitivity(model, image, options);
            const gain = score(logits[target]!) - score(zeros.logits[target]!);
            const { completeness } = map;
            map.destroy();
            close([completeness!.gain], [gain], { rtol: 1e-4, atol: 1e-6 });
            close([completeness!.sum], [gain], { rtol: 1e-3, atol: 1e-5 });
          }
        }
      });
    });
  }
}

/** The same network as that of one output, exported with two: −z and z. */
function ofTwo(): Uint8Array {
  const g = new OnnxBuilder();
  const one = new OnnxBuilder();
  const y = logitsOf(one, 1);
  logitsOf(g, 1);
  for (const name of ["w3", "b3"]) {
    const { values, shape } = one.model.initializers.find((tensor) => tensor.name === name)!;
    const both = [...Array.from(values, (v) => -Number(v)), ...Array.from(values, Number)];
    Object.assign(g.model.initializers.find((tensor) => tensor.name === name)!, {
      shape: [2, ...shape.slice(1)],
      values: both,
    });
  }
  g.output(y);
  return g.bytes();
}

testWithDevice(
  test,
  "a yes or no is as a network of two classes, by every kind of method",
  async (device) => {
    await withModel(device, network([plain("Sigmoid")], { classes: 1 }), async (model) => {
      const said = await runOnnxRuntime(
        network([plain("Sigmoid")], { classes: 1 }),
        image.data,
        SHAPE,
      );
      const { probabilities, top, logits } = await model.classify(image);
      close(probabilities, [1 - said[0]!, said[0]!]);
      close(logits, [-logits[1]!, logits[1]!], { rtol: 0, atol: 0 });
      assert.equal(model.labels, ["no", "yes"]);
      assert.is(top[0]!.index, said[0]! > 0.5 ? 1 : 0);
      await withModel(device, ofTwo(), async (two) => {
        for (const method of ["gradient", "grad-cam", "deeplift", "lrp-z-plus", "smoothdiff"]) {
          for (const target of [0, 1]) {
            const noise = method === "deeplift" ? { noise: 0 } : {};
            const options = { method, target, ...noise } as SensitivityOptions;
            const [actual, expected] = [await mapOf(model, options), await mapOf(two, options)];
            const isSomething = expected.some((v) => v !== 0);
            assert.ok(isSomething || method === "grad-cam", `${method} of ${target} is nothing`);
            close(actual, expected, { rtol: 0, atol: 0 });
          }
        }
      });
    });
  },
);

// Without biases, so that relevance is conserved; the logit comes of a layer that has it alone, or of something else.
const LAST: Readonly<Record<string, Ending>> = {
  MatMul: (g, y) => g.node("MatMul", [y, g.weight("w", [CLASSES, 1])]),
  "MatMul and a bias": (g, y) =>
    g.node("Add", [g.node("MatMul", [y, g.weight("w", [CLASSES, 1])]), g.constant("b", [0.1])]),
  "a bias in front of it": (g, y) =>
    g.node("Add", [g.constant("b", [0.1]), g.node("MatMul", [y, g.weight("w", [CLASSES, 1])])]),
  "Gemm of columns": (g, y) =>
    g.node("Gemm", [y, g.weight("w", [CLASSES, 1]), g.constant("b", 0.1)], { alpha: 0.5, beta: 2 }),
  Conv: (g, y) => {
    const plane = g.node("Reshape", [y, g.int64("shape", [-1, CLASSES, 1, 1])]);
    return g.node("Conv", [plane, g.weight("w", [1, CLASSES, 1, 1])]);
  },
  "a mean": (g, y) => g.node("ReduceMean", [y], { axes: [1] }),
  "a sum that is read twice": (g, y) => {
    const z = g.node("MatMul", [y, g.weight("w", [CLASSES, 1])]);
    return g.node("Add", [z, g.node("Tanh", [z])]);
  },
  "no axis at all": (g, y) => g.node("ReduceSum", [y], { keepdims: 0 }),
};

for (const [title, last] of Object.entries(LAST)) {
  testWithDevice(test, `a yes or no whose logit is made by ${title}`, async (device) => {
    const bytes = network([last, plain("Sigmoid")], { opset: 13 });
    const said = await runOnnxRuntime(bytes, image.data, SHAPE);
    await withModel(device, bytes, async (model) => {
      const { probabilities, logits } = await model.classify(image);
      close(probabilities, [1 - said[0]!, said[0]!]);
      const gradient = async (target: number, options = {}) =>
        await mapOf(model, { target, ...options });
      const yes = await gradient(1);
      close(
        await gradient(0),
        yes.map((v) => -v),
        { rtol: 1e-5, atol: 1e-9 },
      );
      close(
        await gradient(1, { versus: 0 }),
        yes.map((v) => 2 * v),
        { rtol: 1e-5, atol: 1e-9 },
      );
      for (const target of [0, 1]) {
        const options = { method: "deeplift", target, samples: 1, noise: 0 } as const;
        const map = await sensitivity(model, image, options);
        close([map.completeness!.gap], [0], { atol: 1e-4 * Math.abs(logits[1]!) + 1e-5 });
        map.destroy();
      }
    });
  });
}

testWithDevice(test, "relevance of a yes or no is its logit, shared out", async (device) => {
  const bare = (g: OnnxBuilder, y: string) => g.node("MatMul", [y, g.weight("w", [8, 1])]);
  for (const ending of [bare, (g: OnnxBuilder, y: string) => g.node("Tanh", [bare(g, y)])]) {
    const g = new OnnxBuilder();
    const x = g.input("x", ["N", ...SHAPE.slice(1)]);
    const a = g.node("Relu", [g.node("Conv", [x, g.weight("w1", [8, 3, 3, 3])], { pads })]);
    g.output(g.node("Sigmoid", [ending(g, g.node("Flatten", [g.node("GlobalAveragePool", [a])]))]));
    await withModel(device, g.bytes(), async (model) => {
      const { logits } = await model.classify(image);
      for (const target of [0, 1]) {
        const relevance = await mapOf(model, { method: "lrp", target, samples: 1, noise: 0 });
        const sum = relevance.reduce((total, v) => total + v, 0);
        close([sum], [logits[target]!], { rtol: 1e-3, atol: 1e-5 });
      }
    });
  }
});

testWithDevice(test, "labels stand for no and yes", async (device) => {
  const bytes = network([plain("Sigmoid")], { classes: 1 });
  for (const [labels, expected] of [
    [
      ["real", "fake"],
      ["real", "fake"],
    ],
    [["smile"], ["not smile", "smile"]],
  ] as const) {
    await withModel(
      device,
      bytes,
      async (model) => {
        assert.equal(model.labels, expected);
        assert.is(model.classIndex(expected[1]), 1);
      },
      { labels },
    );
  }
  await loadModel(device, bytes, { labels: ["a", "b", "c"] }).then(
    () => assert.unreachable(),
    ({ message }) => assert.is(message, "there are 3 labels, the model has 2 classes"),
  );
});

testWithDevice(test, "of one number without a Sigmoid no probability is known", async (device) => {
  for (const endings of [[], [plain("Softmax")]]) {
    const bytes = network(endings, { classes: 1 });
    await withModel(device, bytes, async (model) => {
      assert.is(model.classes, 1);
      assert.match(model.warnings[0]!, /is one number, and .*: it is explained as a score/);
      const { top, probabilities } = await model.classify(image);
      assert.is(top.length, 1);
      assert.is(top[0]!.label, model.output);
      assert.ok(Number.isNaN(top[0]!.probability) && Number.isNaN(probabilities[0]));
      const map = await sensitivity(model, image, { samples: 2 });
      close([map.target.logit], [top[0]!.logit], { rtol: 0, atol: 0 });
      map.destroy();
      await sensitivity(model, image, { of: "probability" }).then(
        () => assert.unreachable(),
        ({ message }) => assert.match(message, /^the probability of the output ".*" is not known/),
      );
    });
  }
});

testWithDevice(test, "a last activation that is kept gives the probabilities", async (device) => {
  const options = { target: 1, samples: 2, noise: 0.1 };
  for (const [head, { endings, space }] of Object.entries(HEADS)) {
    if (space === "logit") continue;
    for (const classes of head === "Sigmoid" ? [CLASSES, 1] : [CLASSES]) {
      const bytes = network(endings, { classes });
      const said = await runOnnxRuntime(bytes, image.data, SHAPE);
      await withModel(device, bytes, async (taken) => {
        const keeps = { keepSoftmax: true };
        await withModel(
          device,
          bytes,
          async (kept) => {
            assert.is(kept.graph.stripped, undefined);
            assert.is(kept.graph.kept, head.replace(/,.*/, ""));
            assert.is(taken.graph.kept, undefined);
            const { probabilities } = await kept.classify(image);
            const p = space === "log-probability" ? said.map(Math.exp) : said;
            close(probabilities, classes === 1 ? [1 - p[0]!, p[0]!] : p);
            const expected = await mapOf(taken, { ...options, of: space });
            const largest = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
            const tolerance = { rtol: 1e-3, atol: 1e-4 * largest };
            close(await mapOf(kept, options), expected, tolerance);
            for (const of of ["probability", "log-probability"] as const) {
              const again = await mapOf(kept, { ...options, of });
              const size = again.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
              close(again, await mapOf(taken, { ...options, of }), {
                rtol: 1e-3,
                atol: 1e-4 * size,
              });
            }
          },
          keeps,
        );
      });
    }
  }
});

testWithDevice(test, "data files that another output needs are not asked for", async (device) => {
  const g = new OnnxBuilder();
  const y = logitsOf(g, CLASSES);
  const far = g.weight("far", [CLASSES, 7]);
  g.output(
    g.node("ArgMax", [g.node("MatMul", [y, far])], {}, { output: "label" }),
    ["N", 1],
    "int64",
  );
  g.output(y, ["N", CLASSES]);
  Object.assign(g.model.initializers.find(({ name }) => name === far)!, {
    external: { location: "far.bin" },
  });
  const asked: string[] = [];
  const external = (name: string) => {
    asked.push(name);
    return new Uint8Array(4 * CLASSES * 7);
  };
  await withModel(device, g.bytes(), async (model) => assert.is(model.output, y), { external });
  assert.equal(asked, []);
  // It is asked for where its output is, though an ArgMax has no gradient.
  await loadModel(device, g.bytes(), { external, output: "label" }).then(
    () => assert.unreachable(),
    ({ message }) => assert.match(message, /ArgMax/),
  );
  assert.equal(asked, ["far.bin"]);
});

test.run();
