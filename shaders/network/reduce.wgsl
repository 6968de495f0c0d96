// Reductions along axes, and the normalization to mean 0 and variance 1 along axes. The positions that are left
// (kept) and those that are gone (reduced) are two lists: the elements of one group lie at kept[o] + reduced[r],
// in one channel or, where the channel axis is reduced too (`across`), in all of them. One invocation makes one
// group, or the four groups of a channel quad.
//
//   sum       y = Σ x              dx = dy
//   mean      y = Σ x / N          dx = dy / N
//   max, min  y = the first best   dx = dy where it is, 0 elsewhere
//   standard  y = γ x̂ + β with x̂ = (x − μ) / √(σ² + ε)
//             dx = (g − mean g − x̂ · mean(g · x̂)) / √(σ² + ε) with g = γ dy
//             Uncentered, μ = 0 and mean g is not taken off; where the deviation counts as a constant
//             (Achtibat et al. 2024), the last term is not.
#import f32, activation, gradient

const OPERATION = 0u;  // one of these:
const SUM = 0u;
const MEAN = 1u;
const MAX = 2u;
const MIN = 3u;

struct Layer {
  channels: u32,     // of x
  positions: u32,    // of x
  kept: u32,         // how many of both
  reduced: u32,
  across: u32,
  x_offset: u32,     // of x; of dy, backward
  x_stride: u32,
  dy_offset: u32,    // where x and dy are read
  dy_stride: u32,
  keep: u32,         // whether the backward pass needs something
  epsilon: f32,
  centered: u32,     // of standard_…
  fixed: u32,        // the deviation counts as a constant
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> x: array<Stored>;
@group(0) @binding(1) var<storage, read> dy: array<Stored>;
@group(0) @binding(2) var<storage, read> kept: array<u32>;
@group(0) @binding(3) var<storage, read> reduced: array<u32>;
@group(0) @binding(4) var<storage, read_write> winner: array<vec4u>;  // channel and position of the best
@group(0) @binding(9) var<storage, read> winners: array<vec4u>;
@group(0) @binding(10) var<storage, read> scale: array<Stored>;        // γ [C/4]
@group(0) @binding(11) var<storage, read> shift: array<Stored>;        // β
@group(0) @binding(12) var<storage, read_write> moment: array<vec4f>; // [n][groups][2]: μ, 1/√(σ² + ε)
@group(0) @binding(13) var<storage, read> moments: array<vec4f>;

fn is_real(quad: u32) -> vec4<bool> {
  return vec4u(quad * 4) + vec4u(0, 1, 2, 3) < vec4u(layer.channels);
}

// The quads of a group: all of them, or one.
fn quads_of(quad: u32) -> vec2u {
  return select(vec2u(quad, quad + 1), vec2u(0, (layer.channels + 3) / 4), layer.across != 0);
}

// Sum over the lanes, in each lane, where they belong to one group.
fn gathered(v: vec4f) -> vec4f {
  return select(v, vec4f(dot(v, vec4f(1))), layer.across != 0);
}

fn count() -> f32 {
  return f32(layer.reduced) * select(1.0, f32(layer.channels), layer.across != 0);
}

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= layer.kept) {
    return;
  }
  let n = id.z * layer.x_stride + layer.x_offset;
  let quads = quads_of(id.y);
  var v = vec4f();
  var best = vec4u();
  var begun = vec4<bool>();
  for (var quad = quads.x; quad < quads.y; quad++) {
    for (var r = 0u; r < layer.reduced; r++) {
      let p = kept[id.x] + reduced[r];
      let e = loaded(x[n + quad * layer.positions + p]);
      if (OPERATION <= MEAN) {
        v += select(vec4f(), e, is_real(quad));
      } else {
        let wins = select((e < v), (e > v), vec4<bool>(OPERATION == MAX)) | !begun;
        let real = is_real(quad);
        v = select(v, e, wins & real);
        best = select(best, vec4u(quad * layer.positions + p), wins & real);
        begun = begun | real;
      }
    }
  }
  let groups = layer.kept * select((layer.channels + 3) / 4, 1u, layer.across != 0);
  let group = id.y * layer.kept + id.x;
  if (OPERATION <= MEAN) {
    v = gathered(v) / select(1.0, count(), OPERATION == MEAN);
  } else if (layer.across != 0) {
    var top = 0;
    for (var lane = 1; lane < 4; lane++) {
      let ahead = select((v[lane] < v[top]), (v[lane] > v[top]), OPERATION == MAX);
      let tie = v[lane] == v[top] && best[lane] < best[top];
      if (begun[lane] && (ahead || tie)) {
        top = lane;
      }
    }
    best = vec4u(best[top], u32(top), 0, 0);
    v = vec4f(v[top]);
  }
  if (layer.across != 0) {
    v = vec4f(v.x, 0, 0, 0);
  } else {
    v = select(vec4f(), v, is_real(id.y));
  }
  y[id.z * out.stride + out.offset + group] = stored(v);
  if (OPERATION >= MAX && layer.keep != 0) {
    winner[id.z * groups + group] = best;
  }
}

