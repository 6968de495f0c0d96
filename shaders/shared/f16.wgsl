// The same as f32.wgsl in half precision, which is IEEE 754's binary16. Kernels load it, compute in single precision, and
// round once where they store. What is too large is stored as the largest number there is; NaN stays NaN.
#replaces f32

alias Stored = vec2u;
alias StoredMatrix = array<vec4u, 2>;
alias Word = u32;
const PER_WORD = 2u;

// Gradients below 6e-8 would be lost, and those of improbable classes are as small. A power of two rounds nothing.
const GRADIENT_SCALE = 1024.0;

const LARGEST = 65504.0;

fn loaded(v: Stored) -> vec4f {
  return vec4f(unpack2x16float(v.x), unpack2x16float(v.y));
}

fn loaded_matrix(m: StoredMatrix) -> mat4x4f {
  return mat4x4f(loaded(m[0].xy), loaded(m[0].zw), loaded(m[1].xy), loaded(m[1].zw));
}

fn loaded_element(word: Word, i: u32) -> f32 {
  return unpack2x16float(word)[i & 1];
}

fn stored(v: vec4f) -> Stored {
  let bounded = select(v, clamp(v, vec4f(-LARGEST), vec4f(LARGEST)), v == v);
  return vec2u(pack2x16float(bounded.xy), pack2x16float(bounded.zw));
}
