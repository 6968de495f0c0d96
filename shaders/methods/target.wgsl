// Around the network: the range of the image, the class that is explained, its score, and the gradient to begin with.
#import f32, order, target-words

const HEAD = 0u;  // how the probability p of a class follows from its logit z: SOFTMAX …, see below

struct Layer {
  channels: u32,   // classes, or channels of the image
  positions: u32,
  stride: u32,     // vec4s of a sample
  logits_stride: u32,
  logits_offset: u32,
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> values: array<vec4f>;         // one sample
@group(0) @binding(1) var<storage, read_write> extremes: array<f32, 2>;
@group(0) @binding(2) var<storage, read_write> class_index: array<u32, 4>;
@group(0) @binding(3) var<storage, read> target_class: array<u32, 4>;  // INDEX …
@group(0) @binding(4) var<storage, read_write> seeds: array<Stored>;    // [n][K/4]
@group(0) @binding(5) var<storage, read_write> scores: array<f32>;     // [n]
@group(0) @binding(7) var<storage, read> logits: array<Stored>;         // [n][K/4]

// What HEAD is (ops/types.ts, Head). A constant, since whether a workgroup meets for a sum must be the same for all.
const SOFTMAX = 0u;
const SIGMOID = 1u;
const ITSELF = 2u;     // z is p
const LOGARITHM = 3u;  // z is log p

const THREADS = 256u;
const LANES = 64u;  // of what is added up, always in the same order

// What a workgroup has found so far, as keys: zero is below all. Threads meet in these few words and not in a tree,
// because a software adapter takes long for every barrier, and longer to compile for every word they share.
var<workgroup> highest: atomic<u32>;
var<workgroup> lowest: atomic<u32>;  // the key's complement
var<workgroup> first: atomic<u32>;   // the same of a place
var<workgroup> totals: array<f32, LANES>;

// extremes = min and max of all elements.
@compute @workgroup_size(THREADS)
fn range(@builtin(local_invocation_index) thread: u32) {
  var low = 0x1.fffffep+127;
  var high = -0x1.fffffep+127;
  for (var e = thread; e < layer.channels * layer.positions; e += THREADS) {
    let channel = e / layer.positions;
    let v = values[channel / 4 * layer.positions + e % layer.positions][channel % 4];
    low = min(low, v);
    high = max(high, v);
  }
  atomicMax(&highest, key(bitcast<u32>(high)));
  atomicMax(&lowest, ~key(bitcast<u32>(low)));
  workgroupBarrier();
  if (thread == 0) {
    extremes[0] = number(~atomicLoad(&lowest));
    extremes[1] = number(atomicLoad(&highest));
  }
}

// class_index = the first class of the largest logit.
@compute @workgroup_size(THREADS)
fn top_class(@builtin(local_invocation_index) thread: u32) {
  var high = -0x1.fffffep+127;
  var place = 0u;
  for (var k = thread; k < layer.channels; k += THREADS) {
    let v = loaded(logits[k / 4])[k % 4];
    if (v > high) {
      high = v;
      place = k;
    }
  }
  atomicMax(&highest, key(bitcast<u32>(high)));
  workgroupBarrier();
  if (high == number(atomicLoad(&highest))) {
    atomicMax(&first, ~place);
  }
  workgroupBarrier();
  if (thread == 0) {
    class_index[INDEX] = ~atomicLoad(&first);
  }
}

// The largest logit of a sample and Σ exp(logit − largest); one workgroup takes the logits of one sample.
fn normalizer(start: u32, lane: u32) -> vec2f {
  var high = -0x1.fffffep+127;
  for (var k = lane; k < layer.channels; k += LANES) {
    high = max(high, loaded(logits[start + k / 4])[k % 4]);
  }
  atomicMax(&highest, key(bitcast<u32>(high)));
  workgroupBarrier();
  high = number(atomicLoad(&highest));
  var total = 0.0;
  for (var k = lane; k < layer.channels; k += LANES) {
    total += exp(loaded(logits[start + k / 4])[k % 4] - high);
  }
  totals[lane] = total;
  workgroupBarrier();
  for (var half = LANES / 2; half > 0; half /= 2) {
    if (lane < half) {
      totals[lane] += totals[lane + half];
    }
    workgroupBarrier();
  }
  return vec2f(high, totals[0]);
}

// σ(z); 1 − σ(z) is σ(−z), which keeps its digits where σ(z) is nearly 1.
fn sigmoid(z: f32) -> f32 {
  let e = exp(-abs(z));
  return select(e, 1.0, z >= 0) / (1 + e);
}

// log σ(z) = −log(1 + e^−z). For a small e, 1 + e would lose what log(1 + e) ≈ e − e²/2 keeps.
fn log_sigmoid(z: f32) -> f32 {
  let e = exp(-abs(z));
  return min(z, 0) - select(log(1 + e), e * (1 - 0.5 * e), e < 1e-4);
}

// S of a class with the logit z.
fn score_of(z: f32, norm: vec2f) -> f32 {
  let kind = target_class[SCALAR];
  if (kind == LOGIT) {
    return z;
  }
  switch HEAD {
    case SOFTMAX: { return select(z - norm.x - log(norm.y), exp(z - norm.x) / norm.y, kind == PROBABILITY); }
    case SIGMOID: { return select(log_sigmoid(z), sigmoid(z), kind == PROBABILITY); }
    case ITSELF: { return select(log(z), z, kind == PROBABILITY); }
    default: { return select(z, exp(z), kind == PROBABILITY); }
  }
}

// dS/dz of a class with the logit z; by a softmax, the part of it that does not come of the other classes.
fn slope_of(z: f32, norm: vec2f) -> f32 {
  let kind = target_class[SCALAR];
  if (kind == LOGIT) {
    return 1.0;
  }
  switch HEAD {
    case SOFTMAX: { return select(1.0, exp(z - norm.x) / norm.y, kind == PROBABILITY); }
    case SIGMOID: { return sigmoid(-z) * select(1.0, sigmoid(z), kind == PROBABILITY); }
    case ITSELF: { return select(1 / z, 1.0, kind == PROBABILITY); }
    default: { return select(1.0, exp(z), kind == PROBABILITY); }
  }
}

fn logit(start: u32, k: u32) -> f32 {
  return loaded(logits[start + k / 4])[k % 4];
}

// S of each sample: z_a, p_a or log p_a, and where there is a class b minus the same of it.
@compute @workgroup_size(LANES)
fn score(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let start = group.z * layer.logits_stride + layer.logits_offset;
  var norm = vec2f();
  if (target_class[SCALAR] != LOGIT && HEAD == SOFTMAX) {
    norm = normalizer(start, lane);
  }
  if (lane > 0) {
    return;
  }
  var result = 0.0;
  for (var side = 0u; side < 2; side++) {
    let k = target_class[select(VERSUS, INDEX, side == 0)];
    if (k < layer.channels) {
      let s = score_of(logit(start, k), norm);
      result += select(-s, s, side == 0);
    }
  }
  scores[group.z] = result;
}

// dS/dz of each sample, z its logits, for a class a and, where there is one, minus a class b:
//
//                            softmax, p = softmax z     sigmoid, p = σ(z)
//   the logit z_a            δ(k, a)                    δ(k, a)
//   the probability p_a      p_a (δ(k, a) − p_k)        p_a (1 − p_a) δ(k, a)
//   its logarithm log p_a    δ(k, a) − p_k              (1 − p_a) δ(k, a)
@compute @workgroup_size(LANES)
fn seed(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let start = group.z * layer.logits_stride + layer.logits_offset;
  let a = target_class[INDEX];
  let b = target_class[VERSUS];
  let is_shared = target_class[SCALAR] != LOGIT && HEAD == SOFTMAX;
  var norm = vec2f();
  if (is_shared) {
    norm = normalizer(start, lane);
  }
  let weight_a = slope_of(logit(start, a), norm);
  var weight_b = 0.0;
  if (b < layer.channels) {
    weight_b = slope_of(logit(start, b), norm);
  }
  for (var quad = lane; quad < (layer.channels + 3) / 4; quad += LANES) {
    let classes = vec4u(4 * quad) + vec4u(0, 1, 2, 3);
    var g = select(vec4f(), vec4f(weight_a), classes == vec4u(a));
    g -= select(vec4f(), vec4f(weight_b), classes == vec4u(b));
    if (is_shared) {
      let p = exp(loaded(logits[start + quad]) - norm.x) / norm.y;
      g -= select(vec4f(), (weight_a - weight_b) * p, classes < vec4u(layer.channels));
    }
    seeds[group.z * layer.stride + quad] = stored(GRADIENT_SCALE * g);
  }
}
