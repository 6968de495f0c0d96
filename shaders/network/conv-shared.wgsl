// Convolution, and its gradient with respect to the input, as an implicit product of matrices (the pixels that a kernel
// sees are found while they are loaded, never written down): for adapters that have memory for a workgroup on the chip.
//
//   forward   y[o, i] = a(b[o] + Σ_k Σ_c W[o, c, k] · x[c, i · S + k · D − P])
//   backward  dx[c, j] = Σ_k Σ_o W[o, c, k]ᵀ · dy[o, (j + P − k · D) / S]   over the taps k that divide
//
// A workgroup of ACROSS × DOWN invocations makes a tile: QUADS · DOWN quads of 8 · ACROSS pixels. The sums are over
// terms, each a tap and a quad of what is read there; round by round the workgroup loads the pixels and the matrices of
// the next DEPTH terms, each once for all. What the next round needs is on its way while this one is multiplied.
// Invocation (a, d) makes the pixels a, a + ACROSS, … and the quads d, d + DOWN: neighbors read and write neighbors.
//
// The pixels of `group_samples` samples form one long row, so that planes smaller than a tile do not waste it.
#import f32, run, activation, gradient, taps

const ACROSS = 8u;    // 8, 16 or, of two quads, 32
const DOWN = 8u;      // 8 or 16
const QUADS = 1u;     // 1 or 2
const BACKWARD = 0u;  // 1: matrices are transposed

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
  group_samples: u32,
  places: u32,       // of a sample in the long row: its pixels (of a phase, backward), and forward up to a whole word
  tiles: u32,        // of the long row
  x_offset: u32,     // vec4s from the start of a sample to the first of x; of dy, backward
  x_stride: u32,     // vec4s from a sample to the next
  bias: u32,         // whether there is one
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> x: array<Stored>;  // [n][C/4][in_height][in_width]; backward it is dy
@group(0) @binding(1) var<storage, read> w: array<Stored>;  // [O/4][C/group/4][k] of 4 × 4 matrices, by columns
@group(0) @binding(2) var<storage, read> b: array<Stored>;  // [O/4]

const DEPTH = 4u;
const INVOCATIONS = ACROSS * DOWN;
const PIXELS = 8 * ACROSS;
const PIXEL_LOADS = PIXELS * DEPTH / INVOCATIONS;                  // of an invocation in a round: 1, 2 or 4
const MATRIX_LOADS = 4 * QUADS * DOWN * DEPTH / INVOCATIONS;       // the same
const PIXEL_STEP = INVOCATIONS / PIXELS;                           // from the term of one to that of the next
const MATRIX_STEP = INVOCATIONS / (4 * QUADS * DOWN);

// What an invocation needs of a term lies together, at places that are known beforehand. There is room for one vec4
// more, so that neighbors read from different banks.
var<workgroup> pixels: array<array<array<vec4f, 9>, ACROSS>, DEPTH>;
var<workgroup> matrices: array<array<array<vec4f, 4 * QUADS + 1>, DOWN>, DEPTH>;
var<workgroup> words: array<atomic<u32>, QUADS * DOWN * ACROSS>;  // the tile's mask: [quad][8 pixels]

// Eight pixels of a quad.
struct Eight {
  a: mat4x4f,
  b: mat4x4f,
}

// m · p, or mᵀ · p, added to a sum. Products are added one by one: that is one operation each.
fn add_product(m: mat4x4f, p: vec4f, sum: vec4f) -> vec4f {
  if (BACKWARD != 0) {
    return vec4f(add_dot(m[0], p, sum.x), add_dot(m[1], p, sum.y), add_dot(m[2], p, sum.z), add_dot(m[3], p, sum.w));
  }
  return fma(m[3], vec4f(p.w), fma(m[2], vec4f(p.z), fma(m[1], vec4f(p.y), fma(m[0], vec4f(p.x), sum))));
}

fn add_dot(u: vec4f, v: vec4f, sum: f32) -> f32 {
  return fma(u.w, v.w, fma(u.z, v.z, fma(u.y, v.y, fma(u.x, v.x, sum))));
}

fn add_products(m: mat4x4f, p: Eight, sums: Eight) -> Eight {
  return Eight(
    mat4x4f(add_product(m, p.a[0], sums.a[0]), add_product(m, p.a[1], sums.a[1]),
      add_product(m, p.a[2], sums.a[2]), add_product(m, p.a[3], sums.a[3])),
    mat4x4f(add_product(m, p.b[0], sums.b[0]), add_product(m, p.b[1], sums.b[1]),
      add_product(m, p.b[2], sums.b[2]), add_product(m, p.b[3], sums.b[3])));
}

