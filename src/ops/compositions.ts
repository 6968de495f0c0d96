// The table of operators that are made of others.

import type { Composition } from "../types.js";

export const compositions: Readonly<Record<string, Composition>> = {};
