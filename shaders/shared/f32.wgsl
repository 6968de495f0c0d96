// How tensors and weights lie in memory: in single precision, as they are computed with. Where a
// step's precision is half, f16.wgsl takes its place. Everything else is always single: sums, tables, the image itself.

// Four channels, a 4 × 4 matrix by columns, and single elements, so many to a word.
alias Stored = vec4f;
alias StoredMatrix = mat4x4f;
alias Word = f32;
const PER_WORD = 1u;

// Gradients are stored so many times as large as they are.
const GRADIENT_SCALE = 1.0;

fn loaded(v: Stored) -> vec4f {
  return v;
}

fn loaded_matrix(m: StoredMatrix) -> mat4x4f {
  return m;
}

// Element i, which lies in this word.
fn loaded_element(word: Word, i: u32) -> f32 {
  return word;
}

fn stored(v: vec4f) -> Stored {
  return v;
}
