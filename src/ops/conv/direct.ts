// The steps of a convolution by conv.wgsl, or in tiles that a workgroup shares by conv-shared.wgsl: how it is cut into tiles.
// Conv is one, and so is a dense layer over many positions.

import type { Step, View } from "../../shaders/step.js";
import { type Arguments, activated, gradientTo, join, layer, source } from "../epilogue.js";
import { residual } from "../residual.js";
import type { Node, Planning, Sink, Tiling } from "../types.js";
import type { Direct } from "./choose.js";
import {
  type Convolution,
  type Geometry,
  groupQuads,
  mergedGroups,
  operations,
  productSize,
  sizesOf,
  type Way,
} from "./geometry.js";
import { launchShared } from "./shared.js";
import { biasOf, matrices } from "./weights.js";

/** Writes down y = a(b + W ∗ x), or z = b + W ∗ x where z is given. */
export function directForward(
  node: Node,
  plan: Planning,
  conv: Convolution,
  choice: Direct,
  x: View,
  z?: View,
): void {
  const [rows, columns] = conv.geometry.output;
  const out = join(activated(node, plan, rows * columns, z), residual(node, plan, z));
  const args = join(source("x", x), biasOf(conv, plan), out);
  plan.step({
    ...launch(conv, plan, args, choice, "forward"),
    label: node.name,
    entry: "forward",
  });
}

/** Writes down dx = Wᵀ ∗ dy. */
export function directBackward(
  node: Node,
  plan: Planning,
  conv: Convolution,
  choice: Direct,
  dy: View,
  sink: Sink,
): void {
  const args = join(source("x", dy), gradientTo(sink, plan));
  plan.step({
    ...launch(conv, plan, args, choice, "backward"),
    label: `${node.name} back`,
    entry: "backward",
  });
}

/** What an invocation makes, and how many it takes of them. */
interface Tile {
  /** Pixels, in fours. */
  readonly fours: number;
  readonly quads: number;
  /** Invocations that load together, each for its own quads. */
  readonly lanes: number;
  /** To cover all pixels, and all quads. */
  readonly tiles: number;
  readonly blocks: number;
}

/**
 * Time of a round with so many quads, next to that of one with four alone, on SwiftShader. Four together do better with one
 * quad each, or with four.
 */
const ALONE = { 1: 0.45, 2: 0.58, 4: 1 } as const;
const TOGETHER = { 1: 0.2, 2: 0.41, 4: 0.73 } as const;

/** The tile within the tiling's limits that makes so many pixels and quads soonest. */
function tileOf(pixels: number, quads: number, tiling: Tiling): Tile {
  const sizes = ([4, 2, 1] as const).filter((q) => q <= tiling.quads);
  const made = sizes.flatMap((q) => {
    const alone = { q, lanes: 1, time: Math.ceil(quads / q) * ALONE[q] };
    const together = { q, lanes: 4, time: Math.ceil(quads / q / 4) * 4 * TOGETHER[q] };
    return tiling.together ? [alone, together] : [alone];
  });
  const { q, lanes } = made.reduce((a, b) => (b.time < a.time ? b : a));
  const fours = [4, 2, 1].find((f) => 4 * f <= tiling.pixels && 4 * f < pixels + 4) ?? 1;
  return {
    fours,
    quads: q,
    lanes,
    tiles: Math.ceil(pixels / (4 * fours)),
    blocks: Math.ceil(quads / q / lanes),
  };
}

const isByClass = ({ classes, geometry }: Convolution): boolean =>
  classes !== undefined && mergedGroups(geometry) === 1;

/** Which quads of y are wanted, or those of dy are not 0 for sure. */
function classesOf(conv: Convolution, plan: Planning): Arguments {
  const none = () => plan.fixed("no classes", 16, () => new Uint32Array(4));
  const by_class = isByClass(conv) ? 1 : 0;
  return { ...layer({ by_class }), bindings: { target_class: conv.classes ?? none() } };
}

/** As in conv.wgsl. */
const TAPS = 1;
const PLANES = 2;

/** The loops that there must be. */
function loopsOf({ kernel, stride, before, input, output }: Geometry, terms: number): number {
  const isEverywhere = [0, 1].every(
    (i) => kernel[i] === 1 && stride[i] === 1 && before[i] === 0 && input[i] === output[i],
  );
  if (isEverywhere) return PLANES;
  return terms === 1 ? TAPS : TAPS + PLANES;
}

/** The pixels that an invocation goes through together. */
interface Row {
  readonly samples: number;
  /** Pixels of a sample in it, those included that are not there. */
  readonly places: number;
}

/** Samples that share a long row where it pays: kernels of their own take as long to compile as some maps. */
const SHARING = 4;
const WORTH = 0.6;

/** The long row of pixels that read their own places: that of several samples if there are far fewer tiles then. */
function rowOf(pixels: number, args: Arguments, tiling: Tiling): Row {
  const tilesOf = (count: number) => Math.ceil(count / tiling.pixels);
  // A sample begins with a four, or with a word of its mask.
  const whole = args.uniforms.out?.KEEP_MASK ? 8 : 4;
  const places = whole * Math.ceil(pixels / whole);
  const isLess = tilesOf(SHARING * places) < WORTH * SHARING * tilesOf(pixels);
  return isLess ? { samples: SHARING, places } : { samples: 1, places: pixels };
}

/** What forward and backward launches have in common: by tiles of a workgroup, or by those of an invocation. */
function launch(
  conv: Convolution,
  plan: Planning,
  given: Arguments,
  choice: Direct,
  way: Way,
): Omit<Step, "label" | "entry"> {
  const { geometry } = conv;
  const { groups, ...quads } = groupQuads(geometry);
  const size = productSize(geometry, way);
  const args = join(given, matrices(conv, plan), layer({ ...sizesOf(geometry), ...quads }));
  const flops = conv.flops ?? operations(geometry);
  if (choice.shader === "conv-shared") {
    return { ...launchShared(plan, args, choice.tile, size), flops };
  }
  const { workgroup } = plan.tiling;
  const LOOPS = loopsOf(geometry, size.terms);
  const BACKWARD = way === "backward" ? 1 : 0;
  const pixels = BACKWARD ? size.places : geometry.output[0] * geometry.output[1];
  const row = LOOPS === PLANES ? rowOf(pixels, given, plan.tiling) : { samples: 1, places: pixels };
  const tile = tileOf(row.samples * row.places, size.quads, plan.tiling);
  const invocations = size.groups * tile.blocks * tile.tiles * tile.lanes;
  const block = tile.lanes * tile.quads;
  const wanted = BACKWARD ? 1 / size.terms : Math.min(1, block / size.quads);
  const fields = layer({ groups, tiles: tile.tiles, places: row.places });
  const run = { uniforms: {}, bindings: { run: plan.run } };
  return {
    shader: tile.lanes > 1 ? "conv-lanes4" : "conv",
    constants: {
      WORKGROUP: workgroup,
      QUADS: tile.quads,
      FOURS: tile.fours,
      BACKWARD,
      LOOPS,
      SAMPLES: row.samples,
    },
    ...join(args, fields, run, classesOf(conv, plan)),
    workgroups: [Math.ceil(invocations / workgroup), 1, 1],
    samples: row.samples,
    flops: isByClass(conv) ? flops * wanted : flops,
  };
}
