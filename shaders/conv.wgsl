// Convolution, and its gradient with respect to the input, register-blocked.
//
//   forward   y[o, i] = a(b[o] + Σ_c Σ_k W[o, c, k] · x[c, i · S + k · D − P])
//   backward  dx[c, j] = Σ_o Σ_k W[o, c, k]ᵀ · dy[o, (j + P − k · D) / S]   over the k that divide
//
// o and c count channel quads, so that W[o, c, k] is a 4 × 4 matrix: one load of a pixel serves sixteen
// products. An invocation makes QUADS quads of ROWS × COLUMNS pixels; for each quad it sums over, it reads the
// window of pixels that its tile sees once, and each matrix once. In the backward pass the pixels j of equal
// j mod S (a phase) see the same k, so that a tile is taken from one phase and looks like stride 1.
//
// Constants put before: QUADS, ROWS, COLUMNS, WINDOW_ROWS, WINDOW_COLUMNS, KERNEL_COLUMNS.

override WORKGROUP: u32 = 64;
override KERNEL_ROWS: u32 = 1;
override STRIDE_Y: u32 = 1;
override STRIDE_X: u32 = 1;
override DILATION_Y: u32 = 1;
override DILATION_X: u32 = 1;
override PAD_Y: u32 = 0;
override PAD_X: u32 = 0;
override IN_HEIGHT: u32 = 1;         // of x
override IN_WIDTH: u32 = 1;
override OUT_HEIGHT: u32 = 1;        // of y
override OUT_WIDTH: u32 = 1;
override IN_QUADS: u32 = 1;          // channel quads of x in a group
override OUT_QUADS: u32 = 1;         // channel quads of y in a group
override GROUPS: u32 = 1;
override TILES_Y: u32 = 1;           // tiles of the result (of one phase of it, backward)
override TILES_X: u32 = 1;
override X_OFFSET: u32 = 0;          // vec4s from the start of a sample to the first of x; of dy, backward
override X_STRIDE: u32 = 0;          // vec4s from a sample to the next
override BIAS: bool = false;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;    // [n][C/4][IN_HEIGHT][IN_WIDTH]
@group(0) @binding(1) var<storage, read> w: array<mat4x4f>;  // [O/4][C/group/4][k][4 × 4]
@group(0) @binding(2) var<storage, read> b: array<vec4f>;    // [O/4]
@group(0) @binding(3) var<storage, read> dy: array<vec4f>;   // [n][O/4][OUT_HEIGHT][OUT_WIDTH]

