// The last part of `npm run check`: packs the package as it would be published and lets publint and attw look at it.

import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack, root } from "../../build.mjs";

const CHECKS = [
  ["publint/src/cli.js", "run", "--strict"],
  // The package is ESM only: that `require` finds no CommonJS is as it should be. Asking the registry for another
  // package's types is for packages without their own.
  [
    "@arethetypeswrong/cli/dist/index.js",
    ...["--ignore-rules", "cjs-resolves-to-esm", "--no-definitely-typed", "--format", "ascii"],
  ],
];

const folder = await mkdtemp(join(tmpdir(), "smoothgrad-pack-"));
try {
  const tarball = await pack(folder);
  for (const [program, ...words] of CHECKS) {
    const script = join(root, "node_modules", program);
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...words, tarball], {
      encoding: "utf8",
    });
    if (status === 0) continue;
    console.error(stdout + stderr);
    process.exitCode = 1;
  }
} finally {
  await rm(folder, { recursive: true });
}
