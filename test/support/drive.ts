// Runs the suites that test files have put into uvu's queue, in Node or in a page, and
// keeps the record. uvu prints the dots and words the failures; this file adds what uvu lacks: time limits,
// tests that skip themselves, and a summary that can travel from the page to the runner.

import { dropDevice, takeUncapturedErrors } from "./device.js";

/** What the tests of one run came to. */
export interface Summary {
  passed: number;
  failed: number;
  /** The failures as uvu words them. */
  failures: string[];
  skipped: string[];
  /** How many long tests were left out. */
  leftOut: number;
  /** Milliseconds by test. */
  times: Record<string, number>;
}

/** Thrown to end a test as skipped. */
export class Skip extends Error {}

type UvuRun = () => Promise<[failures: string | true, ran: number, skips: number, total: number]>;

let skipped: string[] = [];
let leftOut = 0;
let runsLong = false;
let times: Record<string, number> = {};
const endings: (() => Promise<void>)[] = [];
let read: (path: string) => Promise<Uint8Array<ArrayBuffer> | undefined>;

/** Bytes of a file of the data folder, undefined where there is none. */
export function readData(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  return read(path);
}

/** Has something done after the last test. */
export function atEnd(action: () => Promise<void>): void {
  endings.push(action);
}

/** Runs everything in uvu's queue, long tests only if they are wanted. */
export async function runSuites(readFile: typeof read, withLong: boolean): Promise<Summary> {
  read = readFile;
  runsLong = withLong;
  [skipped, leftOut, times] = [[], 0, {}];
  const { UVU_QUEUE } = globalThis as unknown as { UVU_QUEUE: UvuRun[][] };
  const summary: Summary = { passed: 0, failed: 0, failures: [], skipped, leftOut, times };
  for (const run of UVU_QUEUE.flat()) {
    const [failures, ran, , total] = await run();
    summary.passed += ran;
    summary.failed += total - ran;
    if (failures !== true) summary.failures.push(failures);
  }
  for (const end of endings) await end();
  summary.leftOut = leftOut;
  summary.passed -= skipped.length + leftOut;
  return summary;
}

/** A test's body with its time limit, its skip and its share of uncaptured GPU errors looked after. */
export function watched(
  name: string,
  body: () => Promise<void> | void,
  { timeLimit, long }: { timeLimit: number; long: boolean },
) {
  return async () => {
    if (long && !runsLong) {
      leftOut++;
      return;
    }
    const start = performance.now();
    try {
      await within(timeLimit, body);
      const [error] = takeUncapturedErrors();
      if (error) throw new Error(`Uncaptured GPU error: ${error}`);
    } catch (error) {
      if (!(error instanceof Skip)) throw toFailure(error);
      skipped.push(`${name}: ${error.message}`);
    } finally {
      times[name] = performance.now() - start;
    }
  };
}

// uvu prints an error's message, its details and its stack, and expects one line of message in the stack.
function toFailure(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  const { message, stack = "" } = error;
  const [first, ...rest] = message.split("\n");
  if (rest.length === 0) return error;
  const places = stack.slice(stack.indexOf(message) + message.length);
  const details = rest.join("\n").trim();
  return Object.assign(new Error(first), { details, stack: first + places });
}

// A test that is too late goes on in the background, so the next one gets a device of its own.
async function within(limit: number, body: () => Promise<void> | void): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      dropDevice();
      reject(new Error(`Not done after ${limit} ms`));
    }, limit);
  });
  try {
    await Promise.race([body(), late]);
  } finally {
    clearTimeout(timer);
  }
}
