// Occlusion (Zeiler & Fergus 2014): how much the score falls when a window of the picture is hidden, a window a pass.
// The first pass of every sample sees all of it. An element's attribution is the mean fall over the windows that it
// lies in. They form a grid from the upper left corner on, and the last ones may reach over the edge (as in Captum).
#import f32, run, sample

@group(0) @binding(10) var<storage, read_write> shown: array<Stored>;   // [n][C/4][P]: the inputs of the passes
@group(0) @binding(11) var<storage, read> scores: array<f32>;          // [n]
@group(0) @binding(12) var<storage, read_write> shares: array<Stored>;  // [n][C/4][P]
@group(0) @binding(8) var<storage, read_write> moments: array<vec4f>;  // [9][C/4][P] and the last score of a whole

struct Windows {
  size: vec2u,    // rows, columns
  stride: vec2u,
  count: vec2u,
}

fn windows() -> Windows {
  let first = vec4u(table[(layer.channels + 3) / 4 * 2]);
  let reach = vec2u(layer.positions / layer.width, layer.width) - first.xy;
  return Windows(first.xy, first.zw, (reach + first.zw - 1) / first.zw + 1);
}

fn is_hidden(position: u32, point: u32) -> bool {
  if (point == 0) {
    return false;
  }
  let grid = windows();
  let corner = vec2u((point - 1) / grid.count.y, (point - 1) % grid.count.y) * grid.stride;
  let place = vec2u(position / layer.width, position % layer.width);
  return all(place >= corner) && all(place < corner + grid.size);
}

// How many windows a position lies in.
fn cover(position: u32) -> f32 {
  let grid = windows();
  let place = vec2u(position / layer.width, position % layer.width);
  let last = min(place / grid.stride, grid.count - 1);
  let first = select((place - grid.size) / grid.stride + 1, vec2u(), place < grid.size);
  let covering = last - first + 1;
  return f32(covering.x * covering.y);
}

// Puts the baseline into the window of each pass.
@compute @workgroup_size(64)
fn hide(@builtin(global_invocation_id) id: vec3u) {
  let pass_index = run.first + id.z;
  if (id.x < layer.positions && is_hidden(id.x, pass_index % run.points)) {
    let i = id.z * layer.stride + id.y * layer.positions + id.x;
    shown[i] = stored(baseline_at(id.y, id.x, pass_index / run.points));
  }
}

// The part of each pass in its sample's attribution, the same in all channels.
@compute @workgroup_size(64)
fn share(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= layer.positions) {
    return;
  }
  let point = (run.first + id.z) % run.points;
  var fall = 0.0;
  if (is_hidden(id.x, point)) {
    var before = moments[9 * layer.stride].x;
    if (point <= id.z) {
      before = scores[id.z - point];
    }
    fall = (before - scores[id.z]) / cover(id.x);
  }
  shares[id.z * layer.stride + id.y * layer.positions + id.x] = stored(vec4f(GRADIENT_SCALE * fall));
}

// Keeps the score of the whole sample that the next batch may go on with.
@compute @workgroup_size(1)
fn keep() {
  let point = (run.first + run.samples - 1) % run.points;
  if (point < run.samples) {
    moments[9 * layer.stride].x = scores[run.samples - 1 - point];
  }
}
