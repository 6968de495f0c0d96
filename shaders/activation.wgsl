// How a forward kernel leaves its result: y = a(v) with the piecewise linear activation
//   a(v) = clamp(v, LOW, HIGH) + SLOPE · (v − clamp(v, LOW, HIGH)),
// and, where the backward pass will need it, one bit per element: LOW < v < HIGH.
// Put before the kernels that can apply an activation.

override Y_OFFSET: u32 = 0;          // vec4s from the start of a sample to the first of y
override Y_STRIDE: u32 = 0;          // vec4s from a sample of y to the next
override ACTIVATE: bool = false;
override LOW_F: f32 = 0;
override HIGH_F: f32 = 0;
override SLOPE_F: f32 = 0;
override KEEP_MASK: bool = false;    // write the bits
override MASK_STRIDE: u32 = 0;       // words from a sample of the mask to the next

@group(0) @binding(7) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> mask: array<u32>;  // 8 positions × 4 lanes a word

fn activate(v: vec4f) -> vec4f {
  if (!ACTIVATE) {
    return v;
  }
  let inside = clamp(v, vec4f(LOW_F), vec4f(HIGH_F));
  return inside + SLOPE_F * (v - inside);
}

// The four bits of v, at their place in the word of the 8 positions that `column` belongs to.
fn mask_bits(v: vec4f, column: u32) -> u32 {
  let open = (v > vec4f(LOW_F)) & (v < vec4f(HIGH_F));
  return dot(select(vec4u(0), vec4u(1, 2, 4, 8), open), vec4u(1)) << (4 * (column % 8));
}
