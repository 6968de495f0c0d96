// Rounding to the steps of a quantized type:
//
//   forward   y = factor · clamp(round(x / step), low, high) + shift
//   backward  dx = dy · factor / step, as if nothing had been rounded
//
// The bits say low ≤ round(x / step) ≤ high, ends included; by them dy was gated where it was written (gradient.wgsl).
#import f32, activation, gradient

struct Layer {
  positions: u32,
  x_offset: u32,    // of x; of dy, backward
  x_stride: u32,
  step: f32,
  low: f32,
  high: f32,
  factor: f32,
  shift: f32,
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> x: array<Stored>;
@group(0) @binding(1) var<storage, read> dy: array<Stored>;

// Eight positions an invocation, because these share a word of bits.
@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u) {
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

@compute @workgroup_size(64)
fn backward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < layer.positions) {
    let i = id.z * layer.x_stride + layer.x_offset + id.y * layer.positions + id.x;
    put_gradient(id.z, id.y, id.x, layer.factor / layer.step * loaded(dy[i]));
  }
}
