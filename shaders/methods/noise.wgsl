// The inputs of the passes of a batch, and before them the spread of the noise. An invocation makes four
// neighboring positions of a channel quad, which share most of their counters.
#import f32, run, random, sample

const ALIGNED = 0u;  // 1: channels have a multiple of four positions

@group(0) @binding(4) var<storage, read> image_range: array<f32>;           // min, max over all elements
@group(0) @binding(5) var<storage, read_write> noisy: array<Stored>;         // [n][C/4][P]
@group(0) @binding(6) var<storage, read_write> spread_out: array<vec4f>;    // [C/4][P]

const RANGE = 0u;
const CHANNEL = 1u;
const ADAPTIVE = 2u;
const ABSOLUTE = 3u;

// What the noise is a multiple of, element by element: max x − min x of the whole image (Smilkov et al. 2017),
// the width of the channel's valid range, the distance to the nearer end of it, so that noise seldom leaves it
// (AdaptGrad, Zhou et al. 2024), or 1.
@compute @workgroup_size(64)
fn find_spread(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= layer.stride) {
    return;
  }
  let quad = id.x / layer.positions;
  let low = table[quad];
  let high = table[(layer.channels + 3) / 4 + quad];
  switch run.scale {
    case RANGE: { spread_out[id.x] = vec4f(image_range[1] - image_range[0]); }
    case CHANNEL: { spread_out[id.x] = abs(high - low); }
    case ADAPTIVE: { spread_out[id.x] = min(abs(image[id.x] - low), abs(image[id.x] - high)); }
    default: { spread_out[id.x] = vec4f(1); }
  }
}

// The normals of four elements in a row, which may lie in two blocks.
fn four_normals(e: u32, sample: u32) -> vec4f {
  var four = normals(words(e >> 2, sample, FOR_NOISE));
  if (ALIGNED == 0) {
    var next = normals(words((e >> 2) + 1, sample, FOR_NOISE));
    for (var i = 0u; i < (e & 3); i++) {
      four = vec4f(four.yzw, next.x);
      next = next.yzwx;
    }
  }
  return four;
}

@compute @workgroup_size(64)
fn add_noise(@builtin(global_invocation_id) id: vec3u) {
  let p0 = id.x * 4;
  if (p0 >= layer.positions) {
    return;
  }
  let pass_index = run.first + id.z;
  let sample = pass_index / run.points;
  var lanes: array<vec4f, 4>;
  if (run.noise > 0) {
    for (var lane = 0u; lane < 4 && id.y * 4 + lane < layer.channels; lane++) {
      lanes[lane] = four_normals((id.y * 4 + lane) * layer.positions + p0, drawn(sample));
    }
  }
  var noise = transpose(mat4x4f(lanes[0], lanes[1], lanes[2], lanes[3]));
  for (var s = 0u; s < 4 && p0 + s < layer.positions; s++) {
    let i = id.y * layer.positions + p0 + s;
    var x = image[i] + level(sample) * spread[i] * noise[s];
    if (PATHS != 0) {
      if (is_straight()) {
        let alpha = place(pass_index).x;
        x = (1 - alpha) * baseline_at(id.y, p0 + s, sample) + alpha * x;
      }
    }
    noisy[id.z * layer.stride + i] = stored(x);
  }
}
