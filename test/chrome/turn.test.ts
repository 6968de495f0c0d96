// One process at a time installs a browser: those that come while it is at work wait, hear how far it is, and take what it
// made; when it dies, the next one's turn comes.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import * as assert from "uvu/assert";
import { suite } from "../support/harness.js";

const test = suite("chrome/turn");

// A process that finds the file, or writes it when told to, in turn.
const PROGRAM = `
  import { appendFileSync, existsSync, readFileSync } from "node:fs";
  import { inTurn } from "./src/chrome/turn.ts";
  const [file, port] = process.argv.slice(2);
  const look = () => (existsSync(file) ? readFileSync(file, "utf8") : undefined);
  const make = async (log) => {
    log("half way " + process.pid);
    await new Promise((done) => process.once("message", done));
    appendFileSync(file, "made ");
    return "made it";
  };
  process.send({ log: "asks" });
  const found = await inTurn(look, make, (log) => process.send({ log }), Number(port));
  process.send({ found });
  process.disconnect();
`;

interface Asker {
  child: ChildProcess;
  /** Resolves when the process has logged a line, or said what it found. */
  heard(text: string): Promise<void>;
}

async function inFolder(action: (ask: () => Asker, file: string) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), "smoothgrad-"));
  const port = await freePort();
  const askers: Asker[] = [];
  try {
    const program = join(folder, "program.mjs");
    const stdin = { contents: PROGRAM, resolveDir: resolve("."), loader: "ts" as const };
    await build({ stdin, bundle: true, platform: "node", format: "esm", outfile: program });
    const file = join(folder, "file");
    const ask = () => {
      const asker = askerOf(
        spawn(process.execPath, [program, file, `${port}`], {
          stdio: ["ignore", "inherit", "inherit", "ipc"],
        }),
      );
      askers.push(asker);
      return asker;
    };
    await action(ask, file);
  } finally {
    for (const { child } of askers) child.kill("SIGKILL");
    await rm(folder, { recursive: true });
  }
}

function askerOf(child: ChildProcess): Asker {
  const words: string[] = [];
  const changed = new EventTarget();
  child.on("message", (message: { log?: string; found?: string }) => {
    words.push(message.log ?? `found ${message.found}`);
    changed.dispatchEvent(new Event("change"));
  });
  const heard = async (text: string) => {
    while (!words.includes(text)) {
      await new Promise((done) => changed.addEventListener("change", done, { once: true }));
    }
  };
  return { child, heard };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

const WAITING = "Another process is installing a browser: waiting for it.";

test("others wait, hear how far it is, and find what was made", () =>
  inFolder(async (ask, file) => {
    const first = ask();
    await first.heard(`half way ${first.child.pid}`);
    const others = [ask(), ask(), ask()];
    await Promise.all(others.map(({ heard }) => heard(WAITING)));
    await Promise.all(others.map(({ heard }) => heard(`half way ${first.child.pid}`)));
    first.child.send("go on");
    await first.heard("found made it");
    await Promise.all(others.map(({ heard }) => heard("found made ")));
    assert.is(await readFile(file, "utf8"), "made ");
  }));

test("of several that begin at once, one makes it", () =>
  inFolder(async (ask, file) => {
    const all = [ask(), ask(), ask(), ask()];
    const first = await Promise.race(
      all.map(async (asker) => {
        await asker.heard(`half way ${asker.child.pid}`);
        return asker;
      }),
    );
    const others = all.filter((asker) => asker !== first);
    await Promise.all(others.map(({ heard }) => heard(WAITING)));
    first.child.send("go on");
    await Promise.all(others.map(({ heard }) => heard("found made ")));
    assert.is(await readFile(file, "utf8"), "made ");
  }));

test("when the one at work is killed, the turn is another's", () =>
  inFolder(async (ask, file) => {
    const first = ask();
    await first.heard(`half way ${first.child.pid}`);
    const second = ask();
    await second.heard(WAITING);
    first.child.kill("SIGKILL");
    await second.heard(`half way ${second.child.pid}`);
    second.child.send("go on");
    await second.heard("found made it");
    assert.is(await readFile(file, "utf8"), "made ");
  }));

test.run();
