// Convolution, and its gradient with respect to the input, register-blocked.
//
//   forward   y[o, i] = a(b[o] + Σ_c Σ_k W[o, c, k] · x[c, i · S + k · D − P])
//   backward  dx[c, j] = Σ_o Σ_k W[o, c, k]ᵀ · dy[o, (j + P − k · D) / S]   over the k that divide
//
// o and c count channel quads, so that W[o, c, k] is a 4 × 4 matrix: one load of a pixel serves sixteen
// products. An invocation makes QUADS quads of ROWS × COLUMNS pixels; for each quad it sums over, it reads the
// window of pixels that its tile sees once, and each matrix once. Several taps k are added up before the sum
// is touched. In the backward pass the pixels j of equal j mod S (a phase) see the same taps, so that a tile
// is taken from one phase and looks like stride 1.
//
// Constants put before: WORKGROUP, QUADS, ROWS, COLUMNS, WINDOW_ROWS, WINDOW_COLUMNS, KERNEL_ROWS,
// KERNEL_COLUMNS, STRIDE_Y, STRIDE_X.

struct Layer {
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
  tiles_y: u32,      // tiles of the result (of one phase of it, backward)
  tiles_x: u32,
  x_offset: u32,     // vec4s from the start of a sample to the first of x; of dy, backward
  x_stride: u32,     // vec4s from a sample to the next
  bias: u32,         // whether there is one
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;    // [n][C/4][in_height][in_width]
@group(0) @binding(1) var<storage, read> w: array<mat4x4f>;  // [O/4][C/group/4][k][4 × 4]
@group(0) @binding(2) var<storage, read> b: array<vec4f>;    // [O/4]
@group(0) @binding(3) var<storage, read> dy: array<vec4f>;   // [n][O/4][out_height][out_width]

var<private> window: array<vec4f, WINDOW_ROWS * WINDOW_COLUMNS>;
var<private> sums: array<vec4f, QUADS * ROWS * COLUMNS>;
// Of every tap that counts: its place in the window, and its number in the kernel.
var<private> tap_places: array<u32, KERNEL_ROWS * KERNEL_COLUMNS>;
var<private> tap_numbers: array<u32, KERNEL_ROWS * KERNEL_COLUMNS>;

// Adds nine taps, three rows of three, to the sums of quad q. Neighboring pixels of the tile are `stride`
// apart in the window, neighboring taps `dilation`.
fn add_nine(q: u32, stride: vec2u, dilation: vec2u, w0: mat4x4f, w1: mat4x4f, w2: mat4x4f, w3: mat4x4f,
            w4: mat4x4f, w5: mat4x4f, w6: mat4x4f, w7: mat4x4f, w8: mat4x4f) {
  let d = dilation.x;
  for (var r = 0u; r < ROWS; r++) {
    for (var s = 0u; s < COLUMNS; s++) {
      let i = r * stride.y * WINDOW_COLUMNS + s * stride.x;
      let j = i + dilation.y * WINDOW_COLUMNS;
      let k = j + dilation.y * WINDOW_COLUMNS;
      sums[(q * ROWS + r) * COLUMNS + s] += w0 * window[i] + w1 * window[i + d] + w2 * window[i + 2 * d]
        + w3 * window[j] + w4 * window[j + d] + w5 * window[j + 2 * d]
        + w6 * window[k] + w7 * window[k + d] + w8 * window[k + 2 * d];
    }
  }
}

// Adds four taps at the given places of the window.
fn add_four(q: u32, stride: vec2u, places: vec4u, w0: mat4x4f, w1: mat4x4f, w2: mat4x4f, w3: mat4x4f) {
  for (var r = 0u; r < ROWS; r++) {
    for (var s = 0u; s < COLUMNS; s++) {
      let i = r * stride.y * WINDOW_COLUMNS + s * stride.x + places;
      sums[(q * ROWS + r) * COLUMNS + s] +=
        w0 * window[i.x] + w1 * window[i.y] + w2 * window[i.z] + w3 * window[i.w];
    }
  }
}

// Tap t of `count` in the kernel that begins at w[k], and nothing beyond them.
fn tap(k: u32, t: u32, count: u32) -> mat4x4f {
  if (t >= count) {
    return mat4x4f();
  }
  return w[k + tap_numbers[t]];
}

fn four_places(t: u32, count: u32) -> vec4u {
  let i = min(vec4u(t, t + 1, t + 2, t + 3), vec4u(count - 1));
  return vec4u(tap_places[i.x], tap_places[i.y], tap_places[i.z], tap_places[i.w]);
}

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  let tiles = layer.tiles_y * layer.tiles_x;
  let blocks = (layer.out_quads + QUADS - 1) / QUADS;
  let group = id.x / (tiles * blocks);
  if (group >= layer.groups) {
    return;
  }
  let first = id.x / tiles % blocks * QUADS;  // quad of the group
  let row = id.x % tiles / layer.tiles_x * ROWS;
  let column = id.x % layer.tiles_x * COLUMNS;
  let n = id.z;
  let top = i32(row * STRIDE_Y) - i32(layer.pad_y);
  let left = i32(column * STRIDE_X) - i32(layer.pad_x);
  let stride = vec2u(STRIDE_X, STRIDE_Y);
  let dilation = vec2u(layer.dilation_x, layer.dilation_y);
  let taps = u32(KERNEL_ROWS * KERNEL_COLUMNS);
  for (var t = 0u; t < taps; t++) {
    tap_numbers[t] = t;
    tap_places[t] = t / KERNEL_COLUMNS * dilation.y * WINDOW_COLUMNS + t % KERNEL_COLUMNS * dilation.x;
  }

