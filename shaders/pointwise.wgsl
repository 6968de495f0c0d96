// A 1 × 1 convolution, or a dense layer over many positions, as a product of matrices, and its gradient with
// respect to the input. The positions p of the result are one long row; p' is where in the other tensor a
// stride or padding puts them, and what lies outside is zero.
//
//   forward   y[o, p] = a(b[o] + Σ_c W[o, c] · x[c, p'])
//   backward  dx[c, p] = Σ_o W[o, c]ᵀ · dy[o, p']         (without stride)
//
// o and c count channel quads, W[o, c] is a 4 × 4 matrix. An invocation makes QUADS quads (an even number) of
// COLUMNS positions. It takes four quads to sum over at a time, whose pixels it reads once, and two quads of the
// result, so that eight products follow on every four pixels taken up and two sums touched.
//
// Constants put before: WORKGROUP, QUADS, COLUMNS.

struct Layer {
  positions: u32,       // of the result
  width: u32,           // of a row of its picture
  from_positions: u32,  // of the other tensor
  from_height: u32,
  from_width: u32,
  stride_y: u32,
  stride_x: u32,
  shift_y: i32,         // row r of the result is row r · stride + shift of the other tensor
  shift_x: i32,
  in_quads: u32,     // channel quads of x in a group
  out_quads: u32,    // channel quads of y in a group
  groups: u32,
  tiles: u32,        // tiles of the row
  x_offset: u32,     // vec4s from the start of a sample to the first of x; of dy, backward
  x_stride: u32,     // vec4s from a sample to the next
  bias: u32,         // whether there is one
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;    // [n][C/4][positions of x]
@group(0) @binding(1) var<storage, read> w: array<mat4x4f>;  // [O/4][C/group/4][4 × 4]
@group(0) @binding(2) var<storage, read> b: array<vec4f>;    // [O/4]
@group(0) @binding(3) var<storage, read> dy: array<vec4f>;   // [n][O/4][positions of y]

const DEPTH = 4u;
const OUTSIDE = 0xffffffffu;
var<private> places: array<u32, COLUMNS>;  // p' of every position of the tile
var<private> strip: array<vec4f, DEPTH * COLUMNS>;
var<private> sums: array<vec4f, QUADS * COLUMNS>;

fn find_places(column: u32, width: u32) {
  for (var s = 0u; s < COLUMNS; s++) {
    let p = column + s;
    let r = i32(p / layer.width * layer.stride_y) + layer.shift_y;
    let c = i32(p % layer.width * layer.stride_x) + layer.shift_x;
    let inside = s < width && r >= 0 && c >= 0 && r < i32(layer.from_height) && c < i32(layer.from_width);
    places[s] = select(OUTSIDE, u32(r) * layer.from_width + u32(c), inside);
  }
}

// Adds the four quads of the strip, times the matrices w and v, to the sums of quads q and q + 1.
fn add_strip(q: u32, w0: mat4x4f, w1: mat4x4f, w2: mat4x4f, w3: mat4x4f, v0: mat4x4f, v1: mat4x4f,
             v2: mat4x4f, v3: mat4x4f) {
  for (var s = 0u; s < COLUMNS; s++) {
    let a = strip[s];
    let b = strip[COLUMNS + s];
    let c = strip[2 * COLUMNS + s];
    let d = strip[3 * COLUMNS + s];
    sums[q * COLUMNS + s] += w0 * a + w1 * b + w2 * c + w3 * d;
    sums[(q + 1) * COLUMNS + s] += v0 * a + v1 * b + v2 * c + v3 * d;
  }
}

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  let blocks = (layer.out_quads + QUADS - 1) / QUADS;
  let group = id.x / (layer.tiles * blocks);
  if (group >= layer.groups) {
    return;
  }
  let first = id.x / layer.tiles % blocks * QUADS;  // quad of the group
  let column = id.x % layer.tiles * COLUMNS;
  let width = min(u32(COLUMNS), layer.positions - column);
  let n = id.z;
  find_places(column, width);
  for (var c = 0u; c < layer.in_quads; c += DEPTH) {
    for (var d = 0u; d < DEPTH; d++) {
      let quad = group * layer.in_quads + c + d;
      let start = n * layer.x_stride + layer.x_offset + quad * layer.from_positions;
      for (var s = 0u; s < COLUMNS; s++) {
        if (c + d < layer.in_quads && places[s] != OUTSIDE) {
          strip[d * COLUMNS + s] = x[start + places[s]];
        } else {
          strip[d * COLUMNS + s] = vec4f();
        }
      }
    }
    // Beyond the last quad the strip is zero, and any matrix will do.
    let d = min(vec4u(c, c + 1, c + 2, c + 3), vec4u(layer.in_quads - 1));
    for (var q = 0u; q < QUADS; q += 2) {
      let last = layer.out_quads - 1;
      let k = (group * layer.out_quads + min(first + q, last)) * layer.in_quads + d;
      let l = (group * layer.out_quads + min(first + q + 1, last)) * layer.in_quads + d;
      add_strip(q, w[k.x], w[k.y], w[k.z], w[k.w], w[l.x], w[l.y], w[l.z], w[l.w]);
    }
  }

