// Matrices of weights among the constants of all steps, which lie in one buffer of words (src/plan/single/arena.ts writes
// its declaration).

fn single_column(i: u32) -> vec4f {
  return bitcast<vec4f>(single_constants[i]);
}

fn single_matrix(i: u32) -> mat4x4f {
  return mat4x4f(single_column(i), single_column(i + 1), single_column(i + 2), single_column(i + 3));
}
