// Relu, LeakyRelu and Clip where no kernel before took them in (activation.wgsl has the function a, and its bits):
//
//   forward   y = a(x)
//   backward  dx = dy, because dy was gated where it was written (gradient.wgsl)
#import f32, activation, gradient

struct Layer {
  positions: u32,
  x_offset: u32,    // of x; of dy, backward
  x_stride: u32,
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
    let v = loaded(x[id.z * layer.x_stride + layer.x_offset + start + p]);
    y[id.z * out.stride + out.offset + start + p] = stored(activate(v));
    word |= mask_bits(v, p);
  }
  put_mask(id.z, id.y * words + id.x, word);
}

@compute @workgroup_size(64)
fn backward(@builtin(global_invocation_id) id: vec3u) {
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
