// Convolution, and its gradient with respect to the input, register-blocked.
//
//   forward   y[o, i] = a(b[o] + Σ_k Σ_c W[o, c, k] · x[c, i · S + k · D − P])
//   backward  dx[c, j] = Σ_k Σ_o W[o, c, k]ᵀ · dy[o, (j + P − k · D) / S]   over the taps k that divide
//
// o and c count channel quads, so that W[o, c, k] is a 4 × 4 matrix; so are four neighboring pixels, one to a
// column. The product of two such matrices is what everything here is made of: one load of a pixel serves
// QUADS · 16 products. An invocation makes QUADS quads of 4 · FOURS pixels, which are neighbors in the long row of
// all pixels of the plane. It goes from tap to tap, finds where its pixels lie for that tap, and sums over the
// quads there. A loop of one round is compiled away, because a loop carries all of the sums from round to round.
//
// In the backward pass the pixels j of equal j mod S (a phase) see the same taps, so that a phase looks like a
// picture of its own with stride 1.
//
// Where a plane is much smaller than what an invocation makes, the long row is that of SAMPLES samples, one after the
// other: matrices are loaded once for all of their pixels.
#import f32, run, activation, gradient, strip, quads, lanes1, target-words

const WORKGROUP = 64u;
// PLANES alone for a kernel of one tap, where every pixel reads its own place; TAPS alone for one plane.
const LOOPS = 3u;
const SAMPLES = 1u;  // of a long row; 1 if there are taps

