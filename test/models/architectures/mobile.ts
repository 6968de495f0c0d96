// Networks of inverted residuals: 1 × 1 up, depthwise, 1 × 1 down. MobileNetV2 (Sandler et al. 2018), MobileNetV3
// with squeeze and excitation (Howard et al. 2019), EfficientNet (Tan & Le 2019).

import { Network, type NetworkOptions } from "./network.js";

/** One inverted residual. */
export interface Residual {
  readonly kernel: number;
  /** Channels between the two 1 × 1 convolutions, and channels of the result. */
  readonly expanded: number;
  readonly outputs: number;
  readonly stride: number;
  readonly activation: "relu" | "relu6" | "hardSwish" | "silu";
  /** Channels inside squeeze and excitation; 0: there is none. */
  readonly squeezed: number;
}

/** x · gate(W₂ a(W₁ mean x)): a weight for each channel, from the means of all. */
function squeezeExcite(g: Network, x: string, squeezed: number, hard: boolean): string {
  const inner = g.conv(g.globalPool(x), squeezed);
  const outer = g.conv(hard ? g.relu(inner) : g.silu(inner), g.channels(x));
  const gate = hard ? g.hardSigmoid(outer) : g.same("Sigmoid", [outer]);
  return g.same("Mul", [gate, x]);
}

/** What makes up for the mean square that an activation takes away. */
const GAIN = { relu: 2, relu6: 2, hardSwish: 3, silu: 3 } as const;

function inverted(g: Network, x: string, r: Residual): string {
  const { kernel, stride, expanded, outputs, squeezed, activation } = r;
  let y = x;
  // What comes in has passed no activation since its last convolution.
  if (expanded !== g.channels(x)) y = g[activation](g.convNorm(y, expanded, { gain: 1 }));
  const gain = GAIN[activation];
  y = g[activation](g.convNorm(y, expanded, { kernel, stride, groups: expanded, gain }));
  if (squeezed > 0) y = squeezeExcite(g, y, squeezed, activation !== "silu");
  const fits = stride === 1 && g.channels(x) === outputs;
  // A gate is about a half.
  const projected = { gain: squeezed > 0 ? 4 * gain : gain, scale: fits ? 0.5 : 1 };
  y = g.convNorm(y, outputs, projected);
  return fits ? g.add(y, x) : y;
}

export interface MobileOptions extends NetworkOptions {
  readonly first: number;
  readonly residuals: readonly Residual[];
  readonly last: number;
  readonly activation: Residual["activation"];
  /** A dense layer before the last one, as MobileNetV3 has; 0: none. */
  readonly dense?: number;
}

/** Any of the family. */
export function mobileNet(options: MobileOptions): Uint8Array {
  const g = new Network(options);
  const { first, residuals, last, activation, dense = 0 } = options;
  let x = g[activation](g.convNorm(g.image, first, { kernel: 3, stride: 2 }));
  for (const residual of residuals) x = inverted(g, x, residual);
  x = g.flatten(g.globalPool(g[activation](g.convNorm(x, last, { gain: 1 }))));
  // Means over all positions are small.
  if (dense > 0) x = g[activation](g.linear(x, dense, 8));
  return g.logits(g.linear(x, g.classes, dense > 0 ? GAIN[activation] : 8));
}

/** From rows of [t, c, n, s] as the papers list them: n residuals of c channels, t times as many inside. */
function stages(
  rows: readonly (readonly [t: number, c: number, n: number, s: number, kernel?: number])[],
  first: number,
  activation: Residual["activation"],
  squeeze: boolean,
): Residual[] {
  let inputs = first;
  return rows.flatMap(([t, outputs, n, s, kernel = 3]) =>
    Array.from({ length: n }, (_, i) => {
      const stride = i === 0 ? s : 1;
      const expanded = t * inputs;
      const squeezed = squeeze ? Math.max(1, inputs >> 2) : 0;
      inputs = outputs;
      return { kernel, expanded, outputs, stride, activation, squeezed };
    }),
  );
}

/** MobileNetV2, by the table of its paper. */
export const MOBILENET_V2 = {
  first: 32,
  residuals: stages(
    [
      [1, 16, 1, 1],
      [6, 24, 2, 2],
      [6, 32, 3, 2],
      [6, 64, 4, 2],
      [6, 96, 3, 1],
      [6, 160, 3, 2],
      [6, 320, 1, 1],
    ],
    32,
    "relu6",
    false,
  ),
  last: 1280,
  activation: "relu6",
} as const;

/** EfficientNet-B0, by the table of its paper. */
export const EFFICIENTNET_B0 = {
  first: 32,
  residuals: stages(
    [
      [1, 16, 1, 1],
      [6, 24, 2, 2],
      [6, 40, 2, 2, 5],
      [6, 80, 3, 2],
      [6, 112, 3, 1, 5],
      [6, 192, 4, 2, 5],
      [6, 320, 1, 1],
    ],
    32,
    "silu",
    true,
  ),
  last: 1280,
  activation: "silu",
} as const;

/** A network of the family with fewer channels, and only some of its residuals. */
export function slim<T extends Omit<MobileOptions, keyof NetworkOptions>>(
  table: T,
  factor: number,
  residuals: readonly number[],
): T {
  const part = (n: number) => Math.round(n * factor);
  const kept = residuals.map((i) => {
    const r = table.residuals[i] as Residual;
    return {
      ...r,
      expanded: part(r.expanded),
      outputs: part(r.outputs),
      squeezed: Math.ceil(r.squeezed * factor),
    };
  });
  const ends = { first: part(table.first), last: part(table.last), dense: part(table.dense ?? 0) };
  return { ...table, residuals: kept, ...ends };
}

const small = (
  [kernel, expanded, outputs, squeezed]: readonly [number, number, number, number],
  activation: "relu" | "hardSwish",
  stride: number,
): Residual => ({ kernel, expanded, outputs, squeezed, activation, stride });

/** MobileNetV3-Small, by the table of its paper. */
export const MOBILENET_V3_SMALL = {
  first: 16,
  residuals: [
    small([3, 16, 16, 8], "relu", 2),
    small([3, 72, 24, 0], "relu", 2),
    small([3, 88, 24, 0], "relu", 1),
    small([5, 96, 40, 24], "hardSwish", 2),
    small([5, 240, 40, 64], "hardSwish", 1),
    small([5, 240, 40, 64], "hardSwish", 1),
    small([5, 120, 48, 32], "hardSwish", 1),
    small([5, 144, 48, 40], "hardSwish", 1),
    small([5, 288, 96, 72], "hardSwish", 2),
    small([5, 576, 96, 144], "hardSwish", 1),
    small([5, 576, 96, 144], "hardSwish", 1),
  ],
  last: 576,
  activation: "hardSwish",
  dense: 1024,
} as const;
