// Every operator that only moves elements: Transpose, Slice, Pad, Reshape across
// the packing, Concat that is not free, Expand. The table is known when the plan is made:
//
//   forward   y[o] = x[table[o]], or FILL where table[o] is NOTHING
//   backward  dx[i] = Σ_k dy[table[k]]   for k in starts[i] … starts[i + 1]; where no element went to two
//             places, plainly dy[table[i]]
//
// Indices count floats.
#import f32, activation, gradient

const NOTHING = 0xffffffffu;

struct Layer {
  vec4s: u32,     // of the result
  x_offset: u32,  // vec4s; of x, of dy backward
  x_stride: u32,
  fill: f32,      // where nothing is taken: the value of a Pad
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> x: array<Word>;
@group(0) @binding(1) var<storage, read> table: array<u32>;
@group(0) @binding(2) var<storage, read> starts: array<u32>;

fn element(n: u32, i: u32) -> f32 {
  return loaded_element(x[(4 * (n * layer.x_stride + layer.x_offset) + i) / PER_WORD], i);
}

fn collect_one(n: u32, o: u32, fill: f32) -> f32 {
  let i = table[o];
  if (i == NOTHING) {
    return fill;
  }
  return element(n, i);
}

fn collect_list(n: u32, o: u32) -> f32 {
  var sum = 0.0;
  for (var k = starts[o]; k < starts[o + 1]; k++) {
    sum += element(n, table[k]);
  }
  return sum;
}

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= layer.vec4s) {
    return;
  }
  let o = 4 * id.x;
  let v = vec4f(collect_one(id.z, o, layer.fill), collect_one(id.z, o + 1, layer.fill),
    collect_one(id.z, o + 2, layer.fill), collect_one(id.z, o + 3, layer.fill));
  y[id.z * out.stride + out.offset + id.x] = stored(v);
}

@compute @workgroup_size(64)
fn backward_one(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= layer.vec4s) {
    return;
  }
  let o = 4 * id.x;
  let g = vec4f(collect_one(id.z, o, 0), collect_one(id.z, o + 1, 0), collect_one(id.z, o + 2, 0),
    collect_one(id.z, o + 3, 0));
  put_gradient(id.z, id.x / back.positions, id.x % back.positions, g);
}

@compute @workgroup_size(64)
fn backward_list(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= layer.vec4s) {
    return;
  }
  let o = 4 * id.x;
  let g = vec4f(collect_list(id.z, o), collect_list(id.z, o + 1), collect_list(id.z, o + 2),
    collect_list(id.z, o + 3));
  put_gradient(id.z, id.x / back.positions, id.x % back.positions, g);
}

@group(0) @binding(3) var<storage, read_write> parts: array<f32>;  // y, element by element

// The other way round, where several inputs share a vec4 of the result (Concat): y[table[i]] = x[i].
@compute @workgroup_size(64)
fn scatter(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= layer.vec4s * 4) {
    return;
  }
  let o = table[id.x];
  if (o != NOTHING) {
    parts[4 * (id.z * out.stride + out.offset) + o] = element(id.z, id.x);
  }
}

// The same where elements share words: every vec4 of y with those of its elements that come from this input.
@compute @workgroup_size(64)
fn merge(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= layer.vec4s) {
    return;
  }
  let i = id.z * out.stride + out.offset + id.x;
  var v = loaded(y[i]);
  for (var lane = 0u; lane < 4; lane++) {
    v[lane] = collect_one(id.z, 4 * id.x + lane, v[lane]);
  }
  y[i] = stored(v);
}

// Zero in vec4s of y with padding lanes, before the inputs are copied: they write their own lanes only, and padding must
// be finite.
@compute @workgroup_size(64)
fn clear(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < layer.vec4s) {
    y[id.z * out.stride + out.offset + id.x] = stored(vec4f());
  }
}

@group(0) @binding(4) var<storage, read> weights: array<f32>;

// Interpolation (Resize): y[o] = Σ_k w[k] · x[table[k]] for k in starts[o] … starts[o + 1], and back the same with
// the lists of the other side.
fn collect_weighted(n: u32, o: u32, fill: f32) -> f32 {
  var sum = select(0.0, fill, starts[o] == starts[o + 1]);
  for (var k = starts[o]; k < starts[o + 1]; k++) {
    sum += weights[k] * element(n, table[k]);
  }
  return sum;
}

@compute @workgroup_size(64)
fn forward_weighted(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < layer.vec4s) {
    let o = 4 * id.x;
    y[id.z * out.stride + out.offset + id.x] = stored(vec4f(collect_weighted(id.z, o, layer.fill),
      collect_weighted(id.z, o + 1, layer.fill), collect_weighted(id.z, o + 2, layer.fill), collect_weighted(id.z, o + 3, layer.fill)));
  }
}

@compute @workgroup_size(64)
fn backward_weighted(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < layer.vec4s) {
    let o = 4 * id.x;
    let g = vec4f(collect_weighted(id.z, o, 0), collect_weighted(id.z, o + 1, 0),
      collect_weighted(id.z, o + 2, 0), collect_weighted(id.z, o + 3, 0));
    put_gradient(id.z, id.x / back.positions, id.x % back.positions, g);
  }
}
