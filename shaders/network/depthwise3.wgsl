// Depthwise convolution with 3 × 3 taps that are neighbors, and its gradient with respect to the input, as in
// depthwise.wgsl, without loops: an invocation loads the nine weights once, and each row of pixels once for all of its rows
// that see it. Where loads are expensive, as on SwiftShader, they are most of the time.
#import f32, depthwise-row

const WORKGROUP = 64u;

// A row of weights.
struct Three {
  a: vec4f,
  b: vec4f,
  c: vec4f,
}

fn weights_at(first: u32) -> Three {
  return Three(loaded(w[first]), loaded(w[first + 1]), loaded(w[first + 2]));
}

fn turned(row: Three) -> Three {
  return Three(row.c, row.b, row.a);
}

// What eight neighbors see of a row.
struct Ten {
  p0: vec4f,
  p1: vec4f,
  p2: vec4f,
  p3: vec4f,
  p4: vec4f,
  p5: vec4f,
  p6: vec4f,
  p7: vec4f,
  p8: vec4f,
  p9: vec4f,
}

// A plane of x, or of dy.
struct Plane {
  start: u32,
  height: u32,
  width: u32,
}

// A row of it; those above and below the plane have no width.
struct Line {
  start: u32,
  width: u32,
}

fn line_at(plane: Plane, row: i32) -> Line {
  let is_there = u32(row) < plane.height;
  return Line(plane.start + select(0, u32(row) * plane.width, is_there), select(0, plane.width, is_there));
}

fn ten_at(plane: Plane, row: i32, c: i32) -> Ten {
  let line = line_at(plane, row);
  return Ten(pixel(line.start, c, line.width), pixel(line.start, c + 1, line.width),
    pixel(line.start, c + 2, line.width), pixel(line.start, c + 3, line.width),
    pixel(line.start, c + 4, line.width), pixel(line.start, c + 5, line.width),
    pixel(line.start, c + 6, line.width), pixel(line.start, c + 7, line.width),
    pixel(line.start, c + 8, line.width), pixel(line.start, c + 9, line.width));
}

fn products(k: Three, p: vec4f, q: vec4f, r: vec4f, sum: vec4f) -> vec4f {
  return sum + k.a * p + k.b * q + k.c * r;
}

fn add_row(sums: Eight, k: Three, p: Ten) -> Eight {
  return Eight(products(k, p.p0, p.p1, p.p2, sums.s0), products(k, p.p1, p.p2, p.p3, sums.s1),
    products(k, p.p2, p.p3, p.p4, sums.s2), products(k, p.p3, p.p4, p.p5, sums.s3),
    products(k, p.p4, p.p5, p.p6, sums.s4), products(k, p.p5, p.p6, p.p7, sums.s5),
    products(k, p.p6, p.p7, p.p8, sums.s6), products(k, p.p7, p.p8, p.p9, sums.s7));
}

// Two rows of eight.
struct Pair {
  upper: Eight,
  lower: Eight,
}

// What is done to each in a loop is compiled once.
fn row_of(pair: Pair, i: u32) -> Eight {
  if (i == 0) {
    return pair.upper;
  }
  return pair.lower;
}

// The sums of two rows of eight, of which the first sees what begins at `row` and `column`.
fn convolve(plane: Plane, row: i32, column: i32, k0: Three, k1: Three, k2: Three) -> Pair {
  var sums: Pair;
  let r0 = ten_at(plane, row, column);
  sums.upper = add_row(sums.upper, k0, r0);
  let r1 = ten_at(plane, row + 1, column);
  sums.upper = add_row(sums.upper, k1, r1);
  sums.lower = add_row(sums.lower, k0, r1);
  let r2 = ten_at(plane, row + 2, column);
  sums.upper = add_row(sums.upper, k2, r2);
  sums.lower = add_row(sums.lower, k1, r2);
  let r3 = ten_at(plane, row + 3, column);
  sums.lower = add_row(sums.lower, k2, r3);
  return sums;
}

// The same with a stride of two: what the eight see of a row, added.
fn add_every_second(sums: Eight, k: Three, plane: Plane, row: i32, c: i32) -> Eight {
  let line = line_at(plane, row);
  let p2 = pixel(line.start, c + 2, line.width);
  let p4 = pixel(line.start, c + 4, line.width);
  let p6 = pixel(line.start, c + 6, line.width);
  let p8 = pixel(line.start, c + 8, line.width);
  let p10 = pixel(line.start, c + 10, line.width);
  let p12 = pixel(line.start, c + 12, line.width);
  let p14 = pixel(line.start, c + 14, line.width);
  return Eight(
    products(k, pixel(line.start, c, line.width), pixel(line.start, c + 1, line.width), p2, sums.s0),
    products(k, p2, pixel(line.start, c + 3, line.width), p4, sums.s1),
    products(k, p4, pixel(line.start, c + 5, line.width), p6, sums.s2),
    products(k, p6, pixel(line.start, c + 7, line.width), p8, sums.s3),
    products(k, p8, pixel(line.start, c + 9, line.width), p10, sums.s4),
    products(k, p10, pixel(line.start, c + 11, line.width), p12, sums.s5),
    products(k, p12, pixel(line.start, c + 13, line.width), p14, sums.s6),
    products(k, p14, pixel(line.start, c + 15, line.width), pixel(line.start, c + 16, line.width), sums.s7));
}

