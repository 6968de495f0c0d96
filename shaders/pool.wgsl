// Pooling over windows, and its gradient. One invocation makes one channel quad of one pixel.
//
// Max: the first largest element of the window wins, and its number within the window (a byte a lane) is all
// that the backward pass needs. Average: the divisor counts padding only if asked to, and never what a window
// rounded up (ceil_mode) takes beyond the padding. Both gradients are gathered: a pixel of dx asks the
// windows that contain it, so nothing is added to by two invocations.

override KERNEL_Y: u32 = 1;
override KERNEL_X: u32 = 1;
override STRIDE_Y: u32 = 1;
override STRIDE_X: u32 = 1;
override DILATION_Y: u32 = 1;
override DILATION_X: u32 = 1;
override PAD_TOP: u32 = 0;
override PAD_LEFT: u32 = 0;
override PAD_BOTTOM: u32 = 0;
override PAD_RIGHT: u32 = 0;
override COUNT_PADDING: bool = false;
override IN_HEIGHT: u32 = 1;
override IN_WIDTH: u32 = 1;
override OUT_HEIGHT: u32 = 1;
override OUT_WIDTH: u32 = 1;
override QUADS: u32 = 1;
override X_OFFSET: u32 = 0;     // of x; of dy, backward
override X_STRIDE: u32 = 0;
override KEEP_WINNER: bool = false;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;             // [n][C/4][IN]
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;            // [n][C/4][OUT]
@group(0) @binding(2) var<storage, read_write> winner: array<u32>;    // [n][C/4][OUT], a byte a lane
@group(0) @binding(3) var<storage, read> winners: array<u32>;

const LOWEST = -0x1.fffffep+127;

@compute @workgroup_size(64)
fn max_forward(@builtin(global_invocation_id) id: vec3u) {
  let p = id.x;
  if (p >= OUT_HEIGHT * OUT_WIDTH) {
    return;
  }
  let start = id.z * X_STRIDE + X_OFFSET + id.y * IN_HEIGHT * IN_WIDTH;
  let top = i32(p / OUT_WIDTH * STRIDE_Y) - i32(PAD_TOP);
  let left = i32(p % OUT_WIDTH * STRIDE_X) - i32(PAD_LEFT);
  var best = vec4f(LOWEST);
  var number = vec4u();
  var seen = false;
  for (var ky = 0u; ky < KERNEL_Y; ky++) {
    let iy = top + i32(ky * DILATION_Y);
    if (iy < 0 || iy >= i32(IN_HEIGHT)) {
      continue;
    }
    for (var kx = 0u; kx < KERNEL_X; kx++) {
      let ix = left + i32(kx * DILATION_X);
      if (ix < 0 || ix >= i32(IN_WIDTH)) {
        continue;
      }
      let v = x[start + u32(iy) * IN_WIDTH + u32(ix)];
      let wins = (v > best) | vec4<bool>(!seen);
      best = select(best, v, wins);
      number = select(number, vec4u(ky * KERNEL_X + kx), wins);
      seen = true;
    }
  }
  let o = id.y * OUT_HEIGHT * OUT_WIDTH + p;
  y[id.z * Y_STRIDE + Y_OFFSET + o] = best;
  if (KEEP_WINNER) {
    winner[id.z * QUADS * OUT_HEIGHT * OUT_WIDTH + o] = dot(number << vec4u(0, 8, 16, 24), vec4u(1));
  }
}

@compute @workgroup_size(64)
fn max_backward(@builtin(global_invocation_id) id: vec3u) {
  let p = id.x;
  if (p >= IN_HEIGHT * IN_WIDTH) {
    return;
  }
  let start = id.y * OUT_HEIGHT * OUT_WIDTH;
  let begin = id.z * X_STRIDE + X_OFFSET + start;
  let winner_start = id.z * QUADS * OUT_HEIGHT * OUT_WIDTH + start;
  var g = vec4f();
  for (var ky = 0u; ky < KERNEL_Y; ky++) {
    let sy = i32(p / IN_WIDTH + PAD_TOP) - i32(ky * DILATION_Y);
    if (sy < 0 || sy % i32(STRIDE_Y) != 0 || sy / i32(STRIDE_Y) >= i32(OUT_HEIGHT)) {
      continue;
    }
    for (var kx = 0u; kx < KERNEL_X; kx++) {
      let sx = i32(p % IN_WIDTH + PAD_LEFT) - i32(kx * DILATION_X);
      if (sx < 0 || sx % i32(STRIDE_X) != 0 || sx / i32(STRIDE_X) >= i32(OUT_WIDTH)) {
        continue;
      }
      let o = u32(sy / i32(STRIDE_Y)) * OUT_WIDTH + u32(sx / i32(STRIDE_X));
      let number = (vec4u(winners[winner_start + o]) >> vec4u(0, 8, 16, 24)) & vec4u(255);
      g += select(vec4f(), dy[begin + o], number == vec4u(ky * KERNEL_X + kx));
    }
  }
  put_gradient(id.z, id.y, p, g);
}

