// Powers of two as scales: dividing by one rounds nothing. Squares and fourth powers of numbers that were divided by the
// scale of the largest stay within f32, where those of 1e-22 would be 0 and those of 1e12 infinite.

// From the least normal number to the last whose inverse is normal.
const LEAST_SCALE = 1.17549435e-38;
const LEAST_EXPONENT = 1u << 23;
const HIGHEST_EXPONENT = 253u << 23;

// The greatest power of two that is not above |v|.
fn scale_of(v: vec4f) -> vec4f {
  let exponent = bitcast<vec4u>(v) & vec4u(0xff << 23);
  return bitcast<vec4f>(clamp(exponent, vec4u(LEAST_EXPONENT), vec4u(HIGHEST_EXPONENT)));
}

// 1 / scale.
fn inverse_of(scale: vec4f) -> vec4f {
  return bitcast<vec4f>(vec4u(LEAST_EXPONENT + HIGHEST_EXPONENT) - bitcast<vec4u>(scale));
}

fn highest_lane(v: vec4f) -> f32 {
  return max(max(v.x, v.y), max(v.z, v.w));
}
