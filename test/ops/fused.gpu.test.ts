// What onnxruntime's optimizer writes, as onnxruntime itself computes it: the twins agree with it, and the kernels with the
// twins (cases.gpu.test.ts).

import { bytesOf, imageOf, modelOf } from "../reference/case.js";
import { fused } from "../reference/cases/fused.js";
import { forward } from "../reference/index.js";
import { close, suite } from "../support/harness.js";
import { runOnnxRuntime } from "../support/onnxruntime.js";

const test = suite("fused operators");

for (const [number, example] of fused.entries()) {
  test(`${example.op} of [${example.shape}] (${number}) is onnxruntime's`, async () => {
    const data = imageOf(example, number);
    const y = forward(modelOf(example), Float64Array.from(data), example.shape).get("y");
    const expected = await runOnnxRuntime(bytesOf(example), data, example.shape, "y");
    close(expected, y!.data, { rtol: 1e-5, atol: 1e-5 });
  });
}

test.run();