var<private> window: array<vec4f, WINDOW_ROWS * WINDOW_COLUMNS>;
var<private> sums: array<vec4f, QUADS * ROWS * COLUMNS>;

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  let tiles = TILES_Y * TILES_X;
  let blocks = (OUT_QUADS + QUADS - 1) / QUADS;
  let group = id.x / (tiles * blocks);
  if (group >= GROUPS) {
    return;
  }
  let first = id.x / tiles % blocks * QUADS;  // quad of the group
  let row = id.x % tiles / TILES_X * ROWS;
  let column = id.x % TILES_X * COLUMNS;
  let n = id.z;
  let top = i32(row * STRIDE_Y) - i32(PAD_Y);
  let left = i32(column * STRIDE_X) - i32(PAD_X);

  for (var c = 0u; c < IN_QUADS; c++) {
    let start = n * X_STRIDE + X_OFFSET + (group * IN_QUADS + c) * IN_HEIGHT * IN_WIDTH;
    for (var r = 0u; r < WINDOW_ROWS; r++) {
      let iy = top + i32(r);
      let inside = iy >= 0 && iy < i32(IN_HEIGHT);
      for (var s = 0u; s < WINDOW_COLUMNS; s++) {
        let ix = left + i32(s);
        if (inside && ix >= 0 && ix < i32(IN_WIDTH)) {
          window[r * WINDOW_COLUMNS + s] = x[start + u32(iy) * IN_WIDTH + u32(ix)];
        } else {
          window[r * WINDOW_COLUMNS + s] = vec4f();
        }
      }
    }
    for (var q = 0u; q < QUADS; q++) {
      let o = group * OUT_QUADS + min(first + q, OUT_QUADS - 1);
      for (var ky = 0u; ky < KERNEL_ROWS; ky++) {
        let k = ((o * IN_QUADS + c) * KERNEL_ROWS + ky) * KERNEL_COLUMNS;
        if (KERNEL_COLUMNS == 3) {
          let w0 = w[k];
          let w1 = w[k + 1];
          let w2 = w[k + 2];
          for (var r = 0u; r < ROWS; r++) {
            let begin = (r * STRIDE_Y + ky * DILATION_Y) * WINDOW_COLUMNS;
            for (var s = 0u; s < COLUMNS; s++) {
              let i = begin + s * STRIDE_X;
              sums[(q * ROWS + r) * COLUMNS + s] += w0 * window[i] +
                w1 * window[i + DILATION_X] + w2 * window[i + 2 * DILATION_X];
            }
          }
        } else {
          for (var kx = 0u; kx < KERNEL_COLUMNS; kx++) {
            let wk = w[k + kx];
            for (var r = 0u; r < ROWS; r++) {
              let begin = (r * STRIDE_Y + ky * DILATION_Y) * WINDOW_COLUMNS + kx * DILATION_X;
              for (var s = 0u; s < COLUMNS; s++) {
                sums[(q * ROWS + r) * COLUMNS + s] += wk * window[begin + s * STRIDE_X];
              }
            }
          }
        }
      }
    }
  }

  let tile_words = (COLUMNS + 7u) / 8;
  for (var q = 0u; q < QUADS && first + q < OUT_QUADS; q++) {
    let o = group * OUT_QUADS + first + q;
    var bias = vec4f();
    if (BIAS) {
      bias = b[o];
    }
    for (var r = 0u; r < ROWS && row + r < OUT_HEIGHT; r++) {
      let line = o * OUT_HEIGHT + row + r;
      var word = 0u;
      for (var s = 0u; s < COLUMNS && column + s < OUT_WIDTH; s++) {
        let v = sums[(q * ROWS + r) * COLUMNS + s] + bias;
        y[n * Y_STRIDE + Y_OFFSET + line * OUT_WIDTH + column + s] = activate(v);
        if (KEEP_MASK) {
          word |= mask_bits(v, s);
          if (s % 8 == 7 || s == COLUMNS - 1 || column + s == OUT_WIDTH - 1) {
            let tile = line * TILES_X + column / COLUMNS;
            mask[n * MASK_STRIDE + tile * tile_words + s / 8] = word;
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

@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(global_invocation_id) id: vec3u) {
  let phases = STRIDE_Y * STRIDE_X;
  let tiles = phases * TILES_Y * TILES_X;
  let blocks = (IN_QUADS + QUADS - 1) / QUADS;
  let group = id.x / (tiles * blocks);
  if (group >= GROUPS) {
    return;
  }
  let first = id.x / tiles % blocks * QUADS;
  let phase = id.x % tiles / (TILES_Y * TILES_X);
  let row = id.x / TILES_X % TILES_Y * ROWS;  // within the phase
  let column = id.x % TILES_X * COLUMNS;
  let n = id.z;
  // The shift from j to the pixel of dy that kernel row k meets: (phase + P − k · D) / S where that divides.
  let reach_y = i32(phase / STRIDE_X + PAD_Y);
  let reach_x = i32(phase % STRIDE_X + PAD_X);
  let lowest_y = floor_divide(reach_y - i32((KERNEL_ROWS - 1) * DILATION_Y), i32(STRIDE_Y));
  let lowest_x = floor_divide(reach_x - i32((KERNEL_COLUMNS - 1) * DILATION_X), i32(STRIDE_X));
  let top = i32(row) + lowest_y;
  let left = i32(column) + lowest_x;

  for (var o = 0u; o < OUT_QUADS; o++) {
    let start = n * X_STRIDE + X_OFFSET + (group * OUT_QUADS + o) * OUT_HEIGHT * OUT_WIDTH;
    for (var r = 0u; r < WINDOW_ROWS; r++) {
      let iy = top + i32(r);
      let inside = iy >= 0 && iy < i32(OUT_HEIGHT);
      for (var s = 0u; s < WINDOW_COLUMNS; s++) {
        let ix = left + i32(s);
        if (inside && ix >= 0 && ix < i32(OUT_WIDTH)) {
          window[r * WINDOW_COLUMNS + s] = dy[start + u32(iy) * OUT_WIDTH + u32(ix)];
        } else {
          window[r * WINDOW_COLUMNS + s] = vec4f();
        }
      }
    }
    for (var q = 0u; q < QUADS; q++) {
      let c = min(first + q, IN_QUADS - 1);
      for (var ky = 0u; ky < KERNEL_ROWS; ky++) {
        let shift_y = reach_y - i32(ky * DILATION_Y);
        if (shift_y % i32(STRIDE_Y) != 0) {
          continue;
        }
        let start_row = u32(shift_y / i32(STRIDE_Y) - lowest_y);
        let k = (((group * OUT_QUADS + o) * IN_QUADS + c) * KERNEL_ROWS + ky) * KERNEL_COLUMNS;
        if (KERNEL_COLUMNS == 3 && STRIDE_X == 1) {
          let w0 = w[k];
          let w1 = w[k + 1];
          let w2 = w[k + 2];
          for (var r = 0u; r < ROWS; r++) {
            for (var s = 0u; s < COLUMNS; s++) {
              let i = (start_row + r) * WINDOW_COLUMNS + s;
              sums[(q * ROWS + r) * COLUMNS + s] += window[i + 2 * DILATION_X] * w0 +
                window[i + DILATION_X] * w1 + window[i] * w2;
            }
          }
        } else {
          for (var kx = 0u; kx < KERNEL_COLUMNS; kx++) {
            let shift_x = reach_x - i32(kx * DILATION_X);
            if (shift_x % i32(STRIDE_X) != 0) {
              continue;
            }
            let start_column = u32(shift_x / i32(STRIDE_X) - lowest_x);
            let wk = w[k + kx];
            for (var r = 0u; r < ROWS; r++) {
              for (var s = 0u; s < COLUMNS; s++) {
                sums[(q * ROWS + r) * COLUMNS + s] +=
                  window[(start_row + r) * WINDOW_COLUMNS + start_column + s] * wk;
              }
            }
          }
        }
      }
    }
  }

  for (var q = 0u; q < QUADS && first + q < IN_QUADS; q++) {
    let c = group * IN_QUADS + first + q;
    for (var r = 0u; r < ROWS; r++) {
      let iy = (row + r) * STRIDE_Y + phase / STRIDE_X;
      for (var s = 0u; s < COLUMNS; s++) {
        let ix = (column + s) * STRIDE_X + phase % STRIDE_X;
        if (iy < IN_HEIGHT && ix < IN_WIDTH) {
          put_gradient(n, c, iy * IN_WIDTH + ix, sums[(q * ROWS + r) * COLUMNS + s]);
        }
      }
    }
  }
}
