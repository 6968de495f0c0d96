// Functions of one element. The piecewise linear ones go through activation.wgsl and leave bits; the smooth
// ones leave their derivative, which is all that the backward pass multiplies by.

const SIGMOID = 1u;
const TANH = 2u;

override FUNCTION: u32 = 0;
override QUADS: u32 = 1;
override POSITIONS: u32 = 1;
override X_OFFSET: u32 = 0;     // of x; of dy, backward
override X_STRIDE: u32 = 0;
override KEEP_SLOPE: bool = false;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> slope: array<vec4f>;  // [n][C/4][P]: f'(x)
@group(0) @binding(3) var<storage, read> slopes: array<vec4f>;

// y = a(x), eight positions an invocation: one word of the mask.
@compute @workgroup_size(64)
fn piecewise_forward(@builtin(global_invocation_id) id: vec3u) {
  let words = (POSITIONS + 7) / 8;
  if (id.x >= words) {
    return;
  }
  let start = id.y * POSITIONS;
  var word = 0u;
  for (var p = id.x * 8; p < min(id.x * 8 + 8, POSITIONS); p++) {
    let v = x[id.z * X_STRIDE + X_OFFSET + start + p];
    y[id.z * Y_STRIDE + Y_OFFSET + start + p] = activate(v);
    word |= mask_bits(v, p);
  }
  if (KEEP_MASK) {
    mask[id.z * MASK_STRIDE + id.y * words + id.x] = word;
  }
}

// dx = dy: what an activation does to the gradient was done where dy was written.
@compute @workgroup_size(64)
fn pass_backward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < POSITIONS) {
    put_gradient(id.z, id.y, id.x, dy[id.z * X_STRIDE + X_OFFSET + id.y * POSITIONS + id.x]);
  }
}

// The gradient is where it belongs already (a channel slot of a Concat): only its gate is left to do.
@compute @workgroup_size(64)
fn gate_in_place(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < POSITIONS) {
    let i = id.z * DX_STRIDE + DX_OFFSET + id.y * DX_POSITIONS + id.x;
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
  if (id.x >= POSITIONS) {
    return;
  }
  let i = id.y * POSITIONS + id.x;
  let v = x[id.z * X_STRIDE + X_OFFSET + i];
  var f = vec4f();
  var d = vec4f();
  if (FUNCTION == SIGMOID) {
    f = sigmoid(v);
    d = f * sigmoid(-v);
  } else if (FUNCTION == TANH) {
    f = tanh(clamp(v, vec4f(-15), vec4f(15)));
    let s = sigmoid(-2 * abs(v));
    d = 4 * s * (1 - s);
  }
  y[id.z * Y_STRIDE + Y_OFFSET + i] = f;
  if (KEEP_SLOPE) {
    slope[id.z * QUADS * POSITIONS + i] = d;
  }
}

@compute @workgroup_size(64)
fn smooth_backward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < POSITIONS) {
    let i = id.y * POSITIONS + id.x;
    let g = dy[id.z * X_STRIDE + X_OFFSET + i] * slopes[id.z * QUADS * POSITIONS + i];
    put_gradient(id.z, id.y, id.x, g);
  }
}
