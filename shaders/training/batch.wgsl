// The inputs of a training step, from bytes:
//   x[n, c, r] = SCALE · pixel[n, c, r'] + SHIFT + noise · normal(seed, sample, element)
// with r' = r moved by up to `margin` pixels along both axes and perhaps mirrored. What comes in from outside is 0, the
// value of an empty pixel.
#import run, random, training

struct Layer {
  channels: u32,
  height: u32,
  width: u32,
  stride: u32,      // vec4s of a sample
  margin: u32,      // pixels
  mirror: u32,      // 1: half of the samples are mirrored
  scale: f32,
  shift: f32,
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> pixels: array<u32>;          // [n][C][H][W], four bytes a word
@group(0) @binding(1) var<storage, read_write> inputs: array<vec4f>;  // [n][C/4][H][W]

struct Place {
  shift: vec2i,
  mirrored: bool,
}

fn place_of(sample: u32) -> Place {
  if (training.augment == 0) {
    return Place();
  }
  let w = philox(vec4u(0, sample, run.stream, FOR_PLACE), vec2u(run.seed, 0));
  let shift = vec2i(w.xy % (2 * layer.margin + 1)) - i32(layer.margin);
  return Place(shift, layer.mirror != 0 && (w.z & 1) == 1);
}

@compute @workgroup_size(64)
fn make_inputs(@builtin(global_invocation_id) id: vec3u) {
  let plane = layer.height * layer.width;
  if (id.x >= plane) {
    return;
  }
  let sample = run.first + id.z;
  let place = place_of(sample);
  var at = vec2i(i32(id.x % layer.width), i32(id.x / layer.width)) + place.shift;
  if (place.mirrored) {
    at.x = i32(layer.width) - 1 - at.x;
  }
  let inside = all(at >= vec2i()) && all(at < vec2i(i32(layer.width), i32(layer.height)));
  var v: vec4f;
  for (var lane = 0u; lane < 4 && id.y * 4 + lane < layer.channels; lane++) {
    let c = id.y * 4 + lane;
    var pixel = 0u;
    if (inside) {
      let byte = (id.z * layer.channels + c) * plane + u32(at.y) * layer.width + u32(at.x);
      pixel = (pixels[byte / 4] >> (8 * (byte % 4))) & 255;
    }
    v[lane] = layer.scale * f32(pixel) + layer.shift;
    if (run.noise > 0) {
      let e = c * plane + id.x;
      let four = normals(philox(vec4u(e / 4, sample, run.stream, FOR_INPUT), vec2u(run.seed, 0)));
      v[lane] += run.noise * four[e % 4];
    }
  }
  inputs[id.z * layer.stride + id.y * plane + id.x] = v;
}
