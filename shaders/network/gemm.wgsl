// A dense layer (Gemm) and its gradient with respect to the input. A whole sample is one vector, so the
// samples take the place that pixels have in a convolution: an invocation makes QUADS output quads of 4 · FOURS
// samples, and reads each 4 × 4 matrix of weights once for all of them.
//
//   forward   y[n, o] = a(b[o] + Σ_i W[o, i] · x[n, i])
//   backward  dx[n, i] = Σ_o W[o, i]ᵀ · dy[n, o]
#import f32, run, activation, gradient, strip, quads, lanes1

const WORKGROUP = 64u;

struct Layer {
  in_quads: u32,
  out_quads: u32,
  x_offset: u32,   // vec4s from the start of a sample to the first of x; of dy, backward
  x_stride: u32,   // vec4s from a sample to the next
  bias: u32,
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> x: array<Stored>;    // [n][I/4]; backward it is dy, [n][O/4]
@group(0) @binding(1) var<storage, read> w: array<StoredMatrix>;  // [O/4][I/4][4 × 4]
@group(0) @binding(2) var<storage, read> b: array<Stored>;    // [O/4]

fn column(place: u32) -> vec4f {
  return loaded(x[place]);
}

// Where the first quads of four samples are; there may be fewer, and what is made of the others is dropped.
fn samples_from(n: u32, lane: u32) -> Four {
  return min(four_from(n, lane), Four(run.samples - 1)) * layer.x_stride + layer.x_offset;
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
  add_quads(k, quad_step, samples, fours);
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

// Leaves y of the quads from o on for the samples from `first` on.
fn put_results(first: u32, lane: u32, o: u32) {
  var sums: Sums;
  put_all_in_order(&sums);
  let end = min(4u * FOURS, run.samples - first + 3);
  for (var q = 0u; q < min(QUADS, layer.out_quads - min(o, layer.out_quads)); q++) {
    var bias = vec4f();
    if (layer.bias != 0) {
      bias = loaded(b[o + q]);
    }
    for (var s = 0u; s < end; s++) {
      let n = first + (s ^ lane);
      if (n < run.samples) {
        let i = n * out.stride + out.offset + o + q;
        let v = with_residual(sums[q * FOURS + (s >> 2)][s & 3] + bias, n, i);
        y[i] = stored(activate(v));
        put_mask(n, o + q, mask_bits(v, 0));
      }
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
  put_results(n, lane, o);
}

// Leaves dx of the quads from i on for the samples from `first` on.
fn put_gradients(first: u32, lane: u32, i: u32) {
  var sums: Sums;
  put_all_in_order(&sums);
  let end = min(4u * FOURS, run.samples - first + 3);
  for (var q = 0u; q < min(QUADS, layer.in_quads - min(i, layer.in_quads)); q++) {
    for (var s = 0u; s < end; s++) {
      let n = first + (s ^ lane);
      if (n < run.samples) {
        put_gradient(n, i + q, 0, sums[q * FOURS + (s >> 2)][s & 3]);
      }
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
  put_gradients(n, lane, i);
}
