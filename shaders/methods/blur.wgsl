// The path of Blur IG (Xu, Venugopalan & Sundararajan 2020): in place of each noisy sample the network sees it blurred
// by a Gaussian of standard deviation σ pixels, x(σ), first along the rows, then along the columns. Beyond the edge
// the sample is 0, as for scipy's gaussian_filter with mode "constant".
//
//   K(j) ∝ exp(−j² / 2σ²) for |j| ≤ 5σ, Σ K = 1        K'(j) = ∂K(j)/∂σ = K(j) (j² − m) / σ³,  m = Σ j² K(j)
//   x(σ) = K ∗ (K ∗ x)ᵀ                                ∂x/∂σ = K ∗ (K' ∗ x)ᵀ + K' ∗ (K ∗ x)ᵀ
#import f32, run, sample

@group(0) @binding(10) var<storage, read> sharp: array<Stored>;          // [n][C/4][P]
@group(0) @binding(11) var<storage, read_write> kernel: array<vec2f>;   // [n][max(H, W)]: K and K' for j ≥ 0
@group(0) @binding(12) var<storage, read> kernels: array<vec2f>;        // the same, to be read
@group(0) @binding(13) var<storage, read_write> rows: array<vec4f>;     // [n][2][C/4][P]: K and K' along the rows
@group(0) @binding(14) var<storage, read> half_blurred: array<vec4f>;   // the same, to be read
@group(0) @binding(15) var<storage, read_write> shown: array<Stored>;    // [n][C/4][P]: x(σ)
@group(0) @binding(16) var<storage, read_write> slopes: array<Stored>;   // [n][C/4][P]: ∂x/∂σ times the pass's weight

// σ of a pass and its weight.
fn blur_of(z: u32) -> vec2f {
  if (run.path == NO_PATH) {
    return vec2f();
  }
  return place(run.first + z);
}

fn radius(sigma: f32) -> u32 {
  return u32(5 * sigma + 0.5);
}

// Length of a pass's K.
fn taps() -> u32 {
  return max(layer.width, layer.positions / layer.width);
}

const THREADS = 64u;
var<workgroup> sums: array<vec2f, THREADS>;

// K and K' of each pass, by one workgroup.
@compute @workgroup_size(THREADS)
fn weigh(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) group: vec3u) {
  let sigma = blur_of(group.z).x;
  let r = radius(sigma);
  var sum = vec2f();
  for (var j = 1 + thread; j <= r; j += THREADS) {
    let square = f32(j) * f32(j);
    sum += exp(-0.5 * square / (sigma * sigma)) * vec2f(1, square);
  }
  sums[thread] = sum;
  workgroupBarrier();
  for (var half = THREADS / 2; half > 0; half /= 2) {
    if (thread < half) {
      sums[thread] += sums[thread + half];
    }
    workgroupBarrier();
  }
  let total = 1 + 2 * sums[0].x;
  let m = 2 * sums[0].y / total;
  for (var j = thread; j < taps(); j += THREADS) {
    var k = vec2f(select(0.0, 1.0, j == 0), 0);
    if (r > 0) {
      let square = f32(j) * f32(j);
      k.x = select(0.0, exp(-0.5 * square / (sigma * sigma)) / total, j <= r);
      k.y = k.x * (square - m) / (sigma * sigma * sigma);
    }
    kernel[group.z * taps() + j] = k;
  }
}

@compute @workgroup_size(64)
fn blur_rows(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= layer.positions) {
    return;
  }
  let i = id.y * layer.positions + id.x;
  let x = id.x % layer.width;
  let r = radius(blur_of(id.z).x);
  let start = id.z * layer.stride + i;
  var plain = kernels[id.z * taps()].x * loaded(sharp[start]);
  var slope = kernels[id.z * taps()].y * loaded(sharp[start]);
  for (var j = 1u; j <= min(r, max(x, layer.width - 1 - x)); j++) {
    let k = kernels[id.z * taps() + j];
    var both = vec4f();
    if (j <= x) {
      both += loaded(sharp[start - j]);
    }
    if (x + j < layer.width) {
      both += loaded(sharp[start + j]);
    }
    plain += k.x * both;
    slope += k.y * both;
  }
  rows[id.z * 2 * layer.stride + i] = plain;
  rows[(id.z * 2 + 1) * layer.stride + i] = slope;
}

@compute @workgroup_size(64)
fn blur_columns(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= layer.positions) {
    return;
  }
  let i = id.y * layer.positions + id.x;
  let y = id.x / layer.width;
  let height = layer.positions / layer.width;
  let path = blur_of(id.z);
  let start = id.z * 2 * layer.stride + i;
  var k = kernels[id.z * taps()];
  var blurred = k.x * half_blurred[start];
  var slope = k.x * half_blurred[start + layer.stride] + k.y * half_blurred[start];
  for (var j = 1u; j <= min(radius(path.x), max(y, height - 1 - y)); j++) {
    k = kernels[id.z * taps() + j];
    if (j <= y) {
      let up = start - j * layer.width;
      blurred += k.x * half_blurred[up];
      slope += k.x * half_blurred[up + layer.stride] + k.y * half_blurred[up];
    }
    if (y + j < height) {
      let down = start + j * layer.width;
      blurred += k.x * half_blurred[down];
      slope += k.x * half_blurred[down + layer.stride] + k.y * half_blurred[down];
    }
  }
  shown[id.z * layer.stride + i] = stored(blurred);
  slopes[id.z * layer.stride + i] = stored(path.y * slope);
}
