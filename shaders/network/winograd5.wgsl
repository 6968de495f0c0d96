// Convolutions of 5 × 5 with stride 1 and padding 2 by Winograd's F(4 × 4, 5 × 5), and their gradients, which are such
// convolutions by turned weights. A tile of 4 × 4 pixels of the result comes from 8 × 8 pixels d of the input:
//
//   y = Aᵀ [(G w Gᵀ) ⊙ (Bᵀ d B)] A
//
// What stands between is for each of the 64 places of a tile a product of matrices over channels: a 1 × 1 convolution
// in 64 groups, by conv.wgsl. Here are the two ends of it. The points are 0, ±1, ±2, ±1/2, ∞:
//
//   Bᵀ = 1   0  −21/4    0    21/4    0   −1  0     Aᵀ = 1  1  1  1  1   1    1   0
//        0   1    1   −17/4  −17/4    1    1  0          0  1 −1  2 −2  1/2 −1/2  0
//        0  −1    1    17/4  −17/4   −1    1  0          0  1  1  4  4  1/4  1/4  0
//        0  1/2  1/4   −5/2   −5/4    2    1  0          0  1 −1  8 −8  1/8 −1/8  1
//        0 −1/2  1/4    5/2   −5/4   −2    1  0
//        0   2    4    −5/2    −5    1/2   1  0
//        0  −2    4     5/2    −5   −1/2   1  0
//        0  −1    0    21/4     0  −21/4   0  1
#import f32, winograd-tile

// Eight values along an axis of a tile.
struct Eight {
  v0: vec4f,
  v1: vec4f,
  v2: vec4f,
  v3: vec4f,
  v4: vec4f,
  v5: vec4f,
  v6: vec4f,
  v7: vec4f,
}

// Bᵀ d
fn spread_eight(d: Eight) -> Eight {
  let even1 = d.v2 + d.v6 - 4.25 * d.v4;
  let odd1 = d.v1 + d.v5 - 4.25 * d.v3;
  let even2 = 0.25 * d.v2 - 1.25 * d.v4 + d.v6;
  let odd2 = 0.5 * d.v1 - 2.5 * d.v3 + 2 * d.v5;
  let even3 = 4 * d.v2 - 5 * d.v4 + d.v6;
  let odd3 = 2 * d.v1 - 2.5 * d.v3 + 0.5 * d.v5;
  return Eight(d.v0 - d.v6 + 5.25 * (d.v4 - d.v2), even1 + odd1, even1 - odd1, even2 + odd2, even2 - odd2,
    even3 + odd3, even3 - odd3, d.v7 - d.v1 + 5.25 * (d.v3 - d.v5));
}

// Aᵀ m
fn gather_eight(m: Eight) -> mat4x4f {
  let sum1 = m.v1 + m.v2;
  let sum2 = m.v3 + m.v4;
  let sum3 = m.v5 + m.v6;
  let off1 = m.v1 - m.v2;
  let off2 = m.v3 - m.v4;
  let off3 = m.v5 - m.v6;
  return mat4x4f(m.v0 + sum1 + sum2 + sum3, off1 + 2 * off2 + 0.5 * off3, sum1 + 4 * sum2 + 0.25 * sum3,
    off1 + 8 * off2 + 0.125 * off3 + m.v7);
}

// A column of the tile's pixels, spread.
fn column_of(start: u32, row: i32, c: i32) -> Eight {
  return spread_eight(Eight(pixel(start, row, c), pixel(start, row + 1, c), pixel(start, row + 2, c),
    pixel(start, row + 3, c), pixel(start, row + 4, c), pixel(start, row + 5, c), pixel(start, row + 6, c),
    pixel(start, row + 7, c)));
}

// Leaves a row of the tile, spread; `k` is the first's place, `step` the way from a place to the next.
fn put_row(first: u32, step: u32, k: u32, d: Eight) {
  let v = spread_eight(d);
  tiles[first + k * step] = stored(v.v0);
  tiles[first + (k + 1) * step] = stored(v.v1);
  tiles[first + (k + 2) * step] = stored(v.v2);
  tiles[first + (k + 3) * step] = stored(v.v3);
  tiles[first + (k + 4) * step] = stored(v.v4);
  tiles[first + (k + 5) * step] = stored(v.v5);
  tiles[first + (k + 6) * step] = stored(v.v6);
  tiles[first + (k + 7) * step] = stored(v.v7);
}

