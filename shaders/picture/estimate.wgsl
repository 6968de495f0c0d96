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
// All of it is computed of gradients divided by the element's scale, as the moments are (moments.wgsl), and multiplied at
// the end: by the scale where the attribution is of the first degree, by its square where it is of the second.
//
// Every attribution is a weighted sum of mean, M2, mean² and mean |g|; every reduction over the
// channels one of Σa, Σ|a|, √Σa² and max |a|, then rectified: max(s, r·s) is s, its positive part
// or its size for r = 1, 0, −1. So no choice needs a branch, or a pipeline of its own.
#import scale

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

@group(0) @binding(0) var<storage, read> moments: array<vec4f>; // [7][C/4][P]
@group(0) @binding(1) var<storage, read> input: array<vec4f>;   // [C/4][P]
@group(0) @binding(2) var<uniform> settings: Settings;
@group(0) @binding(3) var<storage, read_write> attributions: array<vec4f>; // [C/4][P]
@group(0) @binding(4) var<storage, read_write> scores: array<f32>;         // [P]
@group(0) @binding(5) var<storage, read_write> parts: array<vec3f>;        // Σ error², Σ a², and their scale
@group(0) @binding(6) var<storage, read_write> total: vec3f;               // the same of all parts

// Length of [C/4][P].
fn vec4s() -> u32 {
  return (settings.channels + 3) / 4 * settings.positions;
}

// The scale to the degree of the attribution.
fn to_degree(scale: vec4f) -> vec4f {
  return scale * select(scale, vec4f(1), settings.error_of == MEAN || settings.error_of == ABSOLUTE);
}

// The scale of four channels at i of [C/4][P].
fn scale_at(i: u32) -> vec4f {
  return max(moments[6 * vec4s() + i], vec4f(LEAST_SCALE));
}

// The attribution of four channels at i, divided by their scale to its degree.
fn scaled_attribution(i: u32) -> vec4f {
  let size = vec4s();
  let by_scale = inverse_of(scale_at(i));
  let mean = moments[i] * by_scale;
  let absolute = moments[4 * size + i] * by_scale;
  let w = settings.estimator;
  return w.x * mean + w.y * moments[size + i] + w.z * mean * mean + w.w * absolute;
}

// The attribution; 0 in the lanes beyond the last channel.
fn attribution(i: u32) -> vec4f {
  return only_channels(scaled_attribution(i) * to_degree(scale_at(i)), i);
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
    var scale = vec4f(LEAST_SCALE); // of the squares
    for (var i = p; i < size; i += settings.positions) {
      var a = attribution(i);
      if (settings.multiply_input == 1) {
        a *= only_channels(input[i], i);
      }
      sum += a;
      sizes += abs(a);
      largest = max(largest, abs(a));
      let reached = max(scale, scale_of(vec4f(highest_lane(abs(a)))));
      let before = scale * inverse_of(reached);
      let now = a * inverse_of(reached);
      squares = squares * before * before + now * now;
      scale = reached;
    }
    let length = sqrt(across(squares)) * scale.x;
    let s = dot(settings.reduction, vec4f(across(sum), across(sizes), length, highest_lane(largest)));
    scores[p] = max(s, settings.rectify * s);
  }
}

fn across(v: vec4f) -> f32 {
  return dot(v, vec4f(1));
}

// The squared standard error of the attribution, divided by the square of its scale to its degree.
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
  let by_scale = inverse_of(scale_at(i));
  let mean = moments[i] * by_scale;
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
      let absolute = moments[4 * size + i] * by_scale;
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
  var sum = vec3f(0, 0, LEAST_SCALE);
  for (var i = id.x; i < vec4s(); i += groups.x * 64) {
    let own = scale_at(i);
    let scale = max(sum.z, highest_lane(only_channels(own, i)));
    let r = to_degree(own * inverse_of(vec4f(scale)));
    let a = only_channels(scaled_attribution(i) * r, i);
    let errors = only_channels(squared_error(i) * r * r, i);
    sum = joined(sum, vec3f(across(errors), dot(a, a), scale));
  }
  parts[id.x] = sum;
}

// The sum of two parts, with the larger scale of both.
fn joined(a: vec3f, b: vec3f) -> vec3f {
  let scale = max(a.z, b.z);
  let r = to_degree(a.z * inverse_of(vec4f(scale))).x;
  let q = to_degree(b.z * inverse_of(vec4f(scale))).x;
  return vec3f(a.xy * r * r + b.xy * q * q, scale);
}

var<workgroup> sums: array<vec3f, 64>;

@compute @workgroup_size(64)
fn total_error(@builtin(local_invocation_index) lane: u32) {
  sums[lane] = vec3f(0, 0, LEAST_SCALE);
  for (var i = lane; i < arrayLength(&parts); i += 64) {
    sums[lane] = joined(sums[lane], parts[i]);
  }
  for (var half = 32u; half > 0; half /= 2) {
    workgroupBarrier();
    if (lane < half) {
      sums[lane] = joined(sums[lane], sums[lane + half]);
    }
  }
  if (lane == 0) {
    total = sums[0];
  }
}
