// What n noisy samples say about each channel, how sure that is, and one number for each pixel.
//
// From the moments of the samples' gradients g of each element, with central sums Mk = Σ (g − mean)^k:
//
//   mean      mean g                          its variance   s² / n,  s² = M2 / (n − 1)
//   squared   mean g² = M2/n + mean²          (4 mean² M2 + 4 mean M3 + M4 − M2²/n) / (n (n − 1))
//   absolute  mean |g|                        (mean g² − (mean |g|)²) / (n − 1)
//   variance  s²  (0 for one sample)          (M4/n − (n − 3)/(n − 1) s⁴) / n
//
// The reductions over the channels c follow their names; see `reduce`.

struct Settings {
  samples: f32, // n
  channels: u32, // C
  positions: u32, // P
  estimator: u32,
  reduction: u32,
  multiply_input: u32, // 1: attribution · input, before the reduction
}

const MEAN = 0u;
const SQUARED = 1u;
const ABSOLUTE = 2u;

@group(0) @binding(0) var<storage, read> moments: array<vec4f>; // [5, C/4, P]: mean, M2, M3, M4, mean |g|
@group(0) @binding(1) var<storage, read> input: array<vec4f>; // [C/4, P]
@group(0) @binding(2) var<uniform> settings: Settings;
@group(0) @binding(3) var<storage, read_write> attributions: array<vec4f>; // [C/4, P]
@group(0) @binding(4) var<storage, read_write> scores: array<f32>; // [P]
@group(0) @binding(5) var<storage, read_write> parts: array<vec2f>; // Σ variance, Σ attribution² of each workgroup
@group(0) @binding(6) var<storage, read_write> total: vec2f; // the same of all

// Length of [C/4, P].
fn vec4s() -> u32 {
  return (settings.channels + 3) / 4 * settings.positions;
}

// The attribution of four channels at i of [C/4, P], of `size` in all.
fn attribution(i: u32, size: u32) -> vec4f {
  let n = settings.samples;
  switch settings.estimator {
    case MEAN: {
      return moments[i];
    }
    case SQUARED: {
      return moments[size + i] / n + moments[i] * moments[i];
    }
    case ABSOLUTE: {
      return moments[4 * size + i];
    }
    default: {
      return moments[size + i] / max(n - 1, 1);
    }
  }
}

// The squared standard error of the attribution.
fn variance(i: u32, size: u32) -> vec4f {
  let n = settings.samples;
  let mean = moments[i];
  let m2 = moments[size + i];
  let m4 = moments[3 * size + i];
  switch settings.estimator {
    case MEAN: {
      return m2 / (n * (n - 1));
    }
    case SQUARED: {
      let m3 = moments[2 * size + i];
      return max(4 * mean * (mean * m2 + m3) + m4 - m2 * m2 / n, vec4f()) / (n * (n - 1));
    }
    case ABSOLUTE: {
      let size_of_g = moments[4 * size + i];
      return max(m2 / n + mean * mean - size_of_g * size_of_g, vec4f()) / (n - 1);
    }
    default: {
      let s2 = m2 / (n - 1);
      return max(m4 / n - (n - 3) / (n - 1) * s2 * s2, vec4f()) / n;
    }
  }
}

// What stands in the lanes beyond the last channel does not count.
fn only_channels(value: vec4f, first: u32) -> vec4f {
  return select(vec4f(), value, vec4u(0, 1, 2, 3) + first < vec4u(settings.channels));
}

@compute @workgroup_size(256)
fn estimate(@builtin(global_invocation_id) id: vec3u) {
  let size = vec4s();
  if (id.x < size) {
    attributions[id.x] = attribution(id.x, size);
  }
}

const ABS = 0u;
const SIGNED = 1u;
const POSITIVE = 2u;
const NEGATIVE = 3u;
const MAX = 4u;
const L2 = 5u;
const ABS_SUM = 6u;

@compute @workgroup_size(256)
fn reduce(@builtin(global_invocation_id) id: vec3u) {
  let positions = settings.positions;
  if (id.x >= positions) {
    return;
  }
  let size = vec4s();
  var sum = vec4f();
  var sizes = vec4f(); // Σ |a|
  var squares = vec4f();
  var largest = vec4f();
  for (var c = 0u; c < settings.channels; c += 4) {
    let i = (c / 4) * positions + id.x;
    var a = only_channels(attribution(i, size), c);
    if (settings.multiply_input == 1) {
      a *= only_channels(input[i], c);
    }
    sum += a;
    sizes += abs(a);
    squares += a * a;
    largest = max(largest, abs(a));
  }
  scores[id.x] = reduced(across(sum), across(sizes), across(squares), largest);
}

fn reduced(sum: f32, sizes: f32, squares: f32, largest: vec4f) -> f32 {
  switch settings.reduction {
    case ABS: {
      return sizes;
    }
    case SIGNED: {
      return sum;
    }
    case POSITIVE: {
      return max(sum, 0);
    }
    case NEGATIVE: {
      return max(-sum, 0);
    }
    case MAX: {
      return max(max(largest.x, largest.y), max(largest.z, largest.w));
    }
    case L2: {
      return sqrt(squares);
    }
    case ABS_SUM: {
      return abs(sum);
    }
    default: {
      return sum / f32(settings.channels);
    }
  }
}

fn across(v: vec4f) -> f32 {
  return dot(v, vec4f(1));
}

var<workgroup> sums: array<vec2f, 256>;

// Adds the 256 sums of a workgroup, in an order that never changes.
fn add_up(lane: u32) {
  for (var half = 128u; half > 0; half /= 2) {
    workgroupBarrier();
    if (lane < half) {
      sums[lane] += sums[lane + half];
    }
  }
}

@compute @workgroup_size(256)
fn sum_errors(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let size = vec4s();
  var sum = vec2f();
  for (var i = id.x; i < size; i += groups.x * 256) {
    let c = i / settings.positions * 4;
    let a = only_channels(attribution(i, size), c);
    sum += vec2f(across(only_channels(variance(i, size), c)), dot(a, a));
  }
  sums[lane] = sum;
  add_up(lane);
  if (lane == 0) {
    parts[group.x] = sums[0];
  }
}

@compute @workgroup_size(256)
fn total_error(@builtin(local_invocation_index) lane: u32) {
  sums[lane] = vec2f();
  if (lane < arrayLength(&parts)) {
    sums[lane] = parts[lane];
  }
  add_up(lane);
  if (lane == 0) {
    total = sums[0];
  }
}
