// `smoothgrad explain`: opens a page in headless Chrome, lets it compute one map after the other (page.ts),
// and writes the results down. A file that fails does not keep the others from being explained.

import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { Page } from "puppeteer";
import { version } from "../../package.json";
import type { Route } from "../chrome/serve.js";
import { withDefaults } from "../options/check.js";
import { sampling } from "../options/sampling.js";
import {
  checkModel,
  expandInputs,
  firstTensorSize,
  type OutputFiles,
  placeOutputs,
  readCardsBeside,
  readLabels,
  readTuning,
  writeResult,
} from "./files.js";
import type { InputKind } from "./formats.js";
import type { ExplainRequest } from "./options.js";
import type { Result, ServedModel, Task } from "./page.js";
import { inputKind } from "./pictures.js";
import { progressBar } from "./progress.js";
import type { Surroundings } from "./surroundings.js";

/** The network that comes along, in the package's folder, without the ending. */
const DIGITS = "models/mnist-clean";

/** Explains every input of the request; resolves with the exit code, which is 130 after Ctrl-C. */
export async function explain(
  request: ExplainRequest,
  surroundings: Surroundings,
): Promise<number> {
  const { dist, openPage, err } = surroundings;
  const inputs = await expandInputs(request.inputs);
  const places = placeOutputs(inputs, request.outputs);
  const model = await modelOf(request, dist);
  await checkModel(model.file);
  const kinds = await Promise.all(
    inputs.map((file) => inputKind(file).catch((error): Error => error)),
  );
  if (kinds.every((kind) => kind instanceof Error)) {
    for (const [i, kind] of kinds.entries()) err(failure(inputs[i] as string, kind));
    return 1;
  }

  const routes = new Map<string, Route>([
    ["/dist/", { folder: dist }],
    // A model may keep its weights in files beside it.
    ["/model/", { folder: dirname(resolve(model.file)) }],
    ...inputs.map((file, i): [string, Route] => [`/inputs/${i}`, { file }]),
  ]);
  // Until there is a page, Ctrl-C ends the program as it ends any other.
  const { page, close } = await openPage(routes, { log: err });
  const interruption = new AbortController();
  const interrupted = new Promise<number>((resolve) => {
    interruption.signal.onabort = () => resolve(130);
  });
  const interrupt = () => interruption.abort();
  process.once("SIGINT", interrupt);
  const { signal } = interruption;
  const job = { request, model, inputs, kinds, places, routes, signal, surroundings };
  try {
    return await Promise.race([explainAll(page, job), interrupted]);
  } finally {
    process.off("SIGINT", interrupt);
    await close();
  }
}

/** A classifier's file, and what is known about it. */
interface ModelFile extends Omit<ServedModel, "url"> {
  readonly file: string;
}

/** The classifier of the request, or the network of digits with what its card says. */
async function modelOf(request: ExplainRequest, dist: string): Promise<ModelFile> {
  const { model, labels, loading } = request;
  const names = labels === undefined ? undefined : await readLabels(labels);
  if (model !== undefined) {
    const card = await readCardsBeside(model);
    return { file: model, labels: names, loading, card, isOfDigits: false };
  }
  const card = JSON.parse(await readFile(join(dist, `${DIGITS}.json`), "utf8"));
  const { preprocess = "auto" } = loading;
  const isOfDigits = preprocess === "auto";
  return {
    file: join(dist, `${DIGITS}.onnx`),
    labels: names ?? card.labels,
    loading: { ...loading, preprocess: isOfDigits ? card.preprocess : preprocess },
    card: undefined,
    isOfDigits,
  };
}

interface Job {
  readonly request: ExplainRequest;
  readonly model: ModelFile;
  readonly inputs: readonly string[];
  /** What each input is, or why it cannot be used. */
  readonly kinds: readonly (InputKind | Error)[];
  readonly places: readonly OutputFiles[];
  readonly routes: ReadonlyMap<string, Route>;
  readonly signal: AbortSignal;
  readonly surroundings: Surroundings;
}