fn pixels_of(term: u32, across: u32) -> Eight {
  let p = &pixels[term][across];
  return Eight(mat4x4f((*p)[0], (*p)[1], (*p)[2], (*p)[3]), mat4x4f((*p)[4], (*p)[5], (*p)[6], (*p)[7]));
}

// The matrix of an invocation's quad: its first, or its last, which may be the same.
fn first_matrix(term: u32, down: u32) -> mat4x4f {
  let m = &matrices[term][down];
  return mat4x4f((*m)[0], (*m)[1], (*m)[2], (*m)[3]);
}

fn last_matrix(term: u32, down: u32) -> mat4x4f {
  const FROM = 4 * (QUADS - 1);
  let m = &matrices[term][down];
  return mat4x4f((*m)[FROM], (*m)[FROM + 1], (*m)[FROM + 2], (*m)[FROM + 3]);
}

// A pixel of the result: of which sample, and where in it, or in its phase.
struct Place {
  sample: u32,
  position: u32,
  there: bool,
}

fn place_of(column: u32, first_sample: u32, positions: u32) -> Place {
  let within = column / layer.places;
  let position = column % layer.places;
  let sample = first_sample + within;
  let there = within < layer.group_samples && sample < run.samples && position < positions;
  return Place(sample, position, there);
}

// A tile. `column` is its first in the long row, `quad` its first in the group; the pixel at `position` reads from row
// position / width · stride on. The matrix of a term is at matrix + quad of the result · quad_step + quad of the term ·
// term_step + tap.
struct Product {
  first_sample: u32,
  column: u32,
  positions: u32,
  width: u32,
  stride: vec2u,
  matrix: u32,
  quad_step: u32,
  term_step: u32,
  quads: u32,      // of the result from the tile's first on
}

// What is read: planes of so many pixels from `start` on.
struct Source {
  start: u32,
  quads: u32,
  height: u32,
  width: u32,
}

// Which invocation it is: eight by four of them, which are neighbors, load little together.
fn across_of(lid: u32) -> u32 {
  return lid % 8 + lid / 32 % (ACROSS / 8) * 8;
}

fn down_of(lid: u32) -> u32 {
  return lid / 8 % 4 + lid / (4 * ACROSS) * 4;
}

// What is on its way from storage. All that an invocation has several of is named, not indexed, so that it is kept in
// registers.
struct Four {
  a: vec4f,
  b: vec4f,
  c: vec4f,
  d: vec4f,
}

// The sums of an invocation's first quad, and of its last.
struct Sums {
  first: Eight,
  last: Eight,
}

fn add_term(term: u32, across: u32, down: u32, sums: Sums) -> Sums {
  let eight = pixels_of(term, across);
  let first = add_products(first_matrix(term, down), eight, sums.first);
  if (QUADS == 1) {
    return Sums(first, first);
  }
  return Sums(first, add_products(last_matrix(term, down), eight, sums.last));
}

