// DeepLift's Rescale rule (Shrikumar et al. 2017): through y = f(x), with a baseline x₀ and y₀ = f(x₀),
//
//   dx = dy · (y − y₀) / (x − x₀), and where the difference is too small for a quotient, dx = dy · f'(x)
//
// What of the baseline is bound is one sample, the same for all.
#import f32, gradient

struct Layer {
  vec4s: u32,
  dy_offset: u32,
  dy_stride: u32,
  x_offset: u32,
  x_stride: u32,
  y_offset: u32,
  y_stride: u32,
  low: f32,       // the linear part of a piecewise linear f, and the slope beyond it
  high: f32,
  slope: f32,
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> x: array<Stored>;
@group(0) @binding(1) var<storage, read> x0: array<Stored>;
@group(0) @binding(2) var<storage, read> after: array<Stored>;   // y
@group(0) @binding(3) var<storage, read> after0: array<Stored>;  // y₀
@group(0) @binding(4) var<storage, read> dy: array<Stored>;
@group(0) @binding(10) var<storage, read> slopes: array<Stored>; // f'(x)
@group(0) @binding(11) var<storage, read_write> rise: array<Stored>;
@group(0) @binding(12) var<storage, read_write> fall: array<Stored>;
@group(0) @binding(13) var<storage, read> share: array<Stored>;
@group(0) @binding(14) var<storage, read> plain: array<Stored>;  // the gradient
@group(0) @binding(15) var<storage, read_write> mean: array<Stored>;

fn leave(n: u32, i: u32, quotient: vec4f, derivative: vec4f, small: vec4<bool>) {
  let g = loaded(dy[n * layer.dy_stride + layer.dy_offset + i]);
  put_gradient(n, i / back.positions, i % back.positions, g * select(quotient, derivative, small));
}

fn difference(n: u32, i: u32) -> vec4f {
  return loaded(x[n * layer.x_stride + layer.x_offset + i]) - loaded(x0[layer.x_offset + i]);
}

fn result_difference(n: u32, i: u32) -> vec4f {
  return loaded(after[n * layer.y_stride + layer.y_offset + i]) - loaded(after0[layer.y_offset + i]);
}

@compute @workgroup_size(64)
fn piecewise(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < layer.vec4s) {
    let d = difference(id.z, id.x);
    let v = loaded(x[id.z * layer.x_stride + layer.x_offset + id.x]);
    let open = (v > vec4f(layer.low)) & (v < vec4f(layer.high));
    let derivative = select(vec4f(layer.slope), vec4f(1), open);
    leave(id.z, id.x, result_difference(id.z, id.x) / d, derivative, abs(d) < vec4f(1e-10));
  }
}

// The difference of a curve's values is rounded: its derivative is the better quotient from 1e-3 on.
@compute @workgroup_size(64)
fn smooth_curve(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < layer.vec4s) {
    let d = difference(id.z, id.x);
    let derivative = loaded(slopes[id.z * layer.vec4s + id.x]);
    leave(id.z, id.x, result_difference(id.z, id.x) / d, derivative, abs(d) < vec4f(1e-3));
  }
}

// An output of each place that depends on other places too.
@compute @workgroup_size(64)
fn in_place(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < layer.vec4s) {
    let d = difference(id.z, id.x);
    let g = loaded(dy[id.z * layer.dy_stride + layer.dy_offset + id.x]);
    let rescaled = g * result_difference(id.z, id.x) / d;
    let v = select(rescaled, loaded(plain[id.z * layer.vec4s + id.x]), abs(d) < vec4f(1e-10));
    put_gradient(id.z, id.x / back.positions, id.x % back.positions, v);
  }
}

// The mean of the image's values and the baseline's.
@compute @workgroup_size(64)
fn find_halfway(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < layer.vec4s) {
    let image = loaded(x[id.z * layer.x_stride + layer.x_offset + id.x]);
    mean[id.z * layer.vec4s + id.x] = stored(0.5 * (image + loaded(x0[layer.x_offset + id.x])));
  }
}

// A maximum: what of dy · (y − y₀) lies above the larger of both goes to the image's winner, the rest to the
// baseline's.
@compute @workgroup_size(64)
fn divide_maximum(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < layer.vec4s) {
    let g = loaded(dy[id.z * layer.dy_stride + layer.dy_offset + id.x]);
    let y = loaded(after[id.z * layer.y_stride + layer.y_offset + id.x]);
    let y0 = loaded(after0[layer.y_offset + id.x]);
    rise[id.z * layer.vec4s + id.x] = stored(g * (max(y, y0) - y0));
    fall[id.z * layer.vec4s + id.x] = stored(g * (y - max(y, y0)));
  }
}

// The shares of an input over its own difference; dy is here the gradient with respect to the input.
@compute @workgroup_size(64)
fn quotient(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < layer.vec4s) {
    let d = difference(id.z, id.x);
    let plain = loaded(dy[id.z * layer.dy_stride + layer.dy_offset + id.x]);
    let g = select(loaded(share[id.z * layer.vec4s + id.x]) / d, plain, abs(d) < vec4f(1e-10));
    put_gradient(id.z, id.x / back.positions, id.x % back.positions, g);
  }
}