struct Layer {
  kernel_y: u32,
  kernel_x: u32,
  stride_y: u32,
  stride_x: u32,
  dilation_y: u32,
  dilation_x: u32,
  pad_y: u32,
  pad_x: u32,
  in_height: u32,    // of x
  in_width: u32,
  out_height: u32,   // of y
  out_width: u32,
  in_quads: u32,     // channel quads of x in a group
  out_quads: u32,    // channel quads of y in a group
  groups: u32,
  tiles: u32,        // tiles of the long row (of one phase of it, backward)
  places: u32,       // of a sample in the long row: its pixels, up to whole fours or words of the mask
  x_offset: u32,     // vec4s from the start of a sample to the first of x; of dy, backward
  x_stride: u32,     // vec4s from a sample to the next
  bias: u32,         // whether there is one
  by_class: u32,     // channels of y are classes: the gradient of a logit is in those of target_class alone
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> x: array<Stored>;    // [n][C/4][in_height][in_width]; backward it is dy
@group(0) @binding(1) var<storage, read> w: array<StoredMatrix>;  // [O/4][C/group/4][k][4 × 4]
@group(0) @binding(2) var<storage, read> b: array<Stored>;    // [O/4]

@group(0) @binding(3) var<storage, read> target_class: array<u32, 4>;  // INDEX …

// LOOPS is one of these or both.
const TAPS = 1u;
const PLANES = 2u;

const OUTSIDE = 0xffffffffu;

// Along one axis, the taps that a pixel sees: how many, the first and the step to the next, and the shift from
// the pixel to what it reads there.
struct Taps {
  count: u32,
  first: u32,
  step: u32,
  shift: i32,
  shift_step: i32,
}

// The planes that are summed over: where the first is and the way to the next, how many and how large they are; the
// matrix for the first quad of the result and the first tap, and the way to the matrix of the next plane and of the next quad.
struct Planes {
  start: u32,
  step: u32,
  count: u32,
  height: u32,
  width: u32,
  matrix: u32,
  matrix_step: u32,
  quad_step: u32,
}

// Where four pixels read with a shift: their places in the plane.
fn places(rows: SignedFour, columns: SignedFour, shift: vec2i, planes: Planes) -> Four {
  let r = rows + shift.y;
  let c = columns + shift.x;
  let is_row = (r >= SignedFour()) & (r < SignedFour(i32(planes.height)));
  let is_column = (c >= SignedFour()) & (c < SignedFour(i32(planes.width)));
  return select(Four(OUTSIDE), Four(r * i32(planes.width) + c), is_row & is_column);
}

fn column(place: u32) -> vec4f {
  if ((LOOPS & TAPS) == 0) {
    // What is read behind the end of the plane is not left anywhere.
    return loaded(x[place]);
  }
  return select(loaded(x[place]), vec4f(), place == OUTSIDE);
}

fn four(start: u32, p: Four) -> mat4x4f {
  if ((LOOPS & TAPS) == 0) {
    return columns_at(start + p);
  }
  return columns_at(select(start + p, Four(OUTSIDE), p == Four(OUTSIDE)));
}

// Adds what so many fours of the plane from `start` on give with matrix k, and with those of the other quads. `fours` is a
// number, not a variable, as in gemm.wgsl.
fn add_plane(p: Places, start: u32, k: u32, quad_step: u32, fours: u32) {
  var pixels: Strip;
  pixels.a = four(start, p.a);
  if (fours > 1) {
    pixels.b = four(start, p.b);
  }
  if (fours > 2) {
    pixels.c = four(start, p.c);
    pixels.d = four(start, p.d);
  }
  add_quads(k, quad_step, pixels, fours);
}

// The same of all planes, whose first has the matrix k.
fn add_planes(p: Places, first: u32, planes: Planes, fours: u32) {
  if ((LOOPS & PLANES) == 0) {
    add_plane(p, planes.start, first, planes.quad_step, fours);
    return;
  }
  var start = planes.start;
  var k = first;
  for (var i = 0u; i < planes.count; i++) {
    add_plane(p, start, k, planes.quad_step, fours);
    start += planes.step;
    k += planes.matrix_step;
  }
}

// What an invocation makes: quads of a group from `quad` on, pixels from `column` on, of a phase.
struct Tile {
  group: u32,
  quad: u32,
  phase: u32,
  column: u32,
  lane: u32,
}

// A pixel of a long row: of which sample, and where in it.
struct Place {
  sample: u32,
  column: u32,
}

fn place_of(row: u32, column: u32) -> Place {
  if (SAMPLES == 1) {
    return Place(row, column);
  }
  return Place(row * SAMPLES + column / layer.places, column % layer.places);
}

fn is_there(place: Place) -> bool {
  return SAMPLES == 1 || place.sample < run.samples;
}

// Where four pixels of a long row are that read their own places. Instead of a sample that is not there, the last is read.
fn four_of(row: u32, column: u32, lane: u32) -> Four {
  let place = place_of(row, column);
  return four_from(min(place.sample, run.samples - 1) * layer.x_stride + place.column, lane);
}

// Sums up what the pixels of a tile, in rows of `width`, see through the taps. What is read is `stride` pixels from that
// of the pixel's neighbor.
fn convolve(row: u32, tile: Tile, width: u32, stride: vec2u, ty: Taps, tx: Taps, of_first: Planes) {
  if ((LOOPS & TAPS) == 0) {
    let c = tile.column;
    let p = Places(four_of(row, c, tile.lane), four_of(row, c + 4, tile.lane), four_of(row, c + 8, tile.lane),
      four_of(row, c + 12, tile.lane));
    if (SAMPLES > 1 && layer.places == 4 && run.samples == row * SAMPLES + 1) {
      // The clean image alone: there is nothing behind its four.
      add_planes(p, of_first.matrix, of_first, 1);
    } else {
      add_planes(p, of_first.matrix, of_first, FOURS);
    }
    return;
  }
  var planes = of_first;
  planes.start += row * layer.x_stride;
  let first = four_from(tile.column, tile.lane);
  let rows_a = SignedFour(first / width * stride.y);
  let rows_b = SignedFour((first + 4) / width * stride.y);
  let rows_c = SignedFour((first + 8) / width * stride.y);
  let rows_d = SignedFour((first + 12) / width * stride.y);
  let columns_a = SignedFour(first % width * stride.x);
  let columns_b = SignedFour((first + 4) % width * stride.x);
  let columns_c = SignedFour((first + 8) % width * stride.x);
  let columns_d = SignedFour((first + 12) % width * stride.x);
  for (var tap = 0u; tap < ty.count * tx.count; tap++) {
    let i = tap / tx.count;
    let j = tap % tx.count;
    let shift = vec2i(tx.shift + i32(j) * tx.shift_step, ty.shift + i32(i) * ty.shift_step);
    var p: Places;
    p.a = places(rows_a, columns_a, shift, planes);
    if (FOURS > 1) {
      p.b = places(rows_b, columns_b, shift, planes);
    }
    if (FOURS > 2) {
      p.c = places(rows_c, columns_c, shift, planes);
      p.d = places(rows_d, columns_d, shift, planes);
    }
    let k = planes.matrix + (ty.first + i * ty.step) * layer.kernel_x + tx.first + j * tx.step;
    add_planes(p, k, planes, FOURS);
  }
}

fn tile_of(index: u32, quads: u32, phases: u32) -> Tile {
  let lane = lane_of(index);
  let i = index / LANES;
  let blocks = (quads + LANES * QUADS - 1) / (LANES * QUADS);
  let tiles = layer.tiles * phases;
  return Tile(i / (tiles * blocks), (i / tiles % blocks * LANES + lane) * QUADS, i / layer.tiles % phases,
    i % layer.tiles * 4 * FOURS, lane);
}

// Pixels that are left together: of one sample, and of one word of the mask.
const TOGETHER = select(8u, 4u, FOURS == 1 || (SAMPLES > 1 && KEEP_MASK == 0));

// Leaves y at the tile's pixels, and their bits of the mask.
fn put_results(row: u32, tile: Tile) {
  let positions = layer.out_height * layer.out_width;
  var sums: Sums;
  put_all_in_order(&sums);
  for (var q = 0u; q < QUADS; q++) {
    let quad = tile.quad + q;
    if (quad >= layer.out_quads) {
      continue;
    }
    let o = tile.group * layer.out_quads + quad;
    var bias = vec4f();
    if (layer.bias != 0) {
      bias = loaded(b[o]);
    }
    // A row of one sample ends with its pixels.
    let all = select(4 * FOURS, min(4 * FOURS, positions - tile.column), SAMPLES == 1);
    for (var begin = 0u; begin < all; begin += TOGETHER) {
      let place = place_of(row, tile.column + begin);
      if (SAMPLES > 1) {
        if (place.column >= positions || !is_there(place)) {
          continue;
        }
      }
      let count = min(TOGETHER, positions - place.column);
      // To the end of a four, whose pixels may stand in another order. Instead of one that is not there the last is left
      // twice: a condition would take longer.
      let end = (count + 3) & ~3u;
      let start = place.sample * out.stride + out.offset + o * positions + place.column;
      var word = 0u;
      for (var s = 0u; s < end; s++) {
        let i = min(s ^ tile.lane, count - 1);
        let at = begin + (i ^ tile.lane);
        let v = with_residual(sums[q * FOURS + (at >> 2)][at & 3] + bias, place.sample, start + i);
        y[start + i] = stored(activate(v));
        word |= mask_bits(v, i);
      }
      put_mask(place.sample, o * ((positions + 7) >> 3) + (place.column >> 3), word);
    }
  }
}

// Whether one of those that load together makes a class that is asked for.
fn is_wanted(tile: Tile) -> bool {
  let first = tile.quad - tile.lane * QUADS;
  let quads = vec2u(target_class[INDEX], target_class[VERSUS]) / 4;
  let is_everything = target_class[SCALAR] != LOGIT || target_class[ALONE] == 0;
  return is_everything || any(quads - first < vec2u(LANES * QUADS));
}

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  let tile = tile_of(id.x, layer.out_quads, 1);
  if (tile.group >= layer.groups || (layer.by_class != 0 && !is_wanted(tile))) {
    return;
  }
  let ty = Taps(layer.kernel_y, 0, 1, -i32(layer.pad_y), i32(layer.dilation_y));
  let tx = Taps(layer.kernel_x, 0, 1, -i32(layer.pad_x), i32(layer.dilation_x));
  let plane = layer.in_height * layer.in_width;
  let taps = layer.kernel_y * layer.kernel_x;
  let o = tile.group * layer.out_quads + tile.quad;
  var planes: Planes;
  planes.start = layer.x_offset + tile.group * layer.in_quads * plane;
  planes.step = plane;
  planes.count = layer.in_quads;
  planes.height = layer.in_height;
  planes.width = layer.in_width;
  planes.matrix = o * layer.in_quads * taps;
  planes.matrix_step = taps;
  planes.quad_step = layer.in_quads * taps;
  convolve(id.z, tile, layer.out_width, vec2u(layer.stride_x, layer.stride_y), ty, tx, planes);
  put_results(id.z, tile);
}

