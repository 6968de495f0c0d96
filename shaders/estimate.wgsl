// What n noisy samples say about each channel, how sure that is, and one number for each pixel.
//
// From the moments mean, M2, M3, M4 and mean |g| of the samples' gradients g, Mk = Σ (g − mean)^k:
//
//   estimator  attribution              its squared standard error
//   mean       mean g                   s² / n,  s² = M2 / (n − 1)
//   squared    mean g² = M2/n + mean²   (4 mean² M2 + 4 mean M3 + M4 − M2²/n) / (n (n − 1))
//   absolute   mean |g|                 (mean g² − (mean |g|)²) / (n − 1)
//   variance   s²  (0 for one sample)   (M4/n − (n − 3)/(n − 1) s⁴) / n
//
// Antithetic samples come in pairs, and samples that see the same noisy weights in groups, which are independent of
// each other, but not so within: the error of the mean is then that of the mean of the groups' means, and the other
// squared errors grow by the size of a group, which is the most they can.
//
// Every attribution is a weighted sum of mean, M2, mean² and mean |g|; every reduction over the
// channels one of Σa, Σ|a|, √Σa² and max |a|, then rectified: max(s, r·s) is s, its positive part
// or its size for r = 1, 0, −1. So no choice needs a branch, or a pipeline of its own.

struct Settings {
  estimator: vec4f,     // weights of mean, M2, mean², mean |g|
  reduction: vec4f,     // weights of Σa, Σ|a|, √Σa², max |a|
  rectify: f32,         // r
  samples: f32,         // n
  error_of: u32,        // MEAN …
  multiply_input: u32,  // 1: attribution · input, before the reduction
  channels: u32,        // C
  positions: u32,       // P
  group: f32,           // samples in a row that are not independent of each other
}

const MEAN = 0u;
const SQUARED = 1u;
const ABSOLUTE = 2u;

@group(0) @binding(0) var<storage, read> moments: array<vec4f>; // [6][C/4][P]
@group(0) @binding(1) var<storage, read> input: array<vec4f>;   // [C/4][P]
@group(0) @binding(2) var<uniform> settings: Settings;
@group(0) @binding(3) var<storage, read_write> attributions: array<vec4f>; // [C/4][P]
@group(0) @binding(4) var<storage, read_write> scores: array<f32>;         // [P]
@group(0) @binding(5) var<storage, read_write> parts: array<vec2f>;        // Σ error², Σ a²
@group(0) @binding(6) var<storage, read_write> total: vec2f;               // the same of all parts

// Length of [C/4][P].
fn vec4s() -> u32 {
  return (settings.channels + 3) / 4 * settings.positions;
}

// The attribution of four channels at i of [C/4][P]; 0 in the lanes beyond the last channel.
fn attribution(i: u32) -> vec4f {
  let size = vec4s();
  let mean = moments[i];
  let w = settings.estimator;
  let a = w.x * mean + w.y * moments[size + i] + w.z * mean * mean + w.w * moments[4 * size + i];
  return only_channels(a, i);
}

fn only_channels(value: vec4f, i: u32) -> vec4f {
  let channels = vec4u(0, 1, 2, 3) + i / settings.positions * 4;
  return select(vec4f(), value, channels < vec4u(settings.channels));
}

@compute @workgroup_size(64)
fn estimate(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < vec4s(); i += groups.x * 64) {
    attributions[i] = attribution(i);
  }
}

@compute @workgroup_size(64)
fn reduce(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let size = vec4s();
  for (var p = id.x; p < settings.positions; p += groups.x * 64) {
    var sum = vec4f();
    var sizes = vec4f();
    var squares = vec4f();
    var largest = vec4f();
    for (var i = p; i < size; i += settings.positions) {
      var a = attribution(i);
      if (settings.multiply_input == 1) {
        a *= only_channels(input[i], i);
      }
      sum += a;
      sizes += abs(a);
      squares += a * a;
      largest = max(largest, abs(a));
    }
    let most = max(max(largest.x, largest.y), max(largest.z, largest.w));
    let s = dot(settings.reduction, vec4f(across(sum), across(sizes), sqrt(across(squares)), most));
    scores[p] = max(s, settings.rectify * s);
  }
}

fn across(v: vec4f) -> f32 {
  return dot(v, vec4f(1));
}

// The squared standard error of the attribution.
fn squared_error(i: u32) -> vec4f {
  if (settings.group > 1 && settings.error_of == MEAN) {
    let groups = floor(settings.samples / settings.group);
    return moments[5 * vec4s() + i] / (groups * (groups - 1));
  }
  return settings.group * independent_error(i);
}

fn independent_error(i: u32) -> vec4f {
  let size = vec4s();
  let n = settings.samples;
  let mean = moments[i];
  let m2 = moments[size + i];
  let m4 = moments[3 * size + i];
  switch (settings.error_of) {
    case MEAN: {
      return m2 / (n * (n - 1));
    }
    case SQUARED: {
      let m3 = moments[2 * size + i];
      return max(4 * mean * (mean * m2 + m3) + m4 - m2 * m2 / n, vec4f()) / (n * (n - 1));
    }
    case ABSOLUTE: {
      let absolute = moments[4 * size + i];
      return max(m2 / n + mean * mean - absolute * absolute, vec4f()) / (n - 1);
    }
    default: {
      let s2 = m2 / (n - 1);
      return max(m4 / n - (n - 3) / (n - 1) * s2 * s2, vec4f()) / n;
    }
  }
}

// Each invocation adds up its share, always in the same order.
@compute @workgroup_size(64)
fn sum_errors(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  var sum = vec2f();
  for (var i = id.x; i < vec4s(); i += groups.x * 64) {
    let a = attribution(i);
    sum += vec2f(across(only_channels(squared_error(i), i)), dot(a, a));
  }
  parts[id.x] = sum;
}

var<workgroup> sums: array<vec2f, 64>;

@compute @workgroup_size(64)
fn total_error(@builtin(local_invocation_index) lane: u32) {
  for (var i = lane; i < arrayLength(&parts); i += 64) {
    sums[lane] += parts[i];
  }
  for (var half = 32u; half > 0; half /= 2) {
    workgroupBarrier();
    if (lane < half) {
      sums[lane] += sums[lane + half];
    }
  }
  if (lane == 0) {
    total = sums[0];
  }
}
