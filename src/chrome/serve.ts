// A web server for one headless page: a few answers from memory, a few folders of the disk, nothing else.
// WebGPU exists only in secure contexts; an address of this machine counts as one, a file:// page does not.

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize, sep } from "node:path";

/** What a path answers: a text with its type, a file, or, for a path that ends in "/", the files of a folder. */
export type Route = { type: string; body: string } | { file: string } | { folder: string };

export interface Server {
  /** For example `http://127.0.0.1:41234`. */
  readonly origin: string;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html",
  ".jpg": "image/jpeg",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain",
  ".wasm": "application/wasm",
};

/** Serves the routes on a free port of this machine, with these headers; unknown paths are answered with 404. */
export async function serve(
  routes: ReadonlyMap<string, Route>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const server = createServer((request, response) => {
    response.setHeaders(new Map(Object.entries(headers)));
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
    answer(routes, path, response).catch((error) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function answer(routes: ReadonlyMap<string, Route>, path: string, response: ServerResponse) {
  const route = routes.get(path);
  if (route && "body" in route) {
    response.setHeader("Content-Type", route.type);
    response.end(route.body);
    return;
  }
  const file = fileFor(routes, path);
  const found = file === undefined ? undefined : await stat(file).catch(() => undefined);
  if (file === undefined || !found?.isFile()) {
    response.statusCode = 404;
    response.end(`${path} is not served here`);
    return;
  }
  response.setHeader("Content-Type", TYPES[extname(file)] ?? "application/octet-stream");
  response.setHeader("Content-Length", found.size);
  // Without its end the page sees that the file could not be read.
  createReadStream(file)
    .on("error", () => response.destroy())
    .pipe(response);
}

function fileFor(routes: ReadonlyMap<string, Route>, path: string): string | undefined {
  const exact = routes.get(path);
  if (exact && "file" in exact) return exact.file;
  for (const [prefix, route] of routes) {
    if (!("folder" in route) || !path.startsWith(prefix)) continue;
    const file = normalize(join(route.folder, path.slice(prefix.length)));
    if (file.startsWith(normalize(route.folder + sep))) return file;
  }
  return undefined;
}
