// One sample x and its baseline x₀, and the places between them where its passes are:
//   x = image ± noise · spread · normal(seed, sample, element),   X = (1 − α) x₀ + α x.
//
// Element e of the row-major tensor takes word e mod 4 of Philox counter (e / 4, sample, stream, purpose).
#import run, random

const PATHS = 1u;  // 0: the method has no paths, and none of what they need is compiled in

struct Layer {
  channels: u32,
  positions: u32,
  stride: u32,     // vec4s of a sample
  width: u32,      // positions of a row, where the input is a picture
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> image: array<vec4f>;      // [C/4][P]
@group(0) @binding(1) var<storage, read> spread: array<vec4f>;     // [C/4][P]: σ for a noise of 1
@group(0) @binding(2) var<storage, read> baselines: array<vec4f>;  // [B][C/4][P]
@group(0) @binding(3) var<storage, read> table: array<vec4f>;      // lowest [C/4], highest [C/4], then of a path (α, weight) [points]

const NO_PATH = 0u;
const NODES = 1u;
const RANDOM = 2u;
const OWN = 3u;     // the method's own: each pass comes out as its part of the sample's attribution

const FOR_NOISE = 0u;
const FOR_PLACE = 1u;
const FOR_BASELINE = 2u;

fn words(block: u32, sample: u32, purpose: u32) -> vec4u {
  return philox(vec4u(block, sample, run.stream, purpose), vec2u(run.seed, 0));
}

fn unit(word: u32) -> f32 {
  return (f32(word) + 0.5) * 2.3283064365386963e-10;
}

fn is_mirrored(sample: u32) -> bool {
  return run.antithetic != 0 && sample % 2 == 1;
}

// The sample whose noise a sample has, and the level with its sign.
fn drawn(sample: u32) -> u32 {
  return select(sample, sample - 1, is_mirrored(sample));
}

fn level(sample: u32) -> f32 {
  if (sample + 1 == run.clean) {
    return 0;
  }
  return select(run.noise, -run.noise, is_mirrored(sample));
}

fn sample_at(quad: u32, position: u32, sample: u32) -> vec4f {
  let i = quad * layer.positions + position;
  if (run.noise == 0) {
    return image[i];
  }
  var noise: vec4f;
  for (var lane = 0u; lane < 4 && quad * 4 + lane < layer.channels; lane++) {
    let e = (quad * 4 + lane) * layer.positions + position;
    noise[lane] = normals(words(e / 4, drawn(sample), FOR_NOISE))[e % 4];
  }
  return image[i] + level(sample) * spread[i] * noise;
}

fn baseline_at(quad: u32, position: u32, sample: u32) -> vec4f {
  if (run.baselines > 0) {
    var b = 0u;
    if (run.path == RANDOM) {
      b = words(0, sample, FOR_PLACE).y % run.baselines;
    }
    return baselines[b * layer.stride + quad * layer.positions + position];
  }
  var u: vec4f;
  for (var lane = 0u; lane < 4 && quad * 4 + lane < layer.channels; lane++) {
    let e = (quad * 4 + lane) * layer.positions + position;
    u[lane] = unit(words(e / 4, select(0, sample, run.path == RANDOM), FOR_BASELINE)[e % 4]);
  }
  return mix(table[quad], table[(layer.channels + 3) / 4 + quad], u);
}

// True if the passes lie on the straight way from x₀ to x.
fn is_straight() -> bool {
  return run.path == NODES || run.path == RANDOM;
}

// α and the weight of a pass.
fn place(pass_index: u32) -> vec2f {
  if (run.path == RANDOM) {
    return vec2f(unit(words(0, pass_index / run.points, FOR_PLACE).x), 1);
  }
  return table[(layer.channels + 3) / 4 * 2 + pass_index % run.points].xy;
}
