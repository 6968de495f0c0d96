// Depthwise convolution (a group for each channel), and its gradient with respect to the input.
//
//   forward   y[c, i] = a(b[c] + Σ_k w[c, k] · x[c, i · S + k · D − P])
//   backward  dx[c, j] = Σ_k w[c, k] · dy[c, (j + P − k · D) / S]   over the k that divide
//
// An invocation makes eight neighboring pixels of a row. Where what they read are neighbors, too, the taps of a row read
// the same pixels, so these are loaded once for three taps. depthwise3.wgsl is faster for 3 × 3 taps.
//
// In the backward pass the pixels j of equal j mod S (a phase) see the same taps, so that a phase looks like a
// picture of its own with stride 1.
#import f32, taps, depthwise-row

const WORKGROUP = 64u;
const SLIDES = 0u;  // 1: neighbors read neighbors, and so do taps

// Three taps of a row, from `first` on; those beyond the last one are 0.
fn weights_at(first: i32, taps: Taps, j: u32) -> array<vec4f, 3> {
  let k = first + i32(j) * taps.step;
  return array(loaded(w[k]), select(vec4f(), loaded(w[k + taps.step]), j + 1 < taps.count),
    select(vec4f(), loaded(w[k + 2 * taps.step]), j + 2 < taps.count));
}

// Sums up what eight pixels see through the taps in a plane of size.x columns and size.y rows that begins at `start`.
// `place` is what the first of them reads with a shift of 0, `step` the way from there to what the next one reads.
// Taps of a row are taken three at a time.
fn convolve(start: u32, size: vec2u, place: vec2i, step: i32, ty: Taps, tx: Taps, weights: u32) -> Eight {
  var sums: Eight;
  let threes = (tx.count + 2) / 3;
  for (var round = 0u; round < ty.count * threes; round++) {
    let i = round / threes;
    let j = round % threes * 3;
    let row = place.y + ty.shift + i32(i) * ty.shift_step;
    if (row < 0 || row >= i32(size.y)) {
      continue;
    }
    let line = start + u32(row) * size.x;
    let first = i32(weights) + (i32(ty.first) + i32(i) * ty.step) * i32(layer.kernel_x) + i32(tx.first);
    let wk = weights_at(first, tx, j);
    let c = place.x + tx.shift + i32(j) * tx.shift_step;
    if (SLIDES != 0) {
      let p0 = pixel(line, c, size.x);
      let p1 = pixel(line, c + 1, size.x);
      let p2 = pixel(line, c + 2, size.x);
      let p3 = pixel(line, c + 3, size.x);
      let p4 = pixel(line, c + 4, size.x);
      let p5 = pixel(line, c + 5, size.x);
      let p6 = pixel(line, c + 6, size.x);
      let p7 = pixel(line, c + 7, size.x);
      let p8 = pixel(line, c + 8, size.x);
      let p9 = pixel(line, c + 9, size.x);
      sums.s0 += wk[0] * p0 + wk[1] * p1 + wk[2] * p2;
      sums.s1 += wk[0] * p1 + wk[1] * p2 + wk[2] * p3;
      sums.s2 += wk[0] * p2 + wk[1] * p3 + wk[2] * p4;
      sums.s3 += wk[0] * p3 + wk[1] * p4 + wk[2] * p5;
      sums.s4 += wk[0] * p4 + wk[1] * p5 + wk[2] * p6;
      sums.s5 += wk[0] * p5 + wk[1] * p6 + wk[2] * p7;
      sums.s6 += wk[0] * p6 + wk[1] * p7 + wk[2] * p8;
      sums.s7 += wk[0] * p7 + wk[1] * p8 + wk[2] * p9;
    } else {
      sums.s0 += three(line, c, tx.shift_step, size.x, wk);
      sums.s1 += three(line, c + step, tx.shift_step, size.x, wk);
      sums.s2 += three(line, c + 2 * step, tx.shift_step, size.x, wk);
      sums.s3 += three(line, c + 3 * step, tx.shift_step, size.x, wk);
      sums.s4 += three(line, c + 4 * step, tx.shift_step, size.x, wk);
      sums.s5 += three(line, c + 5 * step, tx.shift_step, size.x, wk);
      sums.s6 += three(line, c + 6 * step, tx.shift_step, size.x, wk);
      sums.s7 += three(line, c + 7 * step, tx.shift_step, size.x, wk);
    }
  }
  return sums;
}

fn three(line: u32, c: i32, step: i32, width: u32, wk: array<vec4f, 3>) -> vec4f {
  return wk[0] * pixel(line, c, width) + wk[1] * pixel(line, c + step, width) +
    wk[2] * pixel(line, c + 2 * step, width);
}

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  let quad = id.x / (layer.tiles_y * layer.tiles_x);
  if (quad >= layer.quads) {
    return;
  }
  let row = id.x / layer.tiles_x % layer.tiles_y;
  let column = id.x % layer.tiles_x * COLUMNS;
  let size = vec2u(layer.in_width, layer.in_height);
  let start = id.z * layer.x_stride + layer.x_offset + quad * size.x * size.y;
  let ty = Taps(layer.kernel_y, 0, 1, -i32(layer.pad_y), i32(layer.dilation_y));
  let tx = Taps(layer.kernel_x, 0, 1, -i32(layer.pad_x), i32(layer.dilation_x));
  let place = vec2i(vec2u(column * layer.stride_x, row * layer.stride_y));
  let weights = quad * layer.kernel_y * layer.kernel_x;
  let sums = convolve(start, size, place, i32(layer.stride_x), ty, tx, weights);
  put_results(id.z, quad, row, column, sums);
}

@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(global_invocation_id) id: vec3u) {
  let phases = layer.stride_y * layer.stride_x;
  let quad = id.x / (layer.tiles_y * layer.tiles_x * phases);
  if (quad >= layer.quads) {
    return;
  }
  let phase = id.x / (layer.tiles_y * layer.tiles_x) % phases;
  let phase_y = phase / layer.stride_x;
  let phase_x = phase % layer.stride_x;
  let row = id.x / layer.tiles_x % layer.tiles_y;
  let column = id.x % layer.tiles_x * COLUMNS;
  let size = vec2u(layer.out_width, layer.out_height);
  let start = id.z * layer.x_stride + layer.x_offset + quad * size.x * size.y;
  let ty = taps_by_place(phase_y, layer.kernel_y, layer.stride_y, layer.dilation_y, layer.pad_y);
  let tx = taps_by_place(phase_x, layer.kernel_x, layer.stride_x, layer.dilation_x, layer.pad_x);
  let place = vec2i(vec2u(column, row));
  let weights = quad * layer.kernel_y * layer.kernel_x;
  let sums = convolve(start, size, place, 1, ty, tx, weights);
  let to_row = i32(row * layer.stride_y + phase_y);
  let to_column = i32(column * layer.stride_x + phase_x);
  put_gradients(id.z, quad, to_row, to_column, i32(layer.stride_x), sums);
}
