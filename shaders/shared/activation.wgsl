// How a forward kernel leaves its result: y = a(v) with the piecewise linear activation
//   a(v) = clamp(v, LOW, HIGH) + SLOPE · (v − clamp(v, LOW, HIGH)),
// and, where the backward pass will need it, one bit per element: LOW < v < HIGH.
// What is the same for all elements is compiled in: an adapter that goes through both sides of a branch, as SwiftShader
// does, spent half of a small layer's time here.
#import f32

// A step writes these three in capitals among its fields of `out`; src/ops/epilogue.ts makes constants of them.
const ACTIVATE = 0u;   // IDENTITY; 1: a as above; RECTIFIER: a ReLU, which has LOW = 0, no HIGH and SLOPE = 0
const KEEP_MASK = 0u;  // 1: the bits are left
const RESIDUAL = 0u;   // 1: there is one

struct Out {
  offset: u32,       // vec4s from the start of a sample to the first of y
  stride: u32,       // vec4s from a sample of y to the next
  low: f32,
  high: f32,
  slope: f32,
  mask_offset: u32,  // words from the start of a sample of the mask to the first
  mask_stride: u32,  // words from a sample of the mask to the next
  residual_offset: u32,  // what the offset and the stride of the residual have more than those of y
  residual_stride: u32,
}

@group(0) @binding(20) var<uniform> out: Out;

@group(0) @binding(4) var<storage, read> residual: array<Stored>;  // as y
@group(0) @binding(7) var<storage, read_write> y: array<Stored>;
@group(0) @binding(8) var<storage, read_write> mask: array<u32>;  // 8 positions × 4 lanes a word, rows of whole words

const IDENTITY = 0u;
const RECTIFIER = 2u;

// v and what the residual has for vec4 i of y, of sample n.
fn with_residual(v: vec4f, n: u32, i: u32) -> vec4f {
  if (RESIDUAL == 0) {
    return v;
  }
  return v + loaded(residual[i + n * out.residual_stride + out.residual_offset]);
}

fn activate(v: vec4f) -> vec4f {
  if (ACTIVATE == IDENTITY) {
    return v;
  }
  if (ACTIVATE == RECTIFIER) {
    return max(v, vec4f());
  }
  let inside = clamp(v, vec4f(out.low), vec4f(out.high));
  return inside + out.slope * (v - inside);
}

fn is_open(v: vec4f) -> vec4<bool> {
  if (ACTIVATE == RECTIFIER) {
    return v > vec4f();
  }
  return (v > vec4f(out.low)) & (v < vec4f(out.high));
}

// The four bits of v, at their place in the word of the 8 positions that `column` belongs to.
fn mask_bits(v: vec4f, column: u32) -> u32 {
  if (KEEP_MASK == 0) {
    return 0;
  }
  let bits = select(vec4u(0), vec4u(1, 2, 4, 8), is_open(v));
  return (bits.x | bits.y | bits.z | bits.w) << (4 * (column & 7));
}

// Leaves a word of the mask of sample n, where there is one.
fn put_mask(n: u32, word: u32, bits: u32) {
  if (KEEP_MASK != 0) {
    mask[n * out.mask_stride + out.mask_offset + word] = bits;
  }
}