  for (var c = 0u; c < layer.in_quads; c++) {
    let plane = layer.in_height * layer.in_width;
    let start = n * layer.x_stride + layer.x_offset + (group * layer.in_quads + c) * plane;
    for (var r = 0u; r < WINDOW_ROWS; r++) {
      let iy = top + i32(r);
      let inside = iy >= 0 && iy < i32(layer.in_height);
      for (var s = 0u; s < WINDOW_COLUMNS; s++) {
        let ix = left + i32(s);
        if (inside && ix >= 0 && ix < i32(layer.in_width)) {
          window[r * WINDOW_COLUMNS + s] = x[start + u32(iy) * layer.in_width + u32(ix)];
        } else {
          window[r * WINDOW_COLUMNS + s] = vec4f();
        }
      }
    }
    for (var q = 0u; q < QUADS; q++) {
      let o = group * layer.out_quads + min(first + q, layer.out_quads - 1);
      let k = (o * layer.in_quads + c) * taps;
      if (KERNEL_ROWS == 3 && KERNEL_COLUMNS == 3) {
        add_nine(q, stride, dilation, w[k], w[k + 1], w[k + 2], w[k + 3], w[k + 4], w[k + 5], w[k + 6],
          w[k + 7], w[k + 8]);
      } else {
        for (var t = 0u; t < taps; t += 4) {
          add_four(q, stride, four_places(t, taps), tap(k, t, taps), tap(k, t + 1, taps),
            tap(k, t + 2, taps), tap(k, t + 3, taps));
        }
      }
    }
  }

  let tile_words = (COLUMNS + 7u) / 8;
  for (var q = 0u; q < QUADS && first + q < layer.out_quads; q++) {
    let o = group * layer.out_quads + first + q;
    var bias = vec4f();
    if (layer.bias != 0) {
      bias = b[o];
    }
    for (var r = 0u; r < ROWS && row + r < layer.out_height; r++) {
      let line = o * layer.out_height + row + r;
      var word = 0u;
      for (var s = 0u; s < COLUMNS && column + s < layer.out_width; s++) {
        let v = sums[(q * ROWS + r) * COLUMNS + s] + bias;
        y[n * out.stride + out.offset + line * layer.out_width + column + s] = activate(v);
        if (out.keep_mask != 0) {
          word |= mask_bits(v, s);
          if (s % 8 == 7 || s == COLUMNS - 1 || column + s == layer.out_width - 1) {
            let tile = line * layer.tiles_x + column / COLUMNS;
            mask[n * out.mask_stride + tile * tile_words + s / 8] = word;
            word = 0u;
          }
        }
      }
    }
  }
}

fn floor_divide(a: i32, b: i32) -> i32 {
  return (a - select(0, b - 1, a < 0)) / b;
}

// Along one axis, the taps that the pixels of a phase see: the first, how many, and the step between them.
struct Taps {
  first: u32,
  count: u32,
  step: u32,
  reach: i32,   // the pixel of dy that tap k meets is j + (reach − k · D) / S
  lowest: i32,  // the least of these shifts, where the window begins
}

fn phase_taps(phase: u32, kernel: u32, stride: u32, dilation: u32, pad: u32) -> Taps {
  var taps: Taps;
  taps.reach = i32(phase + pad);
  taps.lowest = floor_divide(taps.reach - i32((kernel - 1) * dilation), i32(stride));
  taps.first = kernel;
  for (var k = 0u; k < kernel; k++) {
    if ((taps.reach - i32(k * dilation)) % i32(stride) == 0) {
      taps.step = select(taps.step, k - taps.first, taps.count == 1);
      taps.first = min(taps.first, k);
      taps.count++;
    }
  }
  return taps;
}

