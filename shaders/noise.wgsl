// The noisy copies: X[i] = x + σ · normal(seed, sample i, element), with σ = level · (max x − min x).
//
// Element e of the row-major tensor takes word e mod 4 of Philox counter (e / 4, sample, stream, 0). An
// invocation makes four neighboring positions of a channel quad, which share most of their counters.

struct Layer {
  channels: u32,
  positions: u32,
  x_stride: u32,   // vec4s of a sample
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> image: array<vec4f>;        // [C/4][P]
@group(0) @binding(1) var<storage, read> image_range: array<f32>;    // min, max over all elements
@group(0) @binding(2) var<storage, read_write> noisy: array<vec4f>;  // [n][C/4][P]

@compute @workgroup_size(64)
fn add_noise(@builtin(global_invocation_id) id: vec3u) {
  let p0 = id.x * 4;
  if (p0 >= layer.positions) {
    return;
  }
  let sigma = run.noise * (image_range[1] - image_range[0]);
  var noise: array<vec4f, 4>;
  if (sigma > 0) {
    for (var lane = 0u; lane < 4 && id.y * 4 + lane < layer.channels; lane++) {
      let e = (id.y * 4 + lane) * layer.positions + p0;
      var four = normals(philox(vec4u(e / 4, run.first + id.z, run.stream, 0), vec2u(run.seed, 0)));
      for (var s = 0u; s < 4; s++) {
        if (s > 0 && (e + s) % 4 == 0) {
          four = normals(philox(vec4u((e + s) / 4, run.first + id.z, run.stream, 0), vec2u(run.seed, 0)));
        }
        noise[s][lane] = four[(e + s) % 4];
      }
    }
  }
  for (var s = 0u; s < 4 && p0 + s < layer.positions; s++) {
    let i = id.y * layer.positions + p0 + s;
    noisy[id.z * layer.x_stride + i] = image[i] + sigma * noise[s];
  }
}