// Sums up a tile.
fn multiply(lid: u32, p: Product, ty: Taps, tx: Taps, source: Source) -> Sums {
  let across = across_of(lid);
  let down = down_of(lid);
  let plane = source.height * source.width;

  // What this invocation loads: the same pixel of several terms, and a column of matrices.
  let pixel = lid % PIXELS;
  let pixel_term = lid / PIXELS;
  let to_across = pixel % ACROSS;
  let to_pixel = pixel / ACROSS;
  let place = place_of(p.column + pixel, p.first_sample, p.positions);
  let row = i32(place.position / p.width * p.stride.y);
  let column = i32(place.position % p.width * p.stride.x);
  let planes = place.sample * layer.x_stride + source.start + pixel_term * plane;
  let matrix_column = lid % 4;
  let matrix_quad = lid / 4 % (QUADS * DOWN);
  let matrix_term = lid / (4 * QUADS * DOWN);
  let to_down = matrix_quad % DOWN;
  let to_column = matrix_quad / DOWN * 4 + matrix_column;
  let matrix = p.matrix + min(matrix_quad, p.quads - 1) * p.quad_step + matrix_term * p.term_step;

  var sums: Sums;
  var coming: Four;
  var coming_matrices: Four;
  // A round is DEPTH quads at one tap, the j-th of the i-th row.
  var i = 0u;
  var j = 0u;
  var quad = 0u;
  var at = 0u;
  var inside = false;
  var tap = 0u;
  let rounds = ty.count * tx.count * ((source.quads + DEPTH - 1) / DEPTH);
  for (var round = 0u; round <= rounds; round++) {
    if (round < rounds) {
      if (quad == 0) {
        let r = row + ty.shift + i32(i) * ty.shift_step;
        let c = column + tx.shift + i32(j) * tx.shift_step;
        inside = place.there && u32(r) < source.height && u32(c) < source.width;
        at = select(0, planes + u32(r) * source.width + u32(c), inside);
        tap = u32((i32(ty.first) + i32(i) * ty.step) * i32(layer.kernel_x) + i32(tx.first) + i32(j) * tx.step);
        j = select(j + 1, 0, j + 1 == tx.count);
        i = select(i, i + 1, j == 0);
      }
      let left = select(0, source.quads - min(source.quads, quad + pixel_term), inside);
      let x_at = at + quad * plane;
      coming.a = select(vec4f(), loaded(x[x_at]), left > 0);
      if (PIXEL_LOADS > 1) {
        coming.b = select(vec4f(), loaded(x[x_at + PIXEL_STEP * plane]), left > PIXEL_STEP);
      }
      if (PIXEL_LOADS > 2) {
        coming.c = select(vec4f(), loaded(x[x_at + 2 * PIXEL_STEP * plane]), left > 2 * PIXEL_STEP);
        coming.d = select(vec4f(), loaded(x[x_at + 3 * PIXEL_STEP * plane]), left > 3 * PIXEL_STEP);
      }
      let w_at = 4 * (matrix + tap + quad * p.term_step) + matrix_column;
      let w_step = 4 * MATRIX_STEP * p.term_step;
      coming_matrices.a = loaded(w[w_at]);
      if (MATRIX_LOADS > 1) {
        coming_matrices.b = loaded(w[w_at + w_step]);
      }
      if (MATRIX_LOADS > 2) {
        coming_matrices.c = loaded(w[w_at + 2 * w_step]);
        coming_matrices.d = loaded(w[w_at + 3 * w_step]);
      }
      quad = select(quad + DEPTH, 0, quad + DEPTH >= source.quads);
    }
    if (round > 0) {
      sums = add_term(0, across, down, sums);
      sums = add_term(1, across, down, sums);
      sums = add_term(2, across, down, sums);
      sums = add_term(3, across, down, sums);
    }
    workgroupBarrier();
    pixels[pixel_term][to_across][to_pixel] = coming.a;
    if (PIXEL_LOADS > 1) {
      pixels[pixel_term + PIXEL_STEP][to_across][to_pixel] = coming.b;
    }
    if (PIXEL_LOADS > 2) {
      pixels[pixel_term + 2 * PIXEL_STEP][to_across][to_pixel] = coming.c;
      pixels[pixel_term + 3 * PIXEL_STEP][to_across][to_pixel] = coming.d;
    }
    matrices[matrix_term][to_down][to_column] = coming_matrices.a;
    if (MATRIX_LOADS > 1) {
      matrices[matrix_term + MATRIX_STEP][to_down][to_column] = coming_matrices.b;
    }
    if (MATRIX_LOADS > 2) {
      matrices[matrix_term + 2 * MATRIX_STEP][to_down][to_column] = coming_matrices.c;
      matrices[matrix_term + 3 * MATRIX_STEP][to_down][to_column] = coming_matrices.d;
    }
    workgroupBarrier();
  }
  return sums;
}

// Leaves y of a quad, the tile's `line`-th, at a pixel of the tile, and its bits of the mask in `words`.
fn put_result(line: u32, o: u32, p: Product, pixel: u32, sum: vec4f) {
  let place = place_of(p.column + pixel, p.first_sample, p.positions);
  if (!place.there) {
    return;
  }
  var v = sum;
  if (layer.bias != 0) {
    v += loaded(b[o]);
  }
  let i = place.sample * out.stride + out.offset + o * p.positions + place.position;
  v = with_residual(v, place.sample, i);
  y[i] = stored(activate(v));
  if (KEEP_MASK != 0) {
    atomicOr(&words[line * ACROSS + pixel / 8], mask_bits(v, place.position));
  }
}

fn put_results(line: u32, o: u32, p: Product, across: u32, sums: Eight) {
  if (line >= p.quads) {
    return;
  }
  put_result(line, o, p, across, sums.a[0]);
  put_result(line, o, p, across + ACROSS, sums.a[1]);
  put_result(line, o, p, across + 2 * ACROSS, sums.a[2]);
  put_result(line, o, p, across + 3 * ACROSS, sums.a[3]);
  put_result(line, o, p, across + 4 * ACROSS, sums.b[0]);
  put_result(line, o, p, across + 5 * ACROSS, sums.b[1]);
  put_result(line, o, p, across + 6 * ACROSS, sums.b[2]);
  put_result(line, o, p, across + 7 * ACROSS, sums.b[3]);
}