// The taps of a phase: those k for which phase + pad − k · dilation is a multiple of the stride. The first comes first; in
// taps.wgsl, by rising place, it comes last.
fn phase_taps(phase: u32, kernel: u32, stride: u32, dilation: u32, pad: u32) -> Taps {
  var taps: Taps;
  for (var k = 0u; k < kernel; k++) {
    let reach = i32(phase + pad) - i32(k * dilation);
    if (reach % i32(stride) == 0) {
      let shift = reach / i32(stride);
      if (taps.count == 0) {
        taps.first = k;
        taps.shift = shift;
      }
      if (taps.count == 1) {
        taps.step = k - taps.first;
        taps.shift_step = shift - taps.shift;
      }
      taps.count++;
    }
  }
  return taps;
}

// Leaves dx at the tile's pixels of the phase.
fn put_gradients(row: u32, tile: Tile, width: u32) {
  var sums: Sums;
  put_all_in_order(&sums);
  for (var q = 0u; q < QUADS; q++) {
    let quad = tile.quad + q;
    if (quad >= layer.in_quads) {
      continue;
    }
    let c = tile.group * layer.in_quads + quad;
    for (var four = 0u; four < FOURS; four++) {
      let place = place_of(row, tile.column + 4 * four);
      for (var s = 0u; s < 4; s++) {
        let i = place.column + (s ^ tile.lane);
        var position = i;
        var is_inside = i < back.positions && is_there(place);
        if ((LOOPS & TAPS) != 0) {
          let to_row = i / width * layer.stride_y + tile.phase / layer.stride_x;
          let to = i % width * layer.stride_x + tile.phase % layer.stride_x;
          position = to_row * layer.in_width + to;
          is_inside = to_row < layer.in_height && to < layer.in_width;
        }
        if (is_inside) {
          put_gradient(place.sample, c, position, sums[q * FOURS + four][s]);
        }
      }
    }
  }
}

