// Floats as unsigned integers of the same order, which atomics can compare: for kernels that look for a largest number, or
// for one of a rank.

fn key(bits: u32) -> u32 {
  return bits ^ select(1u << 31, 0xffffffffu, (bits >> 31) == 1);
}

fn number(key: u32) -> f32 {
  return bitcast<f32>(key ^ select(0xffffffffu, 1u << 31, (key >> 31) == 1));
}
