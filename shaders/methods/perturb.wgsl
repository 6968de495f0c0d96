// Noise on the trained parameters (NoiseGrad, Bykov et al. 2022): every weight is multiplied by 1 + σ z, where z is
// a standard normal that depends on the seed, the draw, the parameter's name and the weight's place in it. All
// samples of a batch see the same draw, so that one set of perturbed weights is all there is.
//
// What a rule of relevance makes of weights (Change in ops/types.ts) it makes of the perturbed ones.
#import f32, run, random

struct Layer {
  vec4s: u32,
  name: u32,    // the hash of the parameter's name
  above: f32,   // above · max(w, 0) + below · min(w, 0) …
  below: f32,
  square: u32,  // … or w²
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> weights: array<Stored>;
@group(0) @binding(1) var<storage, read_write> perturbed: array<Stored>;

const FOR_WEIGHTS = 3u;  // beside the purposes in sample.wgsl

@compute @workgroup_size(64)
fn perturb(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let draw = run.first / run.points / run.inputs;
  for (var i = id.x; i < layer.vec4s; i += groups.x * 64) {
    let z = normals(philox(vec4u(i, draw, run.stream, FOR_WEIGHTS), vec2u(run.seed, layer.name)));
    let w = loaded(weights[i]) * (1 + run.weight_noise * z);
    let part = layer.above * max(w, vec4f()) + layer.below * min(w, vec4f());
    perturbed[i] = stored(select(part, w * w, layer.square != 0));
  }
}