@compute @workgroup_size(INVOCATIONS)
fn forward(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) lid: u32) {
  let ty = Taps(layer.kernel_y, 0, 1, -i32(layer.pad_y), i32(layer.dilation_y));
  let tx = Taps(layer.kernel_x, 0, 1, -i32(layer.pad_x), i32(layer.dilation_x));
  let plane = layer.in_height * layer.in_width;
  let taps = layer.kernel_y * layer.kernel_x;
  var p: Product;
  p.first_sample = id.z / layer.tiles * layer.group_samples;
  if (p.first_sample >= run.samples) {
    return;
  }
  p.column = id.z % layer.tiles * PIXELS;
  p.positions = layer.out_height * layer.out_width;
  p.width = layer.out_width;
  p.stride = vec2u(layer.stride_x, layer.stride_y);
  let quad = id.x * QUADS * DOWN;
  let o = id.y * layer.out_quads + quad;
  p.quads = layer.out_quads - quad;
  p.matrix = o * layer.in_quads * taps;
  p.quad_step = layer.in_quads * taps;
  p.term_step = taps;
  let start = layer.x_offset + id.y * layer.in_quads * plane;
  let sums = multiply(lid, p, ty, tx, Source(start, layer.in_quads, layer.in_height, layer.in_width));

  let across = across_of(lid);
  let down = down_of(lid);
  put_results(down, o + down, p, across, sums.first);
  if (QUADS > 1) {
    put_results(down + DOWN, o + down + DOWN, p, across, sums.last);
  }
  workgroupBarrier();
  if (KEEP_MASK == 0) {
    return;
  }
  for (var line = down; line < min(QUADS * DOWN, p.quads); line += DOWN) {
    let place = place_of(p.column + 8 * across, p.first_sample, p.positions);
    if (place.there) {
      let word = (o + line) * ((p.positions + 7) / 8) + place.position / 8;
      put_mask(place.sample, word, atomicLoad(&words[line * ACROSS + across]));
    }
  }
}

// Leaves dx of a quad, the tile's `line`-th, at a pixel of a phase.
fn put_pixel_gradient(c: u32, p: Product, phase: vec2u, pixel: u32, sum: vec4f) {
  let place = place_of(p.column + pixel, p.first_sample, p.positions);
  let row = place.position / p.width * layer.stride_y + phase.y;
  let column = place.position % p.width * layer.stride_x + phase.x;
  if (place.there && row < layer.in_height && column < layer.in_width) {
    put_gradient(place.sample, c, row * layer.in_width + column, sum);
  }
}

fn put_gradients(line: u32, c: u32, p: Product, phase: vec2u, across: u32, sums: Eight) {
  if (line >= p.quads) {
    return;
  }
  put_pixel_gradient(c, p, phase, across, sums.a[0]);
  put_pixel_gradient(c, p, phase, across + ACROSS, sums.a[1]);
  put_pixel_gradient(c, p, phase, across + 2 * ACROSS, sums.a[2]);
  put_pixel_gradient(c, p, phase, across + 3 * ACROSS, sums.a[3]);
  put_pixel_gradient(c, p, phase, across + 4 * ACROSS, sums.b[0]);
  put_pixel_gradient(c, p, phase, across + 5 * ACROSS, sums.b[1]);
  put_pixel_gradient(c, p, phase, across + 6 * ACROSS, sums.b[2]);
  put_pixel_gradient(c, p, phase, across + 7 * ACROSS, sums.b[3]);
}

@compute @workgroup_size(INVOCATIONS)
fn backward(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) lid: u32) {
  let phases = layer.stride_y * layer.stride_x;
  let group = id.y / phases;
  let phase = vec2u(id.y % layer.stride_x, id.y % phases / layer.stride_x);
  let ty = taps_by_place(phase.y, layer.kernel_y, layer.stride_y, layer.dilation_y, layer.pad_y);
  let tx = taps_by_place(phase.x, layer.kernel_x, layer.stride_x, layer.dilation_x, layer.pad_x);
  let plane = layer.out_height * layer.out_width;
  let taps = layer.kernel_y * layer.kernel_x;
  var p: Product;
  p.first_sample = id.z / layer.tiles * layer.group_samples;
  if (p.first_sample >= run.samples) {
    return;
  }
  p.column = id.z % layer.tiles * PIXELS;
  p.positions = layer.places;
  p.width = (layer.in_width + layer.stride_x - 1) / layer.stride_x;
  p.stride = vec2u(1);
  let quad = id.x * QUADS * DOWN;
  let c = group * layer.in_quads + quad;
  p.quads = layer.in_quads - quad;
  p.matrix = (group * layer.out_quads * layer.in_quads + quad) * taps;
  p.quad_step = taps;
  p.term_step = layer.in_quads * taps;
  let start = layer.x_offset + group * layer.out_quads * plane;
  let sums = multiply(lid, p, ty, tx, Source(start, layer.out_quads, layer.out_height, layer.out_width));

  let across = across_of(lid);
  let down = down_of(lid);
  put_gradients(down, c + down, p, phase, across, sums.first);
  if (QUADS > 1) {
    put_gradients(down + DOWN, c + down + DOWN, p, phase, across, sums.last);
  }
}
