// Depthwise convolution (a group for each channel), and its gradient with respect to the input.
//
//   forward   y[c, i] = a(b[c] + Σ_k w[c, k] · x[c, i · S + k · D − P])
//   backward  dx[c, j] = Σ_k w[c, k] · dy[c, (j + P − k · D) / S]   over the k that divide
//
// The products are lane by lane. An invocation makes COLUMNS neighboring pixels of a row of one channel quad,
// so that each weight is read once for all of them. Constant put before: COLUMNS.

struct Layer {
  kernel_y: u32,
  kernel_x: u32,
  stride_y: u32,
  stride_x: u32,
  dilation_y: u32,
  dilation_x: u32,
  pad_y: u32,
  pad_x: u32,
  in_height: u32,
  in_width: u32,
  out_height: u32,
  out_width: u32,
  tiles_x: u32,     // tiles in a row of the result
  x_offset: u32,    // of x; of dy, backward
  x_stride: u32,
  bias: u32,
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;    // [n][C/4][IN]
@group(0) @binding(1) var<storage, read> w: array<vec4f>;    // [C/4][k]
@group(0) @binding(2) var<storage, read> b: array<vec4f>;    // [C/4]
@group(0) @binding(3) var<storage, read> dy: array<vec4f>;   // [n][C/4][OUT]

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= layer.out_height * layer.tiles_x) {
    return;
  }
  let row = id.x / layer.tiles_x;
  let column = id.x % layer.tiles_x * COLUMNS;
  let start = id.z * layer.x_stride + layer.x_offset + id.y * layer.in_height * layer.in_width;
  var sums: array<vec4f, COLUMNS>;
  for (var ky = 0u; ky < layer.kernel_y; ky++) {
    let iy = i32(row * layer.stride_y + ky * layer.dilation_y) - i32(layer.pad_y);
    if (iy < 0 || iy >= i32(layer.in_height)) {
      continue;
    }
    for (var kx = 0u; kx < layer.kernel_x; kx++) {
      let wk = w[(id.y * layer.kernel_y + ky) * layer.kernel_x + kx];
      for (var s = 0u; s < COLUMNS; s++) {
        let ix = i32((column + s) * layer.stride_x + kx * layer.dilation_x) - i32(layer.pad_x);
        if (ix >= 0 && ix < i32(layer.in_width)) {
          sums[s] += wk * x[start + u32(iy) * layer.in_width + u32(ix)];
        }
      }
    }
  }
  var bias = vec4f();
  if (layer.bias != 0) {
    bias = b[id.y];
  }
  let line = id.y * layer.out_height + row;
  let tile_words = (COLUMNS + 7u) / 8;
  var word = 0u;
  for (var s = 0u; s < COLUMNS && column + s < layer.out_width; s++) {
    let v = sums[s] + bias;
    y[id.z * out.stride + out.offset + line * layer.out_width + column + s] = activate(v);
    if (out.keep_mask != 0) {
      word |= mask_bits(v, s);
      if (s % 8 == 7 || s == COLUMNS - 1 || column + s == layer.out_width - 1) {
        mask[id.z * out.mask_stride + (line * layer.tiles_x + column / COLUMNS) * tile_words + s / 8] = word;
        word = 0u;
      }
    }
  }
}

@compute @workgroup_size(64)
fn backward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= layer.in_height * layer.tiles_x) {
    return;
  }
  let row = id.x / layer.tiles_x;
  let column = id.x % layer.tiles_x * COLUMNS;
  let start = id.z * layer.x_stride + layer.x_offset + id.y * layer.out_height * layer.out_width;
  var sums: array<vec4f, COLUMNS>;
  for (var ky = 0u; ky < layer.kernel_y; ky++) {
    let sy = i32(row + layer.pad_y) - i32(ky * layer.dilation_y);
    if (sy < 0 || sy % i32(layer.stride_y) != 0 || sy / i32(layer.stride_y) >= i32(layer.out_height)) {
      continue;
    }
    let begin = start + u32(sy / i32(layer.stride_y)) * layer.out_width;
    for (var kx = 0u; kx < layer.kernel_x; kx++) {
      let wk = w[(id.y * layer.kernel_y + ky) * layer.kernel_x + kx];
      for (var s = 0u; s < COLUMNS; s++) {
        let sx = i32(column + s + layer.pad_x) - i32(kx * layer.dilation_x);
        if (sx >= 0 && sx % i32(layer.stride_x) == 0 && sx / i32(layer.stride_x) < i32(layer.out_width)) {
          sums[s] += wk * dy[begin + u32(sx / i32(layer.stride_x))];
        }
      }
    }
  }
  for (var s = 0u; s < COLUMNS && column + s < layer.in_width; s++) {
    put_gradient(id.z, id.y, row * layer.in_width + column + s, sums[s]);
  }
}
