// Every operator that only moves elements: Transpose, Slice, Pad, Reshape across
// the packing, Concat that is not free, Expand. The table is known when the plan is made:
//
//   forward   y[o] = x[table[o]], or FILL where table[o] is NOTHING
//   backward  dx[i] = Σ_k dy[table[k]]   for k in starts[i] … starts[i + 1]; where no element went to two
//             places, plainly dy[table[i]]
//
// Indices count floats.

const NOTHING = 0xffffffffu;

override VEC4S: u32 = 1;          // of the result
override X_OFFSET: u32 = 0;       // vec4s; of x, of dy backward
override X_STRIDE: u32 = 0;
override FILL_F: f32 = 0;         // where nothing is taken: the value of a Pad

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> table: array<u32>;
@group(0) @binding(2) var<storage, read> starts: array<u32>;

fn collect_one(n: u32, o: u32, fill: f32) -> f32 {
  let i = table[o];
  if (i == NOTHING) {
    return fill;
  }
  return x[4 * (n * X_STRIDE + X_OFFSET) + i];
}

fn collect_list(n: u32, o: u32) -> f32 {
  var sum = 0.0;
  for (var k = starts[o]; k < starts[o + 1]; k++) {
    sum += x[4 * (n * X_STRIDE + X_OFFSET) + table[k]];
  }
  return sum;
}

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= VEC4S) {
    return;
  }
  let o = 4 * id.x;
  let v = vec4f(collect_one(id.z, o, FILL_F), collect_one(id.z, o + 1, FILL_F),
    collect_one(id.z, o + 2, FILL_F), collect_one(id.z, o + 3, FILL_F));
  y[id.z * Y_STRIDE + Y_OFFSET + id.x] = v;
}

@compute @workgroup_size(64)
fn backward_one(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= VEC4S) {
    return;
  }
  let o = 4 * id.x;
  let g = vec4f(collect_one(id.z, o, 0), collect_one(id.z, o + 1, 0), collect_one(id.z, o + 2, 0),
    collect_one(id.z, o + 3, 0));
  put_gradient(id.z, id.x / DX_POSITIONS, id.x % DX_POSITIONS, g);
}

@compute @workgroup_size(64)
fn backward_list(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= VEC4S) {
    return;
  }
  let o = 4 * id.x;
  let g = vec4f(collect_list(id.z, o), collect_list(id.z, o + 1), collect_list(id.z, o + 2),
    collect_list(id.z, o + 3));
  put_gradient(id.z, id.x / DX_POSITIONS, id.x % DX_POSITIONS, g);
}

@group(0) @binding(3) var<storage, read_write> parts: array<f32>;  // y, element by element

// The other way round, where several inputs share a vec4 of the result (Concat): y[table[i]] = x[i].
@compute @workgroup_size(64)
fn scatter(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= VEC4S * 4) {
    return;
  }
  let o = table[id.x];
  if (o != NOTHING) {
    parts[4 * (id.z * Y_STRIDE + Y_OFFSET) + o] = x[4 * (id.z * X_STRIDE + X_OFFSET) + id.x];
  }
}

// Zero in vec4s of y that have lanes that no input writes: padding must be finite.
@compute @workgroup_size(64)
fn clear(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < VEC4S) {
    y[id.z * Y_STRIDE + Y_OFFSET + id.x] = vec4f();
  }
}