@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(global_invocation_id) id: vec3u) {
  let tile = tile_of(id.x, layer.in_quads, layer.stride_y * layer.stride_x);
  if (tile.group >= layer.groups) {
    return;
  }
  let phase = vec2u(tile.phase % layer.stride_x, tile.phase / layer.stride_x);
  let ty = phase_taps(phase.y, layer.kernel_y, layer.stride_y, layer.dilation_y, layer.pad_y);
  let tx = phase_taps(phase.x, layer.kernel_x, layer.stride_x, layer.dilation_x, layer.pad_x);
  let plane = layer.out_height * layer.out_width;
  let taps = layer.kernel_y * layer.kernel_x;
  var planes: Planes;
  planes.start = layer.x_offset + tile.group * layer.out_quads * plane;
  planes.step = plane;
  planes.count = layer.out_quads;
  planes.height = layer.out_height;
  planes.width = layer.out_width;
  planes.matrix = (tile.group * layer.out_quads * layer.in_quads + tile.quad) * taps;
  planes.matrix_step = layer.in_quads * taps;
  planes.quad_step = taps;
  if (layer.by_class != 0 && target_class[SCALAR] == LOGIT) {
    // Of the class's plane, and where there is another class, of the one from there to here.
    let first = target_class[INDEX] / 4;
    let other = target_class[VERSUS] / 4;
    planes.start += first * plane;
    planes.matrix += first * planes.matrix_step;
    planes.count = select(1u, 2u, other < layer.out_quads && other != first);
    planes.step *= other - first;
    planes.matrix_step *= other - first;
  }
  let width = (layer.in_width + layer.stride_x - 1) / layer.stride_x;
  convolve(id.z, tile, width, vec2u(1), ty, tx, planes);
  put_gradients(id.z, tile, width);
}