@compute @workgroup_size(64)
fn backward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= layer.kept) {
    return;
  }
  let quads = quads_of(id.y);
  let group = id.y * layer.kept + id.x;
  var g = loaded(dy[id.z * layer.dy_stride + layer.dy_offset + group]);
  if (layer.across != 0) {
    g = vec4f(g.x);
  }
  if (OPERATION == MEAN) {
    g /= count();
  }
  for (var quad = quads.x; quad < quads.y; quad++) {
    for (var r = 0u; r < layer.reduced; r++) {
      let p = kept[id.x] + reduced[r];
      put_gradient(id.z, quad, p, select(vec4f(), g, is_real(quad)));
    }
  }
}

@compute @workgroup_size(64)
fn backward_best(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= layer.kept) {
    return;
  }
  let quads = quads_of(id.y);
  let groups = layer.kept * select((layer.channels + 3) / 4, 1u, layer.across != 0);
  let group = id.y * layer.kept + id.x;
  let best = winners[id.z * groups + group];
  let g = loaded(dy[id.z * layer.dy_stride + layer.dy_offset + group]);
  for (var quad = quads.x; quad < quads.y; quad++) {
    for (var r = 0u; r < layer.reduced; r++) {
      let p = kept[id.x] + reduced[r];
      let here = quad * layer.positions + p;
      var v = select(vec4f(), g, best == vec4u(here));
      if (layer.across != 0) {
        v = select(vec4f(), vec4f(g.x), vec4u(0, 1, 2, 3) == vec4u(best.y)) *
          select(0.0, 1.0, best.x == here);
      }
      put_gradient(id.z, quad, p, v);
    }
  }
}

@compute @workgroup_size(64)
fn standard_forward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= layer.kept) {
    return;
  }
  let n = id.z * layer.x_stride + layer.x_offset;
  let quads = quads_of(id.y);
  var sum = vec4f();
  for (var quad = quads.x; quad < quads.y; quad++) {
    for (var r = 0u; r < layer.reduced; r++) {
      let e = loaded(x[n + quad * layer.positions + kept[id.x] + reduced[r]]);
      sum += select(vec4f(), e, is_real(quad));
    }
  }
  let mean = select(vec4f(), gathered(sum) / count(), layer.centered != 0);
  var squares = vec4f();
  for (var quad = quads.x; quad < quads.y; quad++) {
    for (var r = 0u; r < layer.reduced; r++) {
      let d = loaded(x[n + quad * layer.positions + kept[id.x] + reduced[r]]) - mean;
      squares += select(vec4f(), d * d, is_real(quad));
    }
  }
  let factor = inverseSqrt(gathered(squares) / count() + layer.epsilon);
  for (var quad = quads.x; quad < quads.y; quad++) {
    for (var r = 0u; r < layer.reduced; r++) {
      let i = quad * layer.positions + kept[id.x] + reduced[r];
      let v = loaded(scale[quad]) * (loaded(x[n + i]) - mean) * factor + loaded(shift[quad]);
      y[id.z * out.stride + out.offset + i] = stored(select(vec4f(), v, is_real(quad)));
    }
  }
  if (layer.keep != 0) {
    let groups = layer.kept * select((layer.channels + 3) / 4, 1u, layer.across != 0);
    let group = id.z * groups + id.y * layer.kept + id.x;
    moment[2 * group] = mean;
    moment[2 * group + 1] = factor;
  }
}

@compute @workgroup_size(64)
fn standard_backward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= layer.kept) {
    return;
  }
  let n = id.z * layer.x_stride + layer.x_offset;
  let m = id.z * layer.dy_stride + layer.dy_offset;
  let quads = quads_of(id.y);
  let groups = layer.kept * select((layer.channels + 3) / 4, 1u, layer.across != 0);
  let group = id.z * groups + id.y * layer.kept + id.x;
  let mean = moments[2 * group];
  let factor = moments[2 * group + 1];
  var sum = vec4f();
  var products = vec4f();
  for (var quad = quads.x; quad < quads.y; quad++) {
    for (var r = 0u; r < layer.reduced; r++) {
      let i = quad * layer.positions + kept[id.x] + reduced[r];
      let g = select(vec4f(), loaded(scale[quad]) * loaded(dy[m + i]), is_real(quad));
      sum += g;
      products += g * (loaded(x[n + i]) - mean) * factor;
    }
  }
  let g0 = select(vec4f(), gathered(sum) / count(), layer.centered != 0);
  let g1 = select(gathered(products) / count(), vec4f(), layer.fixed != 0);
  for (var quad = quads.x; quad < quads.y; quad++) {
    for (var r = 0u; r < layer.reduced; r++) {
      let p = kept[id.x] + reduced[r];
      let i = quad * layer.positions + p;
      let v = factor * (loaded(scale[quad]) * loaded(dy[m + i]) - g0 - (loaded(x[n + i]) - mean) * factor * g1);
      put_gradient(id.z, quad, p, select(vec4f(), v, is_real(quad)));
    }
  }
}
