// Depthwise convolution (a group for each channel), and its gradient with respect to the input.
//
//   forward   y[c, i] = a(b[c] + Σ_k w[c, k] · x[c, i · S + k · D − P])
//   backward  dx[c, j] = Σ_k w[c, k] · dy[c, (j + P − k · D) / S]   over the k that divide
//
// The products are lane by lane. An invocation makes COLUMNS neighboring pixels of a row of one channel quad,
// so that each weight is read once for all of them. Constant put before: COLUMNS.

override KERNEL_Y: u32 = 1;
override KERNEL_X: u32 = 1;
override STRIDE_Y: u32 = 1;
override STRIDE_X: u32 = 1;
override DILATION_Y: u32 = 1;
override DILATION_X: u32 = 1;
override PAD_Y: u32 = 0;
override PAD_X: u32 = 0;
override IN_HEIGHT: u32 = 1;
override IN_WIDTH: u32 = 1;
override OUT_HEIGHT: u32 = 1;
override OUT_WIDTH: u32 = 1;
override TILES_X: u32 = 1;      // tiles in a row of the result
override X_OFFSET: u32 = 0;     // of x; of dy, backward
override X_STRIDE: u32 = 0;
override BIAS: bool = false;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;    // [n][C/4][IN]
@group(0) @binding(1) var<storage, read> w: array<vec4f>;    // [C/4][k]
@group(0) @binding(2) var<storage, read> b: array<vec4f>;    // [C/4]
@group(0) @binding(3) var<storage, read> dy: array<vec4f>;   // [n][C/4][OUT]

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= OUT_HEIGHT * TILES_X) {
    return;
  }
  let row = id.x / TILES_X;
  let column = id.x % TILES_X * COLUMNS;
  let start = id.z * X_STRIDE + X_OFFSET + id.y * IN_HEIGHT * IN_WIDTH;
  var sums: array<vec4f, COLUMNS>;
  for (var ky = 0u; ky < KERNEL_Y; ky++) {
    let iy = i32(row * STRIDE_Y + ky * DILATION_Y) - i32(PAD_Y);
    if (iy < 0 || iy >= i32(IN_HEIGHT)) {
      continue;
    }
    for (var kx = 0u; kx < KERNEL_X; kx++) {
      let wk = w[(id.y * KERNEL_Y + ky) * KERNEL_X + kx];
      for (var s = 0u; s < COLUMNS; s++) {
        let ix = i32((column + s) * STRIDE_X + kx * DILATION_X) - i32(PAD_X);
        if (ix >= 0 && ix < i32(IN_WIDTH)) {
          sums[s] += wk * x[start + u32(iy) * IN_WIDTH + u32(ix)];
        }
      }
    }
  }
  var bias = vec4f();
  if (BIAS) {
    bias = b[id.y];
  }
  let line = id.y * OUT_HEIGHT + row;
  let tile_words = (COLUMNS + 7u) / 8;
  var word = 0u;
  for (var s = 0u; s < COLUMNS && column + s < OUT_WIDTH; s++) {
    let v = sums[s] + bias;
    y[id.z * Y_STRIDE + Y_OFFSET + line * OUT_WIDTH + column + s] = activate(v);
    if (KEEP_MASK) {
      word |= mask_bits(v, s);
      if (s % 8 == 7 || s == COLUMNS - 1 || column + s == OUT_WIDTH - 1) {
        mask[id.z * MASK_STRIDE + (line * TILES_X + column / COLUMNS) * tile_words + s / 8] = word;
        word = 0u;
      }
    }
  }
}

@compute @workgroup_size(64)
fn backward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= IN_HEIGHT * TILES_X) {
    return;
  }
  let row = id.x / TILES_X;
  let column = id.x % TILES_X * COLUMNS;
  let start = id.z * X_STRIDE + X_OFFSET + id.y * OUT_HEIGHT * OUT_WIDTH;
  var sums: array<vec4f, COLUMNS>;
  for (var ky = 0u; ky < KERNEL_Y; ky++) {
    let sy = i32(row + PAD_Y) - i32(ky * DILATION_Y);
    if (sy < 0 || sy % i32(STRIDE_Y) != 0 || sy / i32(STRIDE_Y) >= i32(OUT_HEIGHT)) {
      continue;
    }
    let begin = start + u32(sy / i32(STRIDE_Y)) * OUT_WIDTH;
    for (var kx = 0u; kx < KERNEL_X; kx++) {
      let wk = w[(id.y * KERNEL_Y + ky) * KERNEL_X + kx];
      for (var s = 0u; s < COLUMNS; s++) {
        let sx = i32(column + s + PAD_X) - i32(kx * DILATION_X);
        if (sx >= 0 && sx % i32(STRIDE_X) == 0 && sx / i32(STRIDE_X) < i32(OUT_WIDTH)) {
          sums[s] += wk * dy[begin + u32(sx / i32(STRIDE_X))];
        }
      }
    }
  }
  for (var s = 0u; s < COLUMNS && column + s < IN_WIDTH; s++) {
    put_gradient(id.z, id.y, row * IN_WIDTH + column + s, sums[s]);
  }
}
