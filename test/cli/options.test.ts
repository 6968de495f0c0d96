// The words of the command line become a request, or one sentence that says what is wrong with them.

import * as assert from "uvu/assert";
import { type ExplainRequest, parseCommand } from "../../src/cli/options.js";
import { helpText, methodTable, OPTIONS } from "../../src/cli/table.js";
import { methodWords } from "../../src/methods/words.js";
import { suite } from "../support/harness.js";

const test = suite("cli/options");

function explain(...words: string[]): ExplainRequest {
  const command = parseCommand(["explain", "cat.jpg", "--model", "m.onnx", ...words]);
  if (command.kind !== "explain") throw new Error(`not explain but ${command.kind}`);
  return command.request;
}

test("has the paper's defaults", () => {
  const request = explain();
  assert.equal(request.inputs, ["cat.jpg"]);
  assert.is(request.model, "m.onnx");
  assert.is(request.target, "top1");
  assert.is(request.method, "gradient");
  assert.is(request.samples, 50);
  assert.is(request.noise, 0.15);
  assert.is(request.seed, 0);
  assert.is(request.estimator, "mean");
  assert.is(request.draw.percentile, 99);
  assert.is(request.preprocess, "auto");
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
  assert.is(explain("--target", "207").target, 207);
  assert.is(explain("--target", "zebra").target, "zebra");
  assert.is(explain("--noise=0").noise, 0);
  assert.is(explain("--seed", "4294967295").seed, 4294967295);
  assert.is(explain("--percentile", "99.5").draw.percentile, 99.5);
  assert.equal(explain("--percentile", "1,99").draw.percentile, [1, 99]);
  assert.is(explain("--max-memory", "500").maxMemory, 500e6);
  assert.is(explain("--precision", "half").precision, "half");
  assert.equal(explain("--single-dispatch").passes, { singleDispatch: true });
  assert.is(explain("--multiply-input").draw.multiplyInput, true);
});

test("reads which output is explained", () => {
  assert.is(explain().output, undefined);
  assert.is(explain("--output", "scores").output, "scores");
});

test("reads the box of the input", () => {
  assert.equal(explain("--box", "-2,-1.5:2,3").passes.box, { low: [-2, -1.5], high: [2, 3] });
  for (const box of ["1", "1:2:3", "a:b", "0,:1,1"])
    assert.throws(() => explain("--box", box), /--box/);
});

test("reads the size of the input and the order of its axes", () => {
  assert.is(explain().size, undefined);
  assert.equal(explain("--size", "48,192").size, [48, 192]);
  assert.equal(explain("--size", "96").size, [96, 96]);
  assert.is(explain("--axes", "NHWC").axes, "NHWC");
  for (const size of ["0", "1,2,3", "a", "", "2.5"])
    assert.throws(() => explain("--size", size), /--size is one whole number or two from 1, not/);
  assert.throws(() => explain("--axes", "HWC"), /"HWC" is not an order of axes; there are: NCHW/);
});

test("reads a preset or a preprocessing in JSON", () => {
  assert.is(explain("--preprocess", "caffe").preprocess, "caffe");
  assert.equal(explain("--preprocess", '{"scale": 1, "mean": [1, 2, 3]}').preprocess, {
    scale: 1,
    mean: [1, 2, 3],
  });
});

test("takes inputs before and after options", () => {
  const command = parseCommand(["explain", "a.jpg", "--model", "m.onnx", "b.jpg", "c.npy"]);
  assert.ok(command.kind === "explain");
  assert.equal(command.request.inputs, ["a.jpg", "b.jpg", "c.npy"]);
});

