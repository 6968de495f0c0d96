// One step of an optimizer, weight by weight. The gradient g is the sum of its parts, in their order.
//
//   adam       m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²,
//              w ← w − rate · (m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε) + decay · w)       (Kingma & Ba 2015)
//   momentum   m ← β₁ m + g,  w ← w − rate · (m + decay · w)
#import training

struct Layer {
  vec4s: u32,
  parts: u32,
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> parts: array<vec4f>;               // [parts][vec4s]
@group(0) @binding(1) var<storage, read_write> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> mean: array<vec4f>;          // m
@group(0) @binding(3) var<storage, read_write> mean_square: array<vec4f>;   // v

fn gradient(i: u32) -> vec4f {
  var g = vec4f();
  for (var part = 0u; part < layer.parts; part++) {
    g += parts[part * layer.vec4s + i];
  }
  return g;
}

@compute @workgroup_size(64)
fn adam(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < layer.vec4s; i += groups.x * 64) {
    let g = gradient(i);
    let m = training.momentum * mean[i] + (1 - training.momentum) * g;
    let v = training.beta * mean_square[i] + (1 - training.beta) * g * g;
    mean[i] = m;
    mean_square[i] = v;
    let step = m / training.correction1 / (sqrt(v / training.correction2) + training.epsilon);
    weights[i] -= training.rate * (step + training.decay * weights[i]);
  }
}

@compute @workgroup_size(64)
fn momentum(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < layer.vec4s; i += groups.x * 64) {
    let m = training.momentum * mean[i] + gradient(i);
    mean[i] = m;
    weights[i] -= training.rate * (m + training.decay * weights[i]);
  }
}