@compute @workgroup_size(WORKGROUP)
fn spread(@builtin(global_invocation_id) id: vec3u) {
  let tile = tile_of(id.x);
  if (tile.quad >= layer.quads) {
    return;
  }
  let start = id.z * layer.x_stride + layer.x_offset + tile.quad * layer.height * layer.width;
  let row = i32(4 * tile.row) - 2;
  let column = i32(4 * tile.column) - 2;
  let c0 = column_of(start, row, column);
  let c1 = column_of(start, row, column + 1);
  let c2 = column_of(start, row, column + 2);
  let c3 = column_of(start, row, column + 3);
  let c4 = column_of(start, row, column + 4);
  let c5 = column_of(start, row, column + 5);
  let c6 = column_of(start, row, column + 6);
  let c7 = column_of(start, row, column + 7);
  let step = layer.quads * tile.down * tile.across;
  let first = id.z * PLACES * step + id.x;
  put_row(first, step, 0, Eight(c0.v0, c1.v0, c2.v0, c3.v0, c4.v0, c5.v0, c6.v0, c7.v0));
  put_row(first, step, 8, Eight(c0.v1, c1.v1, c2.v1, c3.v1, c4.v1, c5.v1, c6.v1, c7.v1));
  put_row(first, step, 16, Eight(c0.v2, c1.v2, c2.v2, c3.v2, c4.v2, c5.v2, c6.v2, c7.v2));
  put_row(first, step, 24, Eight(c0.v3, c1.v3, c2.v3, c3.v3, c4.v3, c5.v3, c6.v3, c7.v3));
  put_row(first, step, 32, Eight(c0.v4, c1.v4, c2.v4, c3.v4, c4.v4, c5.v4, c6.v4, c7.v4));
  put_row(first, step, 40, Eight(c0.v5, c1.v5, c2.v5, c3.v5, c4.v5, c5.v5, c6.v5, c7.v5));
  put_row(first, step, 48, Eight(c0.v6, c1.v6, c2.v6, c3.v6, c4.v6, c5.v6, c6.v6, c7.v6));
  put_row(first, step, 56, Eight(c0.v7, c1.v7, c2.v7, c3.v7, c4.v7, c5.v7, c6.v7, c7.v7));
}

// Four pixels of a column, from its eight products; `k` is the first's place.
fn gathered(first: u32, step: u32, k: u32) -> mat4x4f {
  return gather_eight(Eight(product(first + k * step), product(first + (k + 8) * step),
    product(first + (k + 16) * step), product(first + (k + 24) * step), product(first + (k + 32) * step),
    product(first + (k + 40) * step), product(first + (k + 48) * step), product(first + (k + 56) * step)));
}

// The tile's pixels, a row to each.
struct Rows {
  r0: mat4x4f,
  r1: mat4x4f,
  r2: mat4x4f,
  r3: mat4x4f,
}

fn rows_of(n: u32, index: u32, tile: Tile) -> Rows {
  let step = layer.quads * tile.down * tile.across;
  let first = n * PLACES * step + index;
  let c0 = gathered(first, step, 0);
  let c1 = gathered(first, step, 1);
  let c2 = gathered(first, step, 2);
  let c3 = gathered(first, step, 3);
  let c4 = gathered(first, step, 4);
  let c5 = gathered(first, step, 5);
  let c6 = gathered(first, step, 6);
  let c7 = gathered(first, step, 7);
  return Rows(gather_eight(Eight(c0[0], c1[0], c2[0], c3[0], c4[0], c5[0], c6[0], c7[0])),
    gather_eight(Eight(c0[1], c1[1], c2[1], c3[1], c4[1], c5[1], c6[1], c7[1])),
    gather_eight(Eight(c0[2], c1[2], c2[2], c3[2], c4[2], c5[2], c6[2], c7[2])),
    gather_eight(Eight(c0[3], c1[3], c2[3], c3[3], c4[3], c5[3], c6[3], c7[3])));
}

@compute @workgroup_size(WORKGROUP)
fn gather_forward(@builtin(global_invocation_id) id: vec3u) {
  let tile = tile_of(id.x);
  if (tile.quad >= layer.quads) {
    return;
  }
  let made = rows_of(id.z, id.x, tile);
  put_result(id.z, tile, 0, made.r0);
  put_result(id.z, tile, 1, made.r1);
  put_result(id.z, tile, 2, made.r2);
  put_result(id.z, tile, 3, made.r3);
}

@compute @workgroup_size(WORKGROUP)
fn gather_backward(@builtin(global_invocation_id) id: vec3u) {
  let tile = tile_of(id.x);
  if (tile.quad >= layer.quads) {
    return;
  }
  let made = rows_of(id.z, id.x, tile);
  put_back(id.z, tile, 0, made.r0);
  put_back(id.z, tile, 1, made.r1);
  put_back(id.z, tile, 2, made.r2);
  put_back(id.z, tile, 3, made.r3);
}
