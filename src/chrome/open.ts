// One page with WebGPU in a headless Chrome: what the command line, the tests and the benchmarks run in.
// A real GPU is used where there is one; otherwise Chrome computes WebGPU on the CPU (SwiftShader), which is
// slow and exact enough for everything here.

import { readdirSync } from "node:fs";
import type { Browser, Page } from "puppeteer";
import { findBrowser, loadPuppeteer } from "./find.js";
import { type Route, serve } from "./serve.js";

export interface OpenPage {
  readonly page: Page;
  /** Closes the page, its browser and its server. */
  close(): Promise<void>;
}

export interface OpenOptions {
  /** Is told in a line what takes long, such as installing a browser. */
  readonly log: (line: string) => void;
  /** False where the caller itself closes the page on Ctrl-C; otherwise Ctrl-C ends browser and program. */
  readonly handleSIGINT?: boolean;
  /** True for a page that may share memory between threads; it loads nothing from elsewhere. */
  readonly isolated?: boolean;
}

const QUIET = [
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const HARDWARE = ["--enable-unsafe-webgpu", "--ignore-gpu-blocklist"];
const SOFTWARE = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
// On Linux a WebGPU canvas stays blank unless the rest of Chrome draws with Vulkan, too.
const LINUX_HARDWARE = ["--enable-features=Vulkan", "--use-angle=vulkan"];
const LINUX_SOFTWARE = [
  "--enable-features=Vulkan",
  "--use-vulkan=swiftshader",
  "--use-angle=swiftshader",
];

const ISOLATED = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

const BLANK: Route = {
  type: "text/html",
  body: '<!doctype html><meta charset="utf-8"><title>smoothgrad</title><link rel="icon" href="data:,">',
};

/** Opens an empty page that can fetch and import what the routes serve; rejects with one sentence where there is no browser or no WebGPU. */
export async function openPage(
  routes: ReadonlyMap<string, Route>,
  { log, handleSIGINT = true, isolated = false }: OpenOptions,
): Promise<OpenPage> {
  const puppeteer = await loadPuppeteer();
  const executablePath = await findBrowser(puppeteer, log);
  const server = await serve(new Map([["/", BLANK], ...routes]), isolated ? ISOLATED : {});
  const launch = (args: readonly string[]) =>
    puppeteer.launch({
      executablePath,
      headless: true,
      protocolTimeout: 0,
      handleSIGINT,
      args: [...QUIET, ...args, ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])],
    });
  let browser: Browser | undefined;
  try {
    for (const isSoftware of mayHaveGpu() ? [false, true] : [true]) {
      browser = await launch(gpuFlags(isSoftware));
      const [page = await browser.newPage()] = await browser.pages();
      await page.goto(server.origin);
      if (await hasAdapter(page, isSoftware)) {
        return { page, close: () => closeBoth(browser, server) };
      }
      await browser.close();
    }
  } catch (error) {
    await closeBoth(browser, server);
    throw error;
  }
  await closeBoth(undefined, server);
  throw new Error(
    `${executablePath} offers no WebGPU adapter: a newer Chrome or Chromium is needed`,
  );
}

// A GPU in the middle of a long submission lets Chrome end only behind it; whoever closes has no use for its result.
const PATIENCE = 1000;

async function closeBoth(browser: Browser | undefined, server: { close(): Promise<void> }) {
  const child = browser?.process();
  const timer = setTimeout(() => child?.kill("SIGKILL"), PATIENCE);
  await browser?.close().catch((error) => {
    if (!child?.killed) throw error;
  });
  clearTimeout(timer);
  await server.close();
}

function gpuFlags(isSoftware: boolean): string[] {
  const isLinux = process.platform === "linux";
  if (isSoftware) return [...SOFTWARE, ...(isLinux ? LINUX_SOFTWARE : [])];
  return [...HARDWARE, ...(isLinux ? LINUX_HARDWARE : [])];
}

function mayHaveGpu(): boolean {
  if (process.platform !== "linux") return true;
  const files = (folder: string) => {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  };
  return (
    files("/dev/dri").some((name) => name.startsWith("render")) ||
    files("/dev").some((name) => /^nvidia\d/.test(name))
  );
}

function hasAdapter(page: Page, fallbackWillDo: boolean): Promise<boolean> {
  return page.evaluate(async (fallbackWillDo) => {
    const adapter = await navigator.gpu?.requestAdapter();
    return !!adapter && (fallbackWillDo || !adapter.info.isFallbackAdapter);
  }, fallbackWillDo);
}
