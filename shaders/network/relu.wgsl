// Piecewise linear functions of one element that no other kernel took in, and rounding to the steps of a quantized
// type. They leave bits. (Smooth functions are in smooth.wgsl.)
#import f32, activation, gradient

struct Layer {
  positions: u32,
  x_offset: u32,    // of x; of dy, backward
  x_stride: u32,
  step: f32,        // of quantize_forward
  low: f32,
  high: f32,
  factor: f32,
  shift: f32,
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> x: array<Stored>;
@group(0) @binding(1) var<storage, read> dy: array<Stored>;

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
    let v = loaded(x[id.z * layer.x_stride + layer.x_offset + start + p]);
    y[id.z * out.stride + out.offset + start + p] = stored(activate(v));
    word |= mask_bits(v, p);
  }
  put_mask(id.z, id.y * words + id.x, word);
}

// y = factor · clamp(round(x / step), low, high) + shift; its bits say low ≤ round(x / step) ≤ high, ends included.
@compute @workgroup_size(64)
fn quantize_forward(@builtin(global_invocation_id) id: vec3u) {
  let words = (layer.positions + 7) / 8;
  if (id.x >= words) {
    return;
  }
  let start = id.y * layer.positions;
  var word = 0u;
  for (var p = id.x * 8; p < min(id.x * 8 + 8, layer.positions); p++) {
    let v = round(loaded(x[id.z * layer.x_stride + layer.x_offset + start + p]) / layer.step);
    let inside = clamp(v, vec4f(layer.low), vec4f(layer.high));
    y[id.z * out.stride + out.offset + start + p] = stored(layer.factor * inside + layer.shift);
    word |= dot(select(vec4u(0), vec4u(1, 2, 4, 8), inside == v), vec4u(1)) << (4 * (p % 8));
  }
  put_mask(id.z, id.y * words + id.x, word);
}

// dx = dy · factor / step, as if nothing had been rounded; the range was seen to where dy was written.
@compute @workgroup_size(64)
fn quantize_backward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < layer.positions) {
    let i = id.z * layer.x_stride + layer.x_offset + id.y * layer.positions + id.x;
    put_gradient(id.z, id.y, id.x, layer.factor / layer.step * loaded(dy[i]));
  }
}

// dx = dy: what an activation does to the gradient was done where dy was written.
@compute @workgroup_size(64)
fn pass_backward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < layer.positions) {
    put_gradient(id.z, id.y, id.x, loaded(dy[id.z * layer.x_stride + layer.x_offset + id.y * layer.positions + id.x]));
  }
}

// The gradient is where it belongs already (a channel slot of a Concat): only its gate is left to do.
@compute @workgroup_size(64)
fn gate_in_place(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < layer.positions) {
    let i = id.z * back.stride + back.offset + id.y * back.positions + id.x;
    dx[i] = stored(gated(id.z, id.y, id.x, loaded(dx[i])));
  }
}
