// What both depthwise convolutions share: depthwise.wgsl, for any kernel, and depthwise3.wgsl, for 3 × 3. Products are lane
// by lane. An invocation makes eight neighboring pixels of a row, or of two, of one channel quad.
#import f32, activation, gradient

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
  quads: u32,
  tiles_y: u32,     // rows of tiles of the result (of one phase of it, backward in depthwise.wgsl)
  tiles_x: u32,     // tiles in such a row
  x_offset: u32,    // vec4s from the start of a sample to the first of x; of dy, backward
  x_stride: u32,
  bias: u32,
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> x: array<Stored>;  // [n][C/4][in_height][in_width]; backward it is dy
@group(0) @binding(1) var<storage, read> w: array<Stored>;  // [C/4][k]
@group(0) @binding(2) var<storage, read> b: array<Stored>;  // [C/4]

const COLUMNS = 8u;

// Eight pixels, or their sums. They are named, not indexed, so that they are kept in registers.
struct Eight {
  s0: vec4f,
  s1: vec4f,
  s2: vec4f,
  s3: vec4f,
  s4: vec4f,
  s5: vec4f,
  s6: vec4f,
  s7: vec4f,
}

// Pixel `column` of the row of `width` that begins at `line`; 0 outside.
fn pixel(line: u32, column: i32, width: u32) -> vec4f {
  return select(vec4f(), loaded(x[line + u32(column)]), u32(column) < width);
}

fn bias_of(quad: u32) -> vec4f {
  if (layer.bias != 0) {
    return loaded(b[quad]);
  }
  return vec4f();
}

// Leaves a pixel of y, where the row has it, and gives its bits of the mask.
fn put_result(n: u32, line: u32, column: u32, sum: vec4f) -> u32 {
  if (column >= layer.out_width) {
    return 0;
  }
  let v = with_residual(sum, n, line + column);
  y[line + column] = stored(activate(v));
  return mask_bits(v, column);
}

// Leaves eight pixels of y from `column` on and their word of the mask.
fn put_results(n: u32, quad: u32, row: u32, column: u32, sums: Eight) {
  if (row >= layer.out_height) {
    return;
  }
  let bias = bias_of(quad);
  let in_order = quad * layer.out_height + row;
  let line = n * out.stride + out.offset + in_order * layer.out_width;
  let word = put_result(n, line, column, sums.s0 + bias) | put_result(n, line, column + 1, sums.s1 + bias) |
    put_result(n, line, column + 2, sums.s2 + bias) | put_result(n, line, column + 3, sums.s3 + bias) |
    put_result(n, line, column + 4, sums.s4 + bias) | put_result(n, line, column + 5, sums.s5 + bias) |
    put_result(n, line, column + 6, sums.s6 + bias) | put_result(n, line, column + 7, sums.s7 + bias);
  put_mask(n, in_order * ((layer.out_width + COLUMNS - 1) / COLUMNS) + column / COLUMNS, word);
}

// Leaves a pixel of dx, where there is one.
fn put_pixel_gradient(n: u32, quad: u32, row: i32, column: i32, g: vec4f) {
  if (u32(row) < layer.in_height && u32(column) < layer.in_width) {
    put_gradient(n, quad, u32(row) * layer.in_width + u32(column), g);
  }
}

// Leaves eight pixels of dx from `column` on, `step` from each other.
fn put_gradients(n: u32, quad: u32, row: i32, column: i32, step: i32, sums: Eight) {
  put_pixel_gradient(n, quad, row, column, sums.s0);
  put_pixel_gradient(n, quad, row, column + step, sums.s1);
  put_pixel_gradient(n, quad, row, column + 2 * step, sums.s2);
  put_pixel_gradient(n, quad, row, column + 3 * step, sums.s3);
  put_pixel_gradient(n, quad, row, column + 4 * step, sums.s4);
  put_pixel_gradient(n, quad, row, column + 5 * step, sums.s5);
  put_pixel_gradient(n, quad, row, column + 6 * step, sums.s6);
  put_pixel_gradient(n, quad, row, column + 7 * step, sums.s7);
}
