// Products of matrices that both depend on the image, as attention has them; stacks of matrices, one after the
// other in the positions. A matrix has its rows along the positions and its columns in channel lanes. Three
// forms serve forward and backward; one index is summed over, l:
//
//   NN  C[i, j] = Σ A[i, l] · B[l, j]      y = A B              dA = dy B'     where B' = Bᵀ is what is stored
//   NT  C[i, j] = Σ A[i, l] · B[j, l]      y = A B'ᵀ            dA = dy Bᵀ
//   TN  C[i, j] = Σ A[l, i] · B[l, j]      dB = Aᵀ dy           dB' = dyᵀ A
//
// An invocation makes four rows of QUADS column quads: eight loads serve 64 products for each quad of l.
#import f32, activation, gradient

const QUADS = 1u;
const FORM = 0u;  // one of these:
const NN = 0u;
const NT = 1u;
const TN = 2u;

struct Layer {
  rows: u32,         // length of i
  columns: u32,      // of j
  sums: u32,         // of l
  stacks: u32,       // matrices of a sample
  a_offset: u32,
  a_stride: u32,     // from a sample to the next; 0 for a constant
  a_positions: u32,  // from a channel quad to the next
  a_rows: u32,       // from a matrix of the stack to the next
  b_offset: u32,
  b_stride: u32,
  b_positions: u32,
  b_rows: u32,
  halved: u32,       // backward: each factor takes half of what the product has
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> a: array<Stored>;
@group(0) @binding(1) var<storage, read> b: array<Stored>;

var<private> sums: array<vec4f, 4 * QUADS>;

fn multiply(first_row: u32, first_quad: u32, n: u32, stack: u32) {
  let a0 = n * layer.a_stride + layer.a_offset + stack * layer.a_rows;
  let b0 = n * layer.b_stride + layer.b_offset + stack * layer.b_rows;
  let last_quad = (layer.columns + 3) / 4 - 1;
  if (FORM == TN) {
    for (var l = 0u; l < layer.sums; l++) {
      let left = loaded(a[a0 + first_row / 4 * layer.a_positions + l]);
      for (var q = 0u; q < QUADS; q++) {
        let right = loaded(b[b0 + min(first_quad + q, last_quad) * layer.b_positions + l]);
        for (var r = 0u; r < 4; r++) {
          sums[r * QUADS + q] += left[r] * right;
        }
      }
    }
    return;
  }
  for (var l = 0u; l < layer.sums; l += 4) {
    let real = vec4u(l) + vec4u(0, 1, 2, 3) < vec4u(layer.sums);
    var left: array<vec4f, 4>;
    for (var r = 0u; r < 4; r++) {
      let row = min(first_row + r, layer.rows - 1);
      left[r] = select(vec4f(), loaded(a[a0 + l / 4 * layer.a_positions + row]), real);
    }
    for (var q = 0u; q < QUADS; q++) {
      let quad = min(first_quad + q, last_quad);
      var right: mat4x4f;
      for (var k = 0u; k < 4; k++) {
        if (FORM == NN) {
          right[k] = loaded(b[b0 + quad * layer.b_positions + min(l + k, layer.sums - 1)]);
        } else {
          right[k] = loaded(b[b0 + l / 4 * layer.b_positions + min(4 * quad + k, layer.columns - 1)]);
        }
      }
      for (var r = 0u; r < 4; r++) {
        if (FORM == NN) {
          sums[r * QUADS + q] += right * left[r];
        } else {
          sums[r * QUADS + q] += left[r] * right;
        }
      }
    }
  }
}

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  let row = 4 * id.x;
  let quads = (layer.columns + 3) / 4;
  if (row >= layer.rows) {
    return;
  }
  let n = id.z / layer.stacks;
  let stack = id.z % layer.stacks;
  multiply(row, id.y * QUADS, n, stack);
  let start = n * out.stride + out.offset + stack * layer.rows;
  for (var r = 0u; r < 4 && row + r < layer.rows; r++) {
    for (var q = 0u; q < QUADS && id.y * QUADS + q < quads; q++) {
      let i = (id.y * QUADS + q) * layer.stacks * layer.rows + row + r;
      y[start + i] = stored(sums[r * QUADS + q]);
    }
  }
}

@compute @workgroup_size(64)
fn backward(@builtin(global_invocation_id) id: vec3u) {
  let row = 4 * id.x;
  let quads = (layer.columns + 3) / 4;
  if (row >= layer.rows) {
    return;
  }
  let n = id.z / layer.stacks;
  let stack = id.z % layer.stacks;
  multiply(row, id.y * QUADS, n, stack);
  for (var r = 0u; r < 4 && row + r < layer.rows; r++) {
    for (var q = 0u; q < QUADS && id.y * QUADS + q < quads; q++) {
      let g = select(1.0, 0.5, layer.halved != 0) * sums[r * QUADS + q];
      put_gradient(n, id.y * QUADS + q, stack * layer.rows + row + r, g);
    }
  }
}
