// What both of Winograd's convolutions share: planes cut into tiles of 4 × 4 pixels, the buffers between the transforms, and
// the mask. One invocation makes one tile of one channel quad.
#import f32, activation, gradient

const WORKGROUP = 64u;
const PLACES = 36u;  // of a tile

struct Layer {
  height: u32,      // of input and result alike
  width: u32,
  quads: u32,
  x_offset: u32,    // vec4s from the start of a sample to the first of x
  x_stride: u32,    // vec4s from a sample to the next
  bias: u32,        // whether there is one
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> x: array<Stored>;             // [n][C/4][height][width]
@group(0) @binding(1) var<storage, read_write> tiles: array<Stored>;   // [n][PLACES][C/4][tiles]
@group(0) @binding(2) var<storage, read> b: array<Stored>;             // [C/4]
@group(0) @binding(3) var<storage, read> products: array<Stored>;      // [n][PLACES][C/4][tiles]

struct Tile {
  quad: u32,
  row: u32,
  column: u32,
  down: u32,     // how many there are
  across: u32,
}

fn tile_of(index: u32) -> Tile {
  let down = (layer.height + 3) >> 2;
  let across = (layer.width + 3) >> 2;
  let in_plane = index % (down * across);
  return Tile(index / (down * across), in_plane / across, in_plane % across, down, across);
}

fn product(place: u32) -> vec4f {
  return loaded(products[place]);
}

fn pixel(start: u32, row: i32, column: i32) -> vec4f {
  let inside = (u32(row) < layer.height) & (u32(column) < layer.width);
  return select(vec4f(), loaded(x[start + u32(row) * layer.width + u32(column)]), inside);
}

// Which pixels of row `i` of a tile lie in the plane.
fn inside_of(tile: Tile, i: u32) -> vec4<bool> {
  let is_row = 4 * tile.row + i < layer.height;
  return vec4<bool>(is_row) & (vec4u(0, 1, 2, 3) < vec4u(layer.width - 4 * tile.column));
}

// Leaves row `i` of the pixels that a tile makes, as a result. Where an index is no constant it is a load.
fn put_result(n: u32, tile: Tile, i: u32, row: mat4x4f) {
  var bias = vec4f();
  if (layer.bias != 0) {
    bias = loaded(b[tile.quad]);
  }
  let start = n * out.stride + out.offset + tile.quad * layer.height * layer.width;
  let line = start + (4 * tile.row + i) * layer.width + 4 * tile.column;
  let inside = inside_of(tile, i);
  if (inside.x) {
    y[line] = stored(activate(with_residual(row[0] + bias, n, line)));
  }
  if (inside.y) {
    y[line + 1] = stored(activate(with_residual(row[1] + bias, n, line + 1)));
  }
  if (inside.z) {
    y[line + 2] = stored(activate(with_residual(row[2] + bias, n, line + 2)));
  }
  if (inside.w) {
    y[line + 3] = stored(activate(with_residual(row[3] + bias, n, line + 3)));
  }
}

// Leaves row `i` of the pixels that a tile makes, as a gradient.
fn put_back(n: u32, tile: Tile, i: u32, row: mat4x4f) {
  let line = (4 * tile.row + i) * layer.width + 4 * tile.column;
  let inside = inside_of(tile, i);
  if (inside.x) {
    put_gradient(n, tile.quad, line, row[0]);
  }
  if (inside.y) {
    put_gradient(n, tile.quad, line + 1, row[1]);
  }
  if (inside.z) {
    put_gradient(n, tile.quad, line + 2, row[2]);
  }
  if (inside.w) {
    put_gradient(n, tile.quad, line + 3, row[3]);
  }
}

// The mask of a result that stands there already, eight positions an invocation: tiles would share words.
@compute @workgroup_size(WORKGROUP)
fn mark(@builtin(global_invocation_id) id: vec3u) {
  let positions = layer.height * layer.width;
  let words = (positions + 7) >> 3;
  let quad = id.x / words;
  if (quad >= layer.quads) {
    return;
  }
  let first = id.x % words * 8;
  let start = id.z * out.stride + out.offset + quad * positions + first;
  var word = 0u;
  for (var s = 0u; s < min(8u, positions - first); s++) {
    word |= mask_bits(loaded(y[start + s]), s);
  }
  put_mask(id.z, id.x, word);
}
