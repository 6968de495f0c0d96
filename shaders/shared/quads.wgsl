// The quads of channels that an invocation makes of its columns, in conv.wgsl and gemm.wgsl alike. It reads
// `w`, the matrices of weights, which the kernel that imports it declares.
#import f32, strip, lanes1

const BACKWARD = 0u;  // 1: matrices are transposed

// Where the columns of an invocation are, four to a matrix.
struct Places {
  a: Four,
  b: Four,
  c: Four,
  d: Four,
}

fn matrix(k: u32) -> mat4x4f {
  if (BACKWARD != 0) {
    return transpose(loaded_matrix(w[k]));
  }
  return loaded_matrix(w[k]);
}

// Adds the products of so many fours of columns with matrix k, and with those of the other quads.
fn add_quads(k: u32, quad_step: u32, columns: Strip, fours: u32) {
  add_products(&sums0, matrix(k), columns, fours);
  if (QUADS > 1) {
    add_products(&sums1, matrix(k + quad_step), columns, fours);
  }
  if (QUADS > 2) {
    add_products(&sums2, matrix(k + 2 * quad_step), columns, fours);
    add_products(&sums3, matrix(k + 3 * quad_step), columns, fours);
  }
}
