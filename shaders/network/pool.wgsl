// Pooling over windows, and its gradient. One invocation makes one channel quad of one pixel, if nothing else is said.
//
// Max: the first largest element of the window wins, and its number within the window (a byte a lane) is all
// that the backward pass needs. Average: the divisor counts padding only if asked to, and never what a window
// rounded up (ceil_mode) takes beyond the padding. Both gradients are gathered: a pixel of dx asks the
// windows that contain it, so nothing is added to by two invocations.
#import f32, activation, gradient

const DILATED = 0u;   // 1: the elements of a window are no neighbors
const PADDED = 1u;    // 1: a window may reach beyond the input
const KERNEL_X = 0u;  // 3, 2, or 0 for any
const WINDOWS = 0u;   // 2: two neighbors are in two along each axis at most; or 0

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

@group(0) @binding(0) var<storage, read> x: array<Stored>;             // [n][C/4][IN]
@group(0) @binding(1) var<storage, read> dy: array<Stored>;            // [n][C/4][OUT]
@group(0) @binding(2) var<storage, read_write> winner: array<u32>;    // [n][C/4][OUT], a byte a lane
@group(0) @binding(3) var<storage, read> winners: array<u32>;
@group(0) @binding(4) var<storage, read> counts: array<vec4u>;        // mean-gates.wgsl: samples, [C/4][OUT][taps]

const LOWEST = -0x1.fffffep+127;

// The first largest element of a window so far, and its number.
struct Best {
  value: vec4f,
  number: vec4u,
  seen: bool,
}

// Looks at the element with this number, which stands in column `ix` of the row that begins at `line`.
fn look(best: ptr<function, Best>, line: u32, ix: i32, number: u32) {
  let v = loaded(x[line + u32(ix)]);
  if (PADDED != 0) {
    let inside = ix >= 0 && ix < i32(layer.in_width);
    let wins = ((v > (*best).value) | vec4<bool>(!(*best).seen)) & vec4<bool>(inside);
    (*best).value = select((*best).value, v, wins);
    (*best).number = select((*best).number, vec4u(number), wins);
    (*best).seen |= inside;
  } else {
    let wins = (v > (*best).value) | vec4<bool>(number == 0);
    (*best).value = select((*best).value, v, wins);
    (*best).number = select((*best).number, vec4u(number), wins);
  }
}

@compute @workgroup_size(64)
fn max_forward(@builtin(global_invocation_id) id: vec3u) {
  let p = id.x;
  if (p >= layer.out_height * layer.out_width) {
    return;
  }
  let start = id.z * layer.x_stride + layer.x_offset + id.y * layer.in_height * layer.in_width;
  let oy = p / layer.out_width;
  let ox = p - oy * layer.out_width;
  let top = i32(oy * layer.stride_y) - i32(layer.pad_top);
  let left = i32(ox * layer.stride_x) - i32(layer.pad_left);
  let step = i32(layer.dilation_x);
  var best = Best(vec4f(LOWEST), vec4u(), false);
  for (var ky = 0u; ky < layer.kernel_y; ky++) {
    let iy = top + i32(ky * layer.dilation_y);
    if (PADDED != 0 && (iy < 0 || iy >= i32(layer.in_height))) {
      continue;
    }
    let line = start + u32(iy) * layer.in_width;
    if (KERNEL_X == 0) {
      for (var kx = 0u; kx < layer.kernel_x; kx++) {
        look(&best, line, left + i32(kx) * step, ky * layer.kernel_x + kx);
      }
    } else {
      look(&best, line, left, ky * KERNEL_X);
      look(&best, line, left + step, ky * KERNEL_X + 1);
      if (KERNEL_X == 3) {
        look(&best, line, left + 2 * step, ky * KERNEL_X + 2);
      }
    }
  }
  let o = id.y * layer.out_height * layer.out_width + p;
  y[id.z * out.stride + out.offset + o] = stored(best.value);
  if (layer.keep_winner != 0) {
    let bytes = best.number << vec4u(0, 8, 16, 24);
    winner[id.z * layer.quads * layer.out_height * layer.out_width + o] = bytes.x | bytes.y | bytes.z | bytes.w;
  }
}

// Along one axis, the first window that may contain index i of the padded input, and the first after them.
fn windows_over(i: u32, kernel: u32, stride: u32, dilation: u32, count: u32) -> vec2u {
  let reach = (kernel - 1) * dilation;
  let first = select(0u, (i - reach + stride - 1) / stride, i > reach);
  return vec2u(first, min(i / stride + 1, count));
}

// More than any element's number comes to.
const NONE = 256u;

// Along an axis, the number of a window's element at this place from its beginning.
fn tap_at(place: i32, kernel: u32, dilation: u32) -> u32 {
  var k = place;
  if (DILATED != 0) {
    k = select(-1, place / i32(dilation), place % i32(dilation) == 0);
  }
  return select(NONE, u32(k), k >= 0 && k < i32(kernel));
}

// Two by two pixels, which are seen by nearly the same windows.
struct Four {
  near: vec4f,
  far: vec4f,
  near_below: vec4f,
  far_below: vec4f,
}

