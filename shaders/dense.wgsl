// A dense layer (Gemm) and its gradient with respect to the input. A whole sample is one vector, so the
// samples take the place that pixels have in a convolution: an invocation makes QUADS output quads of SAMPLES
// samples, and reads each 4 × 4 matrix of weights once for all of them.
//
//   forward   y[n, o] = a(b[o] + Σ_i W[o, i] · x[n, i])
//   backward  dx[n, i] = Σ_o W[o, i]ᵀ · dy[n, o]
//
// Constants put before: QUADS, SAMPLES.

override WORKGROUP: u32 = 64;
override IN_QUADS: u32 = 1;
override OUT_QUADS: u32 = 1;
override X_OFFSET: u32 = 0;   // vec4s from the start of a sample to the first of x; of dy, backward
override X_STRIDE: u32 = 0;   // vec4s from a sample to the next
override BIAS: bool = false;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;    // [n][I/4]
@group(0) @binding(1) var<storage, read> w: array<mat4x4f>;  // [O/4][I/4][4 × 4]
@group(0) @binding(2) var<storage, read> b: array<vec4f>;    // [O/4]
@group(0) @binding(3) var<storage, read> dy: array<vec4f>;   // [n][O/4]

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  let first = id.x * QUADS;
  if (first >= OUT_QUADS) {
    return;
  }
  var sums: array<vec4f, QUADS * SAMPLES>;
  let n0 = id.z * SAMPLES;
  let count = min(SAMPLES, run.samples - n0);
  for (var i = 0u; i < IN_QUADS; i++) {
    for (var q = 0u; q < QUADS; q++) {
      let wi = w[min(first + q, OUT_QUADS - 1) * IN_QUADS + i];
      for (var s = 0u; s < count; s++) {
        sums[q * SAMPLES + s] += wi * x[(n0 + s) * X_STRIDE + X_OFFSET + i];
      }
    }
  }
  for (var q = 0u; q < QUADS && first + q < OUT_QUADS; q++) {
    let o = first + q;
    var bias = vec4f();
    if (BIAS) {
      bias = b[o];
    }
    for (var s = 0u; s < count; s++) {
      let v = sums[q * SAMPLES + s] + bias;
      y[(n0 + s) * Y_STRIDE + Y_OFFSET + o] = activate(v);
      if (KEEP_MASK) {
        mask[(n0 + s) * MASK_STRIDE + o] = mask_bits(v, 0);
      }
    }
  }
}

@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(global_invocation_id) id: vec3u) {
  let first = id.x * QUADS;
  if (first >= IN_QUADS) {
    return;
  }
  var sums: array<vec4f, QUADS * SAMPLES>;
  let n0 = id.z * SAMPLES;
  let count = min(SAMPLES, run.samples - n0);
  for (var o = 0u; o < OUT_QUADS; o++) {
    for (var q = 0u; q < QUADS; q++) {
      let wo = w[o * IN_QUADS + min(first + q, IN_QUADS - 1)];
      for (var s = 0u; s < count; s++) {
        sums[q * SAMPLES + s] += dy[(n0 + s) * X_STRIDE + X_OFFSET + o] * wo;
      }
    }
  }
  for (var q = 0u; q < QUADS && first + q < IN_QUADS; q++) {
    for (var s = 0u; s < count; s++) {
      put_gradient(n0 + s, first + q, 0, sums[q * SAMPLES + s]);
    }
  }
}
