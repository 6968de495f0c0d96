// `npm run train`: trains one of the networks of the project on a data set and writes it as an ONNX file, with a model
// card beside it. While it runs, its two last checkpoints stand beside the file; started again, it goes on from them.

import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, relative } from "node:path";
import { SingleBar } from "cli-progress";
import { openPage } from "../../chrome/open.js";
import type { Route } from "../../chrome/serve.js";
import type { Progress } from "../train.js";
import { modelCard } from "./card.js";
import { type DataName, download, findFiles, sources } from "./data.js";
import { HELP, parseTrain, type TrainRequest } from "./options.js";
import { type Host, type Outcome, run, type Task } from "./session.js";

/** Runs the command; resolves with the exit code. */
export async function main(words: readonly string[]): Promise<number> {
  try {
    const request = parseTrain(words);
    if (request) await trainAndWrite(request);
    else console.log(HELP);
    return 0;
  } catch (error) {
    console.error(`train: ${(error as Error).message.trim()}`);
    return 1;
  }
}

async function trainAndWrite(request: TrainRequest): Promise<void> {
  const { network, out, noise, epochs, rate, batch, seed } = request;
  const data: DataName = network.startsWith("mnist") ? "mnist" : "cifar10";
  if (request.download) await download(sources[data], request.data, console.error);
  const files = await findFiles(data, request.data);
  const [newest, before] = [`${out}.checkpoint`, `${out}.checkpoint.before`] as const;
  await mkdir(dirname(out), { recursive: true });
  const found = await Promise.all([newest, before].map((path) => stat(path).catch(() => null)));
  const color = data === "cifar10";
  const task: Task = {
    ...{
      network,
      ...files,
      noise,
      epochs,
      rate,
      batch,
      seed,
      margin: color ? 4 : 0,
      mirror: color,
    },
    checkpoints: [newest, before].filter((_, i) => found[i]),
    saveEvery: request.saveEvery,
  };
  const bar = progressBar();
  const host: Host = {
    read: async (name) => new Uint8Array(await readFile(name)),
    save: (bytes) => saveCheckpoint(newest, before, bytes),
    say: (line) => console.error(line),
    tick: bar.tick,
  };
  const runtimes = { chrome: inChrome, dawn: inNode };
  const outcome = await runtimes[request.runtime](task, host).finally(bar.stop);
  await writeFile(out, outcome.onnx);
  await writeFile(`${out.replace(/\.onnx$/, "")}.json`, modelCard(request, outcome));
  await Promise.all([newest, before].map((path) => rm(path, { force: true })));
  const percent = (100 * outcome.accuracy).toFixed(2);
  console.log(
    `${relative(".", out)}: ${percent} % of ${outcome.tested} test images, ${outcome.onnx.length} bytes`,
  );
}

// A run that is killed between two steps leaves a whole checkpoint.
async function saveCheckpoint(newest: string, before: string, bytes: Uint8Array): Promise<void> {
  await writeFile(`${newest}.part`, bytes);
  await rename(newest, before).catch(() => {});
  await rename(`${newest}.part`, newest);
}

async function inChrome(task: Task, host: Host): Promise<Outcome> {
  const names = [...task.training, ...task.test, ...task.checkpoints];
  const routes = new Map<string, Route>([
    ["/train/", { folder: "dist/commands/train" }],
    ...names.map((file): [string, Route] => [`/files/${file}`, { file }]),
  ]);
  const { page, close } = await openPage(routes, { log: console.error });
  try {
    await page.exposeFunction("say", host.say);
    await page.exposeFunction("tick", host.tick);
    await page.exposeFunction("save", (base64: string) => host.save(Buffer.from(base64, "base64")));
    const answer = (await page.evaluate(
      `import("/train/page.js").then((page) => page.start(${JSON.stringify(task)}))
        .then((value) => ({ value }), (error) => ({ error: error.message }))`,
    )) as { value: Omit<Outcome, "onnx"> & { onnx: string } } | { error: string };
    if ("error" in answer) throw new Error(answer.error);
    return { ...answer.value, onnx: Buffer.from(answer.value.onnx, "base64") };
  } finally {
    await close();
  }
}

async function inNode(task: Task, host: Host): Promise<Outcome> {
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  return run(create([]), task, host);
}

function progressBar() {
  const bar = new SingleBar({
    format:
      "{bar} epoch {epoch}, {value}/{total} steps, loss {loss}, accuracy {accuracy} %, {eta_formatted}",
    stream: process.stderr,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    noTTYOutput: true,
    notTTYSchedule: 60_000,
  });
  let started = false;
  return {
    tick({ step, steps, epoch, loss, accuracy }: Progress) {
      const payload = {
        ...{ epoch: epoch + 1, loss: loss.toFixed(4), accuracy: (100 * accuracy).toFixed(1) },
      };
      if (!started) bar.start(steps, step, payload);
      started = true;
      bar.update(step, payload);
    },
    stop: () => bar.stop(),
  };
}