// Adds what the window `o` leaves to them, whose elements they are by the numbers of row and column.
fn add_window(g: ptr<function, Four>, dy_start: u32, winner_start: u32, o: u32, rows: vec2u, columns: vec2u) {
  let number = (vec4u(winners[winner_start + o]) >> vec4u(0, 8, 16, 24)) & vec4u(255);
  let v = loaded(dy[dy_start + o]);
  (*g).near += select(vec4f(), v, number == vec4u(rows.x + columns.x));
  (*g).far += select(vec4f(), v, number == vec4u(rows.x + columns.y));
  (*g).near_below += select(vec4f(), v, number == vec4u(rows.y + columns.x));
  (*g).far_below += select(vec4f(), v, number == vec4u(rows.y + columns.y));
}

// The numbers of two neighbors in the window o along an axis, where that is one of `count`.
fn taps_at(place: u32, o: u32, count: u32, kernel: u32, stride: u32, dilation: u32) -> vec2u {
  let first = i32(place) - i32(o * stride);
  let taps = vec2u(tap_at(first, kernel, dilation), tap_at(first + 1, kernel, dilation));
  return select(vec2u(NONE), taps, o < count);
}

@compute @workgroup_size(64)
fn max_backward(@builtin(global_invocation_id) id: vec3u) {
  let across = (layer.in_width + 1) >> 1;
  let in_column = id.x / across;
  let y0 = in_column * 2;
  let x0 = (id.x - in_column * across) * 2;
  if (y0 >= layer.in_height) {
    return;
  }
  let start = id.y * layer.out_height * layer.out_width;
  let dy_start = id.z * layer.x_stride + layer.x_offset + start;
  let n = select(id.z, 0u, layer.winner_shared != 0);
  let winner_start = n * layer.quads * layer.out_height * layer.out_width + start;
  let row = y0 + layer.pad_top;
  let column = x0 + layer.pad_left;
  let top = windows_over(row, layer.kernel_y, layer.stride_y, layer.dilation_y, layer.out_height).x;
  let left = windows_over(column, layer.kernel_x, layer.stride_x, layer.dilation_x, layer.out_width).x;
  var g: Four;
  if (WINDOWS == 2) {
    let o = top * layer.out_width + left;
    let above = taps_at(row, top, layer.out_height, layer.kernel_y, layer.stride_y, layer.dilation_y) * layer.kernel_x;
    let below = taps_at(row, top + 1, layer.out_height, layer.kernel_y, layer.stride_y, layer.dilation_y) * layer.kernel_x;
    let first = taps_at(column, left, layer.out_width, layer.kernel_x, layer.stride_x, layer.dilation_x);
    let second = taps_at(column, left + 1, layer.out_width, layer.kernel_x, layer.stride_x, layer.dilation_x);
    add_window(&g, dy_start, winner_start, o, above, first);
    add_window(&g, dy_start, winner_start, o + 1, above, second);
    add_window(&g, dy_start, winner_start, o + layer.out_width, below, first);
    add_window(&g, dy_start, winner_start, o + layer.out_width + 1, below, second);
  } else {
    let bottom = min((row + 1) / layer.stride_y + 1, layer.out_height);
    let right = min((column + 1) / layer.stride_x + 1, layer.out_width);
    for (var oy = top; oy < bottom; oy++) {
      let rows = taps_at(row, oy, layer.out_height, layer.kernel_y, layer.stride_y, layer.dilation_y) * layer.kernel_x;
      for (var ox = left; ox < right; ox++) {
        let columns = taps_at(column, ox, layer.out_width, layer.kernel_x, layer.stride_x, layer.dilation_x);
        add_window(&g, dy_start, winner_start, oy * layer.out_width + ox, rows, columns);
      }
    }
  }
  let p = y0 * layer.in_width + x0;
  let has_right = x0 + 1 < layer.in_width;
  let has_below = y0 + 1 < layer.in_height;
  put_gradient(id.z, id.y, p, g.near);
  if (has_right) {
    put_gradient(id.z, id.y, p + 1, g.far);
  }
  if (has_below) {
    put_gradient(id.z, id.y, p + layer.in_width, g.near_below);
  }
  if (has_right && has_below) {
    put_gradient(id.z, id.y, p + layer.in_width + 1, g.far_below);
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
  var number = vec4u(NONE);
  if (oy < layer.out_height && ox < layer.out_width) {
    let o = (id.y * layer.out_height + oy) * layer.out_width + ox;
    let n = select(id.z, 0u, layer.winner_shared != 0);
    g = loaded(dy[id.z * layer.x_stride + layer.x_offset + o]);
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
      g += vec4f(counts[1 + (start + o) * taps + tap]) / f32(counts[0].x) * loaded(dy[begin + o]);
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
        sum += loaded(x[start + u32(iy) * layer.in_width + u32(ix)]);
      }
    }
  }
  let o = id.y * layer.out_height * layer.out_width + p;
  y[id.z * out.stride + out.offset + o] = stored(sum / divisor(p));
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
      g += loaded(dy[begin + o]) / divisor(o);
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
    sum += loaded(x[start + p]);
  }
  y[id.z * out.stride + out.offset + id.x] = stored(sum / f32(size));
}

@compute @workgroup_size(64)
fn global_average_backward(@builtin(global_invocation_id) id: vec3u) {
  let size = layer.in_height * layer.in_width;
  if (id.x >= size) {
    return;
  }
  put_gradient(id.z, id.y, id.x, loaded(dy[id.z * layer.x_stride + layer.x_offset + id.y]) / f32(size));
}
