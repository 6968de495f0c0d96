// How a backward kernel leaves its gradient: written over or added to what stands there, and, where this is
// the last contribution to a tensor that comes out of an activation, passed through that activation:
//   gradient:  g where the activation was in its linear part, SLOPE · g elsewhere
//   guided:    the same, of max(g, 0)            (Springenberg et al. 2015)
//   deconvnet: max(g, 0), whatever the input was (Zeiler & Fergus 2014)
//   mean:      g times the mean slope of all samples, from the counts of mean-gates.wgsl (Hill et al. 2025)
// What is the same for all elements is compiled in: an adapter that goes through both sides of a branch, as SwiftShader
// does, spent two thirds of a pool's time here.
#import f32

// A step writes these three in capitals among its fields of `back`; src/ops/epilogue.ts makes constants of them.
const ADD = 0u;   // 1: added to what stands there
const GATE = 0u;  // GATE_GRADIENT …; 0: there is no activation to pass
const ROWS = 0u;  // 1: the mask has rows of its own width; 0: it is one long row

const GATE_GRADIENT = 1u;
const GATE_GUIDED = 2u;
const GATE_DECONVNET = 3u;
const GATE_MEAN = 4u;

struct Back {
  offset: u32,       // vec4s from the start of a sample to the first of dx
  stride: u32,       // vec4s from a sample of dx to the next
  positions: u32,    // positions of dx: vec4s from a channel quad to the next
  slope: f32,
  mask_width: u32,   // geometry of the mask, as the forward kernel left it
  mask_offset: u32,
  mask_stride: u32,
}

@group(0) @binding(21) var<uniform> back: Back;

@group(0) @binding(5) var<storage, read_write> dx: array<Stored>;
@group(0) @binding(6) var<storage, read> gate_mask: array<u32>;  // or the counts

// Which elements were in the linear part.
fn open_gates(n: u32, quad: u32, position: u32) -> vec4<bool> {
  var row = quad;
  var column = position;
  if (ROWS != 0) {
    row = (quad * back.positions + position) / back.mask_width;
    column = position % back.mask_width;
  }
  let word = row * ((back.mask_width + 7) >> 3) + (column >> 3);
  let bits = gate_mask[n * back.mask_stride + back.mask_offset + word] >> (4 * (column & 7));
  return (vec4u(bits) & vec4u(1, 2, 4, 8)) != vec4u();
}

// The part of all samples in which they were.
fn mean_gates(quad: u32, position: u32) -> vec4f {
  let i = 4 * (1 + quad * back.positions + position);
  let counts = vec4u(gate_mask[i], gate_mask[i + 1], gate_mask[i + 2], gate_mask[i + 3]);
  return vec4f(counts) / f32(gate_mask[0]);
}

fn gated(n: u32, quad: u32, position: u32, g: vec4f) -> vec4f {
  if (GATE == GATE_DECONVNET) {
    return max(g, vec4f());
  }
  if (GATE == GATE_MEAN) {
    return mix(vec4f(back.slope), vec4f(1), mean_gates(quad, position)) * g;
  }
  let open = open_gates(n, quad, position);
  var passed = g;
  if (GATE == GATE_GUIDED) {
    passed = max(g, vec4f());
  }
  return select(back.slope * passed, passed, open);
}

// Leaves the gradient g of sample n at a channel quad and a position.
fn put_gradient(n: u32, quad: u32, position: u32, g: vec4f) {
  let i = n * back.stride + back.offset + quad * back.positions + position;
  var v = g;
  if (ADD != 0) {
    v += loaded(dx[i]);
  }
  if (GATE != 0) {
    v = gated(n, quad, position, v);
  }
  dx[i] = stored(v);
}
