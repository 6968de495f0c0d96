// Softmax cross-entropy, the mean over the batch, and its gradient with respect to the logits:
//   loss = −1/N Σ_n ln p[n, label]      dy[n, k] = (p[n, k] − [k = label]) / N      p = softmax(y)
#import run

struct Layer {
  channels: u32,
  offset: u32,      // vec4s from the start of a sample to its first logits
  stride: u32,      // vec4s from a sample to the next
  dy_offset: u32,
  dy_stride: u32,
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> logits: array<vec4f>;           // [n][K/4]
@group(0) @binding(1) var<storage, read> labels: array<u32>;             // [n]
@group(0) @binding(2) var<storage, read_write> dy: array<vec4f>;         // [n][K/4]
@group(0) @binding(3) var<storage, read_write> results: array<vec2f>;    // [n]: loss, 1 where the class is right
@group(0) @binding(4) var<storage, read_write> totals: array<f32>;       // loss, right ones and samples of all steps

fn real_lanes(quad: u32) -> vec4<bool> {
  return vec4u(quad * 4) + vec4u(0, 1, 2, 3) < vec4u(layer.channels);
}

fn logit(n: u32, k: u32) -> f32 {
  return logits[n * layer.stride + layer.offset + k / 4][k % 4];
}

@compute @workgroup_size(64)
fn cross_entropy(@builtin(global_invocation_id) id: vec3u) {
  let n = id.x;
  if (n >= run.samples) {
    return;
  }
  var best = 0u;
  for (var k = 1u; k < layer.channels; k++) {
    best = select(best, k, logit(n, k) > logit(n, best));
  }
  let top = logit(n, best);
  var total = 0.0;
  for (var k = 0u; k < layer.channels; k++) {
    total += exp(logit(n, k) - top);
  }
  let label = labels[n];
  for (var q = 0u; q < (layer.channels + 3) / 4; q++) {
    let p = exp(logits[n * layer.stride + layer.offset + q] - top) / total;
    let wanted = select(vec4f(), vec4f(1), vec4u(q * 4) + vec4u(0, 1, 2, 3) == vec4u(label));
    let g = (p - wanted) / f32(run.samples);
    dy[n * layer.dy_stride + layer.dy_offset + q] = select(vec4f(), g, real_lanes(q));
  }
  results[n] = vec2f(log(total) + top - logit(n, label), select(0.0, 1.0, best == label));
}

@compute @workgroup_size(1)
fn add_up() {
  var sum = vec2f();
  for (var n = 0u; n < run.samples; n++) {
    sum += results[n];
  }
  totals[0] += sum.x;
  totals[1] += sum.y;
  totals[2] += f32(run.samples);
}
