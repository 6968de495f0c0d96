// Pooling over windows, and its gradient. One invocation makes one channel quad of one pixel, if nothing else is said.
//
// Max: the first largest element of the window wins, and its number within the window (a byte a lane) is all
// that the backward pass needs. Average: the divisor counts padding only if asked to, and never what a window
// rounded up (ceil_mode) takes beyond the padding. Both gradients are gathered: a pixel of dx asks the
// windows that contain it, so nothing is added to by two invocations.

struct Layer {
  kernel_y: u32,
  kernel_x: u32,
  stride_y: u32,
  stride_x: u32,
  dilation_y: u32,
  dilation_x: u32,
  pad_top: u32,
  pad_left: u32,
  pad_bottom: u32,
  pad_right: u32,
  count_padding: u32,
  in_height: u32,
  in_width: u32,
  out_height: u32,
  out_width: u32,
  quads: u32,
  x_offset: u32,       // of x; of dy, backward
  x_stride: u32,
  keep_winner: u32,
  winner_shared: u32,  // one sample's winners are those of all
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;             // [n][C/4][IN]
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;            // [n][C/4][OUT]
@group(0) @binding(2) var<storage, read_write> winner: array<u32>;    // [n][C/4][OUT], a byte a lane
@group(0) @binding(3) var<storage, read> winners: array<u32>;
@group(0) @binding(4) var<storage, read> counts: array<vec4u>;        // tally.wgsl: samples, [C/4][OUT][taps]

// Constant put before: DILATED.

const LOWEST = -0x1.fffffep+127;

@compute @workgroup_size(64)
fn max_forward(@builtin(global_invocation_id) id: vec3u) {
  let p = id.x;
  if (p >= layer.out_height * layer.out_width) {
    return;
  }
  let start = id.z * layer.x_stride + layer.x_offset + id.y * layer.in_height * layer.in_width;
  let top = i32(p / layer.out_width * layer.stride_y) - i32(layer.pad_top);
  let left = i32(p % layer.out_width * layer.stride_x) - i32(layer.pad_left);
  var best = vec4f(LOWEST);
  var number = vec4u();
  var seen = false;
  for (var ky = 0u; ky < layer.kernel_y; ky++) {
    let iy = top + i32(ky * layer.dilation_y);
    if (iy < 0 || iy >= i32(layer.in_height)) {
      continue;
    }
    for (var kx = 0u; kx < layer.kernel_x; kx++) {
      let ix = left + i32(kx * layer.dilation_x);
      if (ix < 0 || ix >= i32(layer.in_width)) {
        continue;
      }
      let v = x[start + u32(iy) * layer.in_width + u32(ix)];
      let wins = (v > best) | vec4<bool>(!seen);
      best = select(best, v, wins);
      number = select(number, vec4u(ky * layer.kernel_x + kx), wins);
      seen = true;
    }
  }
  let o = id.y * layer.out_height * layer.out_width + p;
  y[id.z * out.stride + out.offset + o] = best;
  if (layer.keep_winner != 0) {
    winner[id.z * layer.quads * layer.out_height * layer.out_width + o] = dot(number << vec4u(0, 8, 16, 24), vec4u(1));
  }
}

// Along one axis, the first window that may contain index i of the padded input, and the first after them.
fn windows_over(i: u32, kernel: u32, stride: u32, dilation: u32, count: u32) -> vec2u {
  let reach = (kernel - 1) * dilation;
  let first = select(0u, (i - reach + stride - 1) / stride, i > reach);
  return vec2u(first, min(i / stride + 1, count));
}

// Along an axis, the number of a window's element at this place from its beginning; where there is none, more than any
// element's number comes to.
fn tap_at(place: i32, kernel: u32, dilation: u32) -> u32 {
  var k = place;
  if (DILATED != 0) {
    k = select(-1, place / i32(dilation), place % i32(dilation) == 0);
  }
  return select(256, u32(k), k >= 0 && k < i32(kernel));
}

// Two by two pixels, which are seen by nearly the same windows.
@compute @workgroup_size(64)
fn max_backward(@builtin(global_invocation_id) id: vec3u) {
  let across = (layer.in_width + 1) / 2;
  let y0 = id.x / across * 2;
  let x0 = id.x % across * 2;
  if (y0 >= layer.in_height) {
    return;
  }
  let start = id.y * layer.out_height * layer.out_width;
  let begin = id.z * layer.x_stride + layer.x_offset + start;
  let n = select(id.z, 0u, layer.winner_shared != 0);
  let winner_start = n * layer.quads * layer.out_height * layer.out_width + start;
  var g00 = vec4f();
  var g01 = vec4f();
  var g10 = vec4f();
  var g11 = vec4f();
  let row = y0 + layer.pad_top;
  let column = x0 + layer.pad_left;
  let top = windows_over(row, layer.kernel_y, layer.stride_y, layer.dilation_y, layer.out_height).x;
  let left = windows_over(column, layer.kernel_x, layer.stride_x, layer.dilation_x, layer.out_width).x;
  let bottom = min((row + 1) / layer.stride_y + 1, layer.out_height);
  let right = min((column + 1) / layer.stride_x + 1, layer.out_width);
  for (var oy = top; oy < bottom; oy++) {
    let y = i32(row) - i32(oy * layer.stride_y);
    let upper = tap_at(y, layer.kernel_y, layer.dilation_y) * layer.kernel_x;
    let lower = tap_at(y + 1, layer.kernel_y, layer.dilation_y) * layer.kernel_x;
    for (var ox = left; ox < right; ox++) {
      let x = i32(column) - i32(ox * layer.stride_x);
      let near = tap_at(x, layer.kernel_x, layer.dilation_x);
      let far = tap_at(x + 1, layer.kernel_x, layer.dilation_x);
      let o = oy * layer.out_width + ox;
      let number = (vec4u(winners[winner_start + o]) >> vec4u(0, 8, 16, 24)) & vec4u(255);
      let g = dy[begin + o];
      g00 += select(vec4f(), g, number == vec4u(upper + near));
      g01 += select(vec4f(), g, number == vec4u(upper + far));
      g10 += select(vec4f(), g, number == vec4u(lower + near));
      g11 += select(vec4f(), g, number == vec4u(lower + far));
    }
  }
  let p = y0 * layer.in_width + x0;
  let has_right = x0 + 1 < layer.in_width;
  let has_below = y0 + 1 < layer.in_height;
  put_gradient(id.z, id.y, p, g00);
  if (has_right) {
    put_gradient(id.z, id.y, p + 1, g01);
  }
  if (has_below) {
    put_gradient(id.z, id.y, p + layer.in_width, g10);
  }
  if (has_right && has_below) {
    put_gradient(id.z, id.y, p + layer.in_width + 1, g11);
  }
}

// The same where windows lie side by side and none is in two of them: a window, or what is left at an edge, an invocation.
@compute @workgroup_size(64)
fn max_backward_apart(@builtin(global_invocation_id) id: vec3u) {
  let across = (layer.in_width + layer.stride_x - 1) / layer.stride_x;
  let oy = id.x / across;
  let ox = id.x - oy * across;
  let y0 = oy * layer.stride_y;
  let x0 = ox * layer.stride_x;
  if (y0 >= layer.in_height) {
    return;
  }
  var g = vec4f();
  var number = vec4u(256);
  if (oy < layer.out_height && ox < layer.out_width) {
    let o = (id.y * layer.out_height + oy) * layer.out_width + ox;
    let n = select(id.z, 0u, layer.winner_shared != 0);
    g = dy[id.z * layer.x_stride + layer.x_offset + o];
    number = (vec4u(winners[n * layer.quads * layer.out_height * layer.out_width + o]) >> vec4u(0, 8, 16, 24)) & vec4u(255);
  }
  for (var ky = 0u; ky < min(layer.stride_y, layer.in_height - y0); ky++) {
    for (var kx = 0u; kx < min(layer.stride_x, layer.in_width - x0); kx++) {
      let won = number == vec4u(ky * layer.kernel_x + kx);
      put_gradient(id.z, id.y, (y0 + ky) * layer.in_width + x0 + kx, select(vec4f(), g, won));
    }
  }
}

// The same by the part of all samples in which the element won its window (SmoothDiff, Hill et al. 2025).
@compute @workgroup_size(64)
fn max_mean_backward(@builtin(global_invocation_id) id: vec3u) {
  let p = id.x;
  if (p >= layer.in_height * layer.in_width) {
    return;
  }
  let start = id.y * layer.out_height * layer.out_width;
  let begin = id.z * layer.x_stride + layer.x_offset + start;
  let taps = layer.kernel_y * layer.kernel_x;
  var g = vec4f();
  let row = p / layer.in_width + layer.pad_top;
  let column = p % layer.in_width + layer.pad_left;
  let rows = windows_over(row, layer.kernel_y, layer.stride_y, layer.dilation_y, layer.out_height);
  let columns = windows_over(column, layer.kernel_x, layer.stride_x, layer.dilation_x, layer.out_width);
  for (var oy = rows.x; oy < rows.y; oy++) {
    let ky = row - oy * layer.stride_y;
    for (var ox = columns.x; ox < columns.y; ox++) {
      let kx = column - ox * layer.stride_x;
      if (ky % layer.dilation_y != 0 || kx % layer.dilation_x != 0) {
        continue;
      }
      let o = oy * layer.out_width + ox;
      let tap = ky / layer.dilation_y * layer.kernel_x + kx / layer.dilation_x;
      g += vec4f(counts[1 + (start + o) * taps + tap]) / f32(counts[0].x) * dy[begin + o];
    }
  }
  put_gradient(id.z, id.y, p, g);
}

// Elements along one axis that the divisor counts, for the window that begins at `first`.
fn counted(first: i32, kernel: u32, dilation: u32, before: u32, length: u32, after: u32) -> f32 {
  let low = select(0, -i32(before), layer.count_padding != 0);
  let high = i32(length) + select(0, i32(after), layer.count_padding != 0);
  var count = 0u;
  for (var k = 0u; k < kernel; k++) {
    let i = first + i32(k * dilation);
    count += select(0u, 1u, i >= low && i < high);
  }
  return f32(count);
}

fn divisor(o: u32) -> f32 {
  let top = i32(o / layer.out_width * layer.stride_y) - i32(layer.pad_top);
  let left = i32(o % layer.out_width * layer.stride_x) - i32(layer.pad_left);
  return counted(top, layer.kernel_y, layer.dilation_y, layer.pad_top, layer.in_height, layer.pad_bottom) *
    counted(left, layer.kernel_x, layer.dilation_x, layer.pad_left, layer.in_width, layer.pad_right);
}

@compute @workgroup_size(64)
fn average_forward(@builtin(global_invocation_id) id: vec3u) {
  let p = id.x;
  if (p >= layer.out_height * layer.out_width) {
    return;
  }
  let start = id.z * layer.x_stride + layer.x_offset + id.y * layer.in_height * layer.in_width;
  let top = i32(p / layer.out_width * layer.stride_y) - i32(layer.pad_top);
  let left = i32(p % layer.out_width * layer.stride_x) - i32(layer.pad_left);
  var sum = vec4f();
  for (var ky = 0u; ky < layer.kernel_y; ky++) {
    let iy = top + i32(ky * layer.dilation_y);
    if (iy < 0 || iy >= i32(layer.in_height)) {
      continue;
    }
    for (var kx = 0u; kx < layer.kernel_x; kx++) {
      let ix = left + i32(kx * layer.dilation_x);
      if (ix >= 0 && ix < i32(layer.in_width)) {
        sum += x[start + u32(iy) * layer.in_width + u32(ix)];
      }
    }
  }
  let o = id.y * layer.out_height * layer.out_width + p;
  y[id.z * out.stride + out.offset + o] = sum / divisor(p);
}

@compute @workgroup_size(64)
fn average_backward(@builtin(global_invocation_id) id: vec3u) {
  let p = id.x;
  if (p >= layer.in_height * layer.in_width) {
    return;
  }
  let begin = id.z * layer.x_stride + layer.x_offset + id.y * layer.out_height * layer.out_width;
  var g = vec4f();
  let row = p / layer.in_width + layer.pad_top;
  let column = p % layer.in_width + layer.pad_left;
  let rows = windows_over(row, layer.kernel_y, layer.stride_y, layer.dilation_y, layer.out_height);
  let columns = windows_over(column, layer.kernel_x, layer.stride_x, layer.dilation_x, layer.out_width);
  for (var oy = rows.x; oy < rows.y; oy++) {
    let ky = row - oy * layer.stride_y;
    for (var ox = columns.x; ox < columns.y; ox++) {
      let kx = column - ox * layer.stride_x;
      if (ky % layer.dilation_y != 0 || kx % layer.dilation_x != 0) {
        continue;
      }
      let o = oy * layer.out_width + ox;
      g += dy[begin + o] / divisor(o);
    }
  }
  put_gradient(id.z, id.y, p, g);
}

// Global average: y[c] = 1/P Σ_p x[c, p], and back dx[c, p] = dy[c] / P.
@compute @workgroup_size(64)
fn global_average_forward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= layer.quads) {
    return;
  }
  let size = layer.in_height * layer.in_width;
  let start = id.z * layer.x_stride + layer.x_offset + id.x * size;
  var sum = vec4f();
  for (var p = 0u; p < size; p++) {
    sum += x[start + p];
  }
  y[id.z * out.stride + out.offset + id.x] = sum / f32(size);
}

@compute @workgroup_size(64)
fn global_average_backward(@builtin(global_invocation_id) id: vec3u) {
  let size = layer.in_height * layer.in_width;
  if (id.x >= size) {
    return;
  }
  put_gradient(id.z, id.y, id.x, dy[id.z * layer.x_stride + layer.x_offset + id.y] / f32(size));
}
