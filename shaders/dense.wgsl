// A dense layer (Gemm) and its gradient with respect to the input. A whole sample is one vector, so the
// samples take the place that pixels have in a convolution: an invocation makes QUADS output quads of 4 · FOURS
// samples, and reads each 4 × 4 matrix of weights once for all of them.
//
//   forward   y[n, o] = a(b[o] + Σ_i W[o, i] · x[n, i])
//   backward  dx[n, i] = Σ_o W[o, i]ᵀ · dy[n, o]
//
// Constants put before: WORKGROUP, QUADS, FOURS, BACKWARD.

struct Layer {
  in_quads: u32,
  out_quads: u32,
  x_offset: u32,   // vec4s from the start of a sample to the first of x; of dy, backward
  x_stride: u32,   // vec4s from a sample to the next
  bias: u32,
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;    // [n][I/4]; backward it is dy, [n][O/4]
@group(0) @binding(1) var<storage, read> w: array<mat4x4f>;  // [O/4][I/4][4 × 4]
@group(0) @binding(2) var<storage, read> b: array<vec4f>;    // [O/4]

// Quad i of four samples; there may be fewer, and what is made of the others is dropped.
fn four(n: u32, i: u32) -> mat4x4f {
  let last = run.samples - 1;
  let at = layer.x_offset + i;
  return mat4x4f(
    x[min(n, last) * layer.x_stride + at],
    x[min(n + 1, last) * layer.x_stride + at],
    x[min(n + 2, last) * layer.x_stride + at],
    x[min(n + 3, last) * layer.x_stride + at]);
}

fn matrix(k: u32) -> mat4x4f {
  if (BACKWARD != 0) {
    return transpose(w[k]);
  }
  return w[k];
}

// Sums over `count` quads of the samples from n on. The matrix of the first is k, `step` leads to that of the next,
// and `quad_step` to those of the next quad of the result.
fn multiply(n: u32, count: u32, first: u32, step: u32, quad_step: u32) {
  var k = first;
  for (var i = 0u; i < count; i++) {
    var samples: Strip;
    samples.a = four(n, i);
    if (FOURS > 1) {
      samples.b = four(n + 4, i);
    }
    if (FOURS > 2) {
      samples.c = four(n + 8, i);
      samples.d = four(n + 12, i);
    }
    add_product(&sums0, matrix(k), samples);
    if (QUADS > 1) {
      add_product(&sums1, matrix(k + quad_step), samples);
    }
    if (QUADS > 2) {
      add_product(&sums2, matrix(k + 2 * quad_step), samples);
      add_product(&sums3, matrix(k + 3 * quad_step), samples);
    }
    k += step;
  }
}

// Leaves y of quad o for the samples from n on.
fn put_result(n: u32, o: u32, sums: Strip) {
  var strip = array(sums.a, sums.b, sums.c, sums.d);
  var bias = vec4f();
  if (layer.bias != 0) {
    bias = b[o];
  }
  for (var s = 0u; s < min(4u * FOURS, run.samples - n); s++) {
    let v = strip[s / 4][s % 4] + bias;
    y[(n + s) * out.stride + out.offset + o] = activate(v);
    if (out.keep_mask != 0) {
      put_mask(n + s, o, mask_bits(v, 0));
    }
  }
}

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  let o = id.x * QUADS;
  if (o >= layer.out_quads) {
    return;
  }
  let n = id.z * 4 * FOURS;
  multiply(n, layer.in_quads, o * layer.in_quads, 1, layer.in_quads);
  let quads = layer.out_quads - o;
  put_result(n, o, sums0);
  if (QUADS > 1 && quads > 1) {
    put_result(n, o + 1, sums1);
  }
  if (QUADS > 2 && quads > 2) {
    put_result(n, o + 2, sums2);
  }
  if (QUADS > 2 && quads > 3) {
    put_result(n, o + 3, sums3);
  }
}

// Leaves dx of quad i for the samples from n on.
fn put_gradients(n: u32, i: u32, sums: Strip) {
  var strip = array(sums.a, sums.b, sums.c, sums.d);
  for (var s = 0u; s < min(4u * FOURS, run.samples - n); s++) {
    put_gradient(n + s, i, 0, strip[s / 4][s % 4]);
  }
}

@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x * QUADS;
  if (i >= layer.in_quads) {
    return;
  }
  let n = id.z * 4 * FOURS;
  multiply(n, layer.out_quads, i, layer.in_quads, 1);
  let quads = layer.in_quads - i;
  put_gradients(n, i, sums0);
  if (QUADS > 1 && quads > 1) {
    put_gradients(n, i + 1, sums1);
  }
  if (QUADS > 2 && quads > 2) {
    put_gradients(n, i + 2, sums2);
  }
  if (QUADS > 2 && quads > 3) {
    put_gradients(n, i + 3, sums3);
  }
}