// A tile: its quad, and its first row and column in tiles.
struct Tile {
  quad: u32,
  row: u32,
  column: u32,
}

fn tile_at(index: u32) -> Tile {
  return Tile(index / (layer.tiles_y * layer.tiles_x), index / layer.tiles_x % layer.tiles_y, index % layer.tiles_x);
}

fn plane_of(n: u32, quad: u32, height: u32, width: u32) -> Plane {
  return Plane(n * layer.x_stride + layer.x_offset + quad * height * width, height, width);
}

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  let tile = tile_at(id.x);
  if (tile.quad >= layer.quads) {
    return;
  }
  let plane = plane_of(id.z, tile.quad, layer.in_height, layer.in_width);
  let row = 2 * tile.row;
  let column = COLUMNS * tile.column;
  let k = 9 * tile.quad;
  let sums = convolve(plane, i32(row) - i32(layer.pad_y), i32(column) - i32(layer.pad_x), weights_at(k),
    weights_at(k + 3), weights_at(k + 6));
  for (var i = 0u; i < 2; i++) {
    put_results(id.z, tile.quad, row + i, column, row_of(sums, i));
  }
}

@compute @workgroup_size(WORKGROUP)
fn forward_every_second(@builtin(global_invocation_id) id: vec3u) {
  let tile = tile_at(id.x);
  if (tile.quad >= layer.quads) {
    return;
  }
  let plane = plane_of(id.z, tile.quad, layer.in_height, layer.in_width);
  let column = COLUMNS * tile.column;
  let place = 2 * vec2i(vec2u(column, tile.row)) - vec2i(vec2u(layer.pad_x, layer.pad_y));
  let k = 9 * tile.quad;
  var sums = add_every_second(Eight(), weights_at(k), plane, place.y, place.x);
  sums = add_every_second(sums, weights_at(k + 3), plane, place.y + 1, place.x);
  sums = add_every_second(sums, weights_at(k + 6), plane, place.y + 2, place.x);
  put_results(id.z, tile.quad, tile.row, column, sums);
}

// Backward the taps are turned around: the last one is seen first.
@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(global_invocation_id) id: vec3u) {
  let tile = tile_at(id.x);
  if (tile.quad >= layer.quads) {
    return;
  }
  let plane = plane_of(id.z, tile.quad, layer.out_height, layer.out_width);
  let row = 2 * i32(tile.row);
  let column = i32(COLUMNS * tile.column);
  let k = 9 * tile.quad;
  let sums = convolve(plane, row + i32(layer.pad_y) - 2, column + i32(layer.pad_x) - 2, turned(weights_at(k + 6)),
    turned(weights_at(k + 3)), turned(weights_at(k)));
  for (var i = 0; i < 2; i++) {
    put_gradients(id.z, tile.quad, row + i, column, 1, row_of(sums, u32(i)));
  }
}

// What the eight pixels from an even place on see of a row of dy: an even place two of them, through the first and the
// last tap, an odd one the first of these, through the tap between.
struct Five {
  before: vec4f,
  p0: vec4f,
  p1: vec4f,
  p2: vec4f,
  p3: vec4f,
}

fn five_at(plane: Plane, row: i32, c: i32) -> Five {
  let line = line_at(plane, row);
  return Five(pixel(line.start, c - 1, line.width), pixel(line.start, c, line.width),
    pixel(line.start, c + 1, line.width), pixel(line.start, c + 2, line.width), pixel(line.start, c + 3, line.width));
}

fn add_to_phases(sums: Eight, k: Three, p: Five) -> Eight {
  return Eight(sums.s0 + k.a * p.p0 + k.c * p.before, sums.s1 + k.b * p.p0, sums.s2 + k.a * p.p1 + k.c * p.p0,
    sums.s3 + k.b * p.p1, sums.s4 + k.a * p.p2 + k.c * p.p1, sums.s5 + k.b * p.p2, sums.s6 + k.a * p.p3 + k.c * p.p2,
    sums.s7 + k.b * p.p3);
}

// Tiles are counted from the first place of the padding on, so that they begin with an even one.
@compute @workgroup_size(WORKGROUP)
fn backward_every_second(@builtin(global_invocation_id) id: vec3u) {
  let tile = tile_at(id.x);
  if (tile.quad >= layer.quads) {
    return;
  }
  let plane = plane_of(id.z, tile.quad, layer.out_height, layer.out_width);
  let c = i32(COLUMNS / 2 * tile.column);
  let r = i32(tile.row);
  let k = 9 * tile.quad;
  let here = five_at(plane, r, c);
  let lower = add_to_phases(Eight(), weights_at(k + 3), here);
  let upper = add_to_phases(add_to_phases(Eight(), weights_at(k), here), weights_at(k + 6), five_at(plane, r - 1, c));
  let row = 2 * r - i32(layer.pad_y);
  let column = 2 * c - i32(layer.pad_x);
  for (var i = 0; i < 2; i++) {
    put_gradients(id.z, tile.quad, row + i, column, 1, row_of(Pair(upper, lower), u32(i)));
  }
}
