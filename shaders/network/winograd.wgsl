// Convolutions of 3 × 3 with stride 1 and padding 1 by Winograd's F(4 × 4, 3 × 3) (Lavin & Gray 2016), and their gradients.
// A tile of 4 × 4 pixels of the result comes from 6 × 6 pixels d of the input:
//
//   forward   y = Aᵀ [(G w Gᵀ) ⊙ (Bᵀ d B)] A
//   backward  the same, transposed: dx = B [(G w Gᵀ)ᵀ ⊙ (A dy Aᵀ)] Bᵀ, where tiles overlap by two pixels
//
// What stands between is for each of the 36 places of a tile a product of matrices over channels: a 1 × 1 convolution
// in 36 groups, by conv.wgsl. Here are the two ends of it.
//
//   Bᵀ = 4  0 −5  0  1  0     Aᵀ = 1  1  1  1  1  0
//        0 −4 −4  1  1  0          0  1 −1  2 −2  0
//        0  4 −4 −1  1  0          0  1  1  4  4  0
//        0 −2 −1  2  1  0          0  1 −1  8 −8  1
//        0  2 −1 −2  1  0
//        0  4  0 −5  0  1
#import f32, winograd-tile

// Six values along an axis of a tile.
struct Six {
  v0: vec4f,
  v1: vec4f,
  v2: vec4f,
  v3: vec4f,
  v4: vec4f,
  v5: vec4f,
}

// Bᵀ d
fn spread_six(d: Six) -> Six {
  let even = d.v4 - 4 * d.v2;
  let odd = d.v3 - 4 * d.v1;
  let near = d.v4 - d.v2;
  let twice = 2 * (d.v3 - d.v1);
  return Six(4 * d.v0 - 5 * d.v2 + d.v4, even + odd, even - odd, near + twice, near - twice,
    4 * d.v1 - 5 * d.v3 + d.v5);
}

// Aᵀ m
fn gather_six(m: Six) -> mat4x4f {
  let sum1 = m.v1 + m.v2;
  let sum2 = m.v3 + m.v4;
  let off1 = m.v1 - m.v2;
  let off2 = m.v3 - m.v4;
  return mat4x4f(m.v0 + sum1 + sum2, off1 + 2 * off2, sum1 + 4 * sum2, off1 + 8 * off2 + m.v5);
}

// A e
fn spread_four(e: mat4x4f) -> Six {
  let even = e[0] + e[2];
  let odd = e[1] + e[3];
  let far_even = e[0] + 4 * e[2];
  let far_odd = 2 * e[1] + 8 * e[3];
  return Six(e[0], even + odd, even - odd, far_even + far_odd, far_even - far_odd, e[3]);
}

// B m without its ends, which lie in the neighbors' tiles, and with what their ends leave here.
fn gather_overlapping(before: vec4f, m: Six, after: vec4f) -> mat4x4f {
  let sum1 = m.v1 + m.v2;
  let sum2 = m.v3 + m.v4;
  let off1 = m.v1 - m.v2;
  let off2 = m.v3 - m.v4;
  return mat4x4f(
    before - 4 * off1 - 2 * off2 + 4 * m.v5,
    -5 * m.v0 - 4 * sum1 - sum2,
    off1 + 2 * off2 - 5 * m.v5,
    m.v0 + sum1 + sum2 + 4 * after);
}

fn six_pixels(start: u32, row: i32, column: i32) -> Six {
  return Six(pixel(start, row, column), pixel(start, row + 1, column), pixel(start, row + 2, column),
    pixel(start, row + 3, column), pixel(start, row + 4, column), pixel(start, row + 5, column));
}

fn four_pixels(start: u32, row: i32, column: i32) -> mat4x4f {
  return mat4x4f(pixel(start, row, column), pixel(start, row + 1, column), pixel(start, row + 2, column),
    pixel(start, row + 3, column));
}

