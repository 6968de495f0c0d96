// Softmax and its logarithm along the channel axis, and their gradients. One invocation takes all channels of
// one position.
//
//   y = e^(x − max) / Σ e^(x − max)      dx = y · (dy − Σ dy · y)
//   y = x − max − ln Σ e^(x − max)       dx = dy − e^y · Σ dy

override CHANNELS: u32 = 1;
override POSITIONS: u32 = 1;
override X_OFFSET: u32 = 0;
override X_STRIDE: u32 = 0;
override DY_OFFSET: u32 = 0;
override DY_STRIDE: u32 = 0;
override LOGARITHM: bool = false;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;    // forward the input, backward y
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;

fn real_lanes(quad: u32) -> vec4<bool> {
  return vec4u(quad * 4) + vec4u(0, 1, 2, 3) < vec4u(CHANNELS);
}

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= POSITIONS) {
    return;
  }
  let quads = (CHANNELS + 3) / 4;
  let begin = id.z * X_STRIDE + X_OFFSET + id.x;
  let to = id.z * Y_STRIDE + Y_OFFSET + id.x;
  var high = vec4f(-0x1.fffffep+127);
  for (var q = 0u; q < quads; q++) {
    high = select(high, max(high, x[begin + q * POSITIONS]), real_lanes(q));
  }
  let top = max(max(high.x, high.y), max(high.z, high.w));
  var sum = vec4f();
  for (var q = 0u; q < quads; q++) {
    sum += select(vec4f(), exp(x[begin + q * POSITIONS] - top), real_lanes(q));
  }
  let total = dot(sum, vec4f(1));
  for (var q = 0u; q < quads; q++) {
    let v = x[begin + q * POSITIONS] - top;
    var result = exp(v) / total;
    if (LOGARITHM) {
      result = v - log(total);
    }
    y[to + q * POSITIONS] = select(vec4f(), result, real_lanes(q));
  }
}

@compute @workgroup_size(64)
fn backward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= POSITIONS) {
    return;
  }
  let quads = (CHANNELS + 3) / 4;
  let begin = id.z * X_STRIDE + X_OFFSET + id.x;
  let dy_start = id.z * DY_STRIDE + DY_OFFSET + id.x;
  var sum = vec4f();
  for (var q = 0u; q < quads; q++) {
    let g = select(vec4f(), dy[dy_start + q * POSITIONS], real_lanes(q));
    sum += select(g * x[begin + q * POSITIONS], g, LOGARITHM);
  }
  let total = dot(sum, vec4f(1));
  for (var q = 0u; q < quads; q++) {
    let v = x[begin + q * POSITIONS];
    let g = dy[dy_start + q * POSITIONS];
    let result = select(v * (g - total), g - exp(v) * total, LOGARITHM);
    put_gradient(id.z, q, id.x, select(vec4f(), result, real_lanes(q)));
  }
}
