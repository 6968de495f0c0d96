// The gradient of a convolution with strides with respect to an image of up to three channels: what a network begins with.
//
//   dx[S · m + p − P] = Σ_t Σ_o W[o, S · t + p]ᵀ · dy[o, m − t]   for phases p < S, over t with S · t + p < K
//
// along either axis, for kernel K, stride S and padding P. All phases of a place m see the same pixels of dy, each through
// its own taps. On a software adapter a load takes as long as fifteen products, so one load serves all phases: an
// invocation makes 2 × 8 places in 2 × 2 phases. It takes 2 × 2 values of t at a time (a part), which are up to 4 × 4
// taps. Four invocations need the same taps: each loads a channel and passes it on.
// No `&&` in the loop: it is a branch, and with so many of them and of sums SwiftShader's compiler ran out of memory.
#import f32, gradient
enable subgroups;
diagnostic(off, subgroup_uniformity);

const WORKGROUP = 64u;
// Which (t, p) of a part there may be along an axis: the first 2 to 4 of (0, 0), (0, 1), (1, 0) and (1, 1).
const TAPS_Y = 4u;
const TAPS_X = 4u;

struct Layer {
  kernel_y: u32,
  kernel_x: u32,
  stride_y: u32,
  stride_x: u32,
  pad_y: u32,
  pad_x: u32,
  in_height: u32,    // of dx
  in_width: u32,
  out_height: u32,   // of dy
  out_width: u32,
  out_quads: u32,
  tiles_x: u32,      // tiles in a row
  tiles: u32,        // tiles in all, and up to three more that lie outside: a multiple of four
  x_offset: u32,     // vec4s from the start of a sample to the first of dy
  x_stride: u32,     // vec4s from a sample to the next
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> x: array<Stored>;  // dy: [n][O/4][out_height][out_width]
@group(0) @binding(1) var<storage, read> w: array<Stored>;  // [O/4][k][4]: four outputs for each channel

// A row of dx at eight places, in the first (even) and the second (odd) of two phases, four places to a matrix, a channel
// to a column.
struct Row {
  even_a: mat3x4f,
  even_b: mat3x4f,
  odd_a: mat3x4f,
  odd_b: mat3x4f,
}

// What it sees of a row of dy: the pixels at its places, and those to the left of them. An output to a column.
struct Seen {
  here_a: mat4x4f,
  here_b: mat4x4f,
  left_a: mat4x4f,
  left_b: mat4x4f,
}

// Taps of a row of the kernel: of both phases, for the pixels here and for those to the left. A channel to a column.
struct Taps {
  even: mat3x4f,
  odd: mat3x4f,
  next_even: mat3x4f,
  next_odd: mat3x4f,
}

const OUTSIDE = vec2i(1 << 30);

// Two rows of places in two phases.
var<private> upper_even: Row;
var<private> upper_odd: Row;
var<private> lower_even: Row;
var<private> lower_odd: Row;

fn pixel(line: u32, inside: bool, column: i32) -> vec4f {
  return select(vec4f(), loaded(x[line + u32(column)]), inside & (u32(column) < layer.out_width));
}

// Loads eight pixels of a row from column c on, and the one to the left.
fn look(plane: u32, row: i32, c: i32) -> Seen {
  let inside = u32(row) < layer.out_height;
  let line = plane + u32(row) * layer.out_width;
  let p1 = pixel(line, inside, c);
  let p2 = pixel(line, inside, c + 1);
  let p3 = pixel(line, inside, c + 2);
  let p4 = pixel(line, inside, c + 3);
  let p5 = pixel(line, inside, c + 4);
  let p6 = pixel(line, inside, c + 5);
  let p7 = pixel(line, inside, c + 6);
  let p8 = pixel(line, inside, c + 7);
  var seen: Seen;
  seen.here_a = transpose(mat4x4f(p1, p2, p3, p4));
  seen.here_b = transpose(mat4x4f(p5, p6, p7, p8));
  if (TAPS_X > 2) {
    let p0 = pixel(line, inside, c - 1);
    seen.left_a = transpose(mat4x4f(p0, p1, p2, p3));
    seen.left_b = transpose(mat4x4f(p4, p5, p6, p7));
  }
  return seen;
}

// What the kernel has not is 0.
fn tap(o: u32, k: vec2u, lane: u32) -> mat3x4f {
  let i = (o * layer.kernel_y + k.y) * layer.kernel_x + k.x;
  let own = select(vec4f(), loaded(w[4 * i + lane]), (k.y < layer.kernel_y) & (k.x < layer.kernel_x));
  return mat3x4f(quadBroadcast(own, 0), quadBroadcast(own, 1), quadBroadcast(own, 2));
}

fn taps_of(o: u32, k: vec2u, lane: u32) -> Taps {
  var taps: Taps;
  taps.even = tap(o, k, lane);
  taps.odd = tap(o, k + vec2u(1, 0), lane);
  if (TAPS_X > 2) {
    taps.next_even = tap(o, k + vec2u(layer.stride_x, 0), lane);
  }
  if (TAPS_X > 3) {
    taps.next_odd = tap(o, k + vec2u(layer.stride_x + 1, 0), lane);
  }
  return taps;
}

fn add_products(row: ptr<private, Row>, seen: Seen, taps: Taps) {
  (*row).even_a += seen.here_a * taps.even;
  (*row).even_b += seen.here_b * taps.even;
  (*row).odd_a += seen.here_a * taps.odd;
  (*row).odd_b += seen.here_b * taps.odd;
  if (TAPS_X > 2) {
    (*row).even_a += seen.left_a * taps.next_even;
    (*row).even_b += seen.left_b * taps.next_even;
  }
  if (TAPS_X > 3) {
    (*row).odd_a += seen.left_a * taps.next_odd;
    (*row).odd_b += seen.left_b * taps.next_odd;
  }
}

fn put(n: u32, row: i32, column: i32, g: vec3f) {
  let inside = (u32(row) < layer.in_height) & (u32(column) < layer.in_width);
  if (inside) {
    put_gradient(n, 0, u32(row) * layer.in_width + u32(column), vec4f(g, 0));
  }
}

// Leaves a row of dx from a column on; the second phase is `odd` columns to the right.
fn put_row(n: u32, row: i32, column: i32, odd: i32, sums: Row) {
  var even_sums = array(transpose(sums.even_a), transpose(sums.even_b));
  var odd_sums = array(transpose(sums.odd_a), transpose(sums.odd_b));
  for (var s = 0u; s < 8; s++) {
    let to = column + i32(s * layer.stride_x);
    put(n, row, to, even_sums[s >> 2][s & 3]);
    put(n, row, to + odd, odd_sums[s >> 2][s & 3]);
  }
}

@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(global_invocation_id) id: vec3u) {
  let lane = id.x & 3;
  let tile = id.x % layer.tiles;
  let stride = vec2u(layer.stride_x, layer.stride_y);
  let pairs = (stride + 1) / 2;
  let pair = id.x / layer.tiles;
  // The number of tiles is a multiple of four: the four go together.
  if (pair >= pairs.x * pairs.y) {
    return;
  }
  let phase = 2 * vec2u(pair % pairs.x, pair / pairs.x);
  let pad = vec2u(layer.pad_x, layer.pad_y);
  let place = pad / stride + vec2u(8, 2) * vec2u(tile % layer.tiles_x, tile / layer.tiles_x);
  let parts = (vec2u(layer.kernel_x, layer.kernel_y) + 2 * stride - 1) / (2 * stride);
  let plane = layer.out_height * layer.out_width;
  let start = id.z * layer.x_stride + layer.x_offset;
  for (var round = 0u; round < parts.x * parts.y * layer.out_quads; round++) {
    let o = round % layer.out_quads;
    let part = round / layer.out_quads;
    let t = 2 * vec2u(part % parts.x, part / parts.x);
    let at = vec2i(place) - vec2i(t);
    let k = stride * t + phase;
    let above = look(start + o * plane, at.y, at.x);
    let below = look(start + o * plane, at.y + 1, at.x);
    let taps_even = taps_of(o, k, lane);
    add_products(&upper_even, above, taps_even);
    add_products(&lower_even, below, taps_even);
    let taps_odd = taps_of(o, k + vec2u(0, 1), lane);
    add_products(&upper_odd, above, taps_odd);
    add_products(&lower_odd, below, taps_odd);
    if (TAPS_Y > 2) {
      let before = look(start + o * plane, at.y - 1, at.x);
      let taps_next = taps_of(o, k + vec2u(0, layer.stride_y), lane);
      add_products(&upper_even, before, taps_next);
      add_products(&lower_even, above, taps_next);
      if (TAPS_Y > 3) {
        let taps_last = taps_of(o, k + vec2u(0, layer.stride_y + 1), lane);
        add_products(&upper_odd, before, taps_last);
        add_products(&lower_odd, above, taps_last);
      }
    }
  }
  let to = vec2i(place * stride + phase) - vec2i(pad);
  // The last phase of an odd stride has no second one.
  let odd = select(OUTSIDE, vec2i(1), phase + 1 < stride);
  let below = i32(stride.y);
  put_row(id.z, to.y, to.x, odd.x, upper_even);
  put_row(id.z, to.y + below, to.x, odd.x, lower_even);
  put_row(id.z, to.y + odd.y, to.x, odd.x, upper_odd);
  put_row(id.z, to.y + below + odd.y, to.x, odd.x, lower_odd);
}
