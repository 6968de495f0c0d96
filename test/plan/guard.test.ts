// What reaches the GPU, as hashes: the steps of a plan, the declarations of WGSL that each step needs, and the packed
// contents of fixed buffers, for every small architecture and every method. A change that only moves code keeps them all.
// Where a change is meant, GUARD=write npm test guard records what is there now.

import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import * as assert from "uvu/assert";
import { complete } from "../../src/gpu/slices.js";
import { makeGraph } from "../../src/graph/graph.js";
import { methods } from "../../src/methods/methods.js";
import { decodeModel } from "../../src/onnx/decode.js";
import type { Graph } from "../../src/ops/types.js";
import { makePlan } from "../../src/plan/plan.js";
import { inOneDispatch } from "../../src/plan/single/single-dispatch.js";
import { declarations, neededBy, pruned } from "../../src/plan/single/wgsl-linker.js";
import { HARDWARE_TILING, SHARING_TILING, SOFTWARE_TILING } from "../../src/plan/tilings.js";
import type { PlanBuffer, PlanOptions } from "../../src/plan/types.js";
import { addShaders, loadShaders } from "../../src/shaders/registry.js";
import type { Step } from "../../src/shaders/step.js";
import { shaderText } from "../../src/shaders/text.js";
import { overWindows } from "../../src/train/first-layer.js";
import { makeTrainingPlan, numbered } from "../../src/train/plan.js";
import { trainingShaders } from "../../src/train/shaders.js";
import { smallSize } from "../models/architectures/index.js";
import { suite } from "../support/harness.js";
import { small } from "../train/network.js";

const FILE = "test/plan/guard.json";

const hash = (data: string | NodeJS.ArrayBufferView) =>
  createHash("sha256").update(data).digest("hex").slice(0, 12);

/** JSON with the keys of objects in order, and without contents, which are hashed apart. */
function plain(value: unknown): unknown {
  if (typeof value === "function") return undefined;
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (ArrayBuffer.isView(value)) return hash(value as NodeJS.ArrayBufferView);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, v]) => [key, plain(v)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const texts = new Map<string, string>();

/** The declarations that a step needs, whatever their order and whatever blanks stand between their tokens. */
function textHash(step: Step): string {
  const key = JSON.stringify([step.shader, step.entry, step.constants, step.precision]);
  const known = texts.get(key);
  if (known) return known;
  const needed = neededBy(step.entry, pruned(declarations(shaderText(step))));
  const lines = needed.map(({ tokens }) => tokens.filter((token) => token.trim()).join(" "));
  const made = hash(lines.sort().join("\n"));
  texts.set(key, made);
  return made;
}

function contentsHashes(buffers: readonly PlanBuffer[], done: Map<string, string>): string[] {
  return buffers.flatMap(({ label, bytes, contents }) => {
    if (!contents) return [];
    const key = `${label}, ${bytes}`;
    const made = done.get(key) ?? hash(complete(contents()));
    done.set(key, made);
    return [made];
  });
}

type Planned = { readonly buffers: readonly PlanBuffer[] };

async function hashOf(plan: Planned, steps: readonly Step[], done: Map<string, string>) {
  await loadShaders(steps);
  return [
    hash(JSON.stringify(plain(plan))),
    hash(steps.map(textHash).join()),
    hash(contentsHashes(plan.buffers, done).join()),
  ].join(" ");
}

/** Every method as it is played on a GPU, and the gradient in the other ways. */
function variants(channels: number): Record<string, PlanOptions> {
  const box = { low: new Array(channels).fill(0), high: new Array(channels).fill(1) };
  const gradient = { method: "gradient" } as const;
  return {
    forward: {},
    ...Object.fromEntries(Object.keys(methods).map((method) => [method, { method, box }])),
    "software tiling": { ...gradient, tiling: SOFTWARE_TILING },
    "sharing tiling": { ...gradient, tiling: SHARING_TILING },
    exact: { ...gradient, tiling: SOFTWARE_TILING, exact: true },
    half: { ...gradient, precision: "half" },
    "noisy weights": { ...gradient, noisyWeights: true },
    several: { ...gradient, several: true },
    "all explained": { ...gradient, explains: "all" },
    "deeplift of probability": { method: "deeplift", of: "probability", baselines: 2 },
  };
}

async function hashes(graph: Graph, channels: number): Promise<Record<string, string>> {
  const done = new Map<string, string>();
  const found: Record<string, string> = {};
  for (const [name, options] of Object.entries(variants(channels))) {
    const contents = options.precision === "half" ? new Map<string, string>() : done;
    try {
      const plan = makePlan(graph, options);
      const steps = [...plan.prologue, ...plan.classify, ...plan.forward, ...plan.backward];
      found[name] = await hashOf(plan, steps, contents);
    } catch (error) {
      if (!(error instanceof Error) || error.constructor !== Error) throw error;
      found[name] = "refused";
    }
  }
  return found;
}

const test = suite("guard");

const recorded: Record<string, Record<string, string>> = JSON.parse(
  await readFile(FILE, "utf8").catch(() => "{}"),
);

async function compare(name: string, found: Record<string, string>): Promise<void> {
  if (process.env.GUARD === "write") {
    recorded[name] = found;
    await writeFile(FILE, `${JSON.stringify(recorded, undefined, 2)}\n`);
  }
  assert.equal(found, recorded[name]);
}

for (const [name, { input, build }] of Object.entries(smallSize)) {
  test(name, async () => {
    await compare(name, await hashes(makeGraph(decodeModel(build())), input[1]));
  });
}

test("a single dispatch", async () => {
  const graph = makeGraph(decodeModel(smallSize["MNIST convnet"].build()));
  const plan = makePlan(graph, { method: "gradient" });
  const single = await inOneDispatch(plan, { maxStorageBuffersPerShaderStage: 8 });
  const steps = [...single.forward, ...single.backward];
  await compare("single dispatch", { gradient: await hashOf(single, steps, new Map()) });
});

test("training", async () => {
  addShaders(trainingShaders);
  const { graph } = numbered(overWindows(makeGraph(small().model)));
  const plan = makeTrainingPlan(graph, {
    ...{ batch: 8, optimizer: "adam", tiling: HARDWARE_TILING, scale: 1, shift: 0 },
    ...{ margin: 1, mirror: true },
  });
  const steps = [...plan.forward, ...plan.evaluation, ...plan.backward, ...plan.update];
  await compare("training", { adam: await hashOf(plan, steps, new Map()) });
});

test.run();
