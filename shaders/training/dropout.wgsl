// Dropout (Srivastava et al. 2014): an element is set to 0 with the chance `rate`, the others are divided by 1 − rate.
// The gradient is multiplied by the same factors, so that this one kernel, which draws them again, serves both ways.
#import run, random, training

struct Layer {
  vec4s: u32,    // of a sample
  offset: u32,   // vec4s from the start of a sample to the first element
  stride: u32,   // vec4s from a sample to the next
  name: u32,     // the hash of the tensor's name
  rate: f32,
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read_write> elements: array<vec4f>;

@compute @workgroup_size(64)
fn drop(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= layer.vec4s) {
    return;
  }
  let w = philox(vec4u(id.x, run.first + id.z, run.stream, FOR_DROPOUT), vec2u(run.seed, layer.name));
  let kept = (vec4f(w) + 0.5) * 2.3283064365386963e-10 >= vec4f(layer.rate);
  let i = id.z * layer.stride + layer.offset + id.x;
  elements[i] = select(vec4f(), elements[i] / (1 - layer.rate), kept);
}