test("says nothing of the passes that it was not told", () => {
  assert.equal(explain().passes, {});
  const words = "--of probability --versus 3 --noise-scale adaptive --antithetic --stop 0.05";
  const more =
    "--baseline black,white --steps 20 --quadrature random --layer conv5 --window 15,9 --stride 4 " +
    "--max-sigma 20 --gamma 0.5 --epsilon 1e-3 --alpha 1";
  const request = explain(...`${words} ${more}`.split(" "));
  assert.is(request.noise, 0.95);
  assert.equal(request.passes, {
    of: "probability",
    versus: 3,
    noiseScale: "adaptive",
    antithetic: true,
    stop: { standardError: 0.05 },
    baseline: ["black", "white"],
    layer: "conv5",
    steps: 20,
    quadrature: "random",
    maxSigma: 20,
    window: [15, 9],
    stride: [4, 4],
    gamma: 0.5,
    epsilon: 0.001,
    alpha: 1,
  });
});

test("imitates other programs where nothing else is said", () => {
  const request = explain("--parity", "xplique", "--samples", "7");
  assert.is(request.samples, 7);
  assert.is(request.noise, 0.2);
  assert.equal(request.passes, { noiseScale: "absolute" });
  assert.is(request.draw.reduce, "mean");
  assert.equal(request.draw.percentile, [0.1, 99.9]);
  assert.equal(explain("--parity", "zennit").passes, { cleanLast: true });
  assert.is(explain("--parity", "pair").estimator, "squared");
  const fused = explain("--parity", "fusiongrad");
  assert.equal([fused.samples, fused.noise], [100, 0.4]);
  assert.equal(fused.passes, { noiseScale: "absolute", weightNoise: 0.2, weightSamples: 10 });
});

test("lists every method with its paper and its cost", () => {
  assert.equal(parseCommand(["methods"]), { kind: "methods" });
  for (const [name, { paper, summary, cost }] of Object.entries(methodWords)) {
    for (const words of [name, paper, summary, cost]) assert.ok(methodTable().includes(words));
  }
});

const mistakes: [words: string, message: string][] = [
  ["", "smoothgrad --help"],
  ["explin a.jpg", '"explin" is not a command'],
  ["explain --model m", "explain needs an image or a .npy file"],
  ["explain a.jpg --model", "--model needs a value"],
  ["explain a.jpg --model --labels l.txt", "--model needs a value"],
  ["explain a.jpg --modle m", "--modle is not an option; did you mean --model?"],
  ["explain a.jpg --model m --frobnicate", "--frobnicate is not an option: see smoothgrad --help"],
  ["explain a.jpg --model m --model n", "--model is given twice"],
  ["explain a.jpg --model m --multiply-input=yes", "--multiply-input takes no value"],
  ["explain a.jpg --model m --samples 0", '--samples is a whole number from 1, not "0"'],
  ["explain a.jpg --model m --samples 2.5", '--samples is a whole number from 1, not "2.5"'],
  ["explain a.jpg --model m --seed -1", '--seed is a whole number from 0, not "-1"'],
  ["explain a.jpg --model m --noise -1", '--noise is a number of at least 0, not "-1"'],
  ["explain a.jpg --model m --noise much", '--noise is a number of at least 0, not "much"'],
  ["explain a.jpg --model m --noise=", '--noise is a number of at least 0, not ""'],
  ["explain a.jpg --model m --out=", '--out is the name of a file, not ""'],
  ["explain a.jpg --model m --parity lime", '"lime" is not a program to imitate; there are: paper'],
  ["explain a.jpg --model m --opacity 2", '--opacity is a number from 0 to 1, not "2"'],
  ["explain a.jpg --model m --percentile 101", "--percentile is a number from 0 to 100"],
  ["explain a.jpg --model m --percentile 1,2,3", "--percentile is one number or two"],
  ["explain a.jpg --model m --window 0", '--window is one whole number or two from 1, not "0"'],
  ["explain a.jpg --model m --stride 2,3,4", "--stride is one whole number or two from 1, not"],
  ["explain a.jpg --model m --preprocess {mean", "--preprocess is not JSON"],
  [
    'explain a.jpg --model m --preprocess {"means":[1,2,3]}',
    '--preprocess: preprocess has no "means"; did you mean "mean"?',
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