// Elements along one axis that the divisor counts, for the window that begins at `first`.
fn counted(first: i32, kernel: u32, dilation: u32, before: u32, length: u32, after: u32) -> f32 {
  let low = select(0, -i32(before), COUNT_PADDING);
  let high = i32(length) + select(0, i32(after), COUNT_PADDING);
  var count = 0u;
  for (var k = 0u; k < kernel; k++) {
    let i = first + i32(k * dilation);
    count += select(0u, 1u, i >= low && i < high);
  }
  return f32(count);
}

fn divisor(o: u32) -> f32 {
  let top = i32(o / OUT_WIDTH * STRIDE_Y) - i32(PAD_TOP);
  let left = i32(o % OUT_WIDTH * STRIDE_X) - i32(PAD_LEFT);
  return counted(top, KERNEL_Y, DILATION_Y, PAD_TOP, IN_HEIGHT, PAD_BOTTOM) *
    counted(left, KERNEL_X, DILATION_X, PAD_LEFT, IN_WIDTH, PAD_RIGHT);
}

@compute @workgroup_size(64)
fn average_forward(@builtin(global_invocation_id) id: vec3u) {
  let p = id.x;
  if (p >= OUT_HEIGHT * OUT_WIDTH) {
    return;
  }
  let start = id.z * X_STRIDE + X_OFFSET + id.y * IN_HEIGHT * IN_WIDTH;
  let top = i32(p / OUT_WIDTH * STRIDE_Y) - i32(PAD_TOP);
  let left = i32(p % OUT_WIDTH * STRIDE_X) - i32(PAD_LEFT);
  var sum = vec4f();
  for (var ky = 0u; ky < KERNEL_Y; ky++) {
    let iy = top + i32(ky * DILATION_Y);
    if (iy < 0 || iy >= i32(IN_HEIGHT)) {
      continue;
    }
    for (var kx = 0u; kx < KERNEL_X; kx++) {
      let ix = left + i32(kx * DILATION_X);
      if (ix >= 0 && ix < i32(IN_WIDTH)) {
        sum += x[start + u32(iy) * IN_WIDTH + u32(ix)];
      }
    }
  }
  let o = id.y * OUT_HEIGHT * OUT_WIDTH + p;
  y[id.z * Y_STRIDE + Y_OFFSET + o] = sum / divisor(p);
}

@compute @workgroup_size(64)
fn average_backward(@builtin(global_invocation_id) id: vec3u) {
  let p = id.x;
  if (p >= IN_HEIGHT * IN_WIDTH) {
    return;
  }
  let begin = id.z * X_STRIDE + X_OFFSET + id.y * OUT_HEIGHT * OUT_WIDTH;
  var g = vec4f();
  for (var ky = 0u; ky < KERNEL_Y; ky++) {
    let sy = i32(p / IN_WIDTH + PAD_TOP) - i32(ky * DILATION_Y);
    if (sy < 0 || sy % i32(STRIDE_Y) != 0 || sy / i32(STRIDE_Y) >= i32(OUT_HEIGHT)) {
      continue;
    }
    for (var kx = 0u; kx < KERNEL_X; kx++) {
      let sx = i32(p % IN_WIDTH + PAD_LEFT) - i32(kx * DILATION_X);
      if (sx < 0 || sx % i32(STRIDE_X) != 0 || sx / i32(STRIDE_X) >= i32(OUT_WIDTH)) {
        continue;
      }
      let o = u32(sy / i32(STRIDE_Y)) * OUT_WIDTH + u32(sx / i32(STRIDE_X));
      g += dy[begin + o] / divisor(o);
    }
  }
  put_gradient(id.z, id.y, p, g);
}

// Global average: y[c] = 1/P Σ_p x[c, p], and back dx[c, p] = dy[c] / P.
@compute @workgroup_size(64)
fn global_average_forward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= QUADS) {
    return;
  }
  let size = IN_HEIGHT * IN_WIDTH;
  let start = id.z * X_STRIDE + X_OFFSET + id.x * size;
  var sum = vec4f();
  for (var p = 0u; p < size; p++) {
    sum += x[start + p];
  }
  y[id.z * Y_STRIDE + Y_OFFSET + id.x] = sum / f32(size);
}

@compute @workgroup_size(64)
fn global_average_backward(@builtin(global_invocation_id) id: vec3u) {
  let size = IN_HEIGHT * IN_WIDTH;
  if (id.x >= size) {
    return;
  }
  put_gradient(id.z, id.y, id.x, dy[id.z * X_STRIDE + X_OFFSET + id.y] / f32(size));
}
