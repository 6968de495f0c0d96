// The words of the command line become a request, or one sentence that says what is wrong with them.

import * as assert from "uvu/assert";
import { type ExplainRequest, parseCommand } from "../../src/cli/options.js";
import { helpText, methodTable, OPTIONS } from "../../src/cli/table.js";
import { methodWords } from "../../src/methods/words.js";
import { drawing } from "../../src/options/drawing.js";
import { type SamplingOptions, sampling } from "../../src/options/sampling.js";
import { suite } from "../support/harness.js";

const test = suite("cli/options");

function explain(...words: string[]): ExplainRequest {
  const command = parseCommand(["explain", "cat.jpg", "--model", "m.onnx", ...words]);
  if (command.kind !== "explain") throw new Error(`not explain but ${command.kind}`);
  return command.request;
}

test("leaves the library its defaults", () => {
  const { inputs, model, loading, sampling, drawing } = explain();
  assert.equal(inputs, ["cat.jpg"]);
  assert.is(model, "m.onnx");
  assert.equal([loading, sampling, drawing], [{}, {}, {}]);
});

test("writes a picture where no result is asked for", () => {
  assert.equal(explain().outputs, { png: "{name}.map.png", npy: undefined, json: undefined });
  assert.equal(explain("--json", "r.json").outputs, {
    png: undefined,
    npy: undefined,
    json: "r.json",
  });
});

test("reads numbers, and labels that are none", () => {
  const { loading, sampling, drawing } = explain(
    ...["--target", "zebra", "--noise=0", "--seed", "4294967295", "--single-dispatch"],
    ...["--max-memory", "500", "--percentile", "99.5", "--multiply-input", "--precision", "half"],
  );
  assert.equal(loading, { precision: "half" });
  assert.equal(sampling, {
    ...{ target: "zebra", noise: 0, seed: 4294967295, singleDispatch: true, maxMemory: 500e6 },
  });
  assert.equal(drawing, { percentile: 99.5, multiplyInput: true });
  assert.equal(explain("--percentile", "1,99").drawing, { percentile: [1, 99] });
  assert.equal(explain("--max-memory", "2GB").sampling, { maxMemory: 2e9 });
});

test("reads which output is explained", () => {
  assert.equal(explain("--output", "scores").loading, { output: "scores" });
});

test("reads the box of the input", () => {
  const { sampling } = explain("--method", "lrp-z-box", "--box", "-2,-1.5:2,3");
  assert.equal(sampling.box, { low: [-2, -1.5], high: [2, 3] });
  for (const box of ["1", "1:2:3", "a:b", "0,:1,1", "2:1"])
    assert.throws(() => explain("--method", "lrp-z-box", "--box", box), /^--box must be/);
});

test("reads the size of the input and the order of its axes", () => {
  assert.equal(explain("--size", "48,192").loading, { size: [48, 192] });
  assert.equal(explain("--size", "96", "--axes", "NHWC").loading, { size: 96, axes: "NHWC" });
  for (const size of ["0", "1,2,3", "a", "", "2.5"])
    assert.throws(() => explain("--size", size), /^--size must be a whole number from 1, or two/);
  assert.throws(() => explain("--axes", "HWC"), /^--axes must be "NCHW" or "NHWC", got "HWC"$/);
});

test("reads a preset or a preprocessing in JSON", () => {
  assert.is(explain("--preprocess", "caffe").loading.preprocess, "caffe");
  assert.equal(explain("--preprocess", '{"scale": 1, "mean": [1, 2, 3]}').loading.preprocess, {
    scale: 1,
    mean: [1, 2, 3],
  });
});

test("takes inputs before and after options", () => {
  const command = parseCommand(["explain", "a.jpg", "--model", "m.onnx", "b.jpg", "c.npy"]);
  assert.ok(command.kind === "explain");
  assert.equal(command.request.inputs, ["a.jpg", "b.jpg", "c.npy"]);
});

test("reads every option of the library that can be said", () => {
  const said: [method: string, words: string, options: SamplingOptions][] = [
    [
      "gradient",
      "--of probability --versus 3 --noise-scale adaptive --antithetic --clean-last --stop 0.05",
      {
        ...{ of: "probability", versus: "3", noiseScale: "adaptive", antithetic: true },
        ...{ cleanLast: true, stop: { standardError: 0.05 } },
      },
    ],
    ["expected-gradients", "--baseline black,white", { baseline: ["black", "white"] }],
    [
      "integrated-gradients",
      "--steps 20 --quadrature riemann",
      { steps: 20, quadrature: "riemann" },
    ],
    ["hirescam", "--layer conv5", { layer: "conv5" }],
    ["occlusion", "--window 15,9 --stride 4", { window: [15, 9], stride: 4 }],
    ["blur-ig", "--max-sigma 20", { maxSigma: 20 }],
    ["lrp-alpha-beta", "--alpha 3 --beta 2", { alpha: 3, beta: 2 }],
    ["lrp-gamma", "--gamma 0.5", { gamma: 0.5 }],
    ["lrp", "--epsilon 1e-3", { epsilon: 0.001 }],
    ["gradient", "--batch 4 --steps-at 10,20", { batch: 4, stepsAt: [10, 20] }],
  ];
  for (const [method, words, options] of said) {
    const { sampling } = explain("--method", method, ...words.split(" "));
    assert.equal(sampling, { method, ...options });
  }
});

