// The paper around the network: which class, which gradient to begin with, and the moments of the gradients
// over the samples.

struct Layer {
  channels: u32,   // classes, or channels of the image
  positions: u32,
  stride: u32,     // vec4s of a sample
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> values: array<vec4f>;         // one sample
@group(0) @binding(1) var<storage, read_write> extremes: array<f32, 2>;
@group(0) @binding(2) var<storage, read_write> class_index: array<u32, 1>;
@group(0) @binding(3) var<storage, read> target_class: array<u32, 1>;
@group(0) @binding(4) var<storage, read_write> seeds: array<vec4f>;    // [n][K/4]
@group(0) @binding(5) var<storage, read> gradients: array<vec4f>;      // [n][C/4][P]
@group(0) @binding(6) var<storage, read_write> moments: array<vec4f>;  // [5][C/4][P]

const THREADS = 256u;
var<workgroup> lows: array<f32, THREADS>;
var<workgroup> highs: array<f32, THREADS>;
var<workgroup> places: array<u32, THREADS>;

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
  lows[thread] = low;
  highs[thread] = high;
  workgroupBarrier();
  for (var half = THREADS / 2; half > 0; half /= 2) {
    if (thread < half) {
      lows[thread] = min(lows[thread], lows[thread + half]);
      highs[thread] = max(highs[thread], highs[thread + half]);
    }
    workgroupBarrier();
  }
  if (thread == 0) {
    extremes[0] = lows[0];
    extremes[1] = highs[0];
  }
}

// class_index = the first class of the largest logit.
@compute @workgroup_size(THREADS)
fn top_class(@builtin(local_invocation_index) thread: u32) {
  var high = -0x1.fffffep+127;
  var place = 0u;
  for (var k = thread; k < layer.channels; k += THREADS) {
    let v = values[k / 4][k % 4];
    if (v > high) {
      high = v;
      place = k;
    }
  }
  highs[thread] = high;
  places[thread] = place;
  workgroupBarrier();
  for (var half = THREADS / 2; half > 0; half /= 2) {
    if (thread < half) {
      let other = highs[thread + half];
      if (other > highs[thread] || (other == highs[thread] && places[thread + half] < places[thread])) {
        highs[thread] = other;
        places[thread] = places[thread + half];
      }
    }
    workgroupBarrier();
  }
  if (thread == 0) {
    class_index[0] = places[0];
  }
}

// dS/dlogits for S = the logit of the target class: one-hot, the same for every sample.
@compute @workgroup_size(64)
fn seed_logit(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < (layer.channels + 3) / 4) {
    let classes = vec4u(4 * id.x) + vec4u(0, 1, 2, 3);
    seeds[id.z * layer.stride + id.x] = select(vec4f(), vec4f(1), classes == vec4u(target_class[0]));
  }
}

// Takes the gradients of a batch into the running moments of every element, sample by sample in order, so that
// the result does not depend on how the samples were split into batches (Pébay 2008, one-pass central sums):
// planes mean, M2, M3, M4 (sums of powers of g − mean) and mean of |g|.
@compute @workgroup_size(64)
fn accumulate(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= layer.stride) {
    return;
  }
  var mean = vec4f();
  var m2 = vec4f();
  var m3 = vec4f();
  var m4 = vec4f();
  var absolute = vec4f();
  if (run.first > 0) {
    mean = moments[id.x];
    m2 = moments[layer.stride + id.x];
    m3 = moments[2 * layer.stride + id.x];
    m4 = moments[3 * layer.stride + id.x];
    absolute = moments[4 * layer.stride + id.x];
  }
  for (var i = 0u; i < run.samples; i++) {
    let g = gradients[i * layer.stride + id.x];
    let before = f32(run.first + i);
    let n = before + 1;
    let d = (g - mean) / n;
    let term = (g - mean) * d * before;
    m4 += term * d * d * (n * n - 3 * n + 3) + 6 * d * d * m2 - 4 * d * m3;
    m3 += term * d * (n - 2) - 3 * d * m2;
    m2 += term;
    mean += d;
    absolute += (abs(g) - absolute) / n;
  }
  moments[id.x] = mean;
  moments[layer.stride + id.x] = m2;
  moments[2 * layer.stride + id.x] = m3;
  moments[3 * layer.stride + id.x] = m4;
  moments[4 * layer.stride + id.x] = absolute;
}
