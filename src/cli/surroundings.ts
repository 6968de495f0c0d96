// What the command line is given by the process that it runs in.

import type { openPage } from "../chrome/open.js";

/** Where the command runs. Tests give it pages of a browser that is open already, and read its lines. */
export interface Surroundings {
  /** The folder of the built package. */
  readonly dist: string;
  readonly openPage: typeof openPage;
  /** Takes a line of results. */
  out(line: string): void;
  /** Takes a line of errors, warnings and progress. */
  err(line: string): void;
}
