// What a test file imports. It reads like uvu, which it is, with a time limit, a way to skip and a device:
//
//   const test = suite("relu");
//   test("keeps what is positive", () => …);
//   testWithDevice(test, "agrees with its twin", async (device) => …);
//   test.run();
//
// `*.test.ts` runs in Node, `*.gpu.test.ts` in a page of headless Chrome; both through test/run.mjs.

import { suite as uvuSuite } from "uvu";
import { loadUncommonOperators } from "../../src/graph/graph.js";
import { withDevice } from "./device.js";
import { readData, Skip, watched } from "./drive.js";

export { close, relativeL2 } from "./close.js";
export { randn } from "./randn.js";

// Whoever makes graphs by hand is not asked what they need.
await loadUncommonOperators();

export interface TestOptions {
  /** Milliseconds until the test counts as failed; TIME_LIMIT if omitted. */
  timeLimit?: number;
  /** True for a test that takes long for what it adds: only `npm run test:long` runs it. */
  long?: boolean;
}

/** A limit ends what hangs, and nothing else: a busy machine may take ten times as long as a quiet one. */
const TIME_LIMIT = 900_000;

export interface Suite {
  (name: string, body: () => Promise<void> | void, options?: TestOptions): void;
  /** Hands the tests to the runner; the last line of a test file. */
  run(): void;
}

/** A named group of tests. */
export function suite(name: string): Suite {
  const group = uvuSuite(name);
  const test = (title: string, body: () => Promise<void> | void, options: TestOptions = {}) =>
    group(
      title,
      watched(`${name}: ${title}`, body, { timeLimit: TIME_LIMIT, long: false, ...options }),
    );
  return Object.assign(test, { run: () => group.run() });
}

/** A test with the shared device, inside error scopes: a validation error or a lack of memory fails it. */
export function testWithDevice(
  test: Suite,
  name: string,
  body: (device: GPUDevice) => Promise<void> | void,
  options?: TestOptions,
): void {
  test(name, () => withDevice(body), options);
}

/** Ends the running test as skipped; the reason is printed at the end of the run. */
export function skip(reason: string): never {
  throw new Skip(reason);
}

/** A file of the data folder, for example `models/googlenet.onnx`; a test that asks in vain is skipped. */
export async function data(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return (await readData(path)) ?? skip(`there is no ${path} in the data folder`);
}
