// Layer-wise relevance propagation around the ordinary kernels (Bach et al. 2015): every rule is
//
//   s = R / stab(z)      c = Wᵀ s      R' = x · c      with stab(z) = z + ε · sign z, sign 0 = +1
//
// once or several times, each time with a part of x and of W. The kernels here are what stands around Wᵀ. They
// take tensors vec4 by vec4, wherever these lie in their buffers.
#import f32, gradient

const ABOVE = 1u;
const BELOW = 2u;

struct Layer {
  vec4s: u32,
  x_offset: u32,   // of x: the input of the layer, or the relevance
  x_stride: u32,
  z_offset: u32,   // of z0; z1 and z2 are dense
  z_stride: u32,
  own_offset: u32, // of the layer's own linear output
  own_stride: u32,
  factor: f32,
  epsilon: f32,
  sign1: f32,      // z = z0 + sign1 · z1 + sign2 · z2
  sign2: f32,
  side: u32,       // only where the layer's own output is above or below zero; 0: everywhere
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> x: array<Stored>;
@group(0) @binding(1) var<storage, read> r: array<Stored>;    // relevance of the layer's output
@group(0) @binding(2) var<storage, read> z0: array<Stored>;
@group(0) @binding(3) var<storage, read> z1: array<Stored>;
@group(0) @binding(4) var<storage, read> z2: array<Stored>;
@group(0) @binding(10) var<storage, read> own: array<Stored>;
@group(0) @binding(11) var<storage, read> c: array<Stored>;
@group(0) @binding(12) var<storage, read_write> s: array<Stored>;
@group(0) @binding(13) var<storage, read_write> part: array<Stored>;
@group(0) @binding(14) var<storage, read_write> seeds: array<Stored>;

fn stabilized(z: vec4f) -> vec4f {
  return z + select(vec4f(-layer.epsilon), vec4f(layer.epsilon), z >= vec4f());
}

// What is positive of x, or negative.
@compute @workgroup_size(64)
fn take_part(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < layer.vec4s) {
    let v = loaded(x[id.z * layer.x_stride + layer.x_offset + id.x]);
    part[id.z * layer.vec4s + id.x] = stored(select(min(v, vec4f()), max(v, vec4f()), layer.side == ABOVE));
  }
}

// s = factor · R / stab(z)
@compute @workgroup_size(64)
fn divide(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= layer.vec4s) {
    return;
  }
  let dense = id.z * layer.vec4s + id.x;
  var z = loaded(z0[id.z * layer.z_stride + layer.z_offset + id.x]);
  if (layer.sign1 != 0) {
    z += layer.sign1 * loaded(z1[dense]);
  }
  if (layer.sign2 != 0) {
    z += layer.sign2 * loaded(z2[dense]);
  }
  var quotient = layer.factor * loaded(r[id.z * layer.x_stride + layer.x_offset + id.x]) / stabilized(z);
  let side = loaded(own[id.z * layer.own_stride + layer.own_offset + id.x]);
  if (layer.side == ABOVE) {
    quotient = select(vec4f(), quotient, side > vec4f());
  } else if (layer.side == BELOW) {
    quotient = select(vec4f(), quotient, side < vec4f());
  }
  s[dense] = stored(quotient);
}

// R' = factor · x · c
@compute @workgroup_size(64)
fn multiply(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < layer.vec4s) {
    let v = loaded(x[id.z * layer.x_stride + layer.x_offset + id.x]);
    let g = layer.factor * v * loaded(c[id.z * layer.vec4s + id.x]);
    put_gradient(id.z, id.x / back.positions, id.x % back.positions, g);
  }
}

// The relevance to begin with: the gradient of the target with respect to the logits, times the logits.
@compute @workgroup_size(64)
fn seed(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < layer.vec4s) {
    let logit = loaded(x[id.z * layer.x_stride + layer.x_offset + id.x]);
    let i = id.z * layer.z_stride + layer.z_offset + id.x;
    seeds[i] = stored(loaded(seeds[i]) * logit);
  }
}