// Leaves six neighbors of a row of the tile; `k` is the first's place, `step` the way from a place to the next.
fn put_six(first: u32, step: u32, k: u32, v: Six) {
  tiles[first + k * step] = stored(v.v0);
  tiles[first + (k + 1) * step] = stored(v.v1);
  tiles[first + (k + 2) * step] = stored(v.v2);
  tiles[first + (k + 3) * step] = stored(v.v3);
  tiles[first + (k + 4) * step] = stored(v.v4);
  tiles[first + (k + 5) * step] = stored(v.v5);
}

@compute @workgroup_size(WORKGROUP)
fn spread_forward(@builtin(global_invocation_id) id: vec3u) {
  let tile = tile_of(id.x);
  if (tile.quad >= layer.quads) {
    return;
  }
  let start = id.z * layer.x_stride + layer.x_offset + tile.quad * layer.height * layer.width;
  let row = i32(4 * tile.row) - 1;
  let column = i32(4 * tile.column) - 1;
  let c0 = spread_six(six_pixels(start, row, column));
  let c1 = spread_six(six_pixels(start, row, column + 1));
  let c2 = spread_six(six_pixels(start, row, column + 2));
  let c3 = spread_six(six_pixels(start, row, column + 3));
  let c4 = spread_six(six_pixels(start, row, column + 4));
  let c5 = spread_six(six_pixels(start, row, column + 5));
  let step = layer.quads * tile.down * tile.across;
  let first = id.z * PLACES * step + id.x;
  put_six(first, step, 0, spread_six(Six(c0.v0, c1.v0, c2.v0, c3.v0, c4.v0, c5.v0)));
  put_six(first, step, 6, spread_six(Six(c0.v1, c1.v1, c2.v1, c3.v1, c4.v1, c5.v1)));
  put_six(first, step, 12, spread_six(Six(c0.v2, c1.v2, c2.v2, c3.v2, c4.v2, c5.v2)));
  put_six(first, step, 18, spread_six(Six(c0.v3, c1.v3, c2.v3, c3.v3, c4.v3, c5.v3)));
  put_six(first, step, 24, spread_six(Six(c0.v4, c1.v4, c2.v4, c3.v4, c4.v4, c5.v4)));
  put_six(first, step, 30, spread_six(Six(c0.v5, c1.v5, c2.v5, c3.v5, c4.v5, c5.v5)));
}

@compute @workgroup_size(WORKGROUP)
fn spread_backward(@builtin(global_invocation_id) id: vec3u) {
  let tile = tile_of(id.x);
  if (tile.quad >= layer.quads) {
    return;
  }
  let start = id.z * layer.x_stride + layer.x_offset + tile.quad * layer.height * layer.width;
  let row = i32(4 * tile.row);
  let column = i32(4 * tile.column);
  let c0 = spread_four(four_pixels(start, row, column));
  let c1 = spread_four(four_pixels(start, row, column + 1));
  let c2 = spread_four(four_pixels(start, row, column + 2));
  let c3 = spread_four(four_pixels(start, row, column + 3));
  let step = layer.quads * tile.down * tile.across;
  let first = id.z * PLACES * step + id.x;
  put_six(first, step, 0, spread_four(mat4x4f(c0.v0, c1.v0, c2.v0, c3.v0)));
  put_six(first, step, 6, spread_four(mat4x4f(c0.v1, c1.v1, c2.v1, c3.v1)));
  put_six(first, step, 12, spread_four(mat4x4f(c0.v2, c1.v2, c2.v2, c3.v2)));
  put_six(first, step, 18, spread_four(mat4x4f(c0.v3, c1.v3, c2.v3, c3.v3)));
  put_six(first, step, 24, spread_four(mat4x4f(c0.v4, c1.v4, c2.v4, c3.v4)));
  put_six(first, step, 30, spread_four(mat4x4f(c0.v5, c1.v5, c2.v5, c3.v5)));
}

// The six products of a column of the tile; `k` is the first's place.
fn six_products(first: u32, step: u32, k: u32) -> Six {
  return Six(product(first + k * step), product(first + (k + 6) * step), product(first + (k + 12) * step),
    product(first + (k + 18) * step), product(first + (k + 24) * step), product(first + (k + 30) * step));
}