test("has a word for each option of the library that a text can say", () => {
  const words = Object.values(OPTIONS).map(({ row }) => row?.name);
  for (const table of [sampling, drawing]) {
    for (const [name, { form }] of Object.entries(table)) {
      assert.is(words.includes(name), form !== undefined, name);
    }
  }
});

test("imitates other programs where nothing else is said", () => {
  const { sampling, drawing } = explain("--parity", "xplique", "--samples", "7");
  assert.equal(sampling, { samples: 7, noise: 0.2, noiseScale: "absolute", estimator: "mean" });
  assert.equal(drawing, { reduce: "mean", percentile: [0.1, 99.9], palette: "viridis" });
  assert.is(explain("--parity", "zennit").sampling.cleanLast, true);
});

test("lists every method with its paper and its cost", () => {
  assert.equal(parseCommand(["methods"]), { kind: "methods" });
  for (const [name, { paper, summary, cost }] of Object.entries(methodWords)) {
    for (const words of [name, paper, summary, cost]) assert.ok(methodTable().includes(words));
  }
});

const mistakes: [words: string, message: string][] = [
  ["", "no command given: see smoothgrad --help"],
  ["explin a.jpg", '"explin" is not a command; did you mean "explain"?'],
  ["explain --model m", "explain needs an image or a .npy file"],
  ["explain a.jpg --model", "--model needs a value"],
  ["explain a.jpg --model --labels l.txt", "--model needs a value"],
  ["explain a.jpg --modle m", '--modle is not an option; did you mean "--model"?'],
  ["explain a.jpg --model m --frobnicate", "--frobnicate is not an option: see smoothgrad --help"],
  ["explain a.jpg --model m --model n", "--model is given twice"],
  ["explain a.jpg --model m --multiply-input=yes", "--multiply-input takes no value"],
  [
    "explain a.jpg --model m --samples 0",
    "--samples must be a whole number from 1 to 1000000, got 0",
  ],
  [
    "explain a.jpg --model m --samples 2.5",
    "--samples must be a whole number from 1 to 1000000, got 2.5",
  ],
  [
    "explain a.jpg --model m --seed -1",
    "--seed must be a whole number from 0 to 4294967295, got -1",
  ],
  ["explain a.jpg --model m --noise -1", "--noise must be a number from 0 to 10000, got -1"],
  ["explain a.jpg --model m --noise much", '--noise must be a number from 0 to 10000, got "much"'],
  ["explain a.jpg --model m --noise=", '--noise must be a number from 0 to 10000, got ""'],
  ["explain a.jpg --model m --out=", '--out is the name of a file, not ""'],
  ["explain a.jpg --model m --parity lime", '"lime" is not a program to imitate; there are: paper'],
  ["explain a.jpg --model m --opacity 2", "--opacity must be a number from 0 to 1, got 2"],
  [
    "explain a.jpg --model m --percentile 101",
    "--percentile must be a number from 0 to 100, or two, the lower one first, got 101",
  ],
  ["explain a.jpg --model m --percentile 1,2,3", "the lower one first, got [1, 2, 3]"],
  ["explain a.jpg --model m --percentile 99,1", "the lower one first, got [99, 1]"],
  [
    "explain a.jpg --model m --window 0",
    "--window must be a whole number from 1, or two: [height, width], got 0",
  ],
  ["explain a.jpg --model m --stride 2,3,4", "or two: [height, width], got [2, 3, 4]"],
  ["explain a.jpg --model m --preprocess {mean", "--preprocess: {mean is not valid JSON"],
  ["explain a.jpg --palette jet", '--palette must be "grayscale", "diverging"'],
  ["explain a.jpg --steps 5", 'gradient has no option "steps"; it is for integrated-gradients'],
  ["explain a.jpg --method gradiant", '"gradiant" is not a method; did you mean "gradient"?'],
  [
    'explain a.jpg --model m --preprocess {"means":[1,2,3]}',
    '--preprocess: preprocess has no option "means"; did you mean "mean"?',
  ],
  [
    "explain a.jpg --model m --preprocess cafe",
    '--preprocess: "cafe" is not a preprocessing; did you mean "caffe"?',
  ],
];

for (const [words, message] of mistakes) {
  test(`refuses "${words}"`, () => {
    let found = "nothing is wrong";
    try {
      parseCommand(words.split(" ").filter(Boolean));
    } catch (error) {
      found = (error as Error).message;
    }
    assert.ok(found.includes(message), found);
  });
}

test("helps, whatever else is said", () => {
  assert.equal(parseCommand(["explain", "--help"]), { kind: "help" });
  assert.equal(parseCommand(["--version"]), { kind: "version" });
  for (const name of Object.keys(OPTIONS)) assert.match(helpText, `--${name} `);
  for (const line of helpText.split("\n")) assert.ok(line.length <= 110, line);
});

test.run();
