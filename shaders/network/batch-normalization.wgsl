// A scale and a shift for each channel: BatchNormalization that no convolution took in.
//
//   y[c, p] = a(scale[c] · x[c, p] + shift[c])      dx[c, p] = scale[c] · dy[c, p]
#import f32, activation, gradient

struct Layer {
  positions: u32,
  x_offset: u32,   // of x; of dy, backward
  x_stride: u32,
  r_offset: u32,   // of the relevance
  r_stride: u32,
  epsilon: f32,
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> x: array<Stored>;      // [n][C/4][P]
@group(0) @binding(1) var<storage, read> dy: array<Stored>;
@group(0) @binding(2) var<storage, read> scale: array<Stored>;  // [C/4]
@group(0) @binding(3) var<storage, read> shift: array<Stored>;  // [C/4]

// Eight positions an invocation: one word of the mask.
@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  let words = (layer.positions + 7) / 8;
  if (id.x >= words) {
    return;
  }
  var word = 0u;
  for (var p = id.x * 8; p < min(id.x * 8 + 8, layer.positions); p++) {
    let i = id.y * layer.positions + p;
    let v = loaded(scale[id.y]) * loaded(x[id.z * layer.x_stride + layer.x_offset + i]) + loaded(shift[id.y]);
    y[id.z * out.stride + out.offset + i] = stored(activate(v));
    word |= mask_bits(v, p);
  }
  put_mask(id.z, id.y * words + id.x, word);
}

@compute @workgroup_size(64)
fn backward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < layer.positions) {
    let g = loaded(dy[id.z * layer.x_stride + layer.x_offset + id.y * layer.positions + id.x]);
    put_gradient(id.z, id.y, id.x, loaded(scale[id.y]) * g);
  }
}

// Relevance (dy): dx = scale · x · R / stab(scale · x + shift), stab(z) = z + ε · sign z
@compute @workgroup_size(64)
fn backward_share(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < layer.positions) {
    let i = id.y * layer.positions + id.x;
    let own = loaded(scale[id.y]) * loaded(x[id.z * layer.x_stride + layer.x_offset + i]);
    let z = own + loaded(shift[id.y]);
    let stable = z + select(vec4f(-layer.epsilon), vec4f(layer.epsilon), z >= vec4f());
    put_gradient(id.z, id.y, id.x, own * loaded(dy[id.z * layer.r_stride + layer.r_offset + i]) / stable);
  }
}
