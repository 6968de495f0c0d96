// The gradient of the loss with respect to the weights and the bias of a layer, summed over samples and positions.
//
//   conv   dW[o, c, k] = Σ_n Σ_i dy[n, o, i] ⊗ x[n, c, i · S + k · D − P]
//   dense  dW[o, i] = Σ_n dy[n, o] ⊗ x[n, i]
//   bias   db[o] = Σ_n Σ_i dy[n, o, i]
//
// o, c and i count channel quads, so that an outer product ⊗ is a 4 × 4 matrix. Four terms of a sum are the columns
// of two matrices, and dy · xᵀ adds all four. An invocation makes OUT_QUADS × IN_QUADS matrices of one tap k, so that
// each load serves several products. The samples are cut into parts, each summed up by itself in a fixed order; the
// optimizer sums up the parts. Nothing is added to by two invocations, so the same bits come out every time.
#import run

const WORKGROUP = 64u;
const OUT_QUADS = 1u;
const IN_QUADS = 1u;

struct Layer {
  kernel_y: u32,
  kernel_x: u32,
  stride_y: u32,
  stride_x: u32,
  dilation_y: u32,
  dilation_x: u32,
  pad_y: u32,
  pad_x: u32,
  in_height: u32,         // of x
  in_width: u32,
  out_height: u32,        // of y
  out_width: u32,
  in_quads: u32,          // channel quads of x in a group of the kernel
  out_quads: u32,         // channel quads of y in a group of the kernel
  groups: u32,
  channels: u32,          // of x in a group of the model
  outputs: u32,           // of y in a group of the model
  all_outputs: u32,       // of y
  x_offset: u32,          // vec4s from the start of a sample to the first of x
  x_stride: u32,          // vec4s from a sample to the next
  dy_offset: u32,
  dy_stride: u32,
  samples_of_part: u32,
  parts: u32,
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;                // [n][C/4][in_height][in_width]
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;               // [n][O/4][out_height][out_width]
@group(0) @binding(2) var<storage, read_write> dw: array<mat4x4f>;       // [parts][O/4][C/group/4][k][4 × 4]
@group(0) @binding(3) var<storage, read_write> db: array<vec4f>;         // [parts][O/4]

const OUTSIDE = 0xffffffffu;

// The sums of each quad of y with up to four quads of x. They are named, not indexed, so that they are kept in
// registers.
struct Row {
  a: mat4x4f,
  b: mat4x4f,
  c: mat4x4f,
  d: mat4x4f,
}

var<private> sums0: Row;
var<private> sums1: Row;
var<private> sums2: Row;
var<private> sums3: Row;

fn x_at(start: u32, place: u32) -> vec4f {
  return select(x[start + place], vec4f(), place == OUTSIDE);
}

fn dy_at(start: u32, place: u32) -> vec4f {
  return select(dy[start + place], vec4f(), place == OUTSIDE);
}

// Four terms of x, transposed.
fn four_of_x(start: u32, p: vec4u) -> mat4x4f {
  return transpose(mat4x4f(x_at(start, p.x), x_at(start, p.y), x_at(start, p.z), x_at(start, p.w)));
}

fn four_of_dy(start: u32, p: vec4u) -> mat4x4f {
  return mat4x4f(dy_at(start, p.x), dy_at(start, p.y), dy_at(start, p.z), dy_at(start, p.w));
}

fn add_products(sums: ptr<private, Row>, y4: mat4x4f, x4: Row) {
  (*sums).a += y4 * x4.a;
  if (IN_QUADS > 1) {
    (*sums).b += y4 * x4.b;
  }
  if (IN_QUADS > 2) {
    (*sums).c += y4 * x4.c;
    (*sums).d += y4 * x4.d;
  }
}

// Adds four terms, which lie at these places of a plane of x and of y; from a plane to the next is a step.
fn add_four(x_start: u32, x_step: u32, x_places: vec4u, y_start: u32, y_step: u32, y_places: vec4u) {
  var x4: Row;
  x4.a = four_of_x(x_start, x_places);
  if (IN_QUADS > 1) {
    x4.b = four_of_x(x_start + x_step, x_places);
  }
  if (IN_QUADS > 2) {
    x4.c = four_of_x(x_start + 2 * x_step, x_places);
    x4.d = four_of_x(x_start + 3 * x_step, x_places);
  }
  add_products(&sums0, four_of_dy(y_start, y_places), x4);
  if (OUT_QUADS > 1) {
    add_products(&sums1, four_of_dy(y_start + y_step, y_places), x4);
  }
  if (OUT_QUADS > 2) {
    add_products(&sums2, four_of_dy(y_start + 2 * y_step, y_places), x4);
    add_products(&sums3, four_of_dy(y_start + 3 * y_step, y_places), x4);
  }
}

// What an invocation makes: of a part of the samples, quads of y from `o` on and of x from `c` on, both in a group of
// the kernel, of a tap.
struct Tile {
  part: u32,
  group: u32,
  o: u32,
  c: u32,
  tap: u32,
}

// Parts follow each other without a gap, so that few tiles fill a workgroup, too.
fn tile_of(index: u32, taps: u32) -> Tile {
  let rows = (layer.out_quads + OUT_QUADS - 1) / OUT_QUADS;
  let columns = (layer.in_quads + IN_QUADS - 1) / IN_QUADS;
  let tiles = layer.groups * rows * columns * taps;
  let block = index % tiles / taps;
  return Tile(index / tiles, block / (rows * columns), block / columns % rows * OUT_QUADS,
    block % columns * IN_QUADS, index % taps);
}

// A matrix without what lies beyond the channels, or between two groups of the model that the kernel has merged.
fn real_part(tile: Tile, o: u32, c: u32, m: mat4x4f) -> mat4x4f {
  let outputs = (vec4u(tile.group * layer.out_quads + o) * 4) + vec4u(0, 1, 2, 3);
  let y_group = outputs / layer.outputs;
  var result: mat4x4f;
  for (var i = 0u; i < 4; i++) {
    let x_group = ((tile.group * layer.in_quads + c) * 4 + i) / layer.channels;
    let real = (y_group == vec4u(x_group)) & (outputs < vec4u(layer.all_outputs));
    result[i] = select(vec4f(), m[i], real);
  }
  return result;
}

fn put(tile: Tile, taps: u32, o: u32, c: u32, m: mat4x4f) {
  if (o < layer.out_quads && c < layer.in_quads) {
    let row = (tile.part * layer.groups + tile.group) * layer.out_quads + o;
    dw[(row * layer.in_quads + c) * taps + tile.tap] = real_part(tile, o, c, m);
  }
}

fn put_row(tile: Tile, taps: u32, o: u32, sums: Row) {
  put(tile, taps, o, tile.c, sums.a);
  if (IN_QUADS > 1) {
    put(tile, taps, o, tile.c + 1, sums.b);
  }
  if (IN_QUADS > 2) {
    put(tile, taps, o, tile.c + 2, sums.c);
    put(tile, taps, o, tile.c + 3, sums.d);
  }
}

fn put_all(tile: Tile, taps: u32) {
  put_row(tile, taps, tile.o, sums0);
  if (OUT_QUADS > 1) {
    put_row(tile, taps, tile.o + 1, sums1);
  }
  if (OUT_QUADS > 2) {
    put_row(tile, taps, tile.o + 2, sums2);
    put_row(tile, taps, tile.o + 3, sums3);
  }
}

fn samples_from(part: u32) -> u32 {
  return part * layer.samples_of_part;
}

fn samples_to(part: u32) -> u32 {
  return min((part + 1) * layer.samples_of_part, run.samples);
}

@compute @workgroup_size(WORKGROUP)
fn conv(@builtin(global_invocation_id) id: vec3u) {
  let taps = layer.kernel_y * layer.kernel_x;
  let tile = tile_of(id.x, taps);
  if (tile.part >= layer.parts) {
    return;
  }
  let x_plane = layer.in_height * layer.in_width;
  let y_plane = layer.out_height * layer.out_width;
  let x_first = layer.x_offset + (tile.group * layer.in_quads + tile.c) * x_plane;
  let y_first = layer.dy_offset + (tile.group * layer.out_quads + tile.o) * y_plane;
  let shift_y = i32(tile.tap / layer.kernel_x * layer.dilation_y) - i32(layer.pad_y);
  let shift_x = i32(tile.tap % layer.kernel_x * layer.dilation_x) - i32(layer.pad_x);
  let to = samples_to(tile.part);
  for (var first = 0u; first < y_plane; first += 4) {
    let p = vec4u(first) + vec4u(0, 1, 2, 3);
    let rows = vec4i(p / layer.out_width * layer.stride_y) + shift_y;
    let columns = vec4i(p % layer.out_width * layer.stride_x) + shift_x;
    let real = p < vec4u(y_plane);
    let inside = (rows >= vec4i()) & (rows < vec4i(i32(layer.in_height))) & (columns >= vec4i()) &
      (columns < vec4i(i32(layer.in_width))) & real;
    if (!any(inside)) {
      continue;
    }
    let x_places = select(vec4u(OUTSIDE), vec4u(rows * i32(layer.in_width) + columns), inside);
    let y_places = select(vec4u(OUTSIDE), p, real);
    for (var n = samples_from(tile.part); n < to; n++) {
      add_four(n * layer.x_stride + x_first, x_plane, x_places, n * layer.dy_stride + y_first, y_plane, y_places);
    }
  }
  put_all(tile, taps);
}

@compute @workgroup_size(WORKGROUP)
fn dense(@builtin(global_invocation_id) id: vec3u) {
  let tile = tile_of(id.x, 1);
  if (tile.part >= layer.parts) {
    return;
  }
  let to = samples_to(tile.part);
  for (var first = samples_from(tile.part); first < to; first += 4) {
    let n = vec4u(first) + vec4u(0, 1, 2, 3);
    let real = n < vec4u(to);
    let x_places = select(vec4u(OUTSIDE), n * layer.x_stride, real);
    let y_places = select(vec4u(OUTSIDE), n * layer.dy_stride, real);
    add_four(layer.x_offset + tile.c, 1, x_places, layer.dy_offset + tile.o, 1, y_places);
  }
  put_all(tile, 1);
}

@compute @workgroup_size(WORKGROUP)
fn bias(@builtin(global_invocation_id) id: vec3u) {
  let quads = layer.groups * layer.out_quads;
  if (id.x >= quads) {
    return;
  }
  let plane = layer.out_height * layer.out_width;
  let to = samples_to(id.z);
  var sum = vec4f();
  for (var n = samples_from(id.z); n < to; n++) {
    let start = n * layer.dy_stride + layer.dy_offset + id.x * plane;
    for (var p = 0u; p < plane; p++) {
      sum += dy[start + p];
    }
  }
  let real = vec4u(id.x * 4) + vec4u(0, 1, 2, 3) < vec4u(layer.all_outputs);
  db[id.z * quads + id.x] = select(vec4f(), sum, real);
}
