// SmoothDiff (Hill et al. 2025) counts over all samples of all batches: how often each element of an activation was in
// the linear part, and how often each element of a pool's window won. The backward pass goes through the means
// (gated in gradient.wgsl, max_mean_backward in pool.wgsl). Counts are whole numbers: no split changes them.
#import run, gradient

struct Layer {
  positions: u32,  // of the pool's result
  taps: u32,       // elements of its window
  stride: u32,     // words from a sample of the winners to the next
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> winners: array<u32>;         // [n][C/4][OUT], a byte a lane
@group(0) @binding(1) var<storage, read_write> counts: array<vec4u>;  // the samples; then [C/4][P] or [C/4][OUT][taps]

fn before(i: u32) -> vec4u {
  return select(counts[i], vec4u(), run.first == 0);
}

@compute @workgroup_size(64)
fn count_gates(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= back.positions) {
    return;
  }
  if (id.x + id.y == 0) {
    counts[0] = vec4u(run.first + run.samples);
  }
  let i = 1 + id.y * back.positions + id.x;
  var sum = before(i);
  for (var n = 0u; n < run.samples; n++) {
    sum += select(vec4u(0), vec4u(1), open_gates(n, id.y, id.x));
  }
  counts[i] = sum;
}

@compute @workgroup_size(64)
fn count_winners(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= layer.positions * layer.taps) {
    return;
  }
  if (id.x + id.y == 0) {
    counts[0] = vec4u(run.first + run.samples);
  }
  let i = 1 + id.y * layer.positions * layer.taps + id.x;
  let window = id.y * layer.positions + id.x / layer.taps;
  var sum = before(i);
  for (var n = 0u; n < run.samples; n++) {
    let numbers = (vec4u(winners[n * layer.stride + window]) >> vec4u(0, 8, 16, 24)) & vec4u(255);
    sum += select(vec4u(0), vec4u(1), numbers == vec4u(id.x % layer.taps));
  }
  counts[i] = sum;
}
