// One process of this machine at a time. The process whose turn it is listens on a port of this machine and tells
// everyone who connects how far it is. The system frees the port when that process ends, however it ends, so
// nothing can stay locked.

import { connect, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

/** Is told in a line what takes long. */
export type Log = (line: string) => void;

const HOST = "127.0.0.1";
const PORT = 27_653;
const GREETING = "smoothgrad is installing a browser";
// Milliseconds until a process that holds the port without a greeting counts as a stranger.
const SILENCE = 10_000;
const PAUSE = 200;
const ATTEMPTS = 5;

/**
 * What `look` finds; where it finds nothing, what `action` makes, while no other process runs its action. A process that
 * waits for its turn logs what the other one logs, and looks again when that one has ended.
 */
export async function inTurn<T>(
  look: () => T | undefined,
  action: (log: Log) => Promise<T>,
  log: Log,
  port: number = PORT,
): Promise<T> {
  let strangers = 0;
  for (;;) {
    // A program of another kind may have the port: then nobody takes turns.
    const turn = strangers < ATTEMPTS ? await takeTurn(log, port) : { log, end: () => {} };
    if (turn) {
      try {
        return look() ?? (await action(turn.log));
      } finally {
        turn.end();
      }
    }
    if (await follow(log, port)) strangers = 0;
    else strangers++;
    const found = look();
    if (found !== undefined) return found;
    await sleep(PAUSE);
  }
}

// Resolves with undefined where another process has the port.
function takeTurn(log: Log, port: number): Promise<{ log: Log; end(): void } | undefined> {
  const followers = new Set<Socket>();
  let last = "";
  const server = createServer((socket) => {
    followers.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => followers.delete(socket));
    socket.write(`${GREETING}\n${last}`);
  });
  const tell = (line: string) => {
    log(line);
    last = `${line}\n`;
    for (const socket of followers) socket.write(last);
  };
  const end = () => {
    server.close();
    for (const socket of followers) socket.destroySoon();
  };
  return new Promise((resolve) => {
    server.once("error", ({ code }: NodeJS.ErrnoException) =>
      resolve(code === "EADDRINUSE" ? undefined : { log, end: () => {} }),
    );
    server.listen(port, HOST, () => resolve({ log: tell, end }));
  });
}

// Logs what the process whose turn it is logs, until it ends; resolves with false where it is a stranger.
function follow(log: Log, port: number): Promise<boolean> {
  let isGreeted = false;
  const socket = connect(port, HOST);
  socket.setTimeout(SILENCE, () => {
    if (!isGreeted) socket.destroy();
  });
  const lines = createInterface({ input: socket });
  lines.on("line", (line) => {
    if (isGreeted) log(line);
    else if (line === GREETING) {
      isGreeted = true;
      log("Another process is installing a browser: waiting for it.");
    }
  });
  for (const source of [socket, lines]) source.on("error", () => {});
  return new Promise((resolve) => socket.on("close", () => resolve(isGreeted)));
}
