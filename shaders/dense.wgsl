// A dense layer (Gemm) and its gradient with respect to the input. A whole sample is one vector, so the
// samples take the place that pixels have in a convolution: an invocation makes QUADS output quads of SAMPLES
// samples, and reads each 4 × 4 matrix of weights once for all of them.
//
//   forward   y[n, o] = a(b[o] + Σ_i W[o, i] · x[n, i])
//   backward  dx[n, i] = Σ_o W[o, i]ᵀ · dy[n, o]
//
// Constants put before: WORKGROUP, QUADS, SAMPLES.

struct Layer {
  in_quads: u32,
  out_quads: u32,
  x_offset: u32,   // vec4s from the start of a sample to the first of x; of dy, backward
  x_stride: u32,   // vec4s from a sample to the next
  bias: u32,
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;    // [n][I/4]
@group(0) @binding(1) var<storage, read> w: array<mat4x4f>;  // [O/4][I/4][4 × 4]
@group(0) @binding(2) var<storage, read> b: array<vec4f>;    // [O/4]
@group(0) @binding(3) var<storage, read> dy: array<vec4f>;   // [n][O/4]

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  let first = id.x * QUADS;
  if (first >= layer.out_quads) {
    return;
  }
  var sums: array<vec4f, QUADS * SAMPLES>;
  let n0 = id.z * SAMPLES;
  let count = min(SAMPLES, run.samples - n0);
  for (var i = 0u; i < layer.in_quads; i++) {
    for (var q = 0u; q < QUADS; q++) {
      let wi = w[min(first + q, layer.out_quads - 1) * layer.in_quads + i];
      for (var s = 0u; s < count; s++) {
        sums[q * SAMPLES + s] += wi * x[(n0 + s) * layer.x_stride + layer.x_offset + i];
      }
    }
  }
  for (var q = 0u; q < QUADS && first + q < layer.out_quads; q++) {
    let o = first + q;
    var bias = vec4f();
    if (layer.bias != 0) {
      bias = b[o];
    }
    for (var s = 0u; s < count; s++) {
      let v = sums[q * SAMPLES + s] + bias;
      y[(n0 + s) * out.stride + out.offset + o] = activate(v);
      if (out.keep_mask != 0) {
        put_mask(n0 + s, o, mask_bits(v, 0));
      }
    }
  }
}

@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(global_invocation_id) id: vec3u) {
  let first = id.x * QUADS;
  if (first >= layer.in_quads) {
    return;
  }
  var sums: array<vec4f, QUADS * SAMPLES>;
  let n0 = id.z * SAMPLES;
  let count = min(SAMPLES, run.samples - n0);
  for (var o = 0u; o < layer.out_quads; o++) {
    for (var q = 0u; q < QUADS; q++) {
      let wo = w[o * layer.in_quads + min(first + q, layer.in_quads - 1)];
      for (var s = 0u; s < count; s++) {
        sums[q * SAMPLES + s] += dy[(n0 + s) * layer.x_stride + layer.x_offset + o] * wo;
      }
    }
  }
  for (var q = 0u; q < QUADS && first + q < layer.in_quads; q++) {
    for (var s = 0u; s < count; s++) {
      put_gradient(n0 + s, first + q, 0, sums[q * SAMPLES + s]);
    }
  }
}
