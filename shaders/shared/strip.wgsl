// Sums of products of 4 × 4 matrices in registers: QUADS quads of channels times 4 · FOURS columns, which are
// pixels or samples. One load of a column serves QUADS · 16 products.

const QUADS = 1u;  // 1, 2 or 4
const FOURS = 1u;  // 1, 2 or 4

// Up to sixteen columns of a quad, four to a matrix.
struct Strip {
  a: mat4x4f,
  b: mat4x4f,
  c: mat4x4f,
  d: mat4x4f,
}

// The sums of each quad. They are named, not indexed, so that they are kept in registers.
var<private> sums0: Strip;
var<private> sums1: Strip;
var<private> sums2: Strip;
var<private> sums3: Strip;

fn add_product(sums: ptr<private, Strip>, m: mat4x4f, columns: Strip) {
  add_products(sums, m, columns, FOURS);
}

// The same of so many fours.
fn add_products(sums: ptr<private, Strip>, m: mat4x4f, columns: Strip, fours: u32) {
  (*sums).a += m * columns.a;
  if (fours > 1) {
    (*sums).b += m * columns.b;
  }
  if (fours > 2) {
    (*sums).c += m * columns.c;
    (*sums).d += m * columns.d;
  }
}

// All sums in order, FOURS to a quad: for who leaves them one after the other, by an index that is no constant.
alias Sums = array<mat4x4f, QUADS * FOURS>;

fn put_in_order(all: ptr<function, Sums>, q: u32, sums: Strip) {
  (*all)[q * FOURS] = sums.a;
  if (FOURS > 1) {
    (*all)[q * FOURS + 1] = sums.b;
  }
  if (FOURS > 2) {
    (*all)[q * FOURS + 2] = sums.c;
    (*all)[q * FOURS + 3] = sums.d;
  }
}

fn put_all_in_order(all: ptr<function, Sums>) {
  put_in_order(all, 0, sums0);
  if (QUADS > 1) {
    put_in_order(all, 1, sums1);
  }
  if (QUADS > 2) {
    put_in_order(all, 2, sums2);
    put_in_order(all, 3, sums3);
  }
}
