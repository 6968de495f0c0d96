// The one browser that the tests in Node share: to start one takes seconds, and half of them on every core. What is about
// starting and ending a browser has one of its own.

import { openBrowser } from "../../src/chrome/open.js";
import { atEnd } from "./drive.js";
import { onDemand } from "./on-demand.js";

const browser = onDemand(async () => {
  const { open, close } = await openBrowser({ log: console.log, visible: true });
  atEnd(close);
  return open;
});

/** Opens a page of it, which shares nothing with the others, and which the test closes. */
export const openTab: Awaited<typeof browser> = async (routes, options) =>
  (await browser)(routes, options);
