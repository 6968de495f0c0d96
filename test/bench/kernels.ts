// The benchmark of special kernels, in the page: each beside the kernel that would be taken without it.

import { adapterName, requestDevice } from "../../src/gpu/device.js";
import type { Choice } from "../../src/ops/conv/choose.js";
import type { Way } from "../../src/ops/conv/geometry.js";
import type { SharedTile, Tiling } from "../../src/ops/types.js";
import { SHARING_TILING, SOFTWARE_TILING } from "../../src/plan/tilings.js";
import { convolutionOf, playerOf, type Sizes, stepsOf } from "../ops/conv/layer.js";
import { interleaved } from "./timing.js";

/** How a layer is made. */
interface Kernel {
  readonly choice: Choice;
  readonly tiling: Tiling;
}

/** Two kernels, and the layers to compare them on. */
interface Pair {
  readonly special: Kernel;
  readonly other: Kernel;
  readonly layers: readonly (Sizes & { readonly ways: readonly Way[] })[];
}

const BOTH: readonly Way[] = ["forward", "backward"];
const BACK: readonly Way[] = ["backward"];
const TOGETHER: Tiling = { ...SOFTWARE_TILING, together: true };
const [SHARED] = SHARING_TILING.shared as readonly SharedTile[];

const of = (
  shader: Exclude<Choice["shader"], "conv-shared">,
  tiling = SOFTWARE_TILING,
): Kernel => ({
  choice: { shader },
  tiling,
});

const pairs: Readonly<Record<string, Pair>> = {
  winograd: {
    special: of("winograd"),
    other: of("conv"),
    layers: [
      { channels: 64, outputs: 64, kernel: 3, size: 28, ways: BOTH },
      { channels: 256, outputs: 256, kernel: 3, size: 14, ways: BOTH },
    ],
  },
  winograd5: {
    special: of("winograd5"),
    other: of("conv"),
    layers: [
      { channels: 48, outputs: 64, kernel: 5, size: 35, ways: BOTH },
      { channels: 32, outputs: 64, kernel: 5, size: 14, ways: BOTH },
    ],
  },
  im2col: {
    special: of("im2col"),
    other: of("conv"),
    layers: [
      { channels: 1, outputs: 32, kernel: 5, size: 28, ways: BOTH },
      { channels: 1, outputs: 16, kernel: 3, size: 28, ways: BOTH },
    ],
  },
  depthwise: {
    special: of("depthwise"),
    other: of("conv"),
    layers: [{ channels: 96, outputs: 96, groups: 96, kernel: 7, size: 28, ways: BOTH }],
  },
  depthwise3: {
    special: of("depthwise3"),
    other: of("depthwise"),
    layers: [
      { channels: 96, outputs: 96, groups: 96, kernel: 3, size: 56, ways: BOTH },
      { channels: 96, outputs: 96, groups: 96, kernel: 3, size: 56, stride: 2, ways: BOTH },
    ],
  },
  "conv-to-image": {
    special: of("conv-to-image"),
    other: of("conv"),
    layers: [
      { channels: 3, outputs: 64, kernel: 3, size: 112, ways: BACK },
      { channels: 3, outputs: 32, kernel: 5, size: 56, ways: BACK },
      { channels: 3, outputs: 64, kernel: 7, size: 112, stride: 2, ways: BACK },
    ],
  },
  "conv-to-image-strided": {
    special: of("conv-to-image-strided", TOGETHER),
    other: of("conv-to-image"),
    layers: [
      { channels: 3, outputs: 64, kernel: 7, size: 112, stride: 2, ways: BACK },
      { channels: 3, outputs: 64, kernel: 11, size: 111, stride: 4, pad: 2, ways: BACK },
      { channels: 3, outputs: 32, kernel: 3, size: 112, stride: 2, ways: BACK },
    ],
  },
  "conv-lanes4": {
    special: of("conv", TOGETHER),
    other: of("conv"),
    layers: [
      { channels: 256, outputs: 256, kernel: 1, size: 14, ways: BOTH },
      { channels: 64, outputs: 64, kernel: 3, size: 28, ways: BOTH },
    ],
  },
  "conv-shared": {
    special: {
      choice: { shader: "conv-shared", tile: SHARED as SharedTile },
      tiling: SHARING_TILING,
    },
    other: of("conv"),
    layers: [{ channels: 256, outputs: 256, kernel: 1, size: 14, ways: BOTH }],
  },
};

/** One comparison: median times for a sample, in milliseconds. */
export interface Row {
  readonly name: string;
  readonly special: number;
  readonly other: number;
}

const SAMPLES = 4;

function nameOf({ channels, outputs, kernel, size, stride = 1, groups = 1 }: Sizes): string {
  const by = stride > 1 ? ` / ${stride}` : "";
  const to = groups > 1 ? `${channels} each` : `${channels} → ${outputs}`;
  return `${to}, ${kernel} × ${kernel}${by}, at ${size} × ${size}`;
}

/** Measures the kernels of some names, or all; gives the adapter's. */
export async function run(
  { patterns, rounds }: { patterns: readonly string[]; rounds: number },
  report: (row: Row) => unknown,
): Promise<string> {
  const device = await requestDevice();
  for (const [name, { special, other, layers }] of Object.entries(pairs)) {
    if (patterns.length > 0 && !patterns.some((pattern) => name.includes(pattern))) continue;
    if (special.tiling.together && !device.features.has("subgroups")) continue;
    for (const { ways, ...sizes } of layers) {
      const conv = convolutionOf(sizes);
      for (const way of ways) {
        const players = [];
        for (const { choice, tiling } of [special, other]) {
          players.push(await playerOf(device, stepsOf(conv, choice, way, tiling), SAMPLES));
        }
        const times = await interleaved(
          rounds,
          players.map((player) => () => player.play()),
        );
        const [first = 0, second = 0] = times.map((time) => time / SAMPLES);
        await report({ name: `${name}: ${nameOf(sizes)}, ${way}`, special: first, other: second });
        for (const player of players) player.destroy();
      }
    }
  }
  return adapterName(device);
}