@compute @workgroup_size(WORKGROUP)
fn gather_forward(@builtin(global_invocation_id) id: vec3u) {
  let tile = tile_of(id.x);
  if (tile.quad >= layer.quads) {
    return;
  }
  let step = layer.quads * tile.down * tile.across;
  let first = id.z * PLACES * step + id.x;
  let c0 = gather_six(six_products(first, step, 0));
  let c1 = gather_six(six_products(first, step, 1));
  let c2 = gather_six(six_products(first, step, 2));
  let c3 = gather_six(six_products(first, step, 3));
  let c4 = gather_six(six_products(first, step, 4));
  let c5 = gather_six(six_products(first, step, 5));
  put_result(id.z, tile, 0, gather_six(Six(c0[0], c1[0], c2[0], c3[0], c4[0], c5[0])));
  put_result(id.z, tile, 1, gather_six(Six(c0[1], c1[1], c2[1], c3[1], c4[1], c5[1])));
  put_result(id.z, tile, 2, gather_six(Six(c0[2], c1[2], c2[2], c3[2], c4[2], c5[2])));
  put_result(id.z, tile, 3, gather_six(Six(c0[3], c1[3], c2[3], c3[3], c4[3], c5[3])));
}

// One product of a neighbor's tile, or of this one; 0 where there is no tile.
fn product_at(start: u32, step: u32, k: u32, row: i32, column: i32, tile: Tile) -> vec4f {
  let inside = u32(row) < tile.down && u32(column) < tile.across;
  return select(vec4f(), loaded(products[start + k * step + u32(row) * tile.across + u32(column)]), inside);
}

// A column of products with place `k` of the tiles in column `column`, and the ends of the tiles above and below.
fn overlapping(start: u32, step: u32, k: u32, column: i32, tile: Tile) -> mat4x4f {
  let row = i32(tile.row);
  let own = Six(product_at(start, step, k, row, column, tile), product_at(start, step, k + 6, row, column, tile),
    product_at(start, step, k + 12, row, column, tile), product_at(start, step, k + 18, row, column, tile),
    product_at(start, step, k + 24, row, column, tile), product_at(start, step, k + 30, row, column, tile));
  return gather_overlapping(product_at(start, step, k + 30, row - 1, column, tile), own,
    product_at(start, step, k, row + 1, column, tile));
}

@compute @workgroup_size(WORKGROUP)
fn gather_backward(@builtin(global_invocation_id) id: vec3u) {
  let tile = tile_of(id.x);
  if (tile.quad >= layer.quads) {
    return;
  }
  let step = layer.quads * tile.down * tile.across;
  let start = id.z * PLACES * step + tile.quad * tile.down * tile.across;
  let column = i32(tile.column);
  let before = overlapping(start, step, 5, column - 1, tile);
  let c0 = overlapping(start, step, 0, column, tile);
  let c1 = overlapping(start, step, 1, column, tile);
  let c2 = overlapping(start, step, 2, column, tile);
  let c3 = overlapping(start, step, 3, column, tile);
  let c4 = overlapping(start, step, 4, column, tile);
  let c5 = overlapping(start, step, 5, column, tile);
  let after = overlapping(start, step, 0, column + 1, tile);
  put_back(id.z, tile, 0, gather_overlapping(before[0], Six(c0[0], c1[0], c2[0], c3[0], c4[0], c5[0]), after[0]));
  put_back(id.z, tile, 1, gather_overlapping(before[1], Six(c0[1], c1[1], c2[1], c3[1], c4[1], c5[1]), after[1]));
  put_back(id.z, tile, 2, gather_overlapping(before[2], Six(c0[2], c1[2], c2[2], c3[2], c4[2], c5[2]), after[2]));
  put_back(id.z, tile, 3, gather_overlapping(before[3], Six(c0[3], c1[3], c2[3], c3[3], c4[3], c5[3]), after[3]));
}
