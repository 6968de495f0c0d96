// Softmax and its logarithm along the channel axis, and their gradients. One invocation takes all channels of
// one position.
//
//   y = e^(x − max) / Σ e^(x − max)      dx = y · (dy − Σ dy · y)
//   y = x − max − ln Σ e^(x − max)       dx = dy − e^y · Σ dy
#import f32, activation, gradient

struct Layer {
  channels: u32,
  positions: u32,
  x_offset: u32,
  x_stride: u32,
  dy_offset: u32,
  dy_stride: u32,
  logarithm: u32,
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> x: array<Stored>;    // forward the input, backward y
@group(0) @binding(1) var<storage, read> dy: array<Stored>;

fn real_lanes(quad: u32) -> vec4<bool> {
  return vec4u(quad * 4) + vec4u(0, 1, 2, 3) < vec4u(layer.channels);
}

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= layer.positions) {
    return;
  }
  let quads = (layer.channels + 3) / 4;
  let begin = id.z * layer.x_stride + layer.x_offset + id.x;
  let to = id.z * out.stride + out.offset + id.x;
  var high = vec4f(-0x1.fffffep+127);
  for (var q = 0u; q < quads; q++) {
    high = select(high, max(high, loaded(x[begin + q * layer.positions])), real_lanes(q));
  }
  let top = max(max(high.x, high.y), max(high.z, high.w));
  var sum = vec4f();
  for (var q = 0u; q < quads; q++) {
    sum += select(vec4f(), exp(loaded(x[begin + q * layer.positions]) - top), real_lanes(q));
  }
  let total = dot(sum, vec4f(1));
  for (var q = 0u; q < quads; q++) {
    let v = loaded(x[begin + q * layer.positions]) - top;
    var result = exp(v) / total;
    if (layer.logarithm != 0) {
      result = v - log(total);
    }
    y[to + q * layer.positions] = stored(select(vec4f(), result, real_lanes(q)));
  }
}

@compute @workgroup_size(64)
fn backward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= layer.positions) {
    return;
  }
  let quads = (layer.channels + 3) / 4;
  let begin = id.z * layer.x_stride + layer.x_offset + id.x;
  let dy_start = id.z * layer.dy_stride + layer.dy_offset + id.x;
  var sum = vec4f();
  for (var q = 0u; q < quads; q++) {
    let g = select(vec4f(), loaded(dy[dy_start + q * layer.positions]), real_lanes(q));
    sum += select(g * loaded(x[begin + q * layer.positions]), g, layer.logarithm != 0);
  }
  let total = dot(sum, vec4f(1));
  for (var q = 0u; q < quads; q++) {
    let v = loaded(x[begin + q * layer.positions]);
    let g = loaded(dy[dy_start + q * layer.positions]);
    let result = select(v * (g - total), g - exp(v) * total, layer.logarithm != 0);
    put_gradient(id.z, q, id.x, select(vec4f(), result, real_lanes(q)));
  }
}
