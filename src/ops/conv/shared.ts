// The steps of a convolution by conv-shared.wgsl: for adapters whose workgroups share memory on the chip.

import type { Step } from "../../shaders/step.js";
import { type Arguments, join, layer } from "../epilogue.js";
import type { Planning, SharedTile } from "../types.js";
import type { ProductSize } from "./geometry.js";

/** The most samples whose pixels form one long row. */
const MOST_SAMPLES = 16;

/** Terms that the kernel takes at a time, all of one tap. */
const DEPTH = 4;

/** Tiles of a sample that keep an adapter busy when some dozens of samples are played at once. */
const ENOUGH = 5;

const pixelsOf = ({ across }: SharedTile): number => 8 * across;
const quadsOf = ({ down, quads }: SharedTile): number => down * quads;

/** How many samples form a long row, and how many tiles it has: the fewest for each sample. */
function rowOf(places: number, tile: SharedTile): { samples: number; tiles: number } {
  const pixels = pixelsOf(tile);
  let best = { samples: 1, tiles: Math.ceil(places / pixels) };
  for (let samples = 2; samples <= MOST_SAMPLES; samples++) {
    const tiles = Math.ceil((samples * places) / pixels);
    if (tiles * best.samples < best.tiles * samples) best = { samples, tiles };
  }
  return best;
}

/** The work that a tile makes of it, next to what there is to do. */
function wasteOf({ quads, places, terms }: ProductSize, tile: SharedTile): number {
  const { samples, tiles } = rowOf(places, tile);
  const rows = Math.ceil(quads / quadsOf(tile)) * quadsOf(tile);
  const columns = (tiles * pixelsOf(tile)) / samples;
  const deep = Math.ceil(terms / DEPTH) * DEPTH;
  return (rows * columns * deep) / (quads * places * terms);
}

/** Time with a tile, next to the others: a small one loads more, with few tiles the adapter is not busy. */
function timeOf(size: ProductSize, tile: SharedTile): number {
  const { samples, tiles } = rowOf(size.places, tile);
  const each = (Math.ceil(size.quads / quadsOf(tile)) * size.groups * tiles) / samples;
  return (wasteOf(size, tile) * tile.cost) / Math.min(1, each / ENOUGH);
}

/** Where tiles are so empty, conv.wgsl is sooner done. */
const MOST_WASTE = 2.2;

/** The tile that makes so much soonest; undefined where most of each would be empty. */
export function sharedTile(
  size: ProductSize,
  tiles: readonly SharedTile[] = [],
): SharedTile | undefined {
  const full = tiles.filter((tile) => wasteOf(size, tile) * tile.cost < MOST_WASTE);
  const sooner = (a: SharedTile, b: SharedTile) => (timeOf(size, b) < timeOf(size, a) ? b : a);
  return full.length > 0 ? full.reduce(sooner) : undefined;
}

/** A launch with a workgroup for each tile. */
export function launchShared(
  plan: Planning,
  args: Arguments,
  tile: SharedTile,
  size: ProductSize,
): Omit<Step, "label" | "entry"> {
  const { across, down, quads } = tile;
  const { samples, tiles } = rowOf(size.places, tile);
  const BACKWARD = "dx" in args.bindings ? 1 : 0;
  const row = layer({ group_samples: samples, places: size.places, tiles });
  const { uniforms, bindings } = join(args, row);
  return {
    shader: "conv-shared",
    constants: { ACROSS: across, DOWN: down, QUADS: quads, BACKWARD },
    uniforms,
    bindings: { ...bindings, run: plan.run },
    workgroups: [Math.ceil(size.quads / quadsOf(tile)), size.groups, tiles],
    samples,
  };
}
