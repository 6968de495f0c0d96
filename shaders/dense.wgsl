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

fn column(place: u32) -> vec4f {
  return x[place];
}

// Where the first quads of four samples are; there may be fewer, and what is made of the others is dropped.
fn samples_from(n: u32, lane: u32) -> Four {
  return min(four_from(n, lane), Four(run.samples - 1)) * layer.x_stride + layer.x_offset;
}

fn matrix(k: u32) -> mat4x4f {
  if (BACKWARD != 0) {
    return transpose(w[k]);
  }
  return w[k];
}

// Where the samples of an invocation are, four to a vector.
struct Places {
  a: Four,
  b: Four,
  c: Four,
  d: Four,
}

// Adds the products of quad i of so many fours of samples. `fours` is a number, not a variable: a condition here would
// take as long as what it spares.
fn add_round(places: Places, i: u32, k: u32, quad_step: u32, fours: u32) {
  var samples: Strip;
  samples.a = columns_at(places.a + i);
  if (fours > 1) {
    samples.b = columns_at(places.b + i);
  }
  if (fours > 2) {
    samples.c = columns_at(places.c + i);
    samples.d = columns_at(places.d + i);
  }
  add_products(&sums0, matrix(k), samples, fours);
  if (QUADS > 1) {
    add_products(&sums1, matrix(k + quad_step), samples, fours);
  }
  if (QUADS > 2) {
    add_products(&sums2, matrix(k + 2 * quad_step), samples, fours);
    add_products(&sums3, matrix(k + 3 * quad_step), samples, fours);
  }
}

// Sums over `count` quads of the samples from n on. The matrix of the first is k, `step` leads to that of the next,
// and `quad_step` to those of the next quad of the result.
fn multiply(n: u32, lane: u32, count: u32, first: u32, step: u32, quad_step: u32) {
  let places = Places(samples_from(n, lane), samples_from(n + 4, lane), samples_from(n + 8, lane), samples_from(n + 12, lane));
  var k = first;
  if (FOURS > 2 && run.samples <= n + 4) {
    // The clean image alone, or the last few. Other numbers are not worth the compiling.
    for (var i = 0u; i < count; i++) {
      add_round(places, i, k, quad_step, 1);
      k += step;
    }
  } else {
    for (var i = 0u; i < count; i++) {
      add_round(places, i, k, quad_step, FOURS);
      k += step;
    }
  }
}

// Leaves y of quad o for the samples from n on.
fn put_result(first: u32, lane: u32, o: u32, sums: Strip) {
  var strip = array(sums.a, sums.b, sums.c, sums.d);
  var bias = vec4f();
  if (layer.bias != 0) {
    bias = b[o];
  }
  for (var s = 0u; s < min(4u * FOURS, run.samples - first + 3); s++) {
    let n = first + (s ^ lane);
    if (n >= run.samples) {
      continue;
    }
    let v = strip[s / 4][s % 4] + bias;
    y[n * out.stride + out.offset + o] = activate(v);
    if (out.keep_mask != 0) {
      put_mask(n, o, mask_bits(v, 0));
    }
  }
}

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  let o = id.x * QUADS;
  let lane = lane_of(id.x);
  // Those that load together stay together.
  if (o - lane * QUADS >= layer.out_quads) {
    return;
  }
  let n = id.z * 4 * FOURS;
  multiply(n, lane, layer.in_quads, o * layer.in_quads, 1, layer.in_quads);
  if (o < layer.out_quads) {
    put_result(n, lane, o, sums0);
  }
  if (QUADS > 1 && o + 1 < layer.out_quads) {
    put_result(n, lane, o + 1, sums1);
  }
  if (QUADS > 2 && o + 2 < layer.out_quads) {
    put_result(n, lane, o + 2, sums2);
  }
  if (QUADS > 2 && o + 3 < layer.out_quads) {
    put_result(n, lane, o + 3, sums3);
  }
}

// Leaves dx of quad i for the samples from n on.
fn put_gradients(first: u32, lane: u32, i: u32, sums: Strip) {
  var strip = array(sums.a, sums.b, sums.c, sums.d);
  for (var s = 0u; s < min(4u * FOURS, run.samples - first + 3); s++) {
    let n = first + (s ^ lane);
    if (n < run.samples) {
      put_gradient(n, i, 0, strip[s / 4][s % 4]);
    }
  }
}

@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x * QUADS;
  let lane = lane_of(id.x);
  if (i - lane * QUADS >= layer.in_quads) {
    return;
  }
  let n = id.z * 4 * FOURS;
  multiply(n, lane, layer.out_quads, i, layer.in_quads, 1);
  if (i < layer.in_quads) {
    put_gradients(n, lane, i, sums0);
  }
  if (QUADS > 1 && i + 1 < layer.in_quads) {
    put_gradients(n, lane, i + 1, sums1);
  }
  if (QUADS > 2 && i + 2 < layer.in_quads) {
    put_gradients(n, lane, i + 2, sums2);
  }
  if (QUADS > 2 && i + 3 < layer.in_quads) {
    put_gradients(n, lane, i + 3, sums3);
  }
}
