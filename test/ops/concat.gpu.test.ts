// Concat where some parts are written in place and others are copied beside them, into a result whose channels do not
// fill the last quad. The memory begins as NaN, so that what nobody writes is seen.

import { sensitivity } from "../../src/explain/sensitivity.js";
import { makeGraph } from "../../src/graph/graph.js";
import { Model } from "../../src/model/model.js";
import { decodeModel } from "../../src/onnx/decode.js";
import type { Precision } from "../../src/tensor/types.js";
import { OnnxBuilder } from "../models/onnx-builder.js";
import { backward, forward } from "../reference/index.js";
import { close, randn, relativeL2, suite, testWithDevice } from "../support/harness.js";
import { poisoned } from "../support/poison.js";

const SHAPE = [1, 3, 5, 7];
const CLASSES = 5;
const data = randn(105, 3);

/** A network under construction around its Concats. */
class Net extends OnnxBuilder {
  readonly image = this.input("x", ["N", ...SHAPE.slice(1)]);

  conv(from: string, channels: number, of: number): string {
    const name = `w${this.model.nodes.length}`;
    return this.node("Conv", [from, this.weight(name, [channels, of, 1, 1])]);
  }

  join(...parts: string[]): string {
    return this.node("Concat", parts, { axis: 1 });
  }

  /** Reads all channels of a picture by a convolution, whose weights for the padding lanes are 0. */
  classes(from: string, channels: number): Uint8Array {
    const mixed = this.node("Relu", [this.conv(from, 6, channels)]);
    const flat = this.node("Flatten", [mixed]);
    this.output(this.node("Gemm", [flat, this.weight("last", [6 * 35, CLASSES])]));
    return this.bytes();
  }
}

/** The image, which is always copied, behind a part that is written in place. */
function imageLast(): Uint8Array {
  const g = new Net();
  return g.classes(g.join(g.conv(g.image, 8, 3), g.image), 11);
}

/** The layers of a DenseNet: the second Concat holds the first one in place and copies what that one has taken. */
function dense(): Uint8Array {
  const g = new Net();
  const a = g.node("Relu", [g.conv(g.image, 8, 3)]);
  const b = g.node("Relu", [g.conv(a, 4, 8)]);
  const first = g.join(a, b);
  const c = g.node("Relu", [g.conv(first, 6, 12)]);
  return g.classes(g.join(g.join(first, b, c), c), 28);
}

/** A tensor twice in one Concat: both are copied, the parts before and behind them are not. */
function twice(): Uint8Array {
  const g = new Net();
  const [a, b, c] = [8, 4, 5].map((channels) => g.conv(g.image, channels, 3)) as [
    string,
    string,
    string,
  ];
  return g.classes(g.join(a, b, b, c), 21);
}

/** Parts of which no one fills its quads, and a constant as the last one: nothing is in place. */
function odd(): Uint8Array {
  const g = new Net();
  const constant = g.constant("grid", randn(70, 9), [1, 2, 5, 7]);
  return g.classes(g.join(g.image, g.conv(g.image, 5, 3), constant), 10);
}

/** Along the rows of the picture: every part has padding lanes of its own. */
function rows(): Uint8Array {
  const g = new Net();
  const [a, b] = [g.conv(g.image, 3, 3), g.conv(g.image, 3, 3)];
  const joined = g.node("Concat", [a, b, g.image], { axis: 2 });
  const pooled = g.node("MaxPool", [joined], { kernel_shape: [3, 1], strides: [3, 1] });
  return g.classes(pooled, 3);
}

const test = suite("Concat");

for (const [name, build] of Object.entries({ imageLast, dense, twice, odd, rows })) {
  for (const precision of ["single", "half"] as const satisfies Precision[]) {
    testWithDevice(test, `${name} in ${precision} precision agrees with its twin`, (device) =>
      poisoned(device, async () => {
        const onnx = decodeModel(build());
        const values = forward(onnx, Float64Array.from(data), SHAPE);
        const expected = values.get(onnx.outputs[0] as string)?.data as Float64Array;
        const model = Model.of(device, makeGraph(onnx), { precision });
        try {
          const allowed = precision === "single" ? 1e-5 : 1e-2;
          const { logits } = await model.classify({ data, shape: SHAPE });
          close(logits, expected, { rtol: allowed, atol: allowed });
          const options = { samples: 1, noise: 0, target: 2 };
          const map = await sensitivity(model, { data, shape: SHAPE }, options);
          const gradient = backward(onnx, values, new Float64Array(CLASSES).with(2, 1));
          const off = relativeL2(await map.data(), gradient);
          if (!(off < 10 * allowed)) throw new Error(`the gradient is ${off} off`);
          map.destroy();
        } finally {
          model.destroy();
        }
      }),
    );
  }
}

test.run();