  let row_words = layer.tiles * ((COLUMNS + 7u) / 8);
  for (var q = 0u; q < QUADS && first + q < layer.out_quads; q++) {
    let o = group * layer.out_quads + first + q;
    var bias = vec4f();
    if (layer.bias != 0) {
      bias = b[o];
    }
    var word = 0u;
    for (var s = 0u; s < width; s++) {
      let v = sums[q * COLUMNS + s] + bias;
      y[n * out.stride + out.offset + o * layer.positions + column + s] = activate(v);
      if (out.keep_mask != 0) {
        word |= mask_bits(v, s);
        if (s % 8 == 7 || s == width - 1) {
          let words = column / COLUMNS * ((COLUMNS + 7u) / 8) + s / 8;
          mask[n * out.mask_stride + o * row_words + words] = word;
          word = 0u;
        }
      }
    }
  }
}

@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(global_invocation_id) id: vec3u) {
  let blocks = (layer.in_quads + QUADS - 1) / QUADS;
  let group = id.x / (layer.tiles * blocks);
  if (group >= layer.groups) {
    return;
  }
  let first = id.x / layer.tiles % blocks * QUADS;
  let column = id.x % layer.tiles * COLUMNS;
  let width = min(u32(COLUMNS), layer.positions - column);
  let n = id.z;
  find_places(column, width);
  for (var o = 0u; o < layer.out_quads; o += DEPTH) {
    for (var d = 0u; d < DEPTH; d++) {
      let quad = group * layer.out_quads + o + d;
      let start = n * layer.x_stride + layer.x_offset + quad * layer.from_positions;
      for (var s = 0u; s < COLUMNS; s++) {
        if (o + d < layer.out_quads && places[s] != OUTSIDE) {
          strip[d * COLUMNS + s] = dy[start + places[s]];
        } else {
          strip[d * COLUMNS + s] = vec4f();
        }
      }
    }
    let d = group * layer.out_quads + min(vec4u(o, o + 1, o + 2, o + 3), vec4u(layer.out_quads - 1));
    for (var q = 0u; q < QUADS; q += 2) {
      let last = layer.in_quads - 1;
      let k = d * layer.in_quads + min(first + q, last);
      let l = d * layer.in_quads + min(first + q + 1, last);
      add_strip(q, transpose(w[k.x]), transpose(w[k.y]), transpose(w[k.z]), transpose(w[k.w]),
        transpose(w[l.x]), transpose(w[l.y]), transpose(w[l.z]), transpose(w[l.w]));
    }
  }
  for (var q = 0u; q < QUADS && first + q < layer.in_quads; q++) {
    for (var s = 0u; s < width; s++) {
      put_gradient(n, group * layer.in_quads + first + q, column + s, sums[q * COLUMNS + s]);
    }
  }
}