async function explainAll(page: Page, job: Job): Promise<number> {
  const { request, model, inputs, kinds, places, routes, signal } = job;
  const { out, err } = job.surroundings;
  const bar = progressBar(request.sampling.samples ?? (sampling.samples.default as number));
  await page.exposeFunction("tick", bar.tick);
  const { file, ...known } = model;
  const { tune } = request;
  const setting: ServedModel = {
    url: `/model/${encodeURIComponent(basename(file))}`,
    ...known,
    openSize: await firstTensorSize(inputs.filter((_, i) => kinds[i] === "tensor")),
    ...(tune !== undefined && { tuning: await readTuning(tune) }),
  };
  const tuned = await call(page, routes, "load", setting).catch((error) => {
    throw new Error(`${file}: ${error.message}`, { cause: error });
  });
  if (tune !== undefined) await writeResult(tune, `${JSON.stringify(tuned, null, 2)}\n`);
  if (request.model === undefined) {
    err(
      "smoothgrad: without --model the classifier is the one of handwritten digits that comes along",
    );
  }
  let code = 0;
  const told = new Set<string>();
  for (const [i, input] of inputs.entries()) {
    const { png, npy, json } = places[i] as OutputFiles;
    const kind = kinds[i];
    if (kind instanceof Error) {
      err(failure(input, kind));
      code = 1;
      continue;
    }
    const task: Task = {
      url: `/inputs/${i}`,
      kind,
      request,
      wantsPng: png !== undefined,
      wantsNpy: npy !== undefined,
    };
    try {
      bar.start(basename(input));
      const result = (await call(page, routes, "explain", task)) as Result;
      if (png && result.png) await writeResult(png, Buffer.from(result.png, "base64"));
      if (npy && result.npy) await writeResult(npy, Buffer.from(result.npy, "base64"));
      if (json) await writeResult(json, report(input, request, result));
      bar.stop();
      if (result.news) err(`smoothgrad: ${result.news}`);
      out(summary(input, result, [png, npy, json]));
      for (const warning of untold(result, told)) err(`smoothgrad: ${input}: ${warning}`);
    } catch (error) {
      bar.stop();
      if (signal.aborted) break;
      err(failure(input, error));
      code = 1;
    }
  }
  return code;
}

/** The warnings of a result, except those of the model that another input has told, or that its own line tells. */
function untold({ facts }: Result, told: Set<string>): string[] {
  const { warnings, modelWarnings, preprocessing } = facts;
  const isInLine = (warning: string) =>
    preprocessing !== undefined && warning.startsWith(`Preprocessing: ${preprocessing}.`);
  const left = warnings.filter((warning) => !told.has(warning) && !isInLine(warning));
  for (const warning of modelWarnings) told.add(warning);
  return left;
}

type Answer = { value: unknown } | { error: string };

// An error travels as its message: Puppeteer would add the place in the page's bundle.
async function call(
  page: Page,
  routes: Job["routes"],
  name: "load" | "explain",
  argument: ServedModel | Task,
) {
  const answer = (await page.evaluate(
    `import("/dist/cli/page.js")
      .then((page) => page.${name}(${JSON.stringify(argument)}, tick))
      .then((value) => ({ value }), (error) => ({ error: error.message }))`,
  )) as Answer;
  if ("error" in answer) throw new Error(inFiles(answer.error, new URL(page.url()).origin, routes));
  return answer.value;
}

/** A sentence with the paths of files in the place of the addresses where the page finds them. */
function inFiles(message: string, origin: string, routes: Job["routes"]): string {
  return message.replaceAll(new RegExp(`${origin}(/[^\\s"',;:)]*)`, "g"), (_, address) => {
    const path = decodeURIComponent(address);
    for (const [prefix, route] of routes) {
      if ("folder" in route && path.startsWith(prefix)) {
        return join(route.folder, path.slice(prefix.length));
      }
      if ("file" in route && path === prefix) return route.file;
    }
    return path;
  });
}

function failure(input: string, error: unknown): string {
  return `smoothgrad: ${input}: ${(error as Error).message.trim()}`;
}

function summary(input: string, { facts }: Result, files: readonly (string | undefined)[]): string {
  const { target, contrast, standardError, precisionError, preprocessing } = facts;
  const percent = (part: number) => `${(100 * part).toFixed(1)} %`;
  const error =
    standardError === null ? "" : `, standard error ${percent(standardError)} of the map`;
  const isKnown = precisionError && Number.isFinite(precisionError.map);
  const rounding = isKnown
    ? `, half precision off by ${percent(precisionError.map)} in ${precisionError.samples} samples`
    : "";
  // A number of which no probability is known comes as null, as JSON has it.
  const said = ({ label, logit, probability }: Result["facts"]["target"]) =>
    `${label} ${Number.isFinite(probability) ? percent(probability) : logit.toPrecision(4)}`;
  const other = contrast ? ` against ${said(contrast)}` : "";
  const colors = preprocessing ? `; preprocessing: ${preprocessing}` : "";
  const written = files.filter((file) => file !== undefined).join(", ");
  return `${input}: ${said(target)}${other}${error}${rounding}${colors} → ${written}`;
}

function report(input: string, request: ExplainRequest, { facts }: Result): string {
  const { inputs: _, outputs: __, model, loading, sampling: asked, drawing, ...own } = request;
  const options = { ...loading, ...withDefaults(sampling, asked), draw: drawing, ...own };
  const { top, target, versus, contrast, samples, sigma, standardError, completeness } = facts;
  const { precisionError, warnings, preprocess, labelsFrom } = facts;
  const { output, shape, adapter, memory, times } = facts;
  const classes = { labelsFrom, top, target, versus, contrast };
  const errors = { standardError, precisionError };
  const found = { ...classes, samples, sigma, ...errors, completeness, warnings };
  const run = { shape, adapter, memory, times: { loading: facts.loading, ...times } };
  const known = { model, output, options, preprocess };
  const whole = { smoothgrad: version, input, ...known, ...found, ...run };
  // An option that was left to the library is written as null.
  return `${JSON.stringify(whole, (_, value) => (value === undefined ? null : value), 2)}\n`;
}