fn shift(taps: Taps, k: u32, stride: u32, dilation: u32) -> u32 {
  return u32((taps.reach - i32(k * dilation)) / i32(stride) - taps.lowest);
}

@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(global_invocation_id) id: vec3u) {
  let phases = u32(STRIDE_Y * STRIDE_X);
  let tiles = phases * layer.tiles_y * layer.tiles_x;
  let blocks = (layer.in_quads + QUADS - 1) / QUADS;
  let group = id.x / (tiles * blocks);
  if (group >= layer.groups) {
    return;
  }
  let first = id.x / tiles % blocks * QUADS;
  let phase = id.x % tiles / (layer.tiles_y * layer.tiles_x);
  let row = id.x / layer.tiles_x % layer.tiles_y * ROWS;  // within the phase
  let column = id.x % layer.tiles_x * COLUMNS;
  let n = id.z;
  let ty = phase_taps(phase / STRIDE_X, KERNEL_ROWS, STRIDE_Y, layer.dilation_y, layer.pad_y);
  let tx = phase_taps(phase % STRIDE_X, KERNEL_COLUMNS, STRIDE_X, layer.dilation_x, layer.pad_x);
  let top = i32(row) + ty.lowest;
  let left = i32(column) + tx.lowest;
  let dilation = vec2u(layer.dilation_x, layer.dilation_y);
  let kernel = u32(KERNEL_ROWS * KERNEL_COLUMNS);
  let taps = ty.count * tx.count;
  for (var t = 0u; t < taps; t++) {
    let ky = ty.first + t / tx.count * ty.step;
    let kx = tx.first + t % tx.count * tx.step;
    tap_numbers[t] = ky * KERNEL_COLUMNS + kx;
    tap_places[t] = shift(ty, ky, STRIDE_Y, layer.dilation_y) * WINDOW_COLUMNS
      + shift(tx, kx, STRIDE_X, layer.dilation_x);
  }

  for (var o = 0u; o < layer.out_quads; o++) {
    let plane = layer.out_height * layer.out_width;
    let start = n * layer.x_stride + layer.x_offset + (group * layer.out_quads + o) * plane;
    for (var r = 0u; r < WINDOW_ROWS; r++) {
      let iy = top + i32(r);
      let inside = iy >= 0 && iy < i32(layer.out_height);
      for (var s = 0u; s < WINDOW_COLUMNS; s++) {
        let ix = left + i32(s);
        if (inside && ix >= 0 && ix < i32(layer.out_width)) {
          window[r * WINDOW_COLUMNS + s] = dy[start + u32(iy) * layer.out_width + u32(ix)];
        } else {
          window[r * WINDOW_COLUMNS + s] = vec4f();
        }
      }
    }
    for (var q = 0u; q < QUADS; q++) {
      let c = min(first + q, layer.in_quads - 1);
      let k = ((group * layer.out_quads + o) * layer.in_quads + c) * kernel;
      if (KERNEL_ROWS == 3 && KERNEL_COLUMNS == 3 && STRIDE_Y == 1 && STRIDE_X == 1) {
        add_nine(q, vec2u(1), dilation, transpose(w[k + 8]), transpose(w[k + 7]), transpose(w[k + 6]),
          transpose(w[k + 5]), transpose(w[k + 4]), transpose(w[k + 3]), transpose(w[k + 2]),
          transpose(w[k + 1]), transpose(w[k]));
      } else {
        for (var t = 0u; t < taps; t += 4) {
          add_four(q, vec2u(1), four_places(t, taps), transpose(tap(k, t, taps)),
            transpose(tap(k, t + 1, taps)), transpose(tap(k, t + 2, taps)), transpose(tap(k, t + 3, taps)));
        }
      }
    }
  }

  for (var q = 0u; q < QUADS && first + q < layer.in_quads; q++) {
    let c = group * layer.in_quads + first + q;
    for (var r = 0u; r < ROWS; r++) {
      let iy = (row + r) * STRIDE_Y + phase / STRIDE_X;
      for (var s = 0u; s < COLUMNS; s++) {
        let ix = (column + s) * STRIDE_X + phase % STRIDE_X;
        if (iy < layer.in_height && ix < layer.in_width) {
          put_gradient(n, c, iy * layer.in_width + ix, sums[(q * ROWS + r) * COLUMNS + s]);
        }
      }
    }
  }
}
