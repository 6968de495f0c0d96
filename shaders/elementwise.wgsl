// Functions of one element. The piecewise linear ones go through activation.wgsl and leave bits; the smooth
// ones leave their derivative, which is all that the backward pass multiplies by.

const SIGMOID = 1u;
const TANH = 2u;

struct Layer {
  function: u32,
  quads: u32,
  positions: u32,
  x_offset: u32,    // of x; of dy, backward
  x_stride: u32,
  keep_slope: u32,
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> slope: array<vec4f>;  // [n][C/4][P]: f'(x)
@group(0) @binding(3) var<storage, read> slopes: array<vec4f>;

// y = a(x), eight positions an invocation: one word of the mask.
@compute @workgroup_size(64)
fn piecewise_forward(@builtin(global_invocation_id) id: vec3u) {
  let words = (layer.positions + 7) / 8;
  if (id.x >= words) {
    return;
  }
  let start = id.y * layer.positions;
  var word = 0u;
  for (var p = id.x * 8; p < min(id.x * 8 + 8, layer.positions); p++) {
    let v = x[id.z * layer.x_stride + layer.x_offset + start + p];
    y[id.z * out.stride + out.offset + start + p] = activate(v);
    word |= mask_bits(v, p);
  }
  if (out.keep_mask != 0) {
    mask[id.z * out.mask_stride + id.y * words + id.x] = word;
  }
}

// dx = dy: what an activation does to the gradient was done where dy was written.
@compute @workgroup_size(64)
fn pass_backward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < layer.positions) {
    put_gradient(id.z, id.y, id.x, dy[id.z * layer.x_stride + layer.x_offset + id.y * layer.positions + id.x]);
  }
}

// The gradient is where it belongs already (a channel slot of a Concat): only its gate is left to do.
@compute @workgroup_size(64)
fn gate_in_place(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < layer.positions) {
    let i = id.z * back.stride + back.offset + id.y * back.positions + id.x;
    dx[i] = gated(id.z, id.y, id.x, dx[i]);
  }
}

// 1 / (1 + e^−x) without overflow on either side.
fn sigmoid(v: vec4f) -> vec4f {
  let e = exp(-abs(v));
  return select(e, vec4f(1), v >= vec4f()) / (1 + e);
}

@compute @workgroup_size(64)
fn smooth_forward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= layer.positions) {
    return;
  }
  let i = id.y * layer.positions + id.x;
  let v = x[id.z * layer.x_stride + layer.x_offset + i];
  var f = vec4f();
  var d = vec4f();
  if (layer.function == SIGMOID) {
    f = sigmoid(v);
    d = f * sigmoid(-v);
  } else if (layer.function == TANH) {
    f = tanh(clamp(v, vec4f(-15), vec4f(15)));
    let s = sigmoid(-2 * abs(v));
    d = 4 * s * (1 - s);
  }
  y[id.z * out.stride + out.offset + i] = f;
  if (layer.keep_slope != 0) {
    slope[id.z * layer.quads * layer.positions + i] = d;
  }
}

@compute @workgroup_size(64)
fn smooth_backward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < layer.positions) {
    let i = id.y * layer.positions + id.x;
    let g = dy[id.z * layer.x_stride + layer.x_offset + i] * slopes[id.z * layer.quads * layer.positions + i];
    put_gradient(id.z, id.y, id.x, g);
  }
}
